"""E-mail addresses: found in what stands around, lower case, syntax valid (RFC 5321, no DNS)."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from coccinelle_assets.resolution.normalize.text import opening, plain_text

# Addresses that the validator accepts for certain, once lower-cased (RE2 syntax, full match).
# Lengths stay below the limits of RFC 5321: 64 for the local part, 63 for a label. No label has two
# hyphens in a row, as punycode has.
PLAIN_EMAIL = (
    r"[A-Za-z0-9]{1,30}([._+-][A-Za-z0-9]{1,15}){0,2}"
    r"@([A-Za-z0-9]{1,30}(-[A-Za-z0-9]{1,15}){0,2}\.){1,3}[A-Za-z]{2,6}"
)
# Top-level domains that are reserved, so that the validator refuses them (RFC 6761 and others).
RESERVED_EMAIL = r"(?i).*\.(test|invalid|local|onion|arpa|alt)"
EMAIL_OPENING = opening("mailto|email|e-mail|smtp")
LONGEST = 1000

# Domains of one mailbox each under two names, and those whose mail servers deliver jean+anything to
# jean; gmail.com also takes dots for nothing. As their own help pages have it.
SAME_DOMAIN = {"googlemail.com": "gmail.com"}
PLUS_IS_A_TAG = frozenset(
    "gmail.com googlemail.com outlook.com outlook.fr hotmail.com hotmail.fr live.com live.fr "
    "msn.com icloud.com me.com mac.com proton.me protonmail.com pm.me fastmail.com".split()
)
DOTS_ARE_NOTHING = frozenset(("gmail.com",))
# Of a domain of these: the same in SQL (models/mailbox.sql).
NICKNAMED = "|".join(sorted(re.escape(domain) for domain in PLUS_IS_A_TAG))

# A quote, a slash and others may stand inside the first half: only at its edges they are around it.
_EDGES = "'’|/&=?*"
_ADDRESS = re.compile(
    rf"(?![{_EDGES}])[^\s<>()\[\]\"«»‹›“”„‘,;:\\@]+@+[^\s<>()\[\]\"«»‹›“”„‘,;:\\@{_EDGES}]+"
    r"(?:@[^\s,;]*)?"
)
# An address stands at the beginning, or behind what sets it apart: after a plain word, a space may
# be a slip inside the address ("jean dupont@free.fr" is not dupont's).
_APART = re.compile(
    rf"(?:^|[<>()\[\]\"«»‹›“”„‘,;]|:(?://)?|(?:^|\s)[{_EDGES}-]|(?:^|\s)(?:ou|et|or|and))\s*[{_EDGES}]?$",
    re.IGNORECASE,
)
# Two addresses with nothing that tells a word between them.
_BETWEEN = re.compile(rf"[\s{_EDGES}-]*")
_LABEL = re.compile(r"^\s*(?:e-?mail|mail|courriel|smtp)\s*[=:]\s*(?://)?", re.IGNORECASE)
# What a link asks of the mail program: not the address's.
_QUERY = re.compile(r"\?[a-z]+=\S*", re.IGNORECASE)


def normalize_email(spelling: str) -> str | None:
    """The first address in lower case, or None when the spelling holds no valid one."""
    return next(iter(read_emails(spelling)), None)


def read_emails(spelling: str) -> list[str]:
    """Every valid address of a text, in lower case, in order, each once."""
    return find_emails(spelling)[0]


def find_emails(spelling: str) -> tuple[list[str], str]:
    """The addresses of a text, and the text without whatever has an @."""
    text = plain_text(spelling)
    if "@" not in text or len(text) > LONGEST:
        return [], text
    text = _LABEL.sub("", _QUERY.sub(" ", text))
    found: list[str] = []
    end = 0
    rest = []
    for match in _ADDRESS.finditer(text):
        between = text[end : match.start()]
        rest.append(between)
        apart = _APART.search(between) or (found and _BETWEEN.fullmatch(between))
        address = _valid(match.group()) if apart else None
        if address and address not in found:
            found.append(address)
        end = match.end()
    return found, " ".join([*rest, text[end:]])


def _valid(text: str) -> str | None:
    address = text.lower().rstrip(".")
    if len(address) > 320:
        return None
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def mailbox(address: str) -> str:
    """The mailbox that a normalised address leads to, by the one name that ties."""
    local, _, domain = address.rpartition("@")
    if domain in PLUS_IS_A_TAG:
        local = local.partition("+")[0] or local
    domain = SAME_DOMAIN.get(domain, domain)
    if domain in DOTS_ARE_NOTHING:
        local = local.replace(".", "")
    return f"{local}@{domain}"
