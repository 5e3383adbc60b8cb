"""Contacts to clusters: which identifiers may tie, and which records they tie together."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

from duckdb import DuckDBPyConnection

from coccinelle_assets.resolution.model import model
from coccinelle_assets.resolution.normalize.in_processes import reading
from coccinelle_assets.resolution.people import MAX_COMPARED_NAMES, count_people
from coccinelle_assets.resolution.placeholders import placeholder_patterns
from coccinelle_assets.settings import IdentityRules
from coccinelle_assets.sql import one_row
from coccinelle_assets.warehouse.tables import write_texts


def build_identifiers(connection: DuckDBPyConnection, rules: IdentityRules) -> None:
    """Write identity.identifiers and silent_links out of contacts and business identifiers."""
    _normalize_business_identifiers(connection, rules.default_region)
    patterns = placeholder_patterns(rules.placeholders, rules.default_region)
    connection.execute(
        model("identifiers"),
        {
            "max_people": rules.max_people_per_identifier,
            "email_placeholder": patterns.email,
            "phone_placeholder": patterns.phone,
            "word_placeholder": patterns.word,
        },
    )
    connection.execute("DROP TABLE temp.business_identifiers")
    _count_misspelled_names_once(connection, rules.max_people_per_identifier)
    connection.execute(model("silent_links"))
    connection.execute(model("still_shared"))


def _count_misspelled_names_once(connection: DuckDBPyConnection, max_people: int) -> None:
    """Identifiers that look shared only because one name is spelled in many ways are usable."""
    rows = connection.execute(model("shared_names"), {"max_names": MAX_COMPARED_NAMES}).fetchall()
    counted = (
        (number, count_people(name for _, name in names))
        for number, names in groupby(rows, key=itemgetter(0))
    )
    mended = [(str(number), str(people)) for number, people in counted if people <= max_people]
    if mended:
        write_texts(connection, "mended", ("identifier_no", "people"), mended)
        connection.execute(model("mended_identifiers"))
        connection.execute("DROP TABLE temp.mended")


def _normalize_business_identifiers(connection: DuckDBPyConnection, region: str) -> None:
    """Write temp.business_identifiers of tenants that have contacts; each spelling is read once."""
    usable: set[tuple[str, str, str]] = set()
    for kind in ("email", "phone"):
        rows = connection.execute(
            "SELECT DISTINCT tenant_id, value FROM source.business_identifiers"
            " WHERE kind = $kind AND value IS NOT NULL"
            " AND tenant_id IN (SELECT tenant_id FROM identity.contacts)",
            {"kind": kind},
        ).fetchall()
        spellings = sorted({spelling for _, spelling in rows})
        with reading(f"{kind}_spellings", region, len(spellings)) as read:
            values = [value for (value,) in read([(spelling,) for spelling in spellings])]
        normalized = dict(zip(spellings, values, strict=True))
        usable |= {
            (tenant, kind, normalized[spelling])
            for tenant, spelling in rows
            if normalized[spelling] is not None
        }
    write_texts(connection, "business_identifiers", ("tenant_id", "kind", "value"), sorted(usable))


def build_clusters(connection: DuckDBPyConnection, rules: IdentityRules) -> None:
    """Write identity.evidence, edges and clusters; deleted_customers and left_records."""
    # scipy takes as long to import as all other definitions, and only this step needs it.
    from coccinelle_assets.resolution.components import earliest_members

    connection.execute(model("named_customers"))
    connection.execute(model("evidence"))
    connection.execute(model("edges"))
    # In the type that they are searched in: ten million edges are no small thing to hold twice.
    ends = connection.execute(
        "SELECT record_no::INTEGER AS record_no, other_no::INTEGER AS other_no FROM identity.edges"
    ).fetchnumpy()
    records, earliest = earliest_members(ends.pop("record_no"), ends.pop("other_no"))
    connection.register("components", {"record_no": records, "earliest_no": earliest})
    _make_room_for_view(connection)
    connection.execute(model("clusters"))
    connection.unregister("components")
    connection.execute(model("deleted_customers"))
    left = "TRUE" if rules.deleted_customers == "leave" else "FALSE"
    connection.execute(model("left_records", left=left))


def _make_room_for_view(connection: DuckDBPyConnection) -> None:
    """A warehouse of an older version has a table where the view of the clusters is now."""
    tables = one_row(
        connection.execute(
            "SELECT count(*) FROM duckdb_tables()"
            " WHERE schema_name = 'identity' AND table_name = 'clusters'"
        )
    )
    if tables[0]:
        connection.execute("DROP TABLE identity.clusters")
