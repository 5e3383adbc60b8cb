"""What somebody may ask about: a customer's id, an e-mail, a phone, or a record as table:id.

Everything is looked up by one value after the other, so that a large warehouse answers at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.resolution.model import model
from coccinelle_assets.resolution.normalize.details import read_details
from coccinelle_assets.resolution.tenant_regions import tenant_regions
from coccinelle_assets.settings import IdentityRules

RECORD = re.compile(r"(prospects|appointments|omni_conversations)[:/](.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A record without a customer, the reason, and the values that it is about, as written."""

    tenant_id: str | None
    record: str
    reason: str
    raw_email: str | None
    raw_phone: str | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """An e-mail or phone that ties nobody in a tenant, why, and how many records hold it."""

    tenant_id: str | None
    kind: str
    value: str
    reason: str
    records: int
    people: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The customers that a question leads to, and what leads to none."""

    customers: Sequence[str] = ()
    unlinked: Sequence[Unlinked] = ()
    rejected: Sequence[Rejected] = ()


def find(connection: DuckDBPyConnection, question: str, rules: IdentityRules) -> Answer:
    """Who or what is meant, by the last run.

    Raises CoccinelleError when the last run knows nothing of the kind.
    """
    record = RECORD.fullmatch(question)
    if record:
        answer = _find_record(connection, *record.groups())
    elif _texts(connection, "known_customer", customer_id=question):
        answer = Answer([question])
    else:
        answer = _find_identifier(connection, question, rules)
    if answer is None:
        raise CoccinelleError(
            f"the last run knows no customer {question}, nor an e-mail, phone or record: ask for "
            "an id of the customers table, an e-mail, a phone, or a record such as "
            "appointments:ID, and run `coccinelle migrate` if it is newer than the last run"
        )
    return answer


def _find_record(connection: DuckDBPyConnection, table: str, record_id: str) -> Answer | None:
    customers = _texts(connection, "customer_of_record", source_table=table, source_id=record_id)
    rows = connection.execute(
        model("unlinked_record"), {"source_table": table, "source_id": record_id}
    ).fetchall()
    unlinked = [
        Unlinked(tenant, f"{table}/{record_id}", reason, email, phone)
        for tenant, reason, email, phone in rows
    ]
    return Answer(customers, unlinked) if customers or unlinked else None


def _find_identifier(
    connection: DuckDBPyConnection, spelling: str, rules: IdentityRules
) -> Answer | None:
    customers: list[str] = []
    rejected: list[Rejected] = []
    regions = sorted({rules.default_region, *tenant_regions(connection, rules).values()})
    for kind in ("email", "phone"):
        details = [
            detail
            for region in regions
            for detail in read_details(kind, spelling, region, same_mailbox=rules.same_mailbox)
        ]
        values = list(dict.fromkeys(detail.tie for detail in details if detail.kind == kind))
        for value in values:
            customers += _texts(connection, "customers_with", identifier=kind, value=value)
        for value in values or [spelling]:
            rows = connection.execute(
                model("rejected_identifier"), {"kind": kind, "value": value}
            ).fetchall()
            rejected += [Rejected(*row) for row in rows]
    found = list(dict.fromkeys(customers))
    return Answer(found, (), rejected) if found or rejected else None


def _texts(connection: DuckDBPyConnection, name: str, **values: str) -> list[str]:
    """The single column of a model; `identifier` names a column of identity.contacts."""
    text = model(name, **{key: values[key] for key in values if key == "identifier"})
    given = {key: value for key, value in values.items() if key != "identifier"}
    return [found for (found,) in connection.execute(text, given).fetchall()]
