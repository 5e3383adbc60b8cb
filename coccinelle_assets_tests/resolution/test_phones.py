"""Phone numbers: E.164, or none at all."""

from __future__ import annotations

import phonenumbers
import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets.resolution.normalize.phone_texts import normalize_phone
from coccinelle_assets.resolution.normalize.phones import phone_region, phone_time_zone
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
]
# Of every country code the numbers that the library gives as examples, of every kind it knows.
EXAMPLES = sorted(
    {
        phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in phonenumbers.PhoneNumberType.values()
        if (example := phonenumbers.example_number_for_type(region, kind)) is not None
    }
    | {
        phonenumbers.format_number(
            phonenumbers.example_number_for_non_geo_entity(code),
            phonenumbers.PhoneNumberFormat.E164,
        )
        for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS
    }
)
# Regions with a trunk prefix, without one, with one that the number may keep, that share a plan.
REGIONS = "FR BE IT ES US CA GB JE RU KZ AR MX BR HU LU MC".split()

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


@given(st.lists(phones(), min_size=20, max_size=80))
@settings(max_examples=40, deadline=None)
def test_numbers_settled_in_sql_are_what_python_says(
    engine: DuckDBPyConnection, spellings: list[str]
) -> None:
    records = [{"raw_phone": spelling} for spelling in spellings]
    for row in settled_in_sql(engine, "phone_spellings", records):
        assert row["value"] == normalize_phone(row["spelling"])


@st.composite
def foreign_phones(draw: st.DrawFn) -> str:
    """A number of any country as somebody may write it: valid, or nearly so."""
    number = draw(st.sampled_from(EXAMPLES)).removeprefix("+")
    place = draw(st.integers(0, len(number) - 1))
    changed = draw(st.sampled_from(["", number[place], *"0123456789"]))
    number = number[:place] + changed + number[place + 1 :]
    prefix = draw(st.sampled_from(["+", "+", "00", "011", "", "0", "++", "+0", "\uff0b"]))
    code = str(phonenumbers.parse(draw(st.sampled_from(EXAMPLES))).country_code)
    cut = len(code) if number.startswith(code) and draw(st.booleans()) else 0
    national = number[cut:]
    if draw(st.booleans()):
        trunk = draw(st.sampled_from(["", "0", "(0)", "8", "1", "06", "9"]))
        code = number[: draw(st.integers(1, 3))]
        national = code + trunk + number[len(code) :]
    usual = draw(separators)
    written = "".join(
        digit + (usual if position % 3 == 2 else "") for position, digit in enumerate(national)
    )
    return draw(around) + prefix + written + draw(around)


around = st.sampled_from(
    [*[""] * 6, "tel:", "TEL: ", "whatsapp:", "sip:", "sips:", "callto://", "<", ">", "[", "]"]
) | st.sampled_from(
    ['"', "'", "(", ")", " ", "\u00a0", "\u200b", "\ufeff", "\u3000", ";", ".", "x", "#"]
)


@given(st.sampled_from(REGIONS), st.lists(foreign_phones(), min_size=40, max_size=80))
@settings(max_examples=60, deadline=None)
def test_numbers_of_all_countries_settled_in_sql_are_what_python_says(
    engine: DuckDBPyConnection, region: str, spellings: list[str]
) -> None:
    records = [{"raw_phone": spelling} for spelling in spellings]
    for row in settled_in_sql(engine, "phone_spellings", records, region):
        assert row["value"] == normalize_phone(row["spelling"], region), row["spelling"]


def test_sql_settles_international_numbers_of_every_country(engine: DuckDBPyConnection) -> None:
    settled = settled_in_sql(
        engine, "phone_spellings", [{"raw_phone": number} for number in EXAMPLES]
    )
    assert all(row["value"] == row["spelling"] for row in settled)
    left = set(EXAMPLES) - {row["spelling"] for row in settled}
    # Only numbers that begin as a trunk prefix does are left to the library.
    assert len(left) < len(EXAMPLES) / 50
    codes = {phonenumbers.parse(row["spelling"]).country_code for row in settled}
    assert codes == set(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def test_sql_settles_the_common_numbers(engine: DuckDBPyConnection) -> None:
    plain = [
        "0612345678", "06 12 34 56 78", "+33 (0)6.12.34.56.78", "0033-6-12-34-56-78", "612345678",
        "tel:0612345678", "<+33612345678>", "whatsapp:+33612345678", "\uff10\uff1612345678",
        "06/12/34/56/78", "+3225551212", "+49 (0)30 901820", "+39 06 6982", "06\u200b12345678",
    ]  # fmt: skip
    others = [
        "0712345678",
        "0612",
        "",
        "33612345678",
        "+213.551.234.567..",
        "06 12 34 56 78 ext 5",
        "01445566O7",
    ]
    records = [{"raw_phone": spelling} for spelling in plain + others]
    settled = settled_in_sql(engine, "phone_spellings", records)
    assert {row["spelling"] for row in settled} == set(plain)


def test_the_default_region_settles_its_own_numbers(engine: DuckDBPyConnection) -> None:
    records = [{"raw_phone": "0612345678"}, {"raw_phone": "02 555 12 12"}]
    settled = settled_in_sql(engine, "phone_spellings", records, "BE")
    assert [(row["spelling"], row["value"]) for row in settled] == [("02 555 12 12", "+3225551212")]


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
