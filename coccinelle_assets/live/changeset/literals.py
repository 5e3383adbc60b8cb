"""Values as SQL literals that every reader of the file takes alike, and rows as statements.

Cloudflare D1 sets the limits: 100,000 bytes a statement, 2 MB a value, 25,000 opcodes a statement.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.sql import quoted

MAX_STATEMENT_BYTES = 90_000
MAX_CELLS = 12_000
MAX_VALUE_BYTES = 2_000_000
# A longer literal of a row that is too long goes in pieces, of so many bytes before hex.
PIECE_BYTES = 40_000
LONG_LITERAL = 500
# A decimal of so few characters and at most three places is read as it was written: it is further
# from the middle between two numbers than a reader of 64 bits can err.
SHORT_NUMBER = 16
# Beyond so many control characters a text is written as hex: a chain of || may be 100 deep.
MAX_CONTROLS = 20

# wrangler strips these from a file, inside literals too.
TRANSACTION = re.compile(r"(BEGIN)(\s+TRANSACTION)|(COM)(MIT)|(SAVE)(POINT)", re.IGNORECASE)
# What any of the above, or a quote, could be in: most values hold none of it.
UNPLAIN = re.compile(rb"[\x00-\x1f\x7f']|[cC][oO][mM]{2}[iI][tT]|[nN][sS][aA][cC][tT]|[eE][pP][oO]")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Text(bytes):
    """Text of a database as its bytes, which need not be UTF-8: set it as text_factory."""


Value = int | float | Text | bytes | None


def literal(value: Value) -> str:
    """One value as an SQL expression without newlines or words of a transaction."""
    return _LITERALS[type(value)](value)


def text(value: str) -> str:
    """A Python string as an SQL expression."""
    return literal(Text(value.encode()))


def _real_literal(value: float) -> str:
    if value in (float("inf"), float("-inf")):
        return "9e999" if value > 0 else "-9e999"
    written = repr(value)
    if "e" not in written and len(written) <= SHORT_NUMBER and len(written.partition(".")[2]) <= 3:
        return written
    # Of other numbers SQLite's reading may be off by the last bit (of 530205.059878 it is, by
    # SQLite 3.40): they are written as a whole number and powers of two, computed exactly.
    mantissa, exponent = math.frexp(value)
    operator, left = ("*", exponent - 53) if exponent > 53 else ("/", 53 - exponent)
    terms = [f"{int(mantissa * 2**53)} * 1.0"]
    while left:
        step = min(left, 62)
        terms.append(f"{operator} {2**step}")
        left -= step
    return f"({' '.join(terms)})"


def _text_literal(value: Text) -> str:
    try:
        decoded = value.decode()
    except UnicodeDecodeError:
        return f"CAST(x'{value.hex()}' AS TEXT)"
    if not UNPLAIN.search(value):
        return f"'{decoded}'"
    controls = CONTROL.findall(decoded)
    if len(controls) > MAX_CONTROLS or "\x00" in controls:
        return f"CAST(x'{value.hex()}' AS TEXT)"
    plain = decoded.replace("'", "''")
    split = TRANSACTION.sub(lambda found: "'||'".join(filter(None, found.groups())), plain)
    whole = CONTROL.sub(lambda found: f"'||char({ord(found.group())})||'", split)
    return f"'{whole}'" if whole == plain else f"('{whole}')"


_LITERALS: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "NULL",
    Text: _text_literal,
    bytes: lambda value: f"x'{value.hex()}'",
    int: str,
    float: _real_literal,
}


def fits(row: Sequence[Value]) -> bool:
    """Whether a statement has room for a row, however its values have to be written."""
    size = sum(2 * len(value) + 400 if isinstance(value, bytes) else 100 for value in row)
    return size < MAX_STATEMENT_BYTES // 2


def insert_statements(
    table: str, columns: Sequence[str], rows: Iterable[Sequence[Value]], key: str
) -> Iterator[str]:
    """Multi-row INSERTs of at most MAX_STATEMENT_BYTES, and UPDATEs that append what is longer.

    `key` is the column by which one row of the table is addressed. Raises CoccinelleError for a
    value over MAX_VALUE_BYTES.
    """
    head = f"INSERT INTO {quoted(table)} ({', '.join(map(quoted, columns))}) VALUES\n"
    rows_per_statement = max(1, MAX_CELLS // (len(columns) + 2))
    batch: list[str] = []
    size = len(head.encode())
    appended: list[str] = []
    for row in rows:
        line, pieces = _row(table, columns, row, key, MAX_STATEMENT_BYTES - len(head.encode()))
        length = len(line.encode()) + 2
        if batch and (size + length > MAX_STATEMENT_BYTES or len(batch) == rows_per_statement):
            yield head + ",\n".join(batch)
            yield from appended
            batch, appended, size = [], [], len(head.encode())
        batch.append(line)
        appended.extend(pieces)
        size += length
    if batch:
        yield head + ",\n".join(batch)
        yield from appended


def _row(
    table: str, columns: Sequence[str], row: Sequence[Value], key: str, room: int
) -> tuple[str, list[str]]:
    literals = [literal(value) for value in row]
    line = f"({', '.join(literals)})"
    if len(line) * 4 < room or len(line.encode()) < room:
        return line, []
    appended: list[str] = []
    for place, value in enumerate(row):
        if isinstance(value, bytes) and len(literals[place]) > LONG_LITERAL:
            where = f"{quoted(key)} = {literal(row[columns.index(key)])}"
            appended.extend(_pieces(table, columns[place], value, where))
            literals[place] = "''" if isinstance(value, Text) else "x''"
    return f"({', '.join(literals)})", appended


def _pieces(table: str, column: str, value: bytes, where: str) -> Iterator[str]:
    if len(value) > MAX_VALUE_BYTES:
        raise CoccinelleError(
            f"table {table}, column {column}: a value of {len(value):,} bytes where {where}; "
            f"D1 takes {MAX_VALUE_BYTES:,} at most: shorten it"
        )
    kind = "TEXT" if isinstance(value, Text) else "BLOB"
    for start in range(0, len(value), PIECE_BYTES):
        piece = value[start : start + PIECE_BYTES].hex()
        yield (
            f"UPDATE {quoted(table)} SET {quoted(column)} ="
            f" CAST({quoted(column)} || CAST(x'{piece}' AS TEXT) AS {kind}) WHERE {where}"
        )
