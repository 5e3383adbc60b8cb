"""Reading spellings on all cores: Python reads on one, so the others get processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.resolution.normalize.readers import Reader, Reading, ReadingRules, reader

# Fewer are read in the time that a process takes to start.
ENOUGH_FOR_PROCESSES = 20_000
WORKER = "coccinelle_assets.resolution.normalize.worker"

Spellings = Sequence[Sequence[str]]


@contextmanager
def reading(kind: str, rules: ReadingRules, spellings: int) -> Iterator[Any]:
    """A function from lists of spellings to their readings, in order.

    `spellings` is how many there will be: many are spread over processes, one for each core.
    """
    read = reader(kind, rules)
    cores = usable_cores()
    if spellings < ENOUGH_FOR_PROCESSES or cores < 2:
        yield lambda chunk: [read(*spelling) for spelling in chunk]
        return
    with ExitStack() as opened:
        threads = opened.enter_context(ThreadPoolExecutor(cores - 1))
        workers = [opened.enter_context(_worker(kind, rules)) for _ in range(cores - 1)]
        yield lambda chunk: _spread(chunk, read, workers, threads)


def usable_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _spread(
    chunk: Spellings,
    read: Reader,
    workers: Sequence[subprocess.Popen[str]],
    threads: ThreadPoolExecutor,
) -> list[Reading]:
    """Give every worker an equal share, and read the last one here meanwhile."""
    size = -(-len(chunk) // (len(workers) + 1))
    shares = [chunk[start : start + size] for start in range(0, size * (len(workers) + 1), size)]
    answers = [
        threads.submit(_ask, worker, share)
        for worker, share in zip(workers, shares[:-1], strict=True)
    ]
    own = [read(*spelling) for spelling in shares[-1]]
    return [reading for answer in answers for reading in answer.result()] + own


@contextmanager
def _worker(kind: str, rules: ReadingRules) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        # -P: not the package that happens to lie in the working directory.
        [sys.executable, "-P", "-m", WORKER, kind, *rules.written()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _ask(worker: subprocess.Popen[str], share: Spellings) -> list[Reading]:
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        worker.stdin.write(json.dumps(share) + "\n")
        worker.stdin.flush()
        answer = worker.stdout.readline()
    except OSError:
        answer = ""
    if not answer:
        raise CoccinelleError(
            f"a process that reads spellings ended with exit code {worker.wait()}: run again; "
            "nothing was written"
        )
    return json.loads(answer)
