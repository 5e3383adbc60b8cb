"""Placeholders: values that stand for none."""

from __future__ import annotations

from itertools import pairwise

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.resolution.placeholders import PlaceholderPatterns, placeholder_patterns
from coccinelle_assets_tests.resolution.warehouse import texts

# (kind, normalised value or raw word, is a placeholder)
SHIPPED = [
    ("email", "test@gmail.com", True),
    ("email", "noreply@boite.fr", True),
    ("email", "no-email@boite.fr", True),
    ("email", "inconnu@inconnu.fr", True),
    ("email", "jean@example.com", True),
    ("email", "jean@test.fr", True),
    ("email", "testa@gmail.com", False),
    ("email", "jean.test@gmail.com", False),
    ("email", "jean@example.community", False),
    ("email", "jean@free.fr", False),
    ("phone", "+33600000000", True),
    ("phone", "+33606060606", True),
    ("phone", "+33123456789", True),
    ("phone", "+33612345678", True),
    ("phone", "+33698765432", True),
    ("phone", "+33611223344", False),
    ("phone", "+33600000001", True),
    ("phone", "+33611111112", True),
    ("phone", "+33102030405", True),
    ("phone", "+33605040302", True),
    ("phone", "+33610203040", True),
    ("phone", "+33602040608", True),
    ("phone", "+33266696687", True),
    ("phone", "+17378742833", True),
    ("phone", "+33612345687", False),
    ("phone", "+33144556677", False),
    ("phone", "+33611112211", False),
    ("email", "noreply+2@boite.fr", True),
    ("email", "no-reply-rdv@boite.fr", True),
    ("email", "calendar-noreply@google.com", True),
    ("email", "test+3@gmail.com", True),
    ("email", "norbert@boite.fr", False),
    ("word", "266696687", True),
    ("word", "+266696687", True),
    ("word", "+17378742833", True),
    ("word", "00266696687", True),
    ("word", "inconnu", True),
    ("word", "n/a", True),
    ("word", "néant", True),
    ("word", "?", True),
    ("word", "inconnue au bataillon", False),
    ("word", "non", False),
]
# (setting, kind, values it makes placeholders, value that it does not)
EXTENSIONS = [
    ("accueil@*", "email", ["accueil@boite.fr"], "jean@boite.fr"),
    (" Accueil@Boite.FR ", "email", ["accueil@boite.fr"], "accueil@autre.fr"),
    ("*@boite.fr", "email", ["jean@boite.fr"], "jean@boitexfr"),
    ("01 44 55 66 77", "phone", ["+33144556677"], "+33144556678"),
    ("+32 2 555 12 12", "phone", ["+3225551212"], "+3225551213"),
    ("+3360000*", "phone", ["+33600001234", "+33600009876"], "+33600140000"),
    ("pas encore", "word", ["pas encore"], "pas encore client"),
    ("voir *", "word", ["voir avec sa femme"], "revoir"),
]


def is_placeholder(
    engine: DuckDBPyConnection, patterns: PlaceholderPatterns, kind: str, values: list[str]
) -> list[bool]:
    """Matched as the models do: by DuckDB, in full."""
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE pattern AS SELECT $1 AS p", [getattr(patterns, kind)]
    )
    return texts(engine, "regexp_full_match(value, (SELECT p FROM pattern))", values)


def looks_made_up(number: str) -> bool:
    """The oracle: the last eight digits repeat one but for one place, repeat a pair, or count, by
    digits or by pairs; or the number behind a country code is a withheld caller's code.
    """
    tail = [int(digit) for digit in number[-8:]]
    steps = {(after - before) % 10 for before, after in pairwise(tail)}
    pairs = [10 * tens + ones for tens, ones in zip(tail[::2], tail[1::2], strict=True)]
    strides = {after - before for before, after in pairwise(pairs)}
    most = max(tail.count(digit) for digit in tail)
    counts = len(strides) == 1 and abs(next(iter(strides))) in (1, 2, 10)
    return tail[:-2] == tail[2:] or steps in ({1}, {9}) or most >= 7 or counts


made_up_tails = (
    st.builds(lambda first, second: f"{first}{second}" * 4, st.integers(0, 9), st.integers(0, 9))
    | st.builds(
        lambda first, step: "".join(str((first + step * place) % 10) for place in range(8)),
        st.integers(0, 9),
        st.sampled_from([1, -1]),
    )
    | st.builds(
        lambda first, step: "".join(f"{(first + step * place) % 100:02d}" for place in range(4)),
        st.integers(0, 99),
        st.sampled_from([1, -1, 2, 10, -10, 3, 11]),
    )
)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """E.164 numbers, many with a made-up tail, some of those with one digit off."""
    tail = list(draw(made_up_tails | st.text("0123456789", min_size=8, max_size=8)))
    if draw(st.booleans()):
        tail[draw(st.integers(0, 7))] = str(draw(st.integers(0, 9)))
    return "+" + draw(st.sampled_from(["336", "331", "32", "4", "26269"])) + "".join(tail)


@pytest.mark.parametrize(("kind", "value", "expected"), SHIPPED)
def test_the_shipped_list(
    engine: DuckDBPyConnection, kind: str, value: str, expected: bool
) -> None:
    assert is_placeholder(engine, placeholder_patterns((), "FR"), kind, [value]) == [expected]


@given(st.lists(numbers(), min_size=10, max_size=100))
@settings(max_examples=60, deadline=None)
def test_made_up_numbers_are_found_and_no_others(
    engine: DuckDBPyConnection, values: list[str]
) -> None:
    found = is_placeholder(engine, placeholder_patterns((), "FR"), "phone", values)
    assert found == [looks_made_up(value) for value in values]


@pytest.mark.parametrize(("entry", "kind", "caught", "spared"), EXTENSIONS)
def test_the_setting_extends_the_list(
    engine: DuckDBPyConnection, entry: str, kind: str, caught: list[str], spared: str
) -> None:
    shipped, extended = placeholder_patterns((), "FR"), placeholder_patterns([entry], "FR")
    values = [*caught, spared]
    assert is_placeholder(engine, shipped, kind, values) == [False] * len(values)
    assert is_placeholder(engine, extended, kind, values) == [True] * len(caught) + [False]


def test_a_number_of_the_setting_is_read_in_the_default_region(engine: DuckDBPyConnection) -> None:
    patterns = placeholder_patterns(["02 555 12 12"], "BE")
    assert is_placeholder(engine, patterns, "phone", ["+3225551212"]) == [True]


@pytest.mark.parametrize("entry", ["0612", "123", "06 00 *", "client2"])
def test_an_entry_that_is_no_number_is_refused_by_name(entry: str) -> None:
    with pytest.raises(CoccinelleError, match="COCCINELLE_PLACEHOLDERS") as error:
        placeholder_patterns([entry], "FR")
    assert repr(entry) in str(error.value)
