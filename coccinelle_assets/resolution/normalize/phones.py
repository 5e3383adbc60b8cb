"""Phone numbers: E.164 (ITU-T) through `phonenumbers`, valid numbers only."""

from __future__ import annotations

import re

import phonenumbers
from babel.core import get_global
from phonenumbers import PhoneNumberFormat
from phonenumbers import timezone as phone_timezone

from coccinelle_assets.resolution.normalize.text import CLOSING, INVISIBLE, SPACES, opening

FRANCE = "FR"
# What may stand between the digits of a plain spelling, as the library has it: spaces, dots,
# hyphens and dashes, brackets and slashes, also of full width; and what nobody sees.
_BETWEEN = (
    SPACES + INVISIBLE + "-.()[]/\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff08\uff09\uff0d\uff0f"
)
USUAL_BETWEEN = " .-()/\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
# The two texts of SQL's translate(): digits of full width become plain, the others go.
PHONE_WRITTEN = "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff0b" + _BETWEEN
PHONE_READ = "0123456789+"
PHONE_OPENING = opening("tel|phone|sms|callto|whatsapp|sips?")
_OPENING, _CLOSING = re.compile(PHONE_OPENING), re.compile(CLOSING)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_SPACE = re.compile(r"\s")


def normalize_phone(spelling: str, default_region: str = FRANCE) -> str | None:
    """The number in E.164 form, or None when the spelling is no valid number.

    `default_region` is the region of spellings without a country code.
    """
    # `phonenumbers` knows few spaces: not the narrow one (U+202F) that French typography uses.
    bare = _CLOSING.sub("", _OPENING.sub("", spelling))
    text = _SPACE.sub(" ", _INVISIBLE.sub("", bare))
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
