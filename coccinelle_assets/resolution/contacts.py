"""Source records to contacts: every spelling normalised once, however often it was written."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from coccinelle_assets.resolution.model import model
from coccinelle_assets.resolution.normalize.emails import (
    EMAIL_OPENING,
    NICKNAMED,
    PLAIN_EMAIL,
    RESERVED_EMAIL,
)
from coccinelle_assets.resolution.normalize.names import (
    CAPITALS_NAME,
    KNOWN_FIRST_NAME,
    PLAIN_NAME,
    PLAIN_NAME_PART,
    SPECIAL_NAME,
    SPECIAL_NAME_PART,
    TITLE,
)
from coccinelle_assets.resolution.normalize.numbering_plans import (
    country_codes,
    home_plan,
    numbering_plan_macros,
)
from coccinelle_assets.resolution.normalize.phones import (
    CODE_IS_DIALLED,
    FRANCE,
    FRENCH_REGIONS,
    OVERSEAS_CODES,
    OVERSEAS_NUMBER,
    PHONE_OPENING,
    PHONE_READ,
    PHONE_WRITTEN,
    SLASH,
    USUAL_BETWEEN,
    WITHHELD_DIGITS,
)
from coccinelle_assets.resolution.normalize.readers import ReadingRules
from coccinelle_assets.resolution.normalize.text import CLOSING
from coccinelle_assets.resolution.spellings import build_spellings
from coccinelle_assets.resolution.tenant_regions import tenant_regions
from coccinelle_assets.settings import IdentityRules
from coccinelle_assets.warehouse.tables import write_texts

# Spellings that no region is needed for: a number with a country code, an address.
WITH_COUNTRY_CODE = r"^\s*(\+|00)"
WITHOUT_A_REGION = {"email": f"@|{WITH_COUNTRY_CODE}", "phone": WITH_COUNTRY_CODE}
# Each table of spellings: the columns of a spelling, the columns of its reading, the parameters of
# its model.
SPELLINGS = {
    "email_spellings": (
        ("spelling",),
        ("value", "shown", "more"),
        {
            "plain": PLAIN_EMAIL,
            "opening": EMAIL_OPENING,
            "closing": CLOSING,
            "reserved": RESERVED_EMAIL,
        },
    ),
    "phone_spellings": (("spelling",), ("value", "shown", "more"), {}),
    "name_spellings": (
        ("spelling",),
        ("first_name", "last_name"),
        {
            "title": TITLE,
            "plain": PLAIN_NAME,
            "capitals": CAPITALS_NAME,
            "special": SPECIAL_NAME,
            "known": KNOWN_FIRST_NAME,
        },
    ),
    "pair_spellings": (
        ("raw_first_name", "raw_last_name"),
        ("first_name", "last_name"),
        {"plain": PLAIN_NAME_PART, "special": SPECIAL_NAME_PART},
    ),
}


def build_contacts(connection: DuckDBPyConnection, rules: IdentityRules) -> None:
    """Write identity.contacts out of source.*; temp tables are the steps between."""
    reading_rules = reading_rules_of(rules)
    connection.execute(model("timestamps"))
    connection.execute(model("record_numbers"))
    define_mailbox(connection, rules)
    define_records(connection, rules)
    build_phone_digits(connection, rules.default_region)
    for name, (spelled, normalized, parameters) in SPELLINGS.items():
        build_spellings(connection, name, parameters, spelled, normalized, reading_rules)
    connection.execute(model("contacts"))
    for name in ("record_numbers", "phone_digits", *SPELLINGS):
        connection.execute(f"DROP TABLE temp.{name}")
    connection.execute("DROP VIEW temp.records")
    connection.execute("DROP TABLE temp.tenant_regions")


def reading_rules_of(rules: IdentityRules) -> ReadingRules:
    """The settings that the reading of a spelling depends on."""
    return ReadingRules(rules.default_region, rules.same_mailbox)


def define_mailbox(connection: DuckDBPyConnection, rules: IdentityRules) -> None:
    """The macro mailbox, what an address ties by."""
    connection.execute(
        model(
            "mailbox",
            nicknamed=NICKNAMED,
            same_mailbox="TRUE" if rules.same_mailbox else "FALSE",
        )
    )


def define_records(connection: DuckDBPyConnection, rules: IdentityRules) -> None:
    """The view temp.records, in which each detail is spelled with its region."""
    regions = tenant_regions(connection, rules)
    write_texts(connection, "tenant_regions", ("tenant_id", "region"), sorted(regions.items()))
    prefixes = {
        f"{kind}_region": model("region_prefix", column=f"raw_{kind}", unless=unless)
        if regions
        else ""
        for kind, unless in WITHOUT_A_REGION.items()
    }
    connection.execute(model("records", **prefixes))


def build_phone_digits(connection: DuckDBPyConnection, default_region: str) -> None:
    """Write temp.phone_digits, and the macros that read the countries found in it."""
    home_code, dials_abroad = home_plan(
        FRANCE if default_region in FRENCH_REGIONS else default_region
    )
    connection.execute(
        model("phone_digits"),
        {
            "usual": USUAL_BETWEEN,
            "opening": PHONE_OPENING,
            "closing": CLOSING,
            "written": PHONE_WRITTEN,
            "read": PHONE_READ,
            "slash": SLASH,
            "withheld": WITHHELD_DIGITS,
            "overseas": OVERSEAS_NUMBER,
            "overseas_prefixes": list(OVERSEAS_CODES),
            "overseas_codes": list(OVERSEAS_CODES.values()),
            "code_is_dialled": CODE_IS_DIALLED,
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
