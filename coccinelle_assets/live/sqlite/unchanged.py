"""Whether a row still is what was seen of it: the condition under which it may be written."""

from __future__ import annotations

from collections.abc import Iterable


def unchanged(pairs: Iterable[tuple[str, str]], *, as_text: bool = False) -> str:
    """The SQL condition that the values of a row are those that were seen.

    `pairs` are two expressions each: of the row, and of what was seen. NULL equals NULL, and no
    collation makes two spellings one. `as_text`: what was seen is text whatever the row's type.
    """
    return " AND ".join(
        f"{f'CAST({now} AS TEXT)' if as_text else now} IS {seen} COLLATE BINARY"
        for now, seen in pairs
    )
