"""Where a page ends, as one opaque text."""

from __future__ import annotations

import base64
import binascii
import json

from coccinelle_assets.api.problems import invalid


def write_cursor(moment: str | None, row_id: str) -> str:
    """The cursor behind a row, by its date and id."""
    text = json.dumps([moment, row_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[str | None, str]:
    """What `write_cursor` wrote. Raises ProblemError for any other text."""
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        moment, row_id = json.loads(text)
        if not isinstance(row_id, str) or not isinstance(moment, str | None):
            raise TypeError
    except (ValueError, TypeError, binascii.Error, UnicodeError, RecursionError):
        raise invalid("query.cursor", "not a cursor of this list") from None
    return moment, row_id


def behind(column: str, cursor: str | None, values: dict[str, object]) -> str:
    """The condition for rows behind a cursor, in the order of `column` (NULL first) and id."""
    if cursor is None:
        return "TRUE"
    moment, row_id = read_cursor(cursor)
    values |= {"after": moment, "after_id": row_id}
    if moment is None:
        return f"({column} IS NOT NULL OR id > :after_id)"
    return f"({column}, id) > (:after, :after_id)"
