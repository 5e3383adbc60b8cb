"""What comes out: nothing of theirs steers a terminal, and details are masked unless asked for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text
from typer.testing import CliRunner

from coccinelle_assets.cli import app as command_line
from coccinelle_assets.cli.shown import shown
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN
from coccinelle_assets_tests.pipeline import Pipeline

HOSTILE = "\x1b]0;owned\x07\x1b[31m[/red][bold]\x9b2J\u202eevil"
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@given(st.text())
def test_a_value_is_printed_as_it_is_but_for_what_steers(value: str) -> None:
    # Something follows: rich doubles a backslash at the very end.
    text = Text.from_markup(f"{shown(value)}[bold].[/]").plain
    assert not STEERS.search(text)
    if value.isprintable():
        assert text == f"{value}."


@pytest.fixture
def hostile(app: AppDatabase) -> AppDatabase:
    """A tenant, names and a duplicate that want to steer whoever looks."""
    app.execute("INSERT INTO tenants (id, name) VALUES (?, 'x')", (HOSTILE,))
    app.prospect(HOSTILE, id="p", first_name=HOSTILE, last_name="Dupont", email="jean@ex.fr")
    app.appointment(HOSTILE, id="a", customer_name=HOSTILE, customer_email="jean@ex.fr")
    app.prospect(id="jean", first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    return app


def test_no_command_lets_a_value_steer_the_terminal(hostile: AppDatabase) -> None:
    path = str(hostile.path)
    asked = [
        ("migrate", path, "--tenant", HOSTILE),
        ("migrate", path),
        ("verify", path, "--show"),
        ("explain", path, "jean@ex.fr"),
        ("explain", path, HOSTILE),
        ("history", path),
        ("migrate", path, "--tenant", HOSTILE + "unknown"),
        ("migrate", path + HOSTILE.replace("/", "")),
    ]
    for arguments in asked:
        for form in ((), ("--json",)):
            done = CliRunner().invoke(command_line, [*arguments, *form])
            assert done.exception is None or isinstance(done.exception, SystemExit), arguments
            assert not STEERS.search(done.stdout + done.stderr), arguments
            if form and done.stdout:
                json.loads(done.stdout)


def test_verify_masks_details_unless_they_are_asked_for(app: AppDatabase) -> None:
    app.prospect(id="jean", first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    Pipeline(app.path).run()
    app.execute("DROP INDEX IF EXISTS idx_customers_email")
    spoil(app.path)
    for form in ((), ("--json",)):
        masked, full = (
            CliRunner().invoke(command_line, ["verify", str(app.path), *show, *form])
            for show in ((), ("--show",))
        )
        assert (masked.exit_code, full.exit_code) == (3, 3)
        assert "jean@ex.fr" in full.stdout
        assert "jean@ex.fr" not in masked.stdout
        assert JEAN not in masked.stdout
        assert "j***@ex.fr" in masked.stdout


def spoil(path: Path) -> None:
    """Give the customer a twin: the table is made anew without its constraints."""
    app = AppDatabase.at(path)
    app.execute("CREATE TABLE copy AS SELECT * FROM customers")
    app.execute("INSERT INTO copy SELECT * FROM customers")
    app.execute("UPDATE copy SET id = 'twin' WHERE rowid = 2")
    app.execute("DROP TABLE customers")
    app.execute("ALTER TABLE copy RENAME TO customers")
