"""What a command says of its end is so: nothing was written, or what was done stands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coccinelle_assets import standing
from coccinelle_assets.cli.base import app as command_line
from coccinelle_assets_tests.databases import AppDatabase

STANDS = "the promotion was made and stands"
# What a home that is full by then does to whatever comes after the commit.
FULL_AFTER_COMMIT = """
import resource
from coccinelle_assets.assets import promotion
from coccinelle_assets.cli import main
made = promotion.promote
def promote(*arguments):
    change = made(*arguments)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))
    return change
promotion.promote = promote
main()
"""


def run(
    *arguments: object,
    code: str = "from coccinelle_assets.cli import main; main()",
    **options: object,
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.run(command, check=False, timeout=120, **settings)


def said(stderr: str) -> str:
    return " ".join(stderr.split())


def closed_pipe() -> int:
    """The end to write to of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["table", "json"])
@pytest.mark.parametrize("output", ["closed pipe", "full disk"])
def test_a_promotion_that_cannot_be_printed_stands(
    output: str, options: list[str], small: AppDatabase
) -> None:
    stdout = closed_pipe() if output == "closed pipe" else os.open("/dev/full", os.O_WRONLY)
    done = run("migrate", small.path, *options, stdout=stdout)
    os.close(stdout)
    assert done.returncode == 4, done.stderr
    assert STANDS in said(done.stderr).lower()
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert len(small.customers()) > 0
    assert run("verify", small.path).returncode == 0


def test_a_command_that_reads_says_that_nobody_listens(small: AppDatabase) -> None:
    assert run("migrate", small.path).returncode == 0
    stdout = closed_pipe()
    done = run("history", small.path, stdout=stdout)
    os.close(stdout)
    assert (done.returncode, "nobody reads what is printed" in said(done.stderr)) == (1, True)


def test_closed_streams_are_no_error_and_nothing_else_takes_their_place(
    small: AppDatabase,
) -> None:
    command = f"{sys.executable} -m coccinelle_assets.cli migrate {small.path} <&- >&- 2>&-"
    assert subprocess.run(command, shell=True, check=False, timeout=120).returncode == 0
    assert run("verify", small.path).returncode == 0


def test_what_fails_in_the_home_after_the_commit_is_told_with_what_stands(
    small: AppDatabase,
) -> None:
    done = run("migrate", small.path, "--json", code=FULL_AFTER_COMMIT)
    assert done.returncode == 4, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"] == "done_with_errors"
    assert answer["error"].startswith(f"{STANDS}, but afterwards: ")
    assert "nothing was written" not in done.stderr + done.stdout
    assert len(small.customers()) > 0
    with small.connect() as live:
        assert live.execute("SELECT run_id FROM customer_promotions").fetchall() == [
            (answer["run_id"],)
        ]
    again = run("migrate", small.path)
    assert again.returncode == 0, again.stderr


def test_a_report_that_cannot_be_written_leaves_the_promotion_standing(
    small: AppDatabase,
) -> None:
    done = run("migrate", small.path, "--report", "/proc/report.html")
    assert (done.returncode, STANDS in said(done.stderr)) == (4, True)
    assert len(small.customers()) > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
@pytest.mark.parametrize("reached", ["start", "snapshot.sqlite", "plan.sqlite"])
def test_a_signal_ends_a_run_in_one_sentence_that_is_so(
    number: signal.Signals, reached: str, small: AppDatabase
) -> None:
    content = small.path.read_bytes()
    command = [sys.executable, "-m", "coccinelle_assets.cli", "migrate", str(small.path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        waits_for(
            lambda: (
                (small.home if reached == "start" else small.home / reached).exists()
                or process.poll() is not None
            )
        )
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
    if process.returncode == 0:
        # It had gone through before the signal came.
        assert len(small.customers()) > 0
        return
    assert process.returncode == 128 + number
    message = said(stderr)
    assert message.startswith(f"Error: stopped by {number.name}: ")
    if "nothing was written" in message:
        assert small.path.read_bytes() == content
    else:
        assert "all of it was written or nothing" in message or "stands" in message
    assert run("migrate", small.path).returncode == 0


def waits_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def refusal(arguments: Sequence[str], **environment: str) -> str:
    done = CliRunner().invoke(command_line, list(arguments), env=environment)
    assert done.exit_code == 1, done.output
    message = said(done.stderr)
    assert message.startswith("Error: ")
    return message


HOMES = {
    "file": "File exists",
    "/proc/nowhere": "/proc/nowhere",
    "h\udcff": "not UTF-8",
    "n" * 300: "File name too long",
}


@pytest.mark.parametrize("home", HOMES, ids=["a file", "proc", "no UTF-8", "too long"])
def test_a_home_that_cannot_be_is_one_plain_sentence(
    home: str, small: AppDatabase, tmp_path: Path, untouched: Callable[[], bool]
) -> None:
    assert untouched()
    (tmp_path / "file").touch()
    message = refusal(["migrate", str(small.path), "--home", str(tmp_path / home)])
    assert HOMES[home] in message
    assert message.endswith("nothing was written")
    assert untouched()


def test_a_directory_and_a_device_are_called_what_they_are(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is a directory: name the file in it" in refusal(["migrate", str(tmp_path)])
    for name in ("/dev/null", str(tmp_path / "pipe")):
        assert "is a device or a pipe, not a file" in refusal(["migrate", name])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEMORY_LIMIT_MB", "9" * 30),
        ("BUSY_TIMEOUT_SECONDS", "1e300"),
        ("BUSY_TIMEOUT_SECONDS", "inf"),
        ("MAX_LOCK_SECONDS", "nan"),
        ("BACKUPS_KEPT", "9" * 30),
        ("MAX_PEOPLE_PER_IDENTIFIER", "9" * 30),
    ],
)
def test_an_oversized_setting_is_named(name: str, value: str, small: AppDatabase) -> None:
    message = refusal(["migrate", str(small.path)], **{f"COCCINELLE_{name}": value})
    assert f"COCCINELLE_{name}" in message


def test_too_little_room_is_seen_before_a_run(
    small: AppDatabase, monkeypatch: pytest.MonkeyPatch, untouched: Callable[[], bool]
) -> None:
    assert untouched()
    usage = type("Usage", (), {"free": 5_000_000})
    monkeypatch.setattr("coccinelle_assets.warehouse.room.shutil.disk_usage", lambda path: usage)
    message = refusal(["migrate", str(small.path)])
    assert "of disk and has 5 MB for the home" in message
    assert untouched()
    assert not small.home.exists()


def test_what_stands_is_known_by_how_a_change_ended() -> None:
    standing.begin_anew()
    with pytest.raises(LookupError), standing.changing("the first"):
        raise LookupError
    assert (standing.has_changed(), standing.sentence()) == (False, "nothing was written")
    with pytest.raises(KeyboardInterrupt), standing.changing("the second"):
        raise KeyboardInterrupt
    assert standing.sentence().startswith("the second was under way: all of it was written or")
    with standing.changing("the third"):
        pass
    assert standing.sentence() == "the third was made and stands"
    with pytest.raises(LookupError), standing.changing("the fourth"):
        raise LookupError
    assert standing.sentence() == "the third was made and stands"
    standing.begin_anew()

    def commit_and_fail() -> None:
        standing.committed()
        raise LookupError

    with pytest.raises(LookupError), standing.changing("the fifth"):
        commit_and_fail()
    assert standing.sentence() == "the fifth was made and stands"
    standing.begin_anew()
    assert not standing.has_changed()
