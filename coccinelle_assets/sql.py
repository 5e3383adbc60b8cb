"""SQL text lives in .sql files; this is how it is found, filled in and cut into statements."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import dropwhile
from typing import Any, Protocol

PLACEHOLDER = re.compile(r"\{([a-z]\w*)\}")


def quoted(name: str) -> str:
    """An SQL identifier in double quotes, safe whatever the name holds."""
    return '"' + name.replace('"', '""') + '"'


@cache
def _text(package: str, path: str) -> str:
    """A file without its header comment, which may name the placeholders it explains."""
    lines = files(package).joinpath(path).read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(dropwhile(lambda line: line.startswith("--"), lines))


def load_sql(path: str, *, package: str = "coccinelle_assets", **fragments: str) -> str:
    """The text of the .sql file at `path` in a package, each `{name}` replaced by that fragment.

    Only identifiers and fragments from other .sql files go in this way; values are bound. Raises
    ValueError when a placeholder has no fragment.
    """
    text = _text(package, path)
    if left := set(PLACEHOLDER.findall(text)) - fragments.keys():
        raise ValueError(f"{path} has placeholders that are not filled: {', '.join(sorted(left))}")
    return PLACEHOLDER.sub(lambda match: fragments[match[1]], text)


class Fetchable(Protocol):
    """A cursor of SQLite or of DuckDB that has run a query."""

    def fetchone(self) -> Any:
        """The next row, None when there is none."""


def one_row(cursor: Fetchable) -> tuple[Any, ...]:
    """The row of a query that always has one."""
    row: tuple[Any, ...] | None = cursor.fetchone()
    assert row is not None, "the query has no row"
    return row


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one, trigger bodies whole.

    `sqlite3.Connection.executescript` commits first, so it has no place in a transaction.
    """
    lines: list[str] = []
    # Not splitlines(): a value may hold one of Unicode's other line ends.
    for line in script.split("\n"):
        lines.append(line)
        if line.rstrip().endswith(";") and sqlite3.complete_statement("\n".join(lines)):
            yield "\n".join(lines)
            lines.clear()
    if any(line.strip() and not line.lstrip().startswith("--") for line in lines):
        raise ValueError(f"unfinished statement: {' '.join(lines)[:80]}")
