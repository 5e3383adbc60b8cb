"""What Python reads spellings with, by kind: each reader takes a spelling's columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from coccinelle_assets.resolution.normalize.emails import normalize_email
from coccinelle_assets.resolution.normalize.names import join_name, split_name
from coccinelle_assets.resolution.normalize.phones import normalize_phone

Reading = Sequence[str | None]
Reader = Callable[..., Reading]


def reader(kind: str, default_region: str) -> Reader:
    """The reader of email_spellings, phone_spellings, name_spellings or pair_spellings."""
    readers: dict[str, Reader] = {
        "email_spellings": _read_email,
        "phone_spellings": partial(_read_phone, default_region),
        "name_spellings": split_name,
        "pair_spellings": join_name,
    }
    return readers[kind]


def _read_email(spelling: str) -> Reading:
    return (normalize_email(spelling),)


def _read_phone(default_region: str, spelling: str) -> Reading:
    return (normalize_phone(spelling, default_region),)
