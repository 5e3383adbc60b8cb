"""The processes of deploy/: code location, webserver and daemon, as the units start them."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from coccinelle_assets_tests.services import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
T = TypeVar("T")
LAUNCH = """mutation { launchRun(executionParams: {mode: "default", runConfigData: {},
    selector: {repositoryLocationName: "coccinelle_assets", repositoryName: "__repository__",
    jobName: "audit_customers"}}) { __typename } }"""


def wait_for(condition: Callable[[], T], what: str, seconds: float = 300) -> T:
    """What a condition returns once it is true; fails when that takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.5)
    raise AssertionError(f"waited {seconds:g} s for {what}")


class Deployment:
    """Three processes on one Dagster instance; their output is in files beside it."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.directory = directory
        self.home = directory / "dagster"
        self.home.mkdir()
        shutil.copy(DEPLOY / "dagster.yaml", self.home)
        self.ports = {port: free_port() for port in ("3000", "3001", "4000")}
        self.workspace = directory / "workspace.yaml"
        text = (DEPLOY / "workspace.yaml").read_text(encoding="utf-8")
        self.workspace.write_text(self.local(text), encoding="utf-8")
        self.environment = {**os.environ, "DAGSTER_HOME": str(self.home), **environment}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, unit: str) -> None:
        """Start what the unit of that name starts."""
        lines = (DEPLOY / "systemd" / f"coccinelle-{unit}.service").read_text(encoding="utf-8")
        (line,) = (line for line in lines.splitlines() if line.startswith("ExecStart="))
        command = shlex.split(self.local(line.removeprefix("ExecStart=")))
        with (self.directory / f"{unit}.log").open("ab") as log:
            self.processes[unit] = subprocess.Popen(
                command,
                env=self.environment,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                start_new_session=True,
            )

    def kill(self, unit: str) -> None:
        """SIGKILL one process, at once."""
        process = self.processes.pop(unit)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """Stop all, with what they started."""
        for process in self.processes.values():
            os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def local(self, text: str) -> str:
        """A text of deploy/ with the ports and paths of this deployment."""
        for port, free in self.ports.items():
            text = text.replace(port, str(free))
        text = text.replace("/opt/coccinelle/bin", str(Path(sys.executable).parent))
        return text.replace("/etc/coccinelle/workspace.yaml", str(self.workspace))

    def graphql(self, query: str, port: str = "3000") -> Any:
        """Ask the webserver that the units have on a port."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports[port]}/graphql",
            json.dumps({"query": query}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def is_up(self, port: str = "3000") -> bool:
        """Whether a webserver answers and has loaded the code location."""
        query = "{ workspaceOrError { ... on Workspace { locationEntries { loadStatus name } } } }"
        try:
            answer = self.graphql(query, port)["data"]["workspaceOrError"]
        except OSError:
            return False
        return [entry["loadStatus"] for entry in answer["locationEntries"]] == ["LOADED"]
