"""Dates: the warehouse, the live database and plain Python read the same."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets.resolution.model import model
from coccinelle_assets.sql import load_sql
from coccinelle_assets_tests.resolution.dates import DATES
from coccinelle_assets_tests.resolution.warehouse import texts

READ_BY_WAREHOUSE = "utc_text(utc_timestamp(value))"
# (as written, in UTC or None)
DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(:\d{2})?(?:(?<=:\d{2}:\d{2})(\.\d+))?"
    r"\s*(?:[Zz]|([+-])(\d{2}):?(\d{2}))?\s*)?",
    re.ASCII,
)


def utc_timestamp(text: str) -> str | None:
    """The oracle, with Python's calendar: SQLite's formats, seconds cut.

    Where an offset applies, SQLite rounds to milliseconds first.
    """
    since_1970 = re.fullmatch(r"([1-9]\d{9})(\d{3})?(\.\d+)?", text, re.ASCII)
    if since_1970:
        moment = datetime.fromtimestamp(int(since_1970.group(1)), UTC)
        return moment.replace(tzinfo=None).isoformat(" ")
    if re.search(r"[+-]\d{4}\s+$", text):
        return None
    match = DATE.fullmatch(text)
    if not match:
        return None
    day, time, seconds, fraction, sign, hours, minutes = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day} {time or '00:00'}{seconds or ':00'}")
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if hours and (int(hours) > 14 or int(minutes) > 59):
            return None
        if offset and float(fraction or 0) >= 0.9995:
            moment += timedelta(seconds=1)
        moment = moment + offset if sign == "-" else moment - offset
    except (ValueError, OverflowError):
        return None
    return moment.isoformat(" ")


days = st.dates().map(str) | st.builds(
    "{:04}-{:02}-{:02}".format,
    st.sampled_from([1, 1969, 2024, 2025, 9999]),
    st.integers(0, 13),
    st.sampled_from([0, 1, 28, 29, 30, 31, 32]),
)
clocks = st.builds(
    "{}{:02}:{:02}{}{}".format,
    st.sampled_from([" ", "T", "T", "t", "  "]),
    st.integers(0, 24),
    st.sampled_from([0, 1, 30, 59, 60]),
    st.sampled_from(["", ":00", ":07", ":59", ":60", ":5"]),
    st.sampled_from(["", "", ".0", ".5", ".123", ".9994", ".9995", ".999999", ".", ".1.2"]),
)
zones = st.sampled_from(
    "||Z|z| Z|+00:00|+01:00|-05:30| +02:00|+14:59|-14:00|+15:00|+01:60|+0100|+1:00|UTC| |\n|\x0b|Z "
    "|ZZ|-00:30|x".split("|")
)
near_dates = st.builds("{}{}{}".format, days, st.just("") | clocks, zones)


@st.composite
def mistyped(draw: st.DrawFn) -> str:
    """A date with one character replaced, put in or left out."""
    text = draw(near_dates)
    place = draw(st.integers(0, len(text)))
    other = draw(st.sampled_from([*"0159 -:TZ.+/a", "", "\u0661", "\u00a0"]))
    return text[:place] + other + text[place + draw(st.integers(0, 1)) :]


dates = (
    near_dates
    | mistyped()
    | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
    | st.text("0123456789-: TZ", max_size=20)
    | st.from_regex(r"[0-9]{9,14}(\.[0-9]{0,3}){0,2}", fullmatch=True)
).filter(lambda text: not text.startswith("0000"))


@pytest.fixture(scope="module")
def macro(engine: DuckDBPyConnection) -> DuckDBPyConnection:
    engine.execute(model("timestamps"))
    return engine


def read_by_sqlite(values: list[str]) -> list[str | None]:
    expression = load_sql("live/statistics/sql/utc_timestamp.sql", value="value")
    with closing(sqlite3.connect(":memory:")) as connection:
        query = f"SELECT {expression} FROM (SELECT ? AS value)"
        return [connection.execute(query, (value,)).fetchone()[0] for value in values]


@pytest.mark.parametrize(("text", "moment"), DATES)
def test_a_date_is_read_as_utc_or_refused(
    macro: DuckDBPyConnection, text: str, moment: str | None
) -> None:
    assert texts(macro, READ_BY_WAREHOUSE, [text]) == [moment]
    assert read_by_sqlite([text]) == [moment]
    assert utc_timestamp(text) == moment


@given(st.lists(dates, min_size=20, max_size=80))
@settings(max_examples=40, deadline=None)
def test_the_warehouse_the_live_database_and_python_agree(
    macro: DuckDBPyConnection, values: list[str]
) -> None:
    expected = {value: utc_timestamp(value) for value in values}
    assert dict(zip(values, read_by_sqlite(values), strict=True)) == expected
    assert dict(zip(values, texts(macro, READ_BY_WAREHOUSE, values), strict=True)) == expected


@given(st.lists(dates, min_size=1, max_size=40))
@settings(max_examples=20, deadline=None)
def test_reading_a_date_again_changes_nothing(macro: DuckDBPyConnection, values: list[str]) -> None:
    read = [value for value in texts(macro, READ_BY_WAREHOUSE, values) if value is not None]
    assert texts(macro, READ_BY_WAREHOUSE, read) == read


@pytest.mark.parametrize("value", [2460736, 2025.5, None])
def test_other_numbers_on_the_live_database_are_no_dates(value: float | None) -> None:
    assert read_by_sqlite([value]) == [None]


@pytest.mark.parametrize("value", [1740824430, 1740824430.0, 1740824430123, 1740824430123.0])
def test_seconds_and_milliseconds_that_are_numbers_are_read(value: float) -> None:
    assert read_by_sqlite([value]) == ["2025-03-01 10:20:30"]
