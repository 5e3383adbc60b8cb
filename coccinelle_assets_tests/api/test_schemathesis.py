"""Requests drawn from the contract, sent to a running server: no 5xx, every answer as promised."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coccinelle_assets_tests.api.server import KEYS, Server
from coccinelle_assets_tests.people import holds
from coccinelle_assets_tests.pipeline import Pipeline

pytestmark = pytest.mark.contract
SETTINGS = Path(__file__).with_name("schemathesis.toml")
REQUESTS = int(os.environ.get("REQUESTS", "60"))


def test_the_server_keeps_the_contract(own_server: Server, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("st")), "--config-file", str(SETTINGS), "run",
            f"{own_server.url}/openapi.json",
            "-H", f"x-api-key: {KEYS['t1']}", "--max-examples", str(REQUESTS),
            "--phases", "examples,coverage,fuzzing,stateful",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    assert "stateful" in done.stdout.lower()
    assert '"status": 5' not in own_server.said
    assert holds(own_server.app.path)
    Pipeline(own_server.app.path, max_customer_drift=1000.0).run()
    assert holds(own_server.app.path)


def test_a_server_that_breaks_the_contract_is_found_out(own_server: Server, tmp_path: Path) -> None:
    """The same tool against a contract that the server does not keep."""
    contract = (Path(__file__).parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8")
    broken = tmp_path / "openapi.json"
    broken.write_text(contract.replace('"next_cursor"', '"following"'), encoding="utf-8")
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("st")), "run", str(broken),
            "--url", own_server.url, "-H", f"x-api-key: {KEYS['t1']}", "--max-examples", "3",
            "--phases", "fuzzing", "--include-path", "/api/v1/customers",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout[-2000:]
