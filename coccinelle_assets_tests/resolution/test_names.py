"""Names: French first, and never a word lost."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets.resolution.normalize.french_names import (
    COUPLE_LINKS,
    NOBODY,
    NULLS,
    PARTICLES,
    TITLES,
)
from coccinelle_assets.resolution.normalize.names import (
    CAPITALS_NAME,
    PLAIN_NAME,
    join_name,
    split_name,
)
from coccinelle_assets.resolution.normalize.text import collapsed
from coccinelle_assets_tests.resolution.warehouse import settled_in_sql

# (name as written, first name, last name)
WHOLE_NAMES = [
    ("Jean Dupont", "Jean", "Dupont"),
    ("DUPONT Jean", "Jean", "DUPONT"),
    ("Jean DUPONT", "Jean", "DUPONT"),
    ("DUPONT, Jean", "Jean", "DUPONT"),
    ("Dupont", None, "Dupont"),
    ("jean", "jean", None),
    ("  Jean\u00a0 Dupont\u200b", "Jean", "Dupont"),
    ("Jean Du\u00adpont", "Jean", "Dupont"),
    # Capitals only: a first name at one end tells the order, nothing else does.
    ("JEAN DUPONT", "JEAN", "DUPONT"),
    ("DUPONT JEAN", "JEAN", "DUPONT"),
    ("LEFÈVRE ÉLODIE", "ÉLODIE", "LEFÈVRE"),
    ("MARTIN BERNARD", None, "MARTIN BERNARD"),
    # Titles and couples.
    ("M. et Mme Martin", None, "Martin"),
    ("M. & Mme Jean et Sophie Martin", "Jean et Sophie", "Martin"),
    ("Monsieur et Madame de La Fontaine", None, "de La Fontaine"),
    ("Mme MARTIN Sophie", "Sophie", "MARTIN"),
    ("Mr Jean Dupont", "Jean", "Dupont"),
    ("Dr. Sophie Martin", "Sophie", "Martin"),
    ("Me Dupond", None, "Dupond"),
    ("M DUPONT", None, "DUPONT"),
    ("Jean et Sophie Martin", "Jean et Sophie", "Martin"),
    ("M. et Mme", None, None),
    ("Monsieur", None, None),
    ("Mrs Smith", None, "Smith"),
    ("M.Dupont", None, "Dupont"),
    ("Mme Vve Martin", None, "Martin"),
    ("Dupont, Jean, Dr", "Jean", "Dupont"),
    ("Dr Dupont, Jean", "Jean", "Dupont"),
    # Nobody's.
    ("null null", None, None),
    ("undefined", None, None),
    ("WhatsApp User", None, None),
    ("Inconnu", None, None),
    ("Client", None, None),
    ("Numéro masqué", None, None),
    ("- Petit", None, "Petit"),
    ("Jean undefined", "Jean", None),
    ("Client Dupont", None, "Dupont"),
    # Initials, suffixes, companies, households.
    ("J.P. Martin", "J.P.", "Martin"),
    ("J.Dupont", "J.", "Dupont"),
    ("JC Duss", "JC", "Duss"),
    ("DUPONT J.", "J.", "DUPONT"),
    ("NG Paul", "Paul", "NG"),
    ("LY Kim", "Kim", "LY"),
    ("Jean Dupont II", "Jean", "Dupont II"),
    ("SARL Dupont", None, "SARL Dupont"),
    ("Dupont SARL", None, "Dupont SARL"),
    ("Famille Martin", None, "Famille Martin"),
    # Where nothing else tells the order, the first names that are known do.
    ("Dupont Jean", "Jean", "Dupont"),
    ("Dupont Jean Pierre", "Jean Pierre", "Dupont"),
    ("Durand Marie-Claude", "Marie-Claude", "Durand"),
    ("El Amrani Karim", "Karim", "El Amrani"),
    ("De Gaulle Charles", "Charles", "De Gaulle"),
    ("Martin Bernard", "Martin", "Bernard"),
    ("Jean-Pierre", "Jean-Pierre", None),
    # Particles.
    ("Mme Le Goff", None, "Le Goff"),
    ("LE GALL Yann", "Yann", "LE GALL"),
    ("Yann LE GALL", "Yann", "LE GALL"),
    ("Yann Le Gall", "Yann", "Le Gall"),
    ("Anne de La Tour", "Anne", "de La Tour"),
    ("de LA TOUR Anne", "Anne", "de LA TOUR"),
    ("Charles d'Artagnan", "Charles", "d'Artagnan"),
    ("Mlle L’Hermite", None, "L’Hermite"),
    ("Vincent Van den Berg", "Vincent", "Van den Berg"),
    ("Karim Ben Ali", "Karim", "Ben Ali"),
    ("Maria da Silva", "Maria", "da Silva"),
    ("Le Goff", None, "Le Goff"),
    # Compound first names and double surnames.
    ("Jean-Pierre Martin", "Jean-Pierre", "Martin"),
    ("Jean Pierre Martin", "Jean Pierre", "Martin"),
    ("Marie Claire Dubois-Petit", "Marie Claire", "Dubois-Petit"),
    ("LE GALL-PETIT Jean-Luc", "Jean-Luc", "LE GALL-PETIT"),
    ("Sophie Martin née Dubois", "Sophie", "Martin née Dubois"),
    ("Mme MARTIN née DUBOIS", None, "MARTIN née DUBOIS"),
    ("Sophie Durand, née Martin", "Sophie", "Durand née Martin"),
    ("MARTIN Sophie épouse Leroy", "Sophie", "MARTIN épouse Leroy"),
    # No name at all.
    ("", None, None),
    ("\u00a0", None, None),
    ("...", None, None),
    ("0612345678", None, None),
]
# (first name column, last name column, first name, last name)
TWO_COLUMNS = [
    ("Jean", "Dupont", "Jean", "Dupont"),
    (" Jean ", "Du  Pont", "Jean", "Du Pont"),
    ("M. Jean", "Dupont", "Jean", "Dupont"),
    ("M.", "Dupont", None, "Dupont"),
    ("M.", "Jean Dupont", "Jean", "Dupont"),
    ("Jean", "M. Dupont", "Jean", "Dupont"),
    ("null", "null", None, None),
    ("undefined", "Dupont", None, "Dupont"),
    ("-", "Petit", None, "Petit"),
    ("Client", "Dupont", None, "Dupont"),
    (None, "DUPONT Jean", "Jean", "DUPONT"),
    ("", "Mme Le Goff", None, "Le Goff"),
    ("Jean Dupont", "", "Jean", "Dupont"),
    ("Dupont", None, "Dupont", None),
    (None, None, None, None),
    ("\u00a0", "\u200b", None, None),
]

# In parts of letters alone: "mme." is mme, "walk-in" is walk and in.
DROPPED = {
    part
    for word in TITLES | COUPLE_LINKS | NULLS | NOBODY
    for part in re.findall(r"[^\W\d_]+", word)
}

plain_words = st.sampled_from(
    "Jean DUPONT Dupont Élodie LEFÈVRE Jean-Luc martin LE GALL Goff O'Brien d'Arc L’Hermite "
    "Marie Claire ÉRIC Ñuñez née épouse J. A 2 (voisine) Ǆemal ŒUVRE null SARL Client User J.P. JC "
    "II M.Dupont - Karim".split()
)
special_words = st.sampled_from(sorted(TITLES | PARTICLES | COUPLE_LINKS)).flatmap(
    lambda word: st.sampled_from([word, word.upper(), word.capitalize()])
)
words = plain_words | special_words | st.text("abéÀZ-'’.,", min_size=1, max_size=5)
spaces = st.sampled_from([" ", " ", "  ", "\u00a0", "\t", ", "])
names = st.lists(st.tuples(words, spaces), max_size=6).map(
    lambda pairs: "".join(word + space for word, space in pairs)
)


def letter_words(text: str | None) -> list[str]:
    """The words of letters alone that a text is made of."""
    words = re.findall(r"[^\W\d_]+", collapsed(text or ""))
    return [word for word in words if any(character.isalpha() for character in word)]


def in_order(part: list[str], whole: list[str]) -> bool:
    """Whether the words of the part stand in the whole in this order."""
    remaining = iter(whole)
    return all(word in remaining for word in part)


@pytest.mark.parametrize(("text", "first", "last"), WHOLE_NAMES)
def test_a_whole_name_is_split(text: str, first: str | None, last: str | None) -> None:
    assert split_name(text) == (first, last)


@pytest.mark.parametrize(("first", "last", "first_name", "last_name"), TWO_COLUMNS)
def test_a_name_in_two_columns_is_kept(
    first: str | None, last: str | None, first_name: str | None, last_name: str | None
) -> None:
    assert join_name(first, last) == (first_name, last_name)


@given(names | st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_word_of_a_name_is_lost_or_invented(text: str) -> None:
    first, last = map(letter_words, split_name(text))
    lost = Counter(letter_words(text))
    lost.subtract(first + last)
    assert min(lost.values(), default=0) >= 0
    assert {word.casefold() for word, times in lost.items() if times} <= DROPPED
    assert in_order(first, letter_words(text))
    assert in_order(last, letter_words(text))


@given(names, names)
@settings(max_examples=150, deadline=None)
def test_no_word_of_two_columns_is_lost(first: str, last: str) -> None:
    kept = [word for part in join_name(first, last) for word in letter_words(part)]
    for word in letter_words(first) + letter_words(last):
        assert word in kept or word.casefold() in DROPPED


@given(names, names)
@settings(max_examples=150, deadline=None)
def test_splitting_a_split_name_again_changes_nothing(first: str, last: str) -> None:
    name = join_name(first, last)
    plain = not {word.casefold() for word in letter_words(f"{first} {last}")} & DROPPED
    if name.first and name.last and plain:
        assert join_name(name.first, name.last) == name


@given(st.lists(names, min_size=1, max_size=40))
@settings(max_examples=12, deadline=None)
def test_names_settled_in_sql_are_what_python_says(
    engine: DuckDBPyConnection, texts: list[str]
) -> None:
    records = [{"raw_last_name": text} for text in texts]
    settled = settled_in_sql(engine, "name_spellings", records)
    for row in settled:
        assert (row["first_name"], row["last_name"]) == split_name(row["spelling"])


def look_alikes(pattern: str) -> st.SearchStrategy[str]:
    """Texts that a pattern finds, with some letters for each of its classes of letters."""
    return st.from_regex(pattern.replace(r"\p{Lu}", "[A-ZÉŒÀ]").replace(r"\p{Ll}", "[a-zéœç]"))


titles = st.sampled_from(["", *(f"{title} " for title in sorted(TITLES))]).flatmap(
    lambda title: st.sampled_from([title, title.capitalize(), title.upper()])
)


@given(
    st.lists(
        st.tuples(titles, look_alikes(PLAIN_NAME) | look_alikes(CAPITALS_NAME)).map("".join),
        min_size=10,
        max_size=40,
    )
)
@settings(max_examples=12, deadline=None)
def test_look_alikes_of_plain_names_settled_in_sql_are_what_python_says(
    engine: DuckDBPyConnection, texts: list[str]
) -> None:
    records = [{"raw_last_name": text} for text in texts]
    settled = settled_in_sql(engine, "name_spellings", records)
    for row in settled:
        assert (row["first_name"], row["last_name"]) == split_name(row["spelling"])


@given(st.lists(st.tuples(names, names), min_size=1, max_size=40))
@settings(max_examples=12, deadline=None)
def test_pairs_settled_in_sql_are_what_python_says(
    engine: DuckDBPyConnection, pairs: list[tuple[str, str]]
) -> None:
    records = [{"raw_first_name": first, "raw_last_name": last} for first, last in pairs]
    settled = settled_in_sql(engine, "pair_spellings", records)
    for row in settled:
        given_pair = (row["raw_first_name"], row["raw_last_name"])
        assert (row["first_name"], row["last_name"]) == join_name(*given_pair)


def test_sql_settles_the_common_names(engine: DuckDBPyConnection) -> None:
    plain = ["Jean Dupont", "Élodie Lefèvre", "Jean-Luc Martin-Petit", "Dupont Jean"]
    plain += [
        "DUPONT Jean",
        "LE-GALL Anne-Marie",
        "M. Jean Dupont",
        "mme DUPONT Anne",
        "Dr Éric Roy",
    ]
    special = ["Mme Dupont", "Le Goff", "Karim Ben", "Jean DUPONT", "jean dupont", "Dupont"]
    special += ["LE Goff", "M. Mme Dupont", "M. et Mme Dupont", "Mlle Anne Le", "DE Jean"]
    records = [{"raw_last_name": name} for name in plain + special]
    settled = settled_in_sql(engine, "name_spellings", records)
    assert {row["spelling"] for row in settled} == set(plain)
