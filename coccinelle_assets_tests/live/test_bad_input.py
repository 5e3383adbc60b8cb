"""Databases and settings that cannot be used: one message that says what to mend, nothing made."""

from __future__ import annotations

import ctypes
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coccinelle_assets_tests.command_line import coccinelle, coccinelle_here
from coccinelle_assets_tests.databases import AppDatabase


def missing(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def not_sqlite(path: Path) -> None:
    path.write_text("id,tenant_id,email\n1,t1,jean@ex.fr\n", encoding="utf-8")


def executed(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute(statement)
        connection.close()

    return change


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * (4096 - 100)
    path.write_bytes(content)


BROKEN = {
    "missing": (missing, "does not exist"),
    "empty": (empty, "is an empty file"),
    "not SQLite": (not_sqlite, "is not a SQLite database"),
    "damaged": (damaged, "is damaged"),
    "no table": (executed("DROP TABLE omni_conversations"), "table omni_conversations is missing"),
    "no column": (
        executed("ALTER TABLE appointments DROP COLUMN customer_email"),
        "table appointments has no column customer_email",
    ),
    "no date": (
        executed("ALTER TABLE appointments RENAME COLUMN appointment_date TO day"),
        "table appointments has no column appointment_date or scheduled_at",
    ),
    "foreign customers": (
        executed("CREATE TABLE customers (number INTEGER)"),
        "table customers has no column tenant_id",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_unusable_database_is_named_with_what_is_wrong_and_left_alone(
    name: str, app: AppDatabase
) -> None:
    spoil, message = BROKEN[name]
    if name == "no date":
        app.execute("DROP INDEX idx_appointments_tenant_date")
    spoil(app.path)
    before = app.path.read_bytes() if app.path.exists() else None
    done = coccinelle_here("migrate", app.path)
    assert done.returncode == 1
    assert str(app.path) in done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert (app.path.read_bytes() if app.path.exists() else None) == before
    assert {path.name for path in app.path.parent.iterdir()} <= {app.path.name}


def test_everything_that_is_missing_is_said_at_once(app: AppDatabase) -> None:
    app.execute("DROP TABLE prospects")
    app.execute("ALTER TABLE omni_conversations DROP COLUMN customer_phone")
    done = coccinelle("migrate", app.path, "--json")
    assert done.returncode == 1
    assert "table prospects is missing" in done.json["error"]
    assert "table omni_conversations has no column customer_phone" in done.json["error"]


@pytest.mark.parametrize("command", ["verify", "explain"])
def test_reading_commands_name_a_missing_database_too(command: str, tmp_path: Path) -> None:
    arguments = ["nobody"] if command == "explain" else []
    done = coccinelle_here(command, tmp_path / "absent.db", *arguments)
    assert done.returncode == 1
    assert "absent.db does not exist" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_verify_says_that_a_database_was_never_migrated(app: AppDatabase) -> None:
    done = coccinelle_here("verify", app.path)
    assert done.returncode == 1
    assert "no customers to verify" in done.stderr
    assert "coccinelle migrate" in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("COCCINELLE_DEFAULT_REGION", "XX", "'XX' is no region"),
        ("COCCINELLE_MAX_CUSTOMER_DRIFT", "a lot", "max_customer_drift"),
        ("COCCINELLE_BUSY_TIMEOUT_SECONDS", "-1", "greater than or equal to 0"),
    ],
)
def test_a_bad_setting_is_named_and_nothing_is_made(
    variable: str, value: str, message: str, app: AppDatabase
) -> None:
    done = coccinelle_here("migrate", app.path, **{variable: value})
    assert done.returncode == 1
    assert variable in done.stderr
    assert message in done.stderr
    assert list(app.path.parent.iterdir()) == [app.path]


@pytest.mark.parametrize(
    "arguments",
    [
        ["migrate"],
        ["migrate", "app.db", "--no-such-flag"],
        ["no-such-command"],
        ["demo", "--rows", "1"],
    ],
)
def test_a_usage_error_exits_with_2(arguments: list[str]) -> None:
    done = coccinelle_here(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""


def test_a_database_locked_by_a_writer_is_one_clear_error(
    app: AppDatabase, untouched: Callable[[], bool]
) -> None:
    assert untouched()
    writer = sqlite3.connect(app.path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    done = coccinelle_here("migrate", app.path, "--busy-timeout-seconds", "0.2")
    writer.execute("ROLLBACK")
    writer.close()
    assert done.returncode == 1
    assert "stayed locked for 0.2 s" in done.stderr
    assert untouched()


# Permissions mean nothing to root, so these run without the capability that ignores them.

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2


def obey_permissions() -> None:
    """Before a command starts: whoever runs the tests, file modes count from now on."""
    if os.geteuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError(f"prctl could not drop capability {capability}")


@pytest.fixture
def read_only(app: AppDatabase, run_history: Path) -> Iterator[AppDatabase]:
    """A database with one customer whose file may not be written."""
    shutil.copytree(run_history, app.home / "dagster")
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    app.path.chmod(0o444)
    yield app
    app.path.chmod(0o644)


def test_a_read_only_file_is_named_and_left_alone(
    read_only: AppDatabase, untouched: Callable[[], bool]
) -> None:
    assert untouched()
    done = coccinelle("migrate", read_only.path, "--json", before=obey_permissions)
    assert done.returncode == 1
    assert done.json["status"] == "error"
    assert f"database {read_only.path} cannot be written" in done.json["error"]
    assert untouched()


def test_a_dry_run_needs_no_right_to_write(
    read_only: AppDatabase, untouched: Callable[[], bool]
) -> None:
    assert untouched()
    done = coccinelle("migrate", read_only.path, "--dry-run", "--json", before=obey_permissions)
    assert done.returncode == 0
    assert done.json["promotion"]["new_customers"] == 1
    assert untouched()


def test_a_file_that_may_not_be_read_is_a_usage_error(app: AppDatabase) -> None:
    app.path.chmod(0o000)
    done = coccinelle("migrate", app.path, before=obey_permissions)
    app.path.chmod(0o644)
    assert done.returncode == 2
    assert "is not readable" in done.stderr
    assert list(app.path.parent.iterdir()) == [app.path]
