"""Phone numbers: E.164 (ITU-T) through `phonenumbers`, valid numbers only."""

from __future__ import annotations

import re
from functools import cache

import phonenumbers
from babel.core import get_global
from phonenumbers import PhoneMetadata, PhoneNumberFormat
from phonenumbers import timezone as phone_timezone

from coccinelle_assets.resolution.normalize.text import INVISIBLE, trimmed

FRANCE = "FR"
# What may stand between the digits of a plain spelling.
PLAIN_PHONE_SEPARATORS = " .-\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
_TEL = re.compile(r"^tel:", re.IGNORECASE)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_SPACE = re.compile(r"\s")
# NSN: the national significant number, without country code and trunk prefix.
_NUMBER_TYPES = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)
_NEVER = r"[^\s\S]"


def normalize_phone(spelling: str, default_region: str = FRANCE) -> str | None:
    """The number in E.164 form, or None when the spelling is no valid number.

    `default_region` is the region of spellings without a country code.
    """
    # `phonenumbers` knows few spaces: not the narrow one (U+202F) that French typography uses.
    text = _SPACE.sub(" ", _INVISIBLE.sub("", _TEL.sub("", trimmed(spelling))))
    if not text or len(text) > 60:
        return None
    number = _valid_number(text, default_region)
    if number is None and "(0)" in text:
        # "+49 (0)30": the trunk 0 is written for readers and is not dialled.
        number = _valid_number(text.replace("(0)", "", 1), default_region)
    if number is None:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _valid_number(text: str, default_region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, default_region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


@cache
def plain_french_phone(default_region: str = FRANCE) -> str:
    """RE2 pattern of plain French numbers without separators; group 1 is the NSN.

    It is built from the numbering plan that `phonenumbers` itself validates with, so it cannot
    accept what the library refuses. With another default region it matches nothing.
    """
    if default_region != FRANCE:
        return f"({_NEVER})"
    metadata = PhoneMetadata.metadata_for_region(FRANCE)
    patterns = [
        getattr(metadata, kind).national_number_pattern
        for kind in _NUMBER_TYPES
        if getattr(metadata, kind) is not None
    ]
    valid = "|".join(pattern for pattern in patterns if pattern)
    return rf"^(?:(?:\+33|0033)(?:\(0\)|0)?|0)((?:{valid}))$"


def phone_region(e164: str) -> str | None:
    """The region that a number belongs to, or None when it is no geographic one."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    return region if region and region.isalpha() else None


def phone_time_zone(e164: str) -> str | None:
    """The first IANA time zone of a number's area, one of its own region where there is one.

    None when it is unknown. Areas may span regions: +262 is Réunion and Mayotte.
    """
    zones = phone_timezone.time_zones_for_number(phonenumbers.parse(e164))
    known = [zone for zone in zones if zone != "Etc/Unknown"]
    region, territories = phone_region(e164), get_global("zone_territories")
    own = [zone for zone in known if territories.get(zone) == region]
    return next(iter(own or known), None)
