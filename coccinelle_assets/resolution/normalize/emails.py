"""E-mail addresses: trimmed, lower-cased, `mailto:` dropped, syntax valid (RFC 5321, no DNS)."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from coccinelle_assets.resolution.normalize.text import trimmed

# Spellings that the validator accepts for certain, once lower-cased (RE2 syntax, full match).
# Lengths stay far below the limits of RFC 5321: 64 for the local part, 63 for a label.
PLAIN_EMAIL = (
    r"[A-Za-z0-9]{1,30}([._+-][A-Za-z0-9]{1,15}){0,2}@([A-Za-z0-9]{1,30}\.){1,3}[A-Za-z]{2,6}"
)
# The same between plain or no-break spaces; group 1 is the address.
PLAIN_EMAIL_SPELLING = rf"^[ \x{{a0}}]*({PLAIN_EMAIL})[ \x{{a0}}]*$"
# Top-level domains that are reserved, so that the validator refuses them (RFC 6761 and others).
RESERVED_EMAIL = r"(?i).*\.(test|invalid|local|onion|arpa|alt)"

_MAILTO = re.compile(r"^mailto:", re.IGNORECASE)


def normalize_email(spelling: str) -> str | None:
    """The address in lower case, or None when the spelling is no valid address."""
    text = trimmed(_MAILTO.sub("", trimmed(spelling)))
    if not text or "@" not in text or len(text) > 320:
        return None
    try:
        return validate_email(text.lower(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None
