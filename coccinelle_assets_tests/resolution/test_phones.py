"""Phone numbers: E.164, or none at all."""

from __future__ import annotations

import re

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets.resolution.normalize.phones import (
    PLAIN_PHONE_SEPARATORS,
    normalize_phone,
    phone_region,
    phone_time_zone,
    plain_french_phone,
)
from coccinelle_assets_tests.resolution.warehouse import settled_in_sql

# (as written, E.164 or None), for a French business
PHONES = [
    ("0612345678", "+33612345678"),
    ("06 12 34 56 78", "+33612345678"),
    ("06.12.34.56.78", "+33612345678"),
    ("06-12-34-56-78", "+33612345678"),
    ("06/12/34/56/78", "+33612345678"),
    ("06\u00a012\u00a034\u00a056\u00a078", "+33612345678"),
    ("+33\u202f6\u202f12\u202f34\u202f56\u202f78", "+33612345678"),
    ("+33\u20096 12 34 56 78", "+33612345678"),
    ("06\u200b12345678\ufeff", "+33612345678"),
    ("+33612345678", "+33612345678"),
    ("+33 (0)6 12 34 56 78", "+33612345678"),
    ("+33 06 12 34 56 78", "+33612345678"),
    ("(+33) 6 12 34 56 78", "+33612345678"),
    ("0033612345678", "+33612345678"),
    ("00 33 (0)6 12 34 56 78", "+33612345678"),
    ("33612345678", "+33612345678"),
    ("tel:+33612345678", "+33612345678"),
    ("TEL: 06 12 34 56 78", "+33612345678"),
    ("01 44 55 66 77", "+33144556677"),
    ("0800 123 456", "+33800123456"),
    ("06 12 34 56 78 ext 5", "+33612345678"),
    ("+32 2 555 12 12", "+3225551212"),
    ("+41 44 668 18 00", "+41446681800"),
    ("+49 (0)30 901820", "+4930901820"),
    ("+44 20 7946 0018", "+442079460018"),
    ("0039 06 6982", "+39066982"),
    ("+262 692 12 34 56", "+262692123456"),
    ("", None),
    ("\u00a0", None),
    ("inconnu", None),
    ("0612", None),
    ("06 12 34 56 7", None),
    ("06 12 34 56 78 9", None),
    ("06 12 34 56 7O", None),
    ("0712345678", None),  # not allotted
    ("3631", None),
    ("+999 123456", None),
    ("06 12 34 56 78 / 01 44 55 66 77", None),
]
FAST_PATH = {"plain": plain_french_phone("FR"), "separators": PLAIN_PHONE_SEPARATORS}

separators = st.sampled_from(["", "", " ", ".", "-", "\u00a0", "\u202f", "/", "  ", "(", ")", "+"])
prefixes = st.sampled_from(
    "0|+33|0033|33|+33(0)|+33 (0)|+330|00330|0033(0)|+|00||(0)|++33|+033|033|+33(0)0|+3300|+32|+262"
    "|+594|0 0 33|+ 33|tel:0".split("|")
)
digits = st.text("0123456789", min_size=7, max_size=11) | st.from_regex(
    r"[1-9][0-9]{8}", fullmatch=True
)


@st.composite
def phones(draw: st.DrawFn) -> str:
    """A number as somebody may write it: mostly French, mostly of the right length."""
    number = draw(digits)
    usual = draw(separators)
    odd_place, odd = draw(st.integers(0, 10)), draw(separators)
    written = [
        digit + (odd if place == odd_place else usual if place % 2 == 0 else "")
        for place, digit in enumerate(number)
    ]
    return draw(separators) + draw(prefixes) + draw(separators) + "".join(written)


@pytest.mark.parametrize(("spelling", "number"), PHONES)
def test_a_number_is_normalised_or_refused(spelling: str, number: str | None) -> None:
    assert normalize_phone(spelling) == number


def test_the_default_region_reads_numbers_without_a_country_code() -> None:
    assert normalize_phone("02 555 12 12", "BE") == "+3225551212"
    assert normalize_phone("+33 6 12 34 56 78", "BE") == "+33612345678"


def plain_phone_value(spelling: str) -> str | None:
    """What the SQL fast path should make of a spelling, in Python."""
    text = re.sub(r"[ .\-\u00a0\u202f]", "", spelling)
    match = re.fullmatch(plain_french_phone()[1:-1], text)
    nine_digits = match and re.fullmatch(r"[1-9][0-9]{8}", match.group(1))
    return f"+33{match.group(1)}" if nine_digits else None


@given(st.lists(phones(), min_size=20, max_size=80))
@settings(max_examples=60, deadline=None)
def test_numbers_settled_in_sql_are_what_python_says(
    engine: DuckDBPyConnection, spellings: list[str]
) -> None:
    records = [{"raw_phone": spelling} for spelling in spellings]
    settled = settled_in_sql(engine, "phone_spellings", FAST_PATH, records)
    for row in settled:
        assert row["value"] == normalize_phone(row["spelling"])
    in_python = {s: plain_phone_value(s) for s in spellings if plain_phone_value(s)}
    assert {row["spelling"]: row["value"] for row in settled} == in_python


def test_sql_settles_the_common_numbers(engine: DuckDBPyConnection) -> None:
    plain = ["0612345678", "06 12 34 56 78", "+33 (0)6.12.34.56.78", "0033-6-12-34-56-78"]
    others = ["0712345678", "tel:0612345678", "+3225551212", "0612", "", "33612345678"]
    records = [{"raw_phone": spelling} for spelling in plain + others]
    settled = settled_in_sql(engine, "phone_spellings", FAST_PATH, records)
    assert {row["spelling"] for row in settled} == set(plain)


def test_sql_settles_nothing_for_another_default_region(engine: DuckDBPyConnection) -> None:
    parameters = {"plain": plain_french_phone("BE"), "separators": PLAIN_PHONE_SEPARATORS}
    records = [{"raw_phone": "0612345678"}, {"raw_phone": "+33612345678"}]
    assert settled_in_sql(engine, "phone_spellings", parameters, records) == []


@given(phones())
@settings(max_examples=300, deadline=None)
def test_normalising_a_number_again_changes_nothing(spelling: str) -> None:
    number = normalize_phone(spelling)
    assert number is None or normalize_phone(number) == number


@given(phones(), st.sampled_from([" ", "\u00a0", "\u200b", "\u202f", "\n"]))
@settings(max_examples=100, deadline=None)
def test_surrounding_space_makes_no_other_number(spelling: str, space: str) -> None:
    assert normalize_phone(f"{space}{spelling}{space}") == normalize_phone(spelling)


@pytest.mark.parametrize(
    ("number", "region", "time_zone"),
    [
        ("+33612345678", "FR", "Europe/Paris"),
        ("+3225551212", "BE", "Europe/Brussels"),
        ("+41446681800", "CH", "Europe/Zurich"),
        ("+442079460018", "GB", "Europe/London"),
        ("+262692123456", "RE", "Indian/Reunion"),
        ("+262639012345", "YT", "Indian/Mayotte"),
        ("+80012345678", None, None),
    ],
)
def test_a_number_tells_its_region_and_time_zone(
    number: str, region: str | None, time_zone: str | None
) -> None:
    assert (phone_region(number), phone_time_zone(number)) == (region, time_zone)
