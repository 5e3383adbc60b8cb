"""A PostgreSQL server of its own, in a directory and on a port of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from coccinelle_assets_tests.services import free_port

DEBIAN_PROGRAMS = "/usr/lib/postgresql"
# PostgreSQL refuses to be root; Debian's packages bring this user along.
UNPRIVILEGED = "postgres"


class PostgreSQL:
    """A running server with one empty database."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="coccinelle-postgresql-"))
        self.port = free_port()
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED)
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            self._as_user = ["runuser", "-u", UNPRIVILEGED, "--"]
        data = self.directory / "data"
        self._run("initdb", "-D", data, "--auth=trust", "--username=dagster", "--encoding=UTF8")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        log = self.directory / "log"
        self._run("pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start")

    @property
    def url(self) -> str:
        """Where Dagster finds it."""
        return f"postgresql+psycopg2://dagster@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._run("pg_ctl", "-D", self.directory / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.directory)

    def _run(self, program: str, *arguments: object) -> None:
        command = [*self._as_user, _find(program), *map(str, arguments)]
        # The server keeps what it is started with: pipes would never be closed.
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.directory)


def _find(program: str) -> str:
    found = [shutil.which(program), *sorted(Path(DEBIAN_PROGRAMS).glob(f"*/bin/{program}"))]
    for path in filter(None, reversed(found)):
        return str(path)
    pytest.fail(f"there is no {program}: run .ci/install-postgresql first")
