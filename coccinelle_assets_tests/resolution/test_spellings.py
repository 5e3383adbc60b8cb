"""Readings of spellings: kept for the next run under the rules that read them, on all cores."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.resolution import spellings
from coccinelle_assets.resolution.contacts import build_contacts
from coccinelle_assets.resolution.identity import build_identifiers
from coccinelle_assets.resolution.normalize import in_processes, readers
from coccinelle_assets.resolution.normalize.text import SPACES
from coccinelle_assets.settings import IdentityRules
from coccinelle_assets_tests.resolution.warehouse import COLUMNS, load, warehouse

# What no pattern reads, of each kind of spelling.
ODD = [
    {"id": "a1", "customer_email": "élodie@hôtel.fr", "customer_phone": "06 12 34 56 78 ext 5"},
    {"id": "a2", "customer_name": "M. et Mme Jean-Luc de La Tour", "customer_phone": "0612"},
]
PROSPECT = {"id": "p1", "first_name": "J.-P.", "last_name": "D'Ormesson 2", "email": "a@x.test"}


def odd_warehouse() -> DuckDBPyConnection:
    return warehouse(
        appointments=[row | {"tenant_id": "t1"} for row in ODD],
        prospects=[PROSPECT | {"tenant_id": "t2"}],
    )


def contacts(connection: DuckDBPyConnection, region: str = "FR") -> list[tuple[object, ...]]:
    build_contacts(connection, IdentityRules(default_region=region))
    return connection.execute("SELECT * FROM identity.contacts ORDER BY ALL").fetchall()


def kept(connection: DuckDBPyConnection) -> dict[str, set[str]]:
    """The spellings whose reading is kept, by table."""
    return {
        name: {row[0] for row in connection.execute(f"SELECT * FROM readings.{name}").fetchall()}
        for name in ("email_spellings", "phone_spellings", "name_spellings", "pair_spellings")
    }


@pytest.fixture
def read_in_python(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Every spelling that Python reads from here on."""
    asked: list[tuple[str, ...]] = []

    def noting(kind: str, region: str) -> Callable[..., readers.Reading]:
        read = readers.reader(kind, readers.ReadingRules(region))

        def note(*spelling: str) -> readers.Reading:
            asked.append(spelling)
            return read(*spelling)

        return note

    monkeypatch.setattr(in_processes, "reader", noting)
    return asked


def test_what_python_read_once_is_not_read_again(read_in_python: list[tuple[str, ...]]) -> None:
    connection = odd_warehouse()
    first = contacts(connection)
    assert ("06 12 34 56 78 ext 5",) in read_in_python
    assert (PROSPECT["first_name"], PROSPECT["last_name"]) in read_in_python
    read_in_python.clear()
    assert contacts(connection) == first
    assert read_in_python == []


def test_a_new_spelling_is_the_only_one_that_is_read(
    read_in_python: list[tuple[str, ...]],
) -> None:
    connection = odd_warehouse()
    contacts(connection)
    read_in_python.clear()
    rows = [row | {"tenant_id": "t1"} for row in ODD] + [
        {"id": "a3", "tenant_id": "t1", "customer_phone": "0612 ext 3"}
    ]
    load(connection, "appointments", COLUMNS["appointments"], rows)
    contacts(connection)
    assert read_in_python == [("0612 ext 3",)]


def test_other_rules_and_another_region_read_anew(
    read_in_python: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = odd_warehouse()
    contacts(connection)
    everything = sorted(read_in_python)
    read_in_python.clear()
    assert contacts(connection, "BE") == contacts(odd_warehouse(), "BE")
    assert set(everything) <= set(read_in_python)
    contacts(connection)
    read_in_python.clear()
    monkeypatch.setattr(spellings, "version", lambda library: f"{library} of tomorrow")
    contacts(connection)
    assert sorted(read_in_python) == everything


def test_readings_that_no_record_needs_go_but_for_those_outside_a_wave() -> None:
    connection = odd_warehouse()
    contacts(connection)
    before = kept(connection)
    load(connection, "appointments", COLUMNS["appointments"], [])
    connection.execute("INSERT INTO source.wave VALUES ('t2')")
    contacts(connection)
    assert kept(connection) == before
    connection.execute("DELETE FROM source.wave")
    contacts(connection)
    assert kept(connection) == {
        "email_spellings": {"a@x.test"},
        "phone_spellings": set(),
        "name_spellings": set(),
        "pair_spellings": {PROSPECT["first_name"]},
    }


@given(
    st.sampled_from(["email_spellings", "phone_spellings", "name_spellings"]),
    st.lists(st.tuples(st.text(max_size=20)), max_size=30),
)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_processes_read_what_one_process_reads(
    monkeypatch: pytest.MonkeyPatch, kind: str, texts: list[tuple[str]]
) -> None:
    monkeypatch.setattr(in_processes, "ENOUGH_FOR_PROCESSES", 0)
    monkeypatch.setattr(in_processes, "usable_cores", lambda: 3)
    texts += [("0612345678",), ("jean@ex.fr",), ("Mme Le Goff",)]
    read = readers.reader(kind, readers.ReadingRules())
    with in_processes.reading(kind, readers.ReadingRules(), len(texts)) as reading:
        for chunk in (texts, texts[:1], texts[:2]):
            assert [tuple(found) for found in reading(chunk)] == [
                tuple(read(*row)) for row in chunk
            ]


def test_a_reader_that_dies_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_processes, "ENOUGH_FOR_PROCESSES", 0)
    monkeypatch.setattr(in_processes, "usable_cores", lambda: 2)
    monkeypatch.setattr(in_processes, "WORKER", "coccinelle_assets.no_such_module")
    with (
        in_processes.reading("email_spellings", readers.ReadingRules(), 2) as reading,
        pytest.raises(CoccinelleError, match="ended with exit code 1"),
    ):
        reading([("a@x.fr",), ("b@x.fr",)])


def test_spaces_are_those_of_python() -> None:
    everything = map(chr, range(sys.maxunicode + 1))
    assert set(SPACES) == {character for character in everything if re.match(r"\s", character)}


def test_of_business_identifiers_those_of_tenants_without_records_are_not_read(
    read_in_python: list[tuple[str, ...]],
) -> None:
    of_tenants = {
        "t1": [("tenants", "contact@agence.fr"), ("users", "contact@agence.fr")],
        "t9": [("tenants", "contact@elsewhere.fr")],
    }
    connection = warehouse(
        prospects=[PROSPECT | {"tenant_id": "t1"}],
        business_identifiers=[
            {"tenant_id": tenant, "source_table": table, "kind": "email", "value": value}
            for tenant, values in of_tenants.items()
            for table, value in values
        ],
    )
    build_contacts(connection, IdentityRules())
    read_in_python.clear()
    build_identifiers(connection, IdentityRules())
    assert read_in_python == [("contact@agence.fr",)]


def test_a_reader_is_of_this_package_whatever_lies_in_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "coccinelle_assets").mkdir()
    (tmp_path / "coccinelle_assets" / "__init__.py").write_text("raise SystemExit('another one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(in_processes, "ENOUGH_FOR_PROCESSES", 0)
    monkeypatch.setattr(in_processes, "usable_cores", lambda: 2)
    spellings = [("A@x.fr",), ("b@x.fr",)]
    with in_processes.reading("email_spellings", readers.ReadingRules(), 2) as reading:
        assert [value for value, *_ in reading(spellings)] == ["a@x.fr", "b@x.fr"]
