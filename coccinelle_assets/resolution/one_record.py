"""One record's details, read and judged by the rules that a run reads all of them with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from coccinelle_assets.resolution.normalize.details import Detail, read_details
from coccinelle_assets.resolution.normalize.names import join_name, split_name
from coccinelle_assets.resolution.normalize.phones import WHATSAPP, is_landline
from coccinelle_assets.resolution.people import names_agree
from coccinelle_assets.resolution.placeholders import placeholder_patterns, role_pattern
from coccinelle_assets.settings import IdentityRules

_MOBILE = "+336", "+337"
# The accents that models/contacts.sql takes off.
_PLAIN = str.maketrans("àáâãäåçèéêëìíîïñòóôõöùúûüýÿ", "aaaaaaceeeeiiiinooooouuuuyy")


@dataclass(frozen=True, slots=True)
class Given:
    """What a record says of a person, as it was written."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    channel: str | None = None
    prospect_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """An e-mail or phone that ties nobody: the value as it was read or written, and why."""

    kind: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Person:
    """What was read: `details` may tie, `rejected` may not; `key` is the name as a key."""

    first_name: str | None
    last_name: str | None
    key: str
    details: tuple[Detail, ...]
    rejected: tuple[Rejected, ...]


class RecordReader:
    """Reads records by a run's settings; made once, since compiling its patterns takes time."""

    def __init__(self, rules: IdentityRules) -> None:
        self.rules = rules
        patterns = placeholder_patterns(rules.placeholders, rules.default_region)
        self._email, self._phone, self._word = (
            re.compile(pattern) for pattern in (patterns.email, patterns.phone, patterns.word)
        )

    @cached_property
    def _role(self) -> re.Pattern[str]:
        return re.compile(role_pattern())

    def read(self, given: Given, region: str | None = None) -> Person:
        """The person that a record tells of; numbers without a country code are of `region`."""
        name = (
            split_name(given.name or "")
            if given.first_name is None
            else join_name(given.first_name, given.name)
        )
        details: list[Detail] = []
        rejected: list[Rejected] = []
        for kind, spelling in (("email", given.email), ("phone", self._phone_spelling(given))):
            if not spelling:
                continue
            found = self._details(kind, spelling, region)
            for detail in found:
                if self._is_placeholder(detail):
                    rejected.append(Rejected(detail.kind, detail.tie, "placeholder"))
                elif detail not in details:
                    details.append(detail)
            if not found:
                word = self._word.fullmatch(spelling.strip(" ").lower())
                reason = "placeholder" if word else "invalid"
                rejected.append(Rejected(kind, spelling, reason))
        return Person(
            name.first,
            name.last,
            person_key(name.first, name.last),
            tuple(details),
            tuple(rejected),
        )

    def business_own(
        self, written: Iterable[tuple[str, str]], region: str | None = None
    ) -> frozenset[tuple[str, str]]:
        """A tenant's own e-mails and phones, out of their kinds and spellings: kinds and values."""
        return frozenset(
            (detail.kind, detail.tie.partition(";")[0])
            for kind, spelling in written
            for detail in self._details(kind, spelling, region)
        )

    def _details(self, kind: str, spelling: str, region: str | None) -> list[Detail]:
        return read_details(
            kind,
            spelling,
            region or self.rules.default_region,
            same_mailbox=self.rules.same_mailbox,
        )

    def ties_by_name(self, detail: Detail) -> bool:
        """Whether an e-mail or phone is a role's or a place's, not one person's."""
        if self.rules.shared_lines != "by_name":
            return False
        if detail.kind == "email":
            return bool(self._role.fullmatch(detail.tie))
        return not detail.tie.startswith(_MOBILE) and is_landline(detail.tie)

    def _phone_spelling(self, given: Given) -> str | None:
        """A number of a WhatsApp account has a country code, with a + or without (records.sql)."""
        whatsapp = (given.channel or "").lower() == "whatsapp"
        if whatsapp and given.phone and re.match(r"[1-9]", given.phone):
            return WHATSAPP + given.phone
        return given.phone

    def _is_placeholder(self, detail: Detail) -> bool:
        """As models/identifiers.sql has it."""
        if detail.kind == "phone":
            return bool(self._phone.fullmatch(detail.tie.partition(";")[0]))
        local, _, domain = detail.tie.partition("@")
        return bool(self._email.fullmatch(detail.tie)) or f".{local}." in f".{domain}"


def person_key(first_name: str | None, last_name: str | None) -> str:
    """A name as models/contacts.sql has it: lower case, no accents, words sorted; '' is none."""
    name = f"{first_name or ''} {last_name or ''}".lower()
    bare = "".join(c for c in name if not unicodedata.category(c).startswith("M"))
    words = re.split(r"[^\w]|[\d_]", bare.translate(_PLAIN))
    return " ".join(sorted(word for word in words if word))


def agreeing(key: str, others: Sequence[tuple[str, str]]) -> Iterable[str]:
    """Which customers, as (id, name key), a record under the name `key` may be one of.

    Of a role's address or a landline. Who agrees with several is none of them, and who leaves no
    name is the only one there is (people.group_people).
    """
    if not key:
        return [customer for customer, _ in others] if len(others) == 1 else []
    alike = [
        customer
        for customer, name in others
        if not name or names_agree(*sorted((key, name), key=len))
    ]
    return alike if len(alike) == 1 else []
