"""A server of the application's face: a process of its own on a loopback port."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from coccinelle_assets_tests.command_line import environment
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import ANNE, JEAN
from coccinelle_assets_tests.pipeline import Pipeline

KEYS = {"t1": "key-of-t1", "t2": "key-of-t2"}


@dataclass
class Server:
    """A running server and the database it serves."""

    app: AppDatabase
    url: str
    process: subprocess.Popen[str]
    log: Path

    def client(self, tenant: str | None = "t1") -> httpx.Client:
        headers = {"x-api-key": KEYS[tenant]} if tenant else {}
        limits = httpx.Limits(max_connections=None)
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, limits=limits)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def said(self) -> str:
        return self.log.read_text()


def promoted_database(path: Path) -> AppDatabase:
    """Jean and Anne of t1, promoted; both tenants have keys."""
    app = AppDatabase(path)
    for tenant, key in KEYS.items():
        app.execute("UPDATE tenants SET api_key = ? WHERE id = ?", (key, tenant))
    app.prospect(id="jean", first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    app.appointment(id="a1", customer_name="Jean Dupont", customer_phone="06 11 47 82 93")
    app.appointment(id="a2", customer_email="jean.pro@ex.fr", customer_phone=JEAN)
    app.conversation(id="c1", customer_name="Anne Morel", customer_phone=ANNE)
    Pipeline(path).run()
    return app


@contextmanager
def serving(app: AppDatabase, *options: str, **variables: str) -> Iterator[Server]:
    """A server of a promoted database, until the block ends."""
    log = app.path.with_suffix(f".{time.monotonic_ns()}.log")
    with log.open("w") as said:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "coccinelle_assets.cli", "serve", str(app.path),
                "--port", "0", *options,
            ],
            env=environment(**variables),
            stderr=said,
            text=True,
        )  # fmt: skip
    try:
        yield Server(app, _address(process, log), process, log)
    finally:
        process.terminate()
        process.wait(30)


def _address(process: subprocess.Popen[str], log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        first = log.read_text().partition("\n")[0]
        if " on http://" in first:
            return first.rpartition(" on ")[2]
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def created(client: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()
