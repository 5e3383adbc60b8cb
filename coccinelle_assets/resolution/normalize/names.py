"""Names as agents and bots take them down, split into first and last name. French first.

Nothing is ever lost: what cannot be split goes to the last name whole, spelled as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from coccinelle_assets.resolution.normalize.french_names import (
    COMPANIES,
    COMPOUND_HEADS,
    COMPOUND_TAILS,
    COUPLE_LINKS,
    FIRST_NAMES,
    MAIDEN_NAME_MARKERS,
    NOBODY,
    NULLS,
    PARTICLES,
    SUFFIXES,
    TITLES,
)
from coccinelle_assets.resolution.normalize.text import collapsed


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words) if word.isalpha())


# A title in front: "M. ", "Mme " (RE2).
TITLE = f"^(?i:{'|'.join(re.escape(title) for title in sorted(TITLES))}) "
# Behind it or without it, two capitalised words: "Jean-Luc Dupont" (RE2, full match) ...
_PLAIN_WORD = r"\p{Lu}\p{Ll}+(-\p{Lu}\p{Ll}+)?"
PLAIN_NAME = f"{_PLAIN_WORD} {_PLAIN_WORD}"
# ... or the last name in capitals and the first name, "DUPONT Jean-Luc"; two letters may be
# initials ...
CAPITALS_NAME = rf"(\p{{Lu}}{{3,}}|\p{{Lu}}{{2,}}-\p{{Lu}}{{2,}}) {_PLAIN_WORD}"
# ... unless, in lower case, one of them is a word that is no plain part of a name.
_SPECIAL_WORDS = _any_of(
    TITLES | PARTICLES | COUPLE_LINKS | NOBODY | COMPANIES | SUFFIXES | MAIDEN_NAME_MARKERS
)
SPECIAL_NAME = f"({_SPECIAL_WORDS}) .*|.* ({_SPECIAL_WORDS})"
# In lower case, full match: a first name that is known.
KNOWN_FIRST_NAME = f"({_any_of(FIRST_NAMES)})(-({_any_of(FIRST_NAMES | COMPOUND_TAILS)}))?"
# Words given in two columns that stay as they are (RE2, full match), unless they are special.
PLAIN_NAME_PART = r"[\p{L}'-]*\p{L}[\p{L}'-]*( [\p{L}'-]*\p{L}[\p{L}'-]*)*"
SPECIAL_NAME_PART = (
    f"({_any_of(TITLES)}) .*|{_any_of(TITLES | NOBODY)}|.*({_any_of(NULLS)}|walk-in|quelqu'un).*"
    f"|(({_any_of(NOBODY)}) )+({_any_of(NOBODY)})"
)
_ELIDED = re.compile(r"^[dl]['’]\S", re.IGNORECASE)
# "M.Dupont", "J.Dupont": a title or an initial that nothing sets apart.
_GLUED = re.compile(r"^((?:mme|mlle|mr|dr|me|m|pr|[^\W\d_])\.)(?=[^\W\d_]{3,})", re.IGNORECASE)
# "J.P.", "J-P.", "J."; two consonants in capitals are initials, too: JC, JP.
_INITIALS = re.compile(r"(?:[^\W\d_]\.?-?){1,3}")
_CONSONANTS = re.compile(r"[BCDFGHJKLMNPQRSTVWXZ]{2}")
# Two consonants that are a frequent last name.
_LAST_NAMES = frozenset(("NG",))


class Name(NamedTuple):
    """A person's name; either part may be None, both when nothing was given."""

    first: str | None
    last: str | None


def split_name(text: str) -> Name:
    """The parts of a whole name: `DUPONT Jean`, `Mme Le Goff`, `M. et Mme Martin`, plain ones.

    Words that stand for no name (`null`, `WhatsApp User`) name nobody.
    """
    whole = collapsed(text)
    if not any(character.isalpha() for character in whole):
        return Name(None, None)
    if "," in whole:
        return _split_by_commas(whole)
    words = _words(whole)
    titled, rest = _without_titles(words)
    words = rest.split()
    # "Martin, M. et Mme": a title behind a name is none of it either.
    while len(words) > 1 and words[-1].casefold() in TITLES | COUPLE_LINKS:
        words.pop()
    if not words or _is_nobody(words):
        return Name(None, None)
    if any(word.casefold() in COMPANIES for word in (words[0], words[-1])):
        return Name(None, " ".join(words))
    lettered = [word for word in words if any(character.isalpha() for character in word)]
    if len(lettered) == 1:
        # "Jean 2": what has no letter is no part of a name by itself.
        text = " ".join(words)
        return Name(None, text) if titled or not _single(lettered[0]).first else Name(text, None)
    return _split_by_suffix(words) or _split_by_maiden_name(words) or _split_plain(words)


def _words(text: str) -> list[str]:
    """The words of a name, without dashes and nulls that stand for one."""
    words = _GLUED.sub(r"\1 ", text).split()
    return [
        word
        for word in words
        if any(character.isalnum() for character in word) and word.casefold() not in NULLS
    ]


def _is_nobody(words: list[str]) -> bool:
    return all(
        word.casefold().replace("(e)", "").strip("()[].:#") in NOBODY
        or not any(character.isalpha() for character in word)
        for word in words
    )


