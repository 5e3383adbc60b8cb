"""The file says the difference of any two databases, whatever their values."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset import literals
from coccinelle_assets.live.changeset.literals import Text, insert_statements, literal
from coccinelle_assets.live.changeset.script import Script, write_script
from coccinelle_assets.live.changeset.trial import D1_LIMITS, apply_script, check_script
from coccinelle_assets_tests.database_state import application_state

WORDS = [
    "BEGIN TRANSACTION;",
    "COMMIT;",
    "savepoint",
    "'",
    "\\n",
    "\n",
    "\r\n",
    "--",
    "😀",
    "\u2028\x85",
]
texts = st.one_of(
    st.text(max_size=20), st.lists(st.sampled_from(WORDS), max_size=6).map("".join)
).map(lambda value: Text(value.encode("utf-8", "surrogatepass")))
values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    texts,
    st.binary(max_size=20).map(Text),
    st.binary(max_size=20),
)


def connect(path: Path | str = ":memory:") -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.text_factory = Text
    for limit, value in D1_LIMITS.items():
        connection.setlimit(limit, value)
    return connection


@given(value=values)
@example(value=Text(b"begin  transaction commit\x00"))
@example(value=2.368364907919834e-302)
@example(value=-5e-324)
@example(value=1.7976931348623157e308)
@example(value=-0.1)
@example(value=530205.059878)
@settings(max_examples=300, deadline=None)
def test_a_literal_is_its_value_on_one_line_without_words_of_a_transaction(
    value: literals.Value,
) -> None:
    written = literal(value)
    assert not {"\n", "\r", "\x00"} & set(written)
    assert "BEGIN TRANSACTION" not in written.upper()
    assert "COMMIT" not in written.upper()
    with closing(connect()) as connection:
        (read,) = connection.execute(f"SELECT {written}").fetchone()
    assert (type(read), read) == (type(value), value)


@given(
    rows=st.lists(
        st.tuples(st.one_of(st.text(max_size=5), st.just("x")), values, st.integers(1, 300_000)),
        max_size=5,
    )
)
@settings(max_examples=15, deadline=None)
def test_rows_of_any_length_are_inserted_by_statements_that_d1_takes(
    rows: list[tuple[str, literals.Value, int]],
) -> None:
    wanted = [
        (number, Text((text * length)[:length].encode("utf-8", "replace")), value, b"\x00" * length)
        for number, (text, value, length) in enumerate(rows)
    ]
    with closing(connect()) as connection:
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, text, value, blob)")
        for statement in insert_statements("t", ["n", "text", "value", "blob"], wanted, "n"):
            assert len(statement.encode()) <= 90_000
            connection.execute(statement)
        assert connection.execute("SELECT * FROM t ORDER BY n").fetchall() == wanted


def test_a_value_that_d1_cannot_hold_is_named() -> None:
    rows = [(1, Text(b"x" * 2_000_001))]
    with pytest.raises(CoccinelleError, match=r"table t, column note: a value of 2,000,001 bytes"):
        list(insert_statements("t", ["n", "note"], rows, "n"))


PARENT = "CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT UNIQUE, note)"
# How the linked table may look before or after: columns, then whether the link is strict.
CHILDREN = (
    "CREATE TABLE appointments (id TEXT PRIMARY KEY, name)",
    "CREATE TABLE appointments (id TEXT PRIMARY KEY, name, customer_id TEXT)",
    "CREATE TABLE appointments (id TEXT PRIMARY KEY, customer_id TEXT)",
    "CREATE TABLE appointments (id TEXT PRIMARY KEY, customer_id TEXT NOT NULL"
    " REFERENCES customers (id), name DEFAULT 'none')",
)
EXTRAS = (
    "CREATE INDEX by_email ON customers (email)",
    "CREATE INDEX by_id ON appointments (id)",
    "CREATE VIEW every_id AS SELECT id FROM appointments UNION ALL SELECT id FROM customers",
    "CREATE TRIGGER count_up AFTER UPDATE ON customers BEGIN\n"
    "  UPDATE appointments SET id = id WHERE FALSE;\nEND",
    "CREATE TABLE other (a INTEGER, b TEXT, c, PRIMARY KEY (a, b)) WITHOUT ROWID",
)
ids = st.sampled_from(["1", "2", "3", "é'4", "5"])
emails = st.one_of(st.none(), st.sampled_from(["a@b.c", "d@e.f", "g@h.i", "j@k.l", "m@n.o"]))
databases = st.fixed_dictionaries(
    {
        "child": st.sampled_from(CHILDREN),
        "extras": st.sets(st.sampled_from(EXTRAS)),
        "customers": st.dictionaries(ids, st.tuples(emails, values), min_size=1),
        "appointments": st.dictionaries(ids, st.tuples(values, ids)),
        "other": st.dictionaries(st.tuples(st.integers(0, 2), ids), values),
    }
)


def write_database(path: Path, wanted: dict) -> None:
    """A database as described; e-mails are given out once, links lead to customers."""
    with closing(connect(path)) as connection:
        connection.execute(PARENT)
        connection.execute(wanted["child"])
        taken: set[str | None] = {None}
        for key, (email, note) in wanted["customers"].items():
            mine = None if email in taken else email
            taken.add(mine)
            connection.execute("INSERT INTO customers (id, email) VALUES (?, ?)", (key, mine))
            connection.execute(f"UPDATE customers SET note = {literal(note)} WHERE id = ?", (key,))
        columns = [row[1].decode() for row in connection.execute("PRAGMA table_info(appointments)")]
        there = list(wanted["customers"])
        for key, (name, link) in wanted["appointments"].items():
            link = link if link in there else there[0]
            row = {"id": literal(Text(key.encode())), "name": literal(name)}
            row["customer_id"] = literal(Text(link.encode()))
            given_values = ", ".join(row[column] for column in columns)
            connection.execute(
                f"INSERT INTO appointments ({', '.join(columns)}) VALUES ({given_values})"
            )
        for statement in sorted(wanted["extras"], key=EXTRAS.index):
            connection.execute(statement)
        if EXTRAS[-1] in wanted["extras"]:
            for (a, b), value in wanted["other"].items():
                connection.execute(
                    f"INSERT INTO other VALUES ({a}, {literal(Text(b.encode()))}, {literal(value)})"
                )


@given(before=databases, after=databases)
@settings(max_examples=50, deadline=None)
def test_the_file_makes_any_database_into_any_other(before: dict, after: dict) -> None:
    with TemporaryDirectory() as name:
        directory = Path(name)
        for which, wanted in (("before", before), ("after", after)):
            write_database(directory / which, wanted)
        script = write_script(
            directory / "before", directory / "after", directory / "plan.sql", name="test"
        )
        same = application_state(directory / "before") == application_state(directory / "after")
        assert script.is_empty == same
        apply_script(script.path, directory / "before")
        assert application_state(directory / "before") == application_state(directory / "after")


def test_a_file_that_does_not_do_what_was_done_is_not_sent(tmp_path: Path) -> None:
    for which in ("before", "after"):
        with closing(connect(tmp_path / which)) as connection:
            connection.execute(PARENT)
            connection.execute(f"INSERT INTO customers (id) VALUES ('{which}')")
    script = write_script(
        tmp_path / "before", tmp_path / "after", tmp_path / "plan.sql", name="test"
    )
    check_script(script, tmp_path / "before", tmp_path / "after")
    wrong = tmp_path / "wrong.sql"
    wrong.write_text("DELETE FROM customers WHERE id = 'before';\n", encoding="utf-8")
    with pytest.raises(CoccinelleError, match="customers: 0 inserted, 0 updated, 1 deleted"):
        check_script(Script(wrong, "x", False), tmp_path / "before", tmp_path / "after")
    wrong.write_text("DELETE FROM absent;\n", encoding="utf-8")
    with pytest.raises(CoccinelleError, match="no such table: absent"):
        check_script(Script(wrong, "x", False), tmp_path / "before", tmp_path / "after")
