"""Trimming as people need it: copied text brings spaces that are not ASCII."""

from __future__ import annotations

import re
import unicodedata

# Zero-width characters and the soft hyphen are category Cf: str.strip() leaves them.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"
# What Python takes for white space, so that RE2, which knows ASCII's alone, takes it too.
SPACES = (
    "".join(map(chr, (*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B))))
    + "\u2028\u2029\u202f\u205f\u3000"
)
# Quotes and brackets that other programs put around an address or a number.
_AROUND = f"{SPACES}{INVISIBLE}<>\\[\\]\"'\u00ab\u00bb\u2018\u2019\u201c\u201d"
CLOSING = f"[{_AROUND}]*$"
_EDGES = re.compile(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$")
# The zero-width space marks a place between words; the others stand inside one.
_INSIDE_WORDS = re.compile(f"[{INVISIBLE.replace(chr(0x200B), '')}]")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_WHITE = re.compile(r"[^\S\n]")
_RUNS = re.compile(r"[\s\u200b]+")


def trimmed(text: str) -> str:
    """`text` without white space and invisible characters at its ends."""
    return _EDGES.sub("", text)


def plain_text(text: str) -> str:
    """`text` in plain forms: full width is none, white space is a space, what nobody sees goes."""
    seen = _INVISIBLE.sub("", text)
    return _WHITE.sub(" ", seen if seen.isascii() else unicodedata.normalize("NFKC", seen)).strip()


def opening(schemes: str) -> str:
    """The pattern of what may stand before an address or a number, one of these schemes included.

    It means the same to Python and to RE2; `schemes` is an alternation such as "tel|sms".
    """
    return f"^[{_AROUND}]*(?:(?i:{schemes}):(?://)?[{_AROUND}]*)?"


def collapsed(text: str) -> str:
    """`text` trimmed, without invisible characters, every run of white space in it one space."""
    return _RUNS.sub(" ", _INSIDE_WORDS.sub("", text)).strip()