def _split_by_commas(whole: str) -> Name:
    """`Dupont, Jean, Dr`; `Sophie Durand, née Martin`: what follows a marker is no first name."""
    parts = [" ".join(_words(part)) for part in whole.split(",")]
    titles = [part for part in parts if part and not _without_titles(part.split())[1]]
    parts = [part for part in parts if part and part not in titles]
    if len(parts) != 2 or parts[1].split()[0].casefold() in MAIDEN_NAME_MARKERS:
        return split_name(" ".join([*titles[:1], *parts])) if parts else Name(None, None)
    last, first = (_without_titles(part.split())[1] for part in parts)
    if any(word.casefold() in COMPANIES for word in last.split()):
        return Name(None, f"{last} {first}")
    return join_name(first, last)


def _split_plain(words: list[str]) -> Name:
    return (
        _split_by_initials(words)
        or _split_by_capitals(words)
        or _split_by_particle(words)
        or _split_by_order(words)
    )


def join_name(first: str | None, last: str | None) -> Name:
    """A name given in two columns; when one is empty the other may hold the whole name."""
    first_text, last_text = _part(first), _part(last)
    # "Client", "Dupont"; but who is called Jean Client may be.
    if _is_nobody(first_text.split()):
        first_text = ""
    if not first_text and _is_nobody(last_text.split()):
        last_text = ""
    if first_text and last_text:
        return Name(first_text, last_text)
    if first_text:
        name = split_name(first_text)
        return name if name.first else Name(first_text, None)
    return split_name(last_text) if last_text else Name(None, None)


def _part(text: str | None) -> str:
    """What a column of a name holds, without titles and nulls."""
    whole = collapsed(text or "")
    if not any(character.isalpha() for character in whole):
        return ""
    return _without_titles(_words(whole))[1]


def _split_by_suffix(words: list[str]) -> Name | None:
    """`Jean Dupont II`: it belongs to the last name."""
    if len(words) < 3 or words[-1].casefold() not in SUFFIXES:
        return None
    name = _split_by_maiden_name(words[:-1]) or _split_plain(words[:-1])
    return Name(name.first, " ".join(filter(None, [name.last, words[-1]])))


def _split_by_initials(words: list[str]) -> Name | None:
    """`J.P. Martin`, `JC Duss`, `Martin J.P.`: initials are a first name."""
    if _is_initials(words[0]):
        return Name(words[0], " ".join(words[1:]))
    if _is_initials(words[-1]) and "." in words[-1]:
        return Name(words[-1], " ".join(words[:-1]))
    return None


def _is_initials(word: str) -> bool:
    consonants = _CONSONANTS.fullmatch(word) and word not in _LAST_NAMES
    return bool(consonants) or ("." in word and bool(_INITIALS.fullmatch(word)))


def _split_by_maiden_name(words: list[str]) -> Name | None:
    """`Sophie Martin née Dubois`: what follows the first name is the last name, both of it."""
    for index, word in enumerate(words[1:-1], start=1):
        if word.casefold() in MAIDEN_NAME_MARKERS:
            name = _split_plain(words[:index]) if index > 1 else _single(words[0])
            return Name(name.first, " ".join([*filter(None, [name.last]), *words[index:]]))
    return None


def _single(word: str) -> Name:
    return Name(word, None) if _is_first_name(word) else Name(None, word)


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
    """`Jean`, `Jean-Pierre`: a first name that is known (KNOWN_FIRST_NAME is the same)."""
    head, hyphen, tail = word.casefold().partition("-")
    return head in FIRST_NAMES and (not hyphen or tail in FIRST_NAMES | COMPOUND_TAILS)


def _split_by_particle(words: list[str]) -> Name | None:
    """`Anne de La Tour`, `Mme Le Goff`: a particle starts the last name."""
    for index, word in enumerate(words):
        if word.casefold() in PARTICLES or _ELIDED.match(word):
            if index == len(words) - 1 and not _ELIDED.match(word):
                return None
            if index == 0:
                # "El Amrani Karim", "De Gaulle Charles".
                if len(words) > 2 and _is_first_name(words[-1]):
                    return Name(words[-1], " ".join(words[:-1]))
                return Name(None, " ".join(words))
            return Name(" ".join(words[:index]), " ".join(words[index:]))
    return None


def _split_by_order(words: list[str]) -> Name:
    """First name first: one word, or more for a compound (`Jean Pierre`) or a couple.

    Unless only the last word is a first name that is known: `Dupont Jean`.
    """
    if _is_first_name(words[-1]) and not _is_first_name(words[0]):
        pair = [word.casefold() for word in words[-2:]]
        compound = len(words) > 2 and pair[0] in COMPOUND_HEADS and pair[1] in COMPOUND_TAILS
        place = -2 if compound else -1
        return Name(" ".join(words[place:]), " ".join(words[:place]))
    count = 1
    if len(words) > 2 and words[0].casefold() in COMPOUND_HEADS:
        count += words[1].casefold() in COMPOUND_TAILS
    while len(words) > count + 2 and words[count].casefold() in COUPLE_LINKS:
        count += 2
    return Name(" ".join(words[:count]), " ".join(words[count:]))
