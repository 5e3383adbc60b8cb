"""How personal details are shown where people look: e-mails, phones and names keep their ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

# Columns whose values tell who somebody is. Ids do not: they are needed to mend things.
PERSONAL = frozenset(
    "email phone value raw_email raw_phone first_name last_name names least_alike".split()
)
_EMAIL = r"(?P<start>[^@\s])[^@\s]*(?P<host>@[^@\s]*)"
_PHONE = r"(?P<phone>\+?\d[\d .\-()]{5,}\d)"
_IDENTIFIER = re.compile(f"{_EMAIL}|{_PHONE}")
_DETAIL = re.compile(rf"{_EMAIL}|{_PHONE}|(?P<initial>\w)\w*")


def masked(column: str, value: Any) -> Any:
    """A value as it may be shown; only text of personal columns is changed."""
    if column not in PERSONAL or not isinstance(value, str):
        return value
    return _DETAIL.sub(_masked_part, value)


def masked_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows as they may be shown."""
    return [
        tuple(masked(column, value) for column, value in zip(columns, row, strict=True))
        for row in rows
    ]


def mask_identifiers(text: str) -> str:
    """A text whose e-mails and phones keep their ends only."""
    return _IDENTIFIER.sub(_masked_part, text)


def _masked_part(match: re.Match[str]) -> str:
    if match["host"]:
        return f"{match['start']}***{match['host']}"
    if match["phone"]:
        return f"{match['phone'][:3]}***{match['phone'][-2:]}"
    return match["initial"] + "*" * (len(match[0]) - 1)
