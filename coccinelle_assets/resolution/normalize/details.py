"""What a column of e-mails or phones holds: one or several details, of either kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from coccinelle_assets.resolution.normalize.emails import find_emails, mailbox
from coccinelle_assets.resolution.normalize.phone_texts import read_phones

# How several details travel in one text of the warehouse.
FIELDS, DETAILS = "\x1f", "\x1e"
# A region that a spelling is to be read in instead of the default one (models/region_prefix.sql).
_REGION = re.compile(r"^([A-Z]{2})\|")
# Addresses of telephones, which look like those of mailboxes.
_OF_A_TELEPHONE = re.compile(r"\bsips?:|@(?:s\.whatsapp\.net|c\.us|g\.us|lid|broadcast)\b", re.I)
_DIGITS = re.compile(r"\d")
_FEWEST_DIGITS = 4


class Detail(NamedTuple):
    """An e-mail or phone: what ties, and how a customer's row shows it."""

    kind: str
    tie: str
    shown: str


def read_details(
    kind: str, spelling: str, default_region: str, *, same_mailbox: bool = True
) -> list[Detail]:
    """The details of a column, those of its own kind first.

    An e-mail in the phone's column counts, and the other way round. `same_mailbox`: addresses that
    lead to one mailbox tie.
    """
    region = default_region
    if given := _REGION.match(spelling):
        region, spelling = given.group(1), spelling[given.end() :]
    emails: list[str] = []
    rest = spelling
    if not _OF_A_TELEPHONE.search(spelling):
        emails, rest = find_emails(spelling)
    details = [
        Detail("email", mailbox(address) if same_mailbox else address, address)
        for address in emails
    ]
    # What has an @ and is no valid address is no number either.
    if len(_DIGITS.findall(rest)) >= _FEWEST_DIGITS and (
        "@" not in rest or _OF_A_TELEPHONE.search(rest)
    ):
        phones = read_phones(rest, region)
        details += [Detail("phone", phone.tie, phone.number) for phone in phones]
    return sorted(details, key=lambda detail: detail.kind != kind)


def reading(
    kind: str, spelling: str, default_region: str, *, same_mailbox: bool
) -> tuple[str | None, ...]:
    """The first detail of the column's own kind, as it ties and, where that differs, as it is
    shown; and the other details as one text.
    """
    details = read_details(kind, spelling, default_region, same_mailbox=same_mailbox)
    own = details[0] if details and details[0].kind == kind else None
    others = details[1:] if own else details
    more = DETAILS.join(FIELDS.join(detail) for detail in others)
    if own is None:
        return None, None, more or None
    return own.tie, own.shown if own.shown != own.tie else None, more or None


def details_of(found: Sequence[str | None], kind: str) -> list[tuple[str, str]]:
    """The kind and the tie of every detail of a reading, a telephone's without its extension."""
    value, _, more = found
    details = [(kind, value)] if value else []
    if more:
        fields = (detail.split(FIELDS) for detail in more.split(DETAILS))
        details += [(of_kind, tie) for of_kind, tie, _ in fields]
    return [(of_kind, tie.partition(";")[0]) for of_kind, tie in details]
