"""Trimming as people need it: copied text brings spaces that are not ASCII."""

from __future__ import annotations

import re

# Zero-width characters and the soft hyphen are category Cf: str.strip() leaves them.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"
_EDGES = re.compile(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$")
# The zero-width space marks a place between words; the others stand inside one.
_INSIDE_WORDS = re.compile(f"[{INVISIBLE.replace(chr(0x200B), '')}]")
_RUNS = re.compile(r"[\s\u200b]+")


def trimmed(text: str) -> str:
    """`text` without white space and invisible characters at its ends."""
    return _EDGES.sub("", text)


def collapsed(text: str) -> str:
    """`text` trimmed, without invisible characters, every run of white space in it one space."""
    return _RUNS.sub(" ", _INSIDE_WORDS.sub("", text)).strip()
