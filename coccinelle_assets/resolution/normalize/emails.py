"""E-mail addresses: bare of what stands around, lower case, syntax valid (RFC 5321, no DNS)."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from coccinelle_assets.resolution.normalize.text import CLOSING, opening

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
_OPENING, _CLOSING = re.compile(EMAIL_OPENING), re.compile(CLOSING)


def normalize_email(spelling: str) -> str | None:
    """The address in lower case, or None when the spelling is no valid address."""
    text = _CLOSING.sub("", _OPENING.sub("", spelling))
    if not text or "@" not in text or len(text) > 320:
        return None
    try:
        return validate_email(text.lower(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None
