"""Trimming as people need it: copied text brings spaces that are not ASCII."""

from __future__ import annotations

import re

# Zero-width characters and the soft hyphen are category Cf: str.strip() leaves them.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"
_EDGES = re.compile(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$")
_RUNS = re.compile(rf"[\s{INVISIBLE}]+")


def trimmed(text: str) -> str:
    """`text` without white space and invisible characters at its ends."""
    return _EDGES.sub("", text)


def collapsed(text: str) -> str:
    """`text` trimmed, every run of white space inside it one space."""
    return _RUNS.sub(" ", trimmed(text))
