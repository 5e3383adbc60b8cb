"""How fast the face answers, beside a bare handler that runs the same query.

    python -m benchmarks.api [--rows 1000000] [--seconds 10] [--repeats 3] [--write-readme]

Needs wrk (Debian's package). On a promoted demo database, on the loopback address, each figure the
median of the repeats:

- get by id, of customers at random, and a bare Starlette handler with the same SELECT, in turn;
- the same get, and find-or-create (POST of an appointment of somebody known), while another process
  writes to the database all the time;
- resident memory after the first ten thousand requests, and after a hundred thousand more.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.readme import markdown_table, write_section

WORK = Path(__file__).parent / "work"
CONNECTIONS, THREADS = 32, 2
SAMPLED = 2_000
FEW_REQUESTS, MANY_REQUESTS = 10_000, 100_000
LUA_GET = """
local paths = {%s}
local n = %d
request = function()
  n = n + 1
  return wrk.format("GET", paths[n %% #paths + 1], {["x-api-key"] = "key_0"})
end
"""
LUA_POST = """
local bodies = {%s}
local n = %d
request = function()
  n = n + 1
  return wrk.format("POST", "/api/v1/appointments",
    {["x-api-key"] = "key_0", ["content-type"] = "application/json"}, bodies[n %% #bodies + 1])
end
"""
WRITER = """
import sqlite3, sys, time
live = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
number = 0
while True:
    number += 1
    live.execute("UPDATE appointments SET notes = ? WHERE rowid = ?", (str(number), number % 1000))
    time.sleep(0.005)
"""
BARE = """
import sqlite3, sys, threading
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from coccinelle_assets.api.rows import COLUMNS
from coccinelle_assets.api.store import api_sql

query = api_sql("customer", conditions="id = :id")
threads = threading.local()

def get(request):
    live = getattr(threads, "live", None)
    if live is None:
        live = threads.live = sqlite3.connect(sys.argv[1], isolation_level=None)
    values = {"tenant": "tenant_001", "id": request.path_params["id"]}
    return JSONResponse(dict(zip(COLUMNS, live.execute(query, values).fetchone())))

app = Starlette(routes=[Route("/api/v1/customers/{id}", get)])
uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", access_log=False)
"""


def main() -> None:
    """Measure, print, and write the section of the README."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write-readme", action="store_true")
    options = parser.parse_args()
    database = promoted_database(options.rows)
    with tempfile.TemporaryDirectory(dir=WORK) as directory:
        text = measured(database, Path(directory), options.seconds, options.repeats)
    command = f"python -m benchmarks.api --rows {options.rows} --seconds {options.seconds}"
    text = f"`{command} --repeats {options.repeats}`\n\n{text}"
    print(text)
    if options.write_readme:
        write_section("api", text)


def promoted_database(rows: int) -> Path:
    """A promoted demo database of its own, made once."""
    path = WORK / f"api-{rows}" / "app.db"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        run("benchmarks.prepare", "demo", path, rows, 100)
        run("coccinelle_assets.cli", "migrate", path)
    return path


def run(module: str, *arguments: object) -> None:
    """Run a module to its end."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measured(database: Path, directory: Path, seconds: int, repeats: int) -> str:
    """Every figure as a table."""
    gets, posts = scripts(database, directory)
    bare = directory / "bare.py"
    bare.write_text(BARE)
    writer = directory / "writer.py"
    writer.write_text(WRITER)
    rates: dict[str, list[float]] = {"bare": [], "get": []}
    tails: dict[str, list[float]] = {"get": [], "post": []}
    busy: dict[str, list[float]] = {"get": [], "post": []}
    serve = [sys.executable, "-m", "coccinelle_assets.cli", "serve", str(database), "--port"]
    for _ in range(repeats):
        with listening([sys.executable, str(bare), str(database)], 8401):
            rates["bare"].append(wrk(8401, gets, seconds)[0])
        with listening(serve, 8402):
            rates["get"].append(wrk(8402, gets, seconds)[0])
        with listening(serve, 8402), process([sys.executable, str(writer), str(database)]):
            for name, script in (("get", gets), ("post", posts)):
                rate, tail = wrk(8402, script, seconds)
                busy[name].append(rate)
                tails[name].append(tail)
    first, last, asked = memory(serve, gets)
    ratio = statistics.median(
        get / bare for get, bare in zip(rates["get"], rates["bare"], strict=True)
    )
    middle = {name: statistics.median(values) for name, values in busy.items()}
    tail = {name: statistics.median(values) for name, values in tails.items()}
    return markdown_table(
        ["what", "figure"],
        [
            ["bare handler, requests a second", f"{statistics.median(rates['bare']):,.0f}"],
            ["get by id, requests a second", f"{statistics.median(rates['get']):,.0f}"],
            ["get / bare, pair by pair", f"{ratio:.2f}"],
            ["get while another writes, a second", f"{middle['get']:,.0f}"],
            ["get while another writes, p99", f"{tail['get']:.0f} ms"],
            ["find-or-create while another writes, a second", f"{middle['post']:,.0f}"],
            ["find-or-create while another writes, p99", f"{tail['post']:.0f} ms"],
            [f"memory after {FEW_REQUESTS:,} requests", f"{first:.0f} MiB"],
            [f"memory after {asked:,} more", f"{last:.0f} MiB"],
        ],
    )


def scripts(database: Path, directory: Path) -> tuple[Path, Path]:
    """wrk's scripts: customers at random, and appointments of people at random."""
    with sqlite3.connect(database) as live:
        people = live.execute(
            "SELECT id, phone FROM customers WHERE tenant_id = 'tenant_001' AND phone IS NOT NULL"
        ).fetchall()
    people = random.Random(1).sample(people, min(SAMPLED, len(people)))
    gets, posts = directory / "get.lua", directory / "post.lua"
    seed = random.Random(2).randrange(SAMPLED)
    paths = ",".join(f'"/api/v1/customers/{customer}"' for customer, _ in people)
    gets.write_text(LUA_GET % (paths, seed))
    bodies = ",".join(f'\'{{"customer_phone": "{phone}"}}\'' for _, phone in people)
    posts.write_text(LUA_POST % (bodies, seed))
    return gets, posts


def wrk(port: int, script: Path, seconds: int) -> tuple[float, float]:
    """Requests a second, and the 99th percentile in milliseconds; every answer must be 2xx."""
    done = subprocess.run(
        [
            "wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
            "--timeout", "30s", "-s", str(script), f"http://127.0.0.1:{port}",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in done or "Socket errors" in done:
        raise RuntimeError(done)
    rate = re.search(r"Requests/sec:\s*([\d.]+)", done)
    tail = re.search(r"99%\s*([\d.]+)(us|ms|s)", done)
    if rate is None or tail is None:
        raise RuntimeError(done)
    unit = {"us": 0.001, "ms": 1, "s": 1000}[tail[2]]
    return float(rate[1]), float(tail[1]) * unit


def memory(serve: list[str], gets: Path) -> tuple[float, float, int]:
    """Resident memory of a server in MiB, early and after many requests, and how many."""
    with listening(serve, 8403) as server:
        ask(8403, gets, FEW_REQUESTS)
        early = resident_mib(server.pid)
        asked = ask(8403, gets, MANY_REQUESTS)
        return early, resident_mib(server.pid), asked


def ask(port: int, script: Path, requests: int) -> int:
    """Ask at least so many times; returns how often."""
    asked = 0
    while asked < requests:
        rate, _ = wrk(port, script, 5)
        asked += int(rate * 5)
    return asked


def resident_mib(pid: int) -> float:
    """Resident memory of a process, by /proc."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def process(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process until the block ends."""
    started = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.terminate()
        started.wait()


@contextmanager
def listening(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server until the block ends, once it listens."""
    import socket

    with process([*command, str(port)]) as server:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield server


if __name__ == "__main__":
    main()
