"""Phone numbers: E.164 (ITU-T) through `phonenumbers`, valid numbers only."""

from __future__ import annotations

import re

import phonenumbers
from babel.core import get_global
from phonenumbers import PhoneNumberFormat
from phonenumbers import timezone as phone_timezone

from coccinelle_assets.resolution.normalize.text import INVISIBLE, SPACES, opening

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
SLASH = "[/\uff0f]"
PHONE_OPENING = opening("tel|phone|sms|callto|whatsapp|sips?")
# Numbers of a WhatsApp account are international, with or without a +.
WHATSAPP = "whatsapp:"

# Regions that dial each other as one country: the first three digits behind the 0 tell which code
# is meant, and no such number exists under +33 (Arcep's numbering plan).
FRENCH_REGIONS = frozenset("FR GP MQ GF RE YT BL MF PM".split())
OVERSEAS_CODES = {
    **dict.fromkeys("262 263 269 639 692 693".split(), 262),
    **dict.fromkeys("590 690 691".split(), 590),
    **dict.fromkeys("594 694".split(), 594),
    **dict.fromkeys("596 696 697".split(), 596),
    "508": 508,
}
# Saint-Pierre-et-Miquelon's own numbers have six digits: 0508 dials the territory.
CODE_IS_DIALLED = "508"

OVERSEAS_NUMBER = rf"0?(?:{'|'.join(OVERSEAS_CODES)})\d{{6}}"

# What telephone providers send for a caller who withholds the number: the words ANONYMOUS,
# RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE and PRIVATE as keys of a telephone.
WITHHELD = ("266696687", "7378742833", "2562533", "8656696", "86282452253", "7748283")
WITHHELD_DIGITS = rf"(?:\+|00)?(?:1|33)?0?(?:{'|'.join(WITHHELD)})"
_WITHHELD = re.compile(WITHHELD_DIGITS)
# Of a number that has a country code and no +: longer ones are ids of other kinds.
SHORTEST_ABROAD, LONGEST_ABROAD = 10, 13


def number_of(text: str, region: str, *, international: bool = False) -> str | None:
    """The number in E.164 form of digits, separators and a +, or None when it is no valid one.

    `region` is that of numbers without a country code; an `international` one has a country code,
    also without a +.
    """
    digits = re.sub(r"[^0-9+]", "", text)
    number = (
        None
        if _WITHHELD.fullmatch(digits)
        else _valid_number_of(text, digits, region, international)
    )
    if number is None:
        return None
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    # Again, because the library reads "++33" and the like as well.
    return None if _WITHHELD.fullmatch(e164) else e164


def _valid_number_of(
    text: str, digits: str, region: str, international: bool
) -> phonenumbers.PhoneNumber | None:
    if region in FRENCH_REGIONS:
        region = FRANCE
    abroad = f"+{digits}" if digits[:1] in "123456789" else None
    if international and abroad and (number := _valid_number(abroad, region)):
        return number
    number = _valid_number(text, region)
    if number is None and "(0)" in text:
        # "+49 (0)30": the trunk 0 is written for readers and is not dialled.
        number = _valid_number(text.replace("(0)", "", 1), region)
    if number is None and abroad and SHORTEST_ABROAD <= len(digits) <= LONGEST_ABROAD:
        number = _valid_number(abroad, region)
    return number


def _valid_number(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code == 33:
        national = str(number.national_number)
        code = OVERSEAS_CODES.get(national[:3])
        if code is not None:
            own = national.removeprefix(CODE_IS_DIALLED) if code == 508 else national
            number = phonenumbers.PhoneNumber(country_code=code, national_number=int(own or 0))
    return number if phonenumbers.is_valid_number(number) else None


def is_landline(tie: str) -> bool:
    """Whether a number, with an extension or without, is one of a place rather than a person."""
    kind = phonenumbers.number_type(phonenumbers.parse(tie.partition(";")[0]))
    return kind in (
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.VOIP,
        phonenumbers.PhoneNumberType.UAN,
    )


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
