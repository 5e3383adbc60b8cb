"""How many people a set of names stands for: misspellings of one name are one person.

Only identifiers that look shared are counted this way; it decides whether they tie records, never
who somebody is.
"""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz

# Above it two names are one, misspelled or shortened: "arlo morgan", "alr morgan", "arlo".
# Strangers of one first or last name stay below: "marie martin", "marie dupont".
SAME_PERSON = 80
# With more names than this nobody asks whether some are misspelled: comparing is quadratic.
MAX_COMPARED_NAMES = 60


def count_people(names: Iterable[str]) -> int:
    """The number of people behind distinct name keys (lower case, no accents).

    Names are taken longest first; each joins the first earlier one that it resembles, so that a
    bare first name does not tie two full names together.
    """
    people: list[str] = []
    for name in sorted(set(names), key=lambda name: (-len(name), name)):
        if not any(fuzz.token_set_ratio(name, known) >= SAME_PERSON for known in people):
            people.append(name)
    return len(people)


def group_people(names: Iterable[str]) -> dict[str, int]:
    """The person whom each distinct name key stands for, as a number; '' is nobody's name.

    Names agree word by word, since relatives share one: "anne martn" is "anne martin", and "jean
    martin" is not. A name that agrees with several people is none of them, so that it ties none of
    them together.
    """
    people: list[str] = []
    found: dict[str, int] = {}
    for name in sorted(set(names), key=lambda name: (-len(name), name)):
        alike = [
            number
            for number, known in enumerate(people)
            if name and known and names_agree(name, known)
        ]
        if len(alike) == 1:
            found[name] = alike[0]
        else:
            found[name] = len(people)
            people.append(name)
    only = {number for name, number in found.items() if name}
    # One person alone is who did not leave a name, too.
    return dict.fromkeys(found, 0) if len(only) == 1 else found


def names_agree(name: str, longer: str) -> bool:
    """Whether each word of a name key has a counterpart of its own in one that is no shorter."""
    left = longer.split()
    for word in sorted(name.split(), key=len, reverse=True):
        score, place = max(
            ((_alike(word, other), -place) for place, other in enumerate(left)), default=(0.0, 0)
        )
        if score < SAME_PERSON:
            return False
        left.pop(-place)
    return True


def _alike(word: str, other: str) -> float:
    if len(word) == 1 or len(other) == 1:
        # An initial.
        return 100.0 if word[0] == other[0] else 0.0
    return fuzz.ratio(word, other)
