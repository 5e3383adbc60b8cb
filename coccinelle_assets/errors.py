"""What can go wrong that a user can mend: every message says what, where and what to do."""

from __future__ import annotations

from collections.abc import Mapping


class CoccinelleError(Exception):
    """Bad input or a database that cannot be used as it is; nothing was written."""


ADVICE = {
    "promotion": "The database was changed since the checks ran; migrate again to see the "
    "offenders.",
    "promotion alone": "Run promote_customers, or migrate again, to see the offenders.",
    "contraction": "`coccinelle contract DATABASE` without --yes lists the offenders.",
}


class PromotionRefusedError(CoccinelleError):
    """A lock held: predicates do not hold on what would be, or was about to be, written.

    `failures` maps a predicate's name to its number of offending rows; nothing was written, or
    all was rolled back.
    """

    def __init__(self, failures: Mapping[str, int], change: str = "promotion") -> None:
        named = ", ".join(f"{name} ({count} rows)" for name, count in failures.items())
        super().__init__(f"{change} refused, nothing was written: {named}. {ADVICE[change]}")
        self.failures = dict(failures)
