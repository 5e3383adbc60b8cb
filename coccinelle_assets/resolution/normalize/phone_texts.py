"""Phone numbers in texts: several of them, with extensions, labels, remarks, of telephone systems.

Letters are never digits: what a letter or a mask touches is no number.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from coccinelle_assets.resolution.normalize.phones import FRANCE, WHATSAPP, number_of
from coccinelle_assets.resolution.normalize.text import plain_text

LONGEST = 400


class Phone(NamedTuple):
    """A number in E.164 form, and the extension behind it."""

    number: str
    extension: str | None = None

    @property
    def tie(self) -> str:
        """What two records must share to be of one person (RFC 3966 writes extensions so)."""
        return f"{self.number};ext={self.extension}" if self.extension else self.number


# "sip:+33612345678@pbx.example;user=phone", "33612345678@s.whatsapp.net".
_SIP = re.compile(r"\bsips?:([^@\s>]+)@[^\s>,]*", re.IGNORECASE)
_JID = re.compile(r"(\+?\d{6,15})(?:[:.]\d+)?@(?:s\.whatsapp\.net|c\.us)\b", re.IGNORECASE)
_CONTEXT = re.compile(r";phone-context=(\+?[\w.]*)", re.IGNORECASE)
_PARAMETER = re.compile(r";(?!ext=)[a-z-]+(?:=[\w.+-]*)?", re.IGNORECASE)
# Keys that switch a call's features: withhold the number (#31#, *31#, *67, 3651), and others.
_FEATURE = re.compile(r"(?<![\w])(?:[*#]\d{2,3}[*#]?|3651\s)\s*(?=[+0])")
# A number that a spreadsheet took for one: "612784593.0", "6.12784593E+08".
_FRACTION = re.compile(r"(\+?\d+)[.,]0+")
_SCIENTIFIC = re.compile(r"(\d)[.,]?(\d*)[eE]\+?(\d{1,2})")

_DASHES = "\u2010-\u2015\u2212"
_SEPARATOR = rf"[\s.\-()/\[\]{_DASHES}]"
_RUN = re.compile(rf"(?<![^\W_])[+(\[]*\d(?:(?:{_SEPARATOR})*\d)*")
_EXTENSION = re.compile(
    r"\s*(?:;ext=|[,;(]?\s*(?:extn?|extension|poste?|p|int|interne?|interno|anexo|toestel|dw|durchwahl"
    r"|klappe|x|#)\.?\s*(?:n[°o]?\.?)?\s*[:.]?\s*|[,;]+\s*)(\d{1,6})(?![^\W_])\)?(?![\s.\-/]*\d)",
    re.IGNORECASE,
)
# A mask or a letter that touches the digits: some of the number is hidden or is none.
_TOUCHES = re.compile(r"[^\W\d_]|\?|\s*(?:[*_\u2026\u2022]|\?\?|\.\.|##|[xXnN]{2,}(?![^\W\d_]))")
_FEWEST_DIGITS, _MOST_DIGITS = 4, 17
# "01 44 55 66 78 / 79": the last digits of the next line.
_ALTERNATIVE = re.compile(r"(.+?\d)((?:\s*/\s*\d{1,4})+)")
_LONGER_BREAK = re.compile(rf"\s+[/{_DASHES}-]+\s+|/|\s{{2,}}")


def normalize_phone(spelling: str, default_region: str = FRANCE) -> str | None:
    """The first number in E.164 form, without its extension; None when there is no valid one."""
    phones = read_phones(spelling, default_region)
    return phones[0].number if phones else None


def read_phones(spelling: str, default_region: str = FRANCE) -> list[Phone]:
    """Every valid number of a text, in order, each once.

    `default_region` is the region of numbers without a country code.
    """
    if len(spelling) > LONGEST:
        return []
    text = plain_text(spelling)
    international = WHATSAPP in text.lower()
    jids = _JID.findall(text)
    if jids:
        text, international = " ; ".join(jids), True
    elif _SIP.search(text):
        text = " ; ".join(_SIP.findall(text))
    if (context := _CONTEXT.search(text)) and context.group(1).startswith("+"):
        text = re.sub(r"(?:tel:)?\s*0?(?=\d)", context.group(1), text, count=1, flags=re.IGNORECASE)
    text = _FEATURE.sub("", _PARAMETER.sub("", text))
    text = _FRACTION.sub(r"\1", text) if _FRACTION.fullmatch(text) else _unfolded(text)
    return list(dict.fromkeys(_numbers(text, default_region, international=international)))


def _unfolded(text: str) -> str:
    """A number that a spreadsheet wrote with an exponent, where it kept every digit."""
    folded = _SCIENTIFIC.fullmatch(text)
    if not folded:
        return text
    first, rest, exponent = folded.groups()
    return f"{first}{rest}" if len(rest) == int(exponent) else ""


def _numbers(text: str, region: str, *, international: bool) -> list[Phone]:
    found: list[Phone] = []
    place = 0
    while run := _RUN.search(text, place):
        place = run.end()
        extension = _EXTENSION.match(text, run.end())
        if extension:
            place = extension.end()
        if _TOUCHES.match(text, place) or _is_masked_before(text, run.start()):
            continue
        numbers = _with_alternative(run.group(), region, international=international)
        numbers = numbers or _of_run(run.group(), region, international=international)
        found += [
            Phone(number, extension.group(1) if extension and number == numbers[-1] else None)
            for number in numbers
        ]
    return found


def _is_masked_before(text: str, start: int) -> bool:
    return start > 0 and text[start - 1] in "*?_\u2026\u2022"


def _of_run(run: str, region: str, *, international: bool) -> list[str]:
    """The number that a run of digits is, or the numbers that it is made of."""
    digits = re.sub(r"\D", "", run)
    if _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        number = number_of(run, region, international=international)
        if number:
            return [number]
    for parts in (_LONGER_BREAK.split(run), _by_trunk(run)):
        if len(parts) > 1:
            numbers = [number_of(part, region, international=international) for part in parts]
            if all(numbers):
                return [number for number in numbers if number]
    return []


def _by_trunk(run: str) -> list[str]:
    """Numbers with nothing but a space between: each begins with a +, or is ten digits from 0."""
    parts = [part for part in re.split(r"\s+(?=\+)", run) if part.strip()]
    digits = re.sub(r"\D", "", run)
    if len(parts) == 1 and len(digits) % 10 == 0 and "+" not in run:
        tens = [digits[start : start + 10] for start in range(0, len(digits), 10)]
        if all(ten.startswith("0") for ten in tens):
            return tens
    return parts


def _with_alternative(run: str, region: str, *, international: bool) -> list[str]:
    """A number, and the same one but for its last digits, where a run is written so."""
    alternative = _ALTERNATIVE.fullmatch(run)
    if not alternative:
        return []
    first = number_of(alternative.group(1), region, international=international)
    if not first:
        return []
    endings = re.findall(r"\d+", alternative.group(2))
    others = (number_of(first[: -len(ending)] + ending, FRANCE) for ending in endings)
    return [first, *filter(None, others)]
