"""Names as agents and bots take them down, split into first and last name. French first.

Nothing is ever lost: what cannot be split goes to the last name whole, spelled as it was.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from coccinelle_assets.resolution.normalize.french_names import (
    COMPOUND_HEADS,
    COMPOUND_TAILS,
    COUPLE_LINKS,
    FIRST_NAMES,
    MAIDEN_NAME_MARKERS,
    PARTICLES,
    TITLES,
)
from coccinelle_assets.resolution.normalize.text import collapsed

_SPECIAL_WORDS = "|".join(
    re.escape(word) for word in sorted(TITLES | PARTICLES | COUPLE_LINKS) if word.isalpha()
)
# A title in front: "M. ", "Mme " (RE2).
TITLE = f"^(?i:{'|'.join(re.escape(title) for title in sorted(TITLES))}) "
# Behind it or without it, two capitalised words: "Jean-Luc Dupont" (RE2, full match) ...
_PLAIN_WORD = r"\p{Lu}\p{Ll}+(-\p{Lu}\p{Ll}+)?"
PLAIN_NAME = f"{_PLAIN_WORD} {_PLAIN_WORD}"
# ... or the last name in capitals and the first name: "DUPONT Jean-Luc" ...
CAPITALS_NAME = rf"\p{{Lu}}{{2,}}(-\p{{Lu}}{{2,}})? {_PLAIN_WORD}"
# ... unless, in lower case, one of them is a title or a particle.
SPECIAL_NAME = f"({_SPECIAL_WORDS}) .*|.* ({_SPECIAL_WORDS})"
# Words given in two columns that stay as they are (RE2, full match).
PLAIN_NAME_PART = r"[\p{L}'-]+( [\p{L}'-]+)*"
_ELIDED = re.compile(r"^[dl]['’]\S", re.IGNORECASE)


class Name(NamedTuple):
    """A person's name; either part may be None, both when nothing was given."""

    first: str | None
    last: str | None


def split_name(text: str) -> Name:
    """The parts of a whole name: `DUPONT Jean`, `Mme Le Goff`, `M. et Mme Martin`, plain ones."""
    whole = collapsed(text)
    if not any(character.isalpha() for character in whole):
        return Name(None, None)
    if whole.count(",") == 1:
        last, first = (collapsed(part) for part in whole.split(","))
        if first and last:
            return Name(first, _without_titles(last.split())[1] or last)
    words = whole.split()
    titled, rest = _without_titles(words)
    words = rest.split()
    if not words:
        return Name(None, whole)
    if len(words) == 1:
        return Name(None, words[0]) if titled or len(whole.split()) > 1 else _single(words[0])
    return _split_by_maiden_name(words) or _split_plain(words)


def _split_plain(words: list[str]) -> Name:
    return _split_by_capitals(words) or _split_by_particle(words) or _split_by_order(words)


def join_name(first: str | None, last: str | None) -> Name:
    """A name given in two columns; when one is empty the other may hold the whole name."""
    first_text, last_text = collapsed(first or ""), collapsed(last or "")
    if first_text and last_text:
        return Name(first_text, last_text)
    if first_text:
        name = split_name(first_text)
        return name if name.first else Name(first_text, None)
    return split_name(last_text) if last_text else Name(None, None)


def _split_by_maiden_name(words: list[str]) -> Name | None:
    """`Sophie Martin née Dubois`: what follows the first name is the last name, both of it."""
    for index, word in enumerate(words[1:-1], start=1):
        if word.casefold() in MAIDEN_NAME_MARKERS:
            name = _split_plain(words[:index]) if index > 1 else _single(words[0])
            return Name(name.first, " ".join([*filter(None, [name.last]), *words[index:]]))
    return None


def _single(word: str) -> Name:
    return Name(word, None) if word.casefold() in FIRST_NAMES else Name(None, word)


def _without_titles(words: list[str]) -> tuple[bool, str]:
    """Drop leading titles (`M. et Mme`); say whether there were any."""
    index = 0
    while index < len(words) and (
        words[index].casefold() in TITLES or (index > 0 and words[index].casefold() in COUPLE_LINKS)
    ):
        index += 1
    return index > 0, " ".join(words[index:])


def _is_capitals(word: str) -> bool:
    letters = [character for character in word if character.isalpha()]
    return len(letters) > 1 and all(character.isupper() for character in letters)


def _split_by_capitals(words: list[str]) -> Name | None:
    """`DUPONT Jean`, `Yann LE GALL`: the block in capitals is the last name."""
    capitals = [_is_capitals(word) for word in words]
    if all(capitals):
        return _split_capitals_by_first_name(words)
    if not any(capitals):
        return None
    start, end = capitals.index(True), len(capitals) - capitals[::-1].index(True)
    # A particle in small letters belongs to the block: "de LA TOUR Anne".
    while start > 0 and words[start - 1].casefold() in PARTICLES:
        start -= 1
    if not all(capitals[capitals.index(True) : end]) or (start > 0 and end < len(words)):
        return None
    last, first = " ".join(words[start:end]), " ".join(words[:start] + words[end:])
    return Name(first, last) if first else Name(None, last)


def _split_capitals_by_first_name(words: list[str]) -> Name:
    """All in capitals: a known first name at one end only tells the order."""
    leads = _is_first_name(words[0])
    trails = _is_first_name(words[-1])
    if leads == trails:
        return Name(None, " ".join(words))
    if leads:
        return _split_by_order(words)
    return Name(words[-1], " ".join(words[:-1]))


def _is_first_name(word: str) -> bool:
    return all(part.casefold() in FIRST_NAMES for part in word.split("-"))


def _split_by_particle(words: list[str]) -> Name | None:
    """`Anne de La Tour`, `Mme Le Goff`: a particle starts the last name."""
    for index, word in enumerate(words):
        if word.casefold() in PARTICLES or _ELIDED.match(word):
            if index == len(words) - 1 and not _ELIDED.match(word):
                return None
            if index == 0:
                return Name(None, " ".join(words))
            return Name(" ".join(words[:index]), " ".join(words[index:]))
    return None


def _split_by_order(words: list[str]) -> Name:
    """First name first: one word, or more for a compound (`Jean Pierre`) or a couple."""
    count = 1
    if len(words) > 2 and words[0].casefold() in COMPOUND_HEADS:
        count += words[1].casefold() in COMPOUND_TAILS
    while len(words) > count + 2 and words[count].casefold() in COUPLE_LINKS:
        count += 2
    return Name(" ".join(words[:count]), " ".join(words[count:]))
