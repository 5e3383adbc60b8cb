"""The numbering plans of all countries as SQL macros, made from `phonenumbers`' own metadata.

What a macro accepts is what the library accepts, since both ask the same patterns in the same
order; what a macro cannot tell for certain is NULL, and the library is asked. The patterns stand in
the macros as literals: DuckDB compiles a constant pattern once, any other for each row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    PhoneNumberDesc,
    country_code_for_region,
)

# The kinds of numbers that a valid number is one of (`phonenumbers._number_type_helper`).
_KINDS = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)
_NOT_GEOGRAPHIC = "001"
_NEVER = r"[^\s\S]"


def numbering_plan_macros(country_codes: Iterable[int]) -> str:
    """The macros national_number and is_phone_number for some countries, as one script.

    national_number(country_code, digits): the national significant number in what follows a country
    code, without a trunk prefix. is_phone_number(country_code, number): whether that is a valid
    number of the country. Both are NULL for any other country.
    """
    codes = [code for code in country_codes if code in COUNTRY_CODE_TO_REGION_CODE]
    national = " ".join(f"WHEN {code} THEN {_national_number(code)}" for code in codes)
    valid = " ".join(f"WHEN {code} THEN {_is_valid(code)}" for code in codes)
    return (
        "CREATE OR REPLACE TEMP MACRO national_number(country_code, digits) AS"
        f" (CASE country_code {national} WHEN 0 THEN digits END);\n"
        "CREATE OR REPLACE TEMP MACRO is_phone_number(country_code, number) AS"
        f" (CASE country_code {valid} WHEN 0 THEN FALSE END);\n"
    )


def country_codes(length: int) -> list[str]:
    """The country codes of so many digits; none begins with another one (ITU-T E.164)."""
    return [str(code) for code in COUNTRY_CODE_TO_REGION_CODE if len(str(code)) == length]


def home_plan(region: str) -> tuple[int | None, str]:
    """The country code of numbers written without one, and the pattern of what dials abroad.

    None where the region shares its country's plan with another one: the library knows more.
    """
    plan = _there(PhoneMetadata.metadata_for_region(region))
    code = country_code_for_region(region)
    is_main = COUNTRY_CODE_TO_REGION_CODE[code][0] == region
    return (code if is_main else None), plan.international_prefix or _NEVER


def _plans(code: int) -> list[PhoneMetadata]:
    """The plans that share a country code, in the order in which the library asks them."""
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    if regions[0] == _NOT_GEOGRAPHIC:
        return [_there(PhoneMetadata.metadata_for_nongeo_region(code))]
    return [_there(PhoneMetadata.metadata_for_region(region)) for region in regions]


def _there(plan: PhoneMetadata | None) -> PhoneMetadata:
    """The plan of a region or code that the library lists: it has one for each."""
    assert plan is not None
    return plan


def _general(plan: PhoneMetadata) -> PhoneNumberDesc:
    """What all numbers of a plan have in common."""
    assert plan.general_desc is not None
    return plan.general_desc


def _main_plan(code: int) -> PhoneMetadata:
    return _plans(code)[0]


def _national_number(code: int) -> str:
    """The number without its trunk prefix (`_maybe_strip_national_prefix_carrier_code`)."""
    plan = _main_plan(code)
    prefix = plan.national_prefix_for_parsing
    if not prefix:
        return "digits"
    if not prefix.isdigit():
        # An empty match strips nothing.
        return (
            f"CASE WHEN regexp_extract(digits, {_literal(f'^(?:{prefix})')}) = '' THEN digits END"
        )
    rest = f"substr(digits, {len(prefix) + 1})"
    viable = f"regexp_full_match({rest}, {_literal(_general(plan).national_number_pattern)})"
    return (
        f"CASE WHEN NOT starts_with(digits, '{prefix}') THEN digits WHEN {viable} THEN {rest} END"
    )


def _is_valid(code: int) -> str:
    """Whether a number is one of the plan that it belongs to (`region_code_for_number`)."""
    plans = _plans(code)
    if len(plans) == 1:
        return _is_of_a_kind(plans[0])
    branches = [
        f"WHEN regexp_matches(number, {_literal(f'^(?:{plan.leading_digits})')})"
        f" THEN {_is_of_a_kind(plan)}"
        if plan.leading_digits
        else f"WHEN {_is_of_a_kind(plan)} THEN TRUE"
        for plan in plans
    ]
    return f"CASE {' '.join(branches)} ELSE FALSE END"


def _is_of_a_kind(plan: PhoneMetadata) -> str:
    """Whether a number matches the plan, and one of its kinds (`_number_type_helper`)."""
    by_lengths: dict[tuple[int, ...], list[str]] = {}
    general = _general(plan)
    for kind in _KINDS:
        described = getattr(plan, kind)
        if described is not None and described.national_number_pattern:
            lengths = described.possible_length or general.possible_length
            by_lengths.setdefault(lengths, []).append(described.national_number_pattern)
    kinds = " OR ".join(
        f"(length(number) IN ({', '.join(map(str, lengths))})"
        f" AND regexp_full_match(number, {_literal('|'.join(patterns))}))"
        for lengths, patterns in by_lengths.items()
    )
    pattern = _literal(general.national_number_pattern)
    return f"(regexp_full_match(number, {pattern}) AND ({kinds or 'FALSE'}))"


def _literal(pattern: str | None) -> str:
    """A pattern as an SQL literal; the library's have no quotes, and nothing that RE2 reads apart.

    Raises ValueError for any other.
    """
    if pattern is None or re.search(r"'|\(\?[^:]|\\[^d.]", pattern):
        raise ValueError(f"no plain pattern of phonenumbers: {pattern}")
    return f"'{pattern}'"
