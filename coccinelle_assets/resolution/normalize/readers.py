"""What Python reads spellings with, by kind: each reader takes a spelling's columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from coccinelle_assets.resolution.normalize.details import reading
from coccinelle_assets.resolution.normalize.names import join_name, split_name

Reading = Sequence[str | None]
Reader = Callable[..., Reading]


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """The settings that a reading depends on."""

    default_region: str = "FR"
    same_mailbox: bool = True

    def written(self) -> tuple[str, str]:
        """As the arguments of a process."""
        return self.default_region, "same-mailbox" if self.same_mailbox else "as-written"

    @classmethod
    def read(cls, default_region: str, mailbox: str) -> ReadingRules:
        """The rules that were written so."""
        return cls(default_region, mailbox == "same-mailbox")


def reader(kind: str, rules: ReadingRules) -> Reader:
    """The reader of email_spellings, phone_spellings, name_spellings or pair_spellings."""
    readers: dict[str, Reader] = {
        "email_spellings": partial(_read, "email", rules),
        "phone_spellings": partial(_read, "phone", rules),
        "name_spellings": split_name,
        "pair_spellings": join_name,
    }
    return readers[kind]


def _read(kind: str, rules: ReadingRules, spelling: str) -> Reading:
    return reading(kind, spelling, rules.default_region, same_mailbox=rules.same_mailbox)
