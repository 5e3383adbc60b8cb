"""Running wrangler: its commands on one D1 database, and what its errors mean.

Credentials are wrangler's own business: it finds them in its environment, nothing here reads or
shows them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.location import D1Place

T = TypeVar("T")
# Nothing is asked, coloured or reported home.
ENVIRONMENT = {"CI": "true", "WRANGLER_SEND_METRICS": "false", "NO_COLOR": "1", "FORCE_COLOR": "0"}
SECRETS = ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY", "CF_API_TOKEN", "CF_API_KEY")
QUERY_TIMEOUT_SECONDS = 300
FILE_TIMEOUT_SECONDS = 3600
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 20.0
SHOWN_CHARACTERS = 600
# The oldest version that the tests are run with.
OLDEST = (4, 114, 0)

COLOR = re.compile(r"\x1b\[[0-9;]*m")
# SQLite has said no to a statement: everything that the file did is undone.
REFUSED = re.compile(r"SQLITE_(CONSTRAINT|ERROR|MISMATCH|TOOBIG|RANGE|AUTH)|constraint failed")
# The database is not what it was when the file was written.
CONFLICT = re.compile(
    r"constraint failed|already exists|no such (table|column|index|trigger|view)", re.IGNORECASE
)
# Waiting helps.
BUSY = re.compile(
    r"SQLITE_(BUSY|LOCKED)|database is locked|long.running (export|import)|overloaded|"
    r"too many requests|\b429\b",
    re.IGNORECASE,
)
# The question is answered, and the answer will not change.
USAGE = re.compile(
    r"Couldn't find a D1 DB|Authentication error|CLOUDFLARE_API_TOKEN|Unknown argument|"
    r"not logged in|Virtual Tables|non-interactive|Invalid TOML|Processing wrangler\.\w+ config|"
    r"wrangler\.(toml|jsonc?):\d+",
    re.IGNORECASE,
)


class WranglerError(CoccinelleError):
    """wrangler ended with an error; `text` is what it said."""

    def __init__(self, text: str, command: str) -> None:
        super().__init__(f"wrangler {command}: {text}")
        self.text = text

    @property
    def is_refusal(self) -> bool:
        """Whether SQLite refused a statement, so that nothing of the command happened."""
        return bool(REFUSED.search(self.text)) and not self.is_busy

    @property
    def is_conflict(self) -> bool:
        """Whether it was refused for what the database holds, which a new file would respect."""
        return self.is_refusal and bool(CONFLICT.search(self.text))

    @property
    def is_busy(self) -> bool:
        """Whether the database was busy with something else."""
        return bool(BUSY.search(self.text))

    @property
    def is_final(self) -> bool:
        """Whether the same command would end in the same way."""
        return self.is_refusal or bool(USAGE.search(self.text))


def waits(timeout_seconds: float) -> Iterator[None]:
    """Attempts, the first at once, with growing pauses between them until the time is up."""
    deadline = time.monotonic() + timeout_seconds
    pause = FIRST_WAIT_SECONDS
    yield
    while time.monotonic() + pause < deadline:
        time.sleep(pause)
        yield
        pause = min(2 * pause, LONGEST_WAIT_SECONDS)


@dataclass(frozen=True, slots=True)
class Wrangler:
    """wrangler's commands on one database, run in the folder of its wrangler.toml."""

    place: D1Place
    busy_timeout_seconds: float

    def query(self, *questions: str) -> list[list[dict[str, Any]]]:
        """The rows of each statement; what only reads may be asked again.

        Raises CoccinelleError where wrangler did not answer each of them.
        """
        answers = self._patiently(lambda: self.execute(";\n".join(questions)))
        if len(answers) != len(questions):
            raise CoccinelleError(
                f"wrangler gave {len(answers)} answers to {len(questions)} statements, so that "
                "nobody can tell them apart: update it (npm install wrangler@latest)"
            )
        return answers

    def execute(self, sql: str) -> list[list[dict[str, Any]]]:
        """Run statements once; the rows of each."""
        answer = self._run(
            "d1", "execute", self.place.name, *self._where, "--json", "--command", sql
        )
        return [result["results"] for result in _parsed(answer)]

    def execute_file(self, path: Path) -> None:
        """Run a file of SQL once, all of it or nothing."""
        self._run(
            *("d1", "execute", self.place.name, *self._where),
            *("--json", "--yes", "--file", str(path.absolute())),
            timeout=FILE_TIMEOUT_SECONDS,
        )

    def bookmark(self) -> str | None:
        """The Time Travel bookmark of now; a local database has none."""
        if not self.place.remote:
            return None
        command = ("d1", "time-travel", "info", self.place.name, "--json", *self._options)
        return _parsed(self._patiently(lambda: self._run(*command))).get("bookmark")

    @property
    def _where(self) -> list[str]:
        persisted = ["--persist-to", str(self.place.persist_to)] if self.place.persist_to else []
        return [*(["--remote"] if self.place.remote else ["--local", *persisted]), *self._options]

    @property
    def _options(self) -> list[str]:
        """Those of wrangler's own that say which configuration it reads, and how."""
        given = {"--env": self.place.environment, "--config": self.place.config}
        return [text for name, value in given.items() if value for text in (name, str(value))]

    def _patiently(self, ask: Callable[[], T]) -> T:
        for _ in waits(self.busy_timeout_seconds):
            try:
                return ask()
            except WranglerError as error:
                if error.is_final:
                    raise
                last = error
        raise last

    def _run(self, *arguments: str, timeout: float | None = None) -> str:
        timeout = timeout or QUERY_TIMEOUT_SECONDS
        program = find_wrangler(self.place.directory)
        path = os.pathsep.join([str(program.parent), os.environ.get("PATH", "")])
        command = " ".join(arguments[:2])
        try:
            done = _run_to_the_end(
                [str(program), *arguments],
                self.place.directory,
                os.environ | ENVIRONMENT | {"PATH": path},
                timeout,
            )
        except subprocess.TimeoutExpired:
            raise WranglerError(f"no answer in {timeout:g} s", command) from None
        except OSError as error:
            raise WranglerError(f"could not be started ({error})", command) from error
        if done.returncode:
            raise WranglerError(_without_secrets(_message(done)), command)
        return done.stdout


