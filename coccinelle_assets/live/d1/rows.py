"""Rows of tables by questions, in pages, every value as the database holds it.

An answer is JSON: it rounds whole numbers beyond 2^53, knows no blobs, and shows text that is no
UTF-8 as something else. So each row travels as one text: its values, each behind a letter for its
type, and beside it its length in bytes. Where what arrives is of another length, or holds what may
stand for something else, the page is asked for again with every text as hex.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.changeset.literals import Text, Value, literal, text
from coccinelle_assets.live.d1.wrangler import Wrangler
from coccinelle_assets.sql import load_sql, quoted

# A page has as many rows as fit into so many bytes; how long rows are, the first page tells.
FIRST_ROWS = 20_000
MOST_ROWS = 200_000
PAGE_BYTES = 20_000_000
# Of a table whose rows have no order to go on by.
WHOLE = 10**15
# Linux takes arguments of 128 KiB at most.
MAX_COMMAND_BYTES = 60_000
BETWEEN = "\x1f"
# What stands where a text was no UTF-8.
REPLACEMENT = "\ufffd"
# A chain of || may be 100 deep.
CHAIN = 8

Row = tuple[Value | str, ...]


class _InexactError(Exception):
    """A page did not arrive as it was."""


@dataclass(slots=True)
class Reading:
    """How far a table has been read: `key` has the columns that order its rows, rowid or its own.

    `exact`: the page at hand is asked for with every text as hex.
    """

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    after: Row | None = None
    limit: int = FIRST_ROWS
    exact: bool = False
    done: bool = False

    @property
    def question(self) -> str:
        """The next page: each row as one text, the key's values first, and its length."""
        key = ", ".join(self.key)
        behind = ""
        if self.after is not None:
            values = ", ".join(_literal(value) for value in self.after)
            behind = f"WHERE ({key}) > ({values})"
        return load_sql(
            "live/d1/sql/page.sql",
            row=_packed([*self.key, *map(quoted, self.columns)], exact=self.exact),
            table=quoted(self.table),
            behind=behind,
            order=f"ORDER BY {key} LIMIT {self.limit}" if self.key else "",
            page_bytes=str(PAGE_BYTES if self.key else WHOLE),
        )

    def take(self, answer: Sequence[dict[str, Any]]) -> list[Row]:
        """The rows of an answer, key and columns; none where the page has to be asked for again."""
        size = sum(row["size"] for row in answer)
        width = len(self.key) + len(self.columns)
        try:
            rows = [_unpacked(row["packed"], row["size"], width) for row in answer]
        except _InexactError:
            if self.exact:
                raise CoccinelleError(
                    f"rows of table {self.table} do not arrive as they are: update wrangler "
                    "(npm install wrangler@latest); nothing was written"
                ) from None
            self.exact = True
            return []
        self.exact = False
        self.done = not self.key or (len(rows) < self.limit and size < PAGE_BYTES)
        if rows:
            self.after = rows[-1][: len(self.key)]
            self.limit = max(1, min(MOST_ROWS, PAGE_BYTES * len(rows) // max(size, 1)))
        return rows


def read_pages(
    wrangler: Wrangler, readings: Sequence[Reading], *beside: str
) -> Iterator[tuple[list[list[dict[str, Any]]], list[tuple[Reading, list[Row]]]]]:
    """Every row of some tables, a command's answers at a time, in as few commands as serve.

    The first of them also answers the questions `beside`.
    """
    waiting = list(readings)
    while waiting or beside:
        batch: list[Reading] = []
        size = 0
        for reading in waiting:
            size += len(reading.question.encode())
            if batch and size > MAX_COMMAND_BYTES:
                break
            batch.append(reading)
        answers = wrangler.query(*beside, *(reading.question for reading in batch))
        others, pages = answers[: len(beside)], answers[len(beside) :]
        yield (
            others,
            [(reading, reading.take(page)) for reading, page in zip(batch, pages, strict=True)],
        )
        beside = ()
        waiting = [reading for reading in waiting if not reading.done]


def _packed(expressions: Sequence[str], *, exact: bool) -> str:
    """SQL of one text of several values; wrangler before 4.138 cuts a command behind any END."""
    value = "'T' || hex(CAST({0} AS BLOB))" if exact else "'t' || {0}"
    parts = [
        f"iif(typeof({e}) = 'text', {value.format(e)}, iif(typeof({e}) = 'integer', 'i' || {e},"
        f" iif(typeof({e}) = 'real', 'r' || printf('%!.17g', {e}),"
        f" iif(typeof({e}) = 'blob', 'b' || hex({e}), 'n'))))"
        for e in expressions
    ]
    between = " || char(31) || "
    while len(parts) > 1:
        parts = [
            f"({between.join(parts[start : start + CHAIN])})"
            for start in range(0, len(parts), CHAIN)
        ]
    return parts[0]


def _unpacked(packed: str, size: int, width: int) -> Row:
    values = packed.split(BETWEEN)
    try:
        length = len(packed.encode())
    except UnicodeEncodeError:
        length = -1
    if length != size or len(values) != width or REPLACEMENT in packed:
        raise _InexactError
    return tuple(map(_value, values))


def _value(written: str) -> Value | str:
    kind, rest = written[:1], written[1:]
    if kind == "t":
        return rest
    if kind == "i":
        return int(rest)
    if kind == "r":
        return float(rest)
    if kind == "b":
        return bytes.fromhex(rest)
    if kind != "T":
        return None
    content = bytes.fromhex(rest)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return Text(content)


def _literal(value: Value | str) -> str:
    return text(value) if isinstance(value, str) else literal(value)
