"""Contacts to clusters: which identifiers may tie, and which records they tie together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, repeat
from operator import itemgetter

from duckdb import DuckDBPyConnection

from coccinelle_assets.resolution.contacts import reading_rules_of
from coccinelle_assets.resolution.model import model
from coccinelle_assets.resolution.normalize.details import details_of
from coccinelle_assets.resolution.normalize.in_processes import reading
from coccinelle_assets.resolution.normalize.phones import is_landline
from coccinelle_assets.resolution.people import MAX_COMPARED_NAMES, count_people, group_people
from coccinelle_assets.resolution.placeholders import placeholder_patterns, role_pattern
from coccinelle_assets.resolution.tenant_regions import in_region, tenant_regions
from coccinelle_assets.settings import IdentityRules
from coccinelle_assets.sql import one_row
from coccinelle_assets.warehouse.tables import write_texts


def build_identifiers(connection: DuckDBPyConnection, rules: IdentityRules) -> None:
    """Write identity.business_identifiers, identifiers, prospect_ties, name_ties and silent_links.

    Out of contacts and business identifiers.
    """
    _normalize_business_identifiers(connection, rules)
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
    most = str(rules.max_people_per_identifier)
    connection.execute(model("prospect_ties", max_people=most))
    _count_misspelled_names_once(connection, rules.max_people_per_identifier)
    connection.execute(model("silent_links"))
    connection.execute(model("still_shared"))
    _tie_by_name(connection, rules)


def _count_misspelled_names_once(connection: DuckDBPyConnection, max_people: int) -> None:
    """Identifiers that look shared only because one name is spelled in many ways are usable."""
    looking_shared = connection.execute(
        "SELECT identifier_no, people - names FROM identity.identifiers"
        " WHERE reason = 'shared' AND people <= $most AND kind <> 'prospect_id'",
        {"most": MAX_COMPARED_NAMES},
    ).fetchall()
    nameless = dict(looking_shared)
    counted = (
        (number, nameless[number] + count_people(filter(None, names)))
        for number, names in _names_of(connection, nameless)
    )
    mended = [(str(number), str(people)) for number, people in counted if people <= max_people]
    if mended:
        write_texts(connection, "mended", ("identifier_no", "people"), mended)
        connection.execute(model("mended_identifiers"))
        connection.execute("DROP TABLE temp.mended")


def _tie_by_name(connection: DuckDBPyConnection, rules: IdentityRules) -> None:
    """Write identity.name_ties: of role addresses and landlines that several people use."""
    groups: list[tuple[str, str, str]] = []
    if rules.shared_lines == "by_name":
        rows = connection.execute(
            "SELECT identifier_no, kind, value FROM identity.identifiers"
            " WHERE usable AND names > 1 AND names <= $most"
            " AND CASE kind WHEN 'email' THEN regexp_full_match(value, $roles)"
            " WHEN 'phone' THEN NOT regexp_matches(value, '^\\+33[67]') ELSE FALSE END",
            {"most": MAX_COMPARED_NAMES, "roles": role_pattern()},
        ).fetchall()
        asked = [number for number, kind, value in rows if kind == "email" or is_landline(value)]
        for number, names in _names_of(connection, asked):
            people = group_people(names)
            if len(set(people.values())) > 1:
                first = len(groups)
                groups += [
                    (str(number), name, str(first + group)) for name, group in people.items()
                ]
    write_texts(connection, "name_groups", ("identifier_no", "person", "group_no"), groups)
    connection.execute(model("name_ties"))
    connection.execute("DROP TABLE temp.name_groups")


def _names_of(
    connection: DuckDBPyConnection, identifiers: Iterable[int]
) -> list[tuple[int, list[str]]]:
    """The names under which each of some identifiers is used; '' is a record without one."""
    asked = [(str(number),) for number in identifiers]
    write_texts(connection, "asked", ("identifier_no",), asked)
    rows = connection.execute(model("names_by_identifier")).fetchall()
    connection.execute("DROP TABLE temp.asked")
    return [
        (number, [name for _, name in names]) for number, names in groupby(rows, key=itemgetter(0))
    ]


def _normalize_business_identifiers(connection: DuckDBPyConnection, rules: IdentityRules) -> None:
    """Write identity.business_identifiers of tenants with contacts; each spelling is read once."""
    usable: set[tuple[str, str, str]] = set()
    regions = tenant_regions(connection, rules)
    for kind in ("email", "phone"):
        rows = connection.execute(
            "SELECT DISTINCT tenant_id, value FROM source.business_identifiers"
            " WHERE kind = $kind AND value IS NOT NULL"
            " AND tenant_id IN (SELECT tenant_id FROM identity.contacts)",
            {"kind": kind},
        ).fetchall()
        spelled = [
            (tenant, in_region(value, regions.get(tenant)) if kind == "phone" else value)
            for tenant, value in rows
        ]
        spellings = sorted({spelling for _, spelling in spelled})
        with reading(f"{kind}_spellings", reading_rules_of(rules), len(spellings)) as read:
            readings = read([(spelling,) for spelling in spellings])
        details = dict(zip(spellings, map(details_of, readings, repeat(kind)), strict=True))
        usable |= {
            (tenant, of_kind, value)
            for tenant, spelling in spelled
            for of_kind, value in details[spelling]
        }
    write_texts(connection, "read", ("tenant_id", "kind", "value"), sorted(usable))
    connection.execute(
        "CREATE OR REPLACE TABLE identity.business_identifiers AS SELECT * FROM temp.read"
    )
    connection.execute("DROP TABLE temp.read")


def build_clusters(connection: DuckDBPyConnection, rules: IdentityRules) -> None:
    """Write identity.evidence, edges, clusters; deleted_customers, left_ and foreign_records."""
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
    connection.execute(model("foreign_records"))


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
