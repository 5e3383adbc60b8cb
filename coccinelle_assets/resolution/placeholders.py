"""Values that stand for "none": valid to look at, shared by strangers, never an identity.

The shipped list is `placeholders.txt`; settings may add to it. Everything becomes one pattern
for e-mails and one for phones, so that a million values are one regular expression in SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.resolution.normalize.phones import normalize_phone
from coccinelle_assets.resolution.normalize.text import trimmed

# The shortest tail of one repeated digit, or of counting digits, that no real number has.
TAIL_DIGITS = 8
_UP, _DOWN = "01234567890123456789", "98765432109876543210"


@dataclass(frozen=True, slots=True)
class PlaceholderPatterns:
    """RE2 patterns, to be matched in full: normalised e-mails, E.164 phones, raw spellings."""

    email: str
    phone: str
    word: str


def placeholder_patterns(extra: Sequence[str], default_region: str) -> PlaceholderPatterns:
    """The patterns of the shipped list and of `extra` entries.

    An entry with an @ is an e-mail, one with digits a phone, any other a word such as `inconnu`;
    `*` stands for any text. Raises CoccinelleError for a phone entry that is neither a valid number
    nor an E.164 pattern.
    """
    emails, phones, words = [], [_repeated_or_counting()], []
    for entry in (*_shipped(), *extra):
        if "@" in entry:
            emails.append(_glob(entry))
        elif any(character.isdigit() for character in entry):
            phones.append(_phone(entry, default_region))
        else:
            words.append(_glob(entry))
    return PlaceholderPatterns(_any(emails), _any(phones), _any(words))


def _shipped() -> Iterable[str]:
    text = files(__package__).joinpath("placeholders.txt").read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def _any(patterns: Iterable[str]) -> str:
    return "(?:" + "|".join(patterns) + ")"


def _glob(entry: str) -> str:
    return "(?:" + ".*".join(re.escape(part) for part in trimmed(entry).lower().split("*")) + ")"


def _phone(entry: str, default_region: str) -> str:
    if "*" in entry and re.fullmatch(r"[+*][0-9*]+", entry):
        return re.escape(entry).replace(r"\*", ".*")
    number = normalize_phone(entry, default_region)
    if number is None:
        raise CoccinelleError(
            f"setting placeholders (COCCINELLE_PLACEHOLDERS): {entry!r} is no valid phone number; "
            "write it as it is dialled, or use * in an E.164 pattern such as +3360000*"
        )
    return re.escape(number)


def _repeated_or_counting() -> str:
    """+33600000000, +33606060606, +33123456789, +33612345678: tails of TAIL_DIGITS digits."""
    digits = "0123456789"
    repeated = [digit * TAIL_DIGITS for digit in digits]
    pairs = [f"{a}{b}" * (TAIL_DIGITS // 2) for a in digits for b in digits if a != b]
    counting = [run[i : i + TAIL_DIGITS] for run in (_UP, _DOWN) for i in range(10)]
    return r"\+[0-9]*" + _any([*repeated, *pairs, *counting])
