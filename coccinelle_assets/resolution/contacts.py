"""Source records to contacts: every spelling normalised once, however often it was written."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from coccinelle_assets.resolution.model import model
from coccinelle_assets.resolution.normalize.emails import EMAIL_OPENING, PLAIN_EMAIL, RESERVED_EMAIL
from coccinelle_assets.resolution.normalize.names import (
    CAPITALS_NAME,
    PLAIN_NAME,
    PLAIN_NAME_PART,
    SPECIAL_NAME,
    TITLE,
)
from coccinelle_assets.resolution.normalize.numbering_plans import (
    country_codes,
    home_plan,
    numbering_plan_macros,
)
from coccinelle_assets.resolution.normalize.phones import (
    PHONE_OPENING,
    PHONE_READ,
    PHONE_WRITTEN,
    USUAL_BETWEEN,
)
from coccinelle_assets.resolution.normalize.text import CLOSING
from coccinelle_assets.resolution.spellings import build_spellings, rules_version
from coccinelle_assets.settings import IdentityRules

# Each table of spellings: the columns of a spelling, the columns of its reading, the parameters of
# its model.
SPELLINGS = {
    "email_spellings": (
        ("spelling",),
        ("value",),
        {
            "plain": PLAIN_EMAIL,
            "opening": EMAIL_OPENING,
            "closing": CLOSING,
            "reserved": RESERVED_EMAIL,
        },
    ),
    "phone_spellings": (("spelling",), ("value",), {}),
    "name_spellings": (
        ("spelling",),
        ("first_name", "last_name"),
        {
            "title": TITLE,
            "plain": PLAIN_NAME,
            "capitals": CAPITALS_NAME,
            "special": SPECIAL_NAME,
        },
    ),
    "pair_spellings": (
        ("raw_first_name", "raw_last_name"),
        ("first_name", "last_name"),
        {"plain": PLAIN_NAME_PART},
    ),
}


def build_contacts(connection: DuckDBPyConnection, rules: IdentityRules) -> None:
    """Write identity.contacts out of source.*; temp tables are the steps between."""
    connection.execute(model("timestamps"))
    connection.execute(model("record_numbers"))
    connection.execute(model("records"))
    build_phone_digits(connection, rules.default_region)
    known_rules = rules_version(rules.default_region)
    for name, (spelled, normalized, parameters) in SPELLINGS.items():
        build_spellings(
            connection, name, parameters, spelled, normalized, rules.default_region, known_rules
        )
    connection.execute(model("contacts"))
    for name in ("record_numbers", "phone_digits", *SPELLINGS):
        connection.execute(f"DROP TABLE temp.{name}")
    connection.execute("DROP VIEW temp.records")


def build_phone_digits(connection: DuckDBPyConnection, default_region: str) -> None:
    """Write temp.phone_digits, and the macros that read the countries found in it."""
    home_code, dials_abroad = home_plan(default_region)
    connection.execute(
        model("phone_digits"),
        {
            "usual": USUAL_BETWEEN,
            "opening": PHONE_OPENING,
            "closing": CLOSING,
            "written": PHONE_WRITTEN,
            "read": PHONE_READ,
            "home_code": home_code,
            "dials_abroad": dials_abroad,
            "one_digit": country_codes(1),
            "two_digits": country_codes(2),
            "three_digits": country_codes(3),
        },
    )
    found = connection.execute(
        "SELECT country_code FROM phone_digits WHERE country_code IS NOT NULL"
        " GROUP BY country_code ORDER BY count(*) DESC, country_code"
    ).fetchall()
    connection.execute(numbering_plan_macros(code for (code,) in found))
