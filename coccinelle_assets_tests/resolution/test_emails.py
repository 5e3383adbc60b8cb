"""E-mail addresses: one form, or none at all."""

from __future__ import annotations

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets.resolution.normalize.details import reading
from coccinelle_assets.resolution.normalize.emails import PLAIN_EMAIL, normalize_email
from coccinelle_assets_tests.resolution.warehouse import settled_in_sql

# (as written, normalised or None)
EMAILS = [
    ("jean@free.fr", "jean@free.fr"),
    ("Jean.Dupont@Gmail.COM", "jean.dupont@gmail.com"),
    (" \tjean@free.fr\n", "jean@free.fr"),
    ("\u00a0jean@free.fr\u202f", "jean@free.fr"),
    ("\u200bjean@free.fr\ufeff", "jean@free.fr"),
    ("mailto:jean@free.fr", "jean@free.fr"),
    ("MAILTO: jean@free.fr", "jean@free.fr"),
    ("<jean@free.fr>", "jean@free.fr"),
    ("[mailto:jean@free.fr]", "jean@free.fr"),
    ('"jean@free.fr"', "jean@free.fr"),
    ("'jean@free.fr", "jean@free.fr"),
    ("mailto://jean@free.fr", "jean@free.fr"),
    ("jean+rdv@free.fr", "jean+rdv@free.fr"),
    ("élodie@hôtel.fr", "élodie@hôtel.fr"),
    ("jean@xn--htel-vqa.fr", "jean@hôtel.fr"),
    ("a" * 64 + "@free.fr", "a" * 64 + "@free.fr"),
    ("", None),
    ("\u00a0", None),
    ("mailto:", None),
    ("jean", None),
    ("@", None),
    ("jean@free", None),
    ("jean@localhost", None),
    ("jean@@free.fr", None),
    ("jean@free..fr", None),
    (".jean@free.fr", None),
    ("jean.@free.fr", None),
    ("jean@-free.fr", None),
    ("jean dupont@free.fr", None),
    ("jean@1.2.3.4", None),
    ("jean@boite.test", None),
    ("jean@boite.LOCAL", None),
    ("a" * 320 + "@free.fr", None),
]

labels = st.sampled_from(
    "free gmail FREE test a 1 123 x-y -x x- a_b xn--htel-vqa hôtel local LOCAL".split()
) | st.text("abZ09-", max_size=35)
ends = st.sampled_from(
    "fr com FR museum test invalid local onion arpa alt example localhost internal c 12 zz".split()
)
hosts = st.sampled_from(["gmail.com", "GoogleMail.com", "hotmail.fr", "free.fr"])
locals_ = st.sampled_from("jean Jean.Dupont a.b-c+d a_b a.b_ _a -a a- o'neil é".split()) | st.text(
    "abZ09._+-'", max_size=70
)
noise = st.sampled_from(
    [*[""] * 8, " ", "\u00a0", "\u200b", "\n", "mailto:", ".", "<", ">", "[", "]", '"', "'"]
) | st.sampled_from(
    ["\u3000", "MailTo: ", "<mailto:", "mailto:<", "\ufeffsmtp:", "mailto:mailto:", "tel:"]
)
emails = st.builds(
    lambda before, local, sign, domain, after: f"{before}{local}{sign}{domain}{after}",
    noise,
    locals_,
    st.sampled_from(["@", "@", "@", "@", "@@", ""]),
    hosts
    | st.builds(
        lambda domain, end: ".".join([*domain, end]), st.lists(labels, min_size=1, max_size=4), ends
    ),
    noise,
)


@pytest.mark.parametrize(("spelling", "address"), EMAILS)
def test_an_address_is_normalised_or_refused(spelling: str, address: str | None) -> None:
    assert normalize_email(spelling) == address


@given(st.lists(emails, min_size=10, max_size=60))
@settings(max_examples=40, deadline=None)
def test_addresses_settled_in_sql_are_what_python_says(
    engine: DuckDBPyConnection, spellings: list[str]
) -> None:
    records = [{"raw_email": spelling} for spelling in spellings]
    for row in settled_in_sql(engine, "email_spellings", records):
        read = reading("email", row["spelling"], "FR", same_mailbox=True)
        assert (row["value"], row["shown"], row["more"]) == read


@given(st.lists(st.from_regex(PLAIN_EMAIL, fullmatch=True), min_size=5, max_size=30))
@settings(max_examples=20, deadline=None)
def test_every_plain_address_is_settled_as_python_does(
    engine: DuckDBPyConnection, spellings: list[str]
) -> None:
    records = [{"raw_email": spelling} for spelling in spellings]
    settled = settled_in_sql(engine, "email_spellings", records)
    refused = {spelling for spelling in spellings if normalize_email(spelling) is None}
    assert {row["spelling"] for row in settled} == set(spellings) - refused
    assert all(row["value"] == normalize_email(row["spelling"]) for row in settled)


def test_sql_settles_the_common_addresses(engine: DuckDBPyConnection) -> None:
    plain = [
        "paul@free.fr",
        "Jean.Dupont@Gmail.COM",
        "a-b+c@mail.boite.co",
        " jean@free.fr\u00a0",
        "\u200bjean@free.fr",
        "<mailto:jean@free.fr>",
        "a@x-y.fr",
    ]
    others = ["jean@boite.test", "jean", "", "élodie@free.fr", "a@xn--htel-vqa.fr"]
    records = [{"raw_email": spelling} for spelling in plain + others]
    settled = settled_in_sql(engine, "email_spellings", records)
    assert {row["spelling"] for row in settled} == set(plain)


@given(emails | st.emails() | st.text("aİẞΣé@.ﬁ-", max_size=12).map(lambda text: f"{text}@x.fr"))
@settings(max_examples=300, deadline=None)
def test_normalising_an_address_again_changes_nothing(spelling: str) -> None:
    address = normalize_email(spelling)
    assert address is None or normalize_email(address) == address


@given(emails, noise, st.booleans())
@settings(max_examples=100, deadline=None)
def test_case_and_surrounding_space_make_no_other_address(
    spelling: str, space: str, upper: bool
) -> None:
    if not spelling.isascii() or space.strip(" \u00a0\u200b\n"):
        return
    variant = f"{space}{spelling.upper() if upper else spelling}{space}"
    assert normalize_email(variant) == normalize_email(spelling)
