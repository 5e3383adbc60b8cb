"""What an alert is: one thing that somebody on call should know."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What happened."""

    FAILED = "FAILED"
    PASSES_AGAIN = "PASSES AGAIN"
    CRASHED = "CRASHED"
    SILENT = "SILENT"
    HEARD_AGAIN = "HEARD AGAIN"

    @property
    def is_good(self) -> bool:
        """Whether it is news of something mended."""
        return self in (Kind.PASSES_AGAIN, Kind.HEARD_AGAIN)


@dataclass(frozen=True, slots=True)
class Alert:
    """One piece of news; `details` are lines without personal data, `at` is a Unix timestamp."""

    kind: Kind
    subject: str
    at: float
    severity: str = "ERROR"
    details: tuple[str, ...] = ()
    run_id: str | None = None