def _run_to_the_end(
    command: Sequence[str], directory: Path, environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a command; one that is given up on ends with every process that it started.

    wrangler's work is done by a child of what is started here: left alone, it would go on.
    """
    with subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        process_group=0,
    ) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def find_wrangler(directory: Path) -> Path:
    """The wrangler of the project in `directory`, or the one on PATH.

    Raises CoccinelleError when there is none.
    """
    for folder in (directory, *directory.parents):
        program = folder / "node_modules" / ".bin" / "wrangler"
        if program.exists():
            _require_known_version(folder / "node_modules" / "wrangler" / "package.json")
            return program
    found = shutil.which("wrangler")
    if found is None:
        raise CoccinelleError(
            f"wrangler was found neither in node_modules of {directory} nor on PATH: "
            "run `npm install wrangler` there"
        )
    return Path(found)


def _require_known_version(package: Path) -> None:
    """Refuse a wrangler older than any that was tried; one that does not say is tried."""
    try:
        version = str(json.loads(package.read_text(encoding="utf-8"))["version"])
        numbers = tuple(int(part) for part in version.split("-")[0].split("."))
    except (OSError, ValueError, KeyError, TypeError):
        return
    if numbers < OLDEST:
        raise CoccinelleError(
            f"wrangler {version} in {package.parent} is older than "
            f"{'.'.join(map(str, OLDEST))}, the oldest that this works with: "
            "update it (npm install wrangler@latest)"
        )


def _parsed(stdout: str) -> Any:
    """The JSON in wrangler's output, which may begin with other lines."""
    lines = stdout.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.rstrip() in ("[", "{") or line.startswith(("[{", "[]", '{"')):
            return json.loads("".join(lines[number:]))
    raise WranglerError(f"answered without JSON: {stdout[:SHOWN_CHARACTERS]!r}", "d1")


def _message(done: subprocess.CompletedProcess[str]) -> str:
    """What wrangler said of its failure, on whichever stream."""
    if done.returncode < 0:
        return f"was killed (signal {-done.returncode})"
    try:
        error = _parsed(done.stdout)["error"]
        notes = [note.get("text", "") for note in error.get("notes") or []]
        return " ".join([error.get("text") or "", *notes])[:SHOWN_CHARACTERS]
    except (WranglerError, ValueError, KeyError, TypeError, AttributeError):
        said = COLOR.sub("", f"{done.stderr}\n{done.stdout}")
        # Its reasons follow the line that says ERROR, where its log is comes after them.
        _, marker, reasons = said.partition("🪵")[0].partition("[ERROR]")
        return " ".join((reasons if marker else said).split())[:SHOWN_CHARACTERS]


def _without_secrets(text: str) -> str:
    for name in SECRETS:
        value = os.environ.get(name)
        if value:
            text = text.replace(value, "***")
    return text
