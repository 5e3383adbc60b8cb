"""What a promotion left for the next one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deferred:
    """A planned change that was left for the next run, and why."""

    source_table: str
    record_id: str
    reason: str


def deferred_reasons(deferred: Sequence[Deferred]) -> dict[str, int]:
    """How many planned changes were left, by reason."""
    return dict(sorted(Counter(item.reason for item in deferred).items()))
