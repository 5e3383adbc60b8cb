"""Which signal asked this process to stop, whoever handled it: Dagster has handlers of its own."""

from __future__ import annotations

import os
import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_heard: int | None = None


def listen() -> None:
    """Note the signals that come from now on; SIGTERM stops the process as SIGINT does."""
    global _heard
    reading, writing = os.pipe()
    for end in (reading, writing):
        os.set_blocking(end, False)
    # Written to by the interpreter before any handler runs.
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, _interrupt)
    _heard = reading


def stopped_by() -> signal.Signals | None:
    """The signal that came last, None when none did."""
    global _last
    if _heard is not None:
        try:
            heard = [number for number in os.read(_heard, 4096) if number in SIGNALS]
        except BlockingIOError:
            heard = []
        if heard:
            _last = signal.Signals(heard[-1])
    return _last


_last: signal.Signals | None = None


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
