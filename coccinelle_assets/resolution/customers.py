"""Clusters to customers: survivorship, enrichment, lasting ids and the application's edits."""

from __future__ import annotations

import json

from babel import Locale
from babel.core import UnknownLocaleError
from babel.languages import get_official_languages
from duckdb import DuckDBPyConnection

from coccinelle_assets.resolution.model import model
from coccinelle_assets.resolution.normalize.phones import phone_region, phone_time_zone
from coccinelle_assets.warehouse.tables import write_texts

DEFAULT_LANGUAGE = "fr"
DEFAULT_TIME_ZONE = "Europe/Paris"
# Columns that the application may edit, and what stands where it did not. An e-mail or a phone
# must be evidence of this customer; any other value is kept when the records have none, but for one
# that was derived by day, which no run has judged.
_KEPT = "COALESCE(g.{0}, CASE WHEN r.id IS NULL THEN l.{0} END)"
EDITABLE = {
    "first_name": _KEPT.format("first_name"),
    "last_name": _KEPT.format("last_name"),
    "email": "g.email",
    "phone": "g.phone",
    "status": _KEPT.format("status"),
    "source": _KEPT.format("source"),
    "preferred_contact_method": _KEPT.format("preferred_contact_method"),
    "language": _KEPT.format("language"),
    "timezone": _KEPT.format("timezone"),
}


def build_customers(connection: DuckDBPyConnection) -> None:
    """Write identity.golden_records, ssot.crosswalk, customers, customer_merges and _splits,
    customer_identifiers and other_identifiers.
    """
    _write_phone_places(connection)
    connection.execute(model("golden_records"))
    connection.execute("DROP TABLE temp.phone_places")
    _write_merged_tags(connection)
    columns = {
        column: model("survivorship_column", column=column, otherwise=otherwise)
        for column, otherwise in EDITABLE.items()
    }
    connection.execute(model("customers", **columns))
    connection.execute(model("customer_splits"))
    connection.execute(model("customer_identifiers"))
    connection.execute(model("other_identifiers"))
    connection.execute("DROP TABLE temp.merged_tags")


def _write_phone_places(connection: DuckDBPyConnection) -> None:
    rows = connection.execute(
        "SELECT DISTINCT split_part(value, ';', 1) AS number FROM identity.identifiers"
        " WHERE usable AND kind = 'phone' AND value NOT LIKE '+33%' ORDER BY number"
    ).fetchall()
    places = [
        (phone, phone_time_zone(phone), region_language(phone_region(phone))) for (phone,) in rows
    ]
    write_texts(connection, "phone_places", ("phone", "time_zone", "language"), places)


def region_language(region: str | None) -> str | None:
    """The language to address a region in: French where it is official there, else the first."""
    if region is None:
        return None
    languages = get_official_languages(region)
    if not languages or DEFAULT_LANGUAGE in languages:
        return DEFAULT_LANGUAGE
    try:
        return Locale.parse(languages[0], sep="_").language
    except UnknownLocaleError:
        return languages[0].split("_")[0]


def _write_merged_tags(connection: DuckDBPyConnection) -> None:
    """Tags of live customers: theirs stay, in their order; the sources seen are added."""
    rows = connection.execute(model("differing_tags")).fetchall()
    merged = [(customer_id, merge_tags(live, seen)) for customer_id, live, seen in rows]
    write_texts(connection, "merged_tags", ("id", "tags"), merged)


def merge_tags(live: str, seen: str) -> str:
    """A JSON array of the live tags and the missing ones of `seen`.

    Text that is no JSON array is the application's own business and is kept as it is.
    """
    try:
        tags = json.loads(live)
    except ValueError:
        return live
    if not isinstance(tags, list):
        return live
    missing = [tag for tag in json.loads(seen) if tag not in tags]
    return (
        json.dumps([*tags, *missing], ensure_ascii=False, separators=(",", ":"))
        if missing
        else live
    )
