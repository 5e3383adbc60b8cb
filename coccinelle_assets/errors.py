"""What can go wrong that a user can mend: every message says what, where and what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Mapping


class CoccinelleError(Exception):
    """Bad input or a database that cannot be used as it is; nothing was written."""


ADVICE = {
    "promotion": "Migrate again with --dry-run to see the offenders.",
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


# What says that a file cannot be what it is to be, by the package of its type.
FILE_ERRORS = ("sqlalchemy", "duckdb", "_duckdb")


def said_plainly(error: BaseException) -> str | None:
    """An error of the system (files, disk, memory) in one sentence; None for any other one."""
    if isinstance(error, UnicodeError):
        return "a name holds characters that are not UTF-8: rename the file or the folder"
    if isinstance(error, MemoryError):
        return "the machine has no memory left: run it where there is more, or less else runs"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename is not None else ""
        return f"{where}{_advice(error)}"
    package = type(error).__module__.partition(".")[0]
    if package in FILE_ERRORS or isinstance(error, sqlite3.Error):
        cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        return f"a file of the home cannot be read or written ({cause})"
    return None


def _advice(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{reason}: make room there, or set COCCINELLE_HOME to a larger disk"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{reason}: check the permissions, or set COCCINELLE_HOME elsewhere"
    if error.errno == errno.EPIPE:
        return "nobody reads what is printed any more"
    return reason
