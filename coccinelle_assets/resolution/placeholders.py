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
from coccinelle_assets.resolution.normalize.phone_texts import normalize_phone
from coccinelle_assets.resolution.normalize.phones import WITHHELD, WITHHELD_DIGITS
from coccinelle_assets.resolution.normalize.text import trimmed

# The shortest tail of one repeated digit, or of counting digits, that no real number has.
TAIL_DIGITS = 8
TAG = r"(?:\+[^@]*)?"
# Steps from one pair of digits to the next: 01 02 03 04, 02 04 06 08, 10 20 30 40.
PAIR_STEPS = (1, 2, 10)
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
    emails, phones, words = [], [_made_up()], [WITHHELD_DIGITS.replace("\\+", "\\+?")]
    for entry in (*_shipped(), *extra):
        if "@" in entry:
            emails.append(_glob(entry))
        elif any(character.isdigit() for character in entry):
            phones.append(_phone(entry, default_region))
        else:
            words.append(_glob(entry))
    return PlaceholderPatterns(_any(emails), _any(phones), _any(words))


def role_pattern() -> str:
    """The pattern of addresses that are a role's, not a person's, to be matched in full."""
    roles = _any(re.escape(role).replace(r"\*", "[^@]*") for role in _lines("role_addresses.txt"))
    return f"{roles}{TAG}@.*"


def _shipped() -> Iterable[str]:
    return _lines("placeholders.txt")


def _lines(name: str) -> Iterable[str]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def _any(patterns: Iterable[str]) -> str:
    return "(?:" + "|".join(patterns) + ")"


def _glob(entry: str) -> str:
    pattern = ".*".join(re.escape(part) for part in trimmed(entry).lower().split("*"))
    # test+2@... is test@...
    return f"(?:{pattern.replace('@', TAG + '@', 1)})"


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


def _made_up() -> str:
    """+33600000000, +33600000001, +33606060606, +33102030405, +33612345678: how tails of
    TAIL_DIGITS digits look that somebody made up.
    """
    digits = "0123456789"
    repeated = [digit * TAIL_DIGITS for digit in digits]
    pairs = [f"{a}{b}" * (TAIL_DIGITS // 2) for a in digits for b in digits if a != b]
    counting = [run[i : i + TAIL_DIGITS] for run in (_UP, _DOWN) for i in range(10)]
    nearly = [
        f"{digit * place}[0-9]{digit * (TAIL_DIGITS - 1 - place)}"
        for digit in digits
        for place in range(TAIL_DIGITS)
    ]
    steps = [
        "".join(f"{start + step * place:02d}" for place in range(TAIL_DIGITS // 2))
        for step in (*PAIR_STEPS, *(-step for step in PAIR_STEPS))
        for start in range(100)
        if 0 <= start + step * (TAIL_DIGITS // 2 - 1) < 100
    ]
    made_up = _any([*repeated, *nearly, *pairs, *counting, *steps])
    withheld = rf"\+[0-9]{{1,3}}{_any(WITHHELD)}"
    return f"(?:\\+[0-9]*{made_up}|{withheld})"
