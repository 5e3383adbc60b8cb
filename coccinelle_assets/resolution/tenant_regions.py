"""The region that a tenant's numbers without a country code are of."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

import phonenumbers
from babel import Locale

from coccinelle_assets.resolution.normalize.phone_texts import normalize_phone
from coccinelle_assets.resolution.normalize.phones import FRANCE, FRENCH_REGIONS, phone_region
from coccinelle_assets.settings import IdentityRules

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def tenant_regions(connection: DuckDBPyConnection, rules: IdentityRules) -> dict[str, str]:
    """The tenants of another region than the default one, with theirs.

    By setting, else by the country that the tenant's row names, else by the country code of the
    tenant's own phone.
    """
    found: dict[str, str] = {}
    rows = connection.execute(
        "SELECT tenant_id, kind, value FROM source.business_identifiers"
        " WHERE source_table = 'tenants' AND value <> '' AND tenant_id <> ''"
    ).fetchall()
    for wanted in ("country", "phone"):
        for tenant, kind, value in rows:
            region = _region(kind, value) if kind == wanted and tenant not in found else None
            if region:
                found[tenant] = region
    regions = found | rules.tenant_regions
    default = _family(rules.default_region)
    return {tenant: region for tenant, region in regions.items() if _family(region) != default}


def region_of_tenant(
    tenant: str, countries: Iterable[object], phone: object, rules: IdentityRules
) -> str | None:
    """The region of one tenant, None for the default one: as `tenant_regions`."""
    found = rules.tenant_regions.get(tenant) or next(
        (
            region
            for kind, value in (*(("country", c) for c in countries), ("phone", phone))
            if value and (region := _region(kind, str(value)))
        ),
        None,
    )
    return found if found and _family(found) != _family(rules.default_region) else None


def in_region(spelling: str, region: str | None) -> str:
    """A phone's spelling along with the region it is to be read in, where that is another one."""
    with_code = spelling.strip().startswith(("+", "00"))
    return f"{region}|{spelling}" if region and not with_code else spelling


def _region(kind: str, value: str) -> str | None:
    if kind == "country":
        return region_of_country(value)
    # Only a number with a country code says which country it is of.
    if not value.strip().startswith(("+", "00")):
        return None
    number = normalize_phone(value)
    return phone_region(number) if number else None


def region_of_country(country: str) -> str | None:
    """The region of a country's two-letter code, or of its French or English name."""
    written = country.strip()
    if written.upper() in phonenumbers.SUPPORTED_REGIONS:
        return written.upper()
    return _country_names().get(written.casefold())


@cache
def _country_names() -> dict[str, str]:
    return {
        name.casefold(): code
        for language in ("en", "fr")
        for code, name in Locale(language).territories.items()
        if code in phonenumbers.SUPPORTED_REGIONS
    }


def _family(region: str) -> str:
    """Regions that dial each other as one country are one."""
    return FRANCE if region in FRENCH_REGIONS else region
