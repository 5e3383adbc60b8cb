"""Measuring a command as a whole process: wall time, CPU time, peak memory. Standard library only.

A child's peak memory counts its parent's pages at the fork, so the measuring process stays small.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# ru_maxrss is in KiB, in bytes on macOS.
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Measurement:
    """One whole process: seconds of wall time and of CPU, peak resident memory in MiB.

    `finished` is false when it was stopped at its time bound.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    finished: bool = True


def measure(
    command: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    bound_seconds: float | None = None,
) -> Measurement:
    """Run a command to its end, or to its time bound.

    Raises RuntimeError with what it wrote on stderr when it fails.
    """
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        exceeded = threading.Event()

        def stop() -> None:
            exceeded.set()
            process.kill()

        timer = threading.Timer(bound_seconds or threading.TIMEOUT_MAX, stop)
        timer.daemon = True
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode and not exceeded.is_set():
            errors.seek(0)
            text = errors.read().decode(errors="replace")
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text}")
    peak = usage.ru_maxrss * MAXRSS_UNIT / 2**20
    return Measurement(
        seconds=round(seconds, 3),
        cpu_seconds=round(usage.ru_utime + usage.ru_stime, 3),
        peak_mib=round(peak, 1),
        finished=process.returncode == 0,
    )
