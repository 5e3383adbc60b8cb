"""Whose request it is: a tenant by its key."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from coccinelle_assets.api.problems import ProblemError
from coccinelle_assets.api.store import Store, api_sql
from coccinelle_assets.live.sqlite.schema import Schema
from coccinelle_assets.resolution.tenant_regions import region_of_tenant
from coccinelle_assets.settings import IdentityRules

# How long a key that was taken away may still open the door.
REMEMBERED_SECONDS = 5.0
# How OpenAPI names the two ways; read by hand, which takes a request half the time.
SECURITY = {
    "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant, and the region of its numbers without a country code (None: the default one)."""

    id: str
    region: str | None


class Tenants:
    """Tenants by the hash of their key: how long a look-up takes tells nothing of a key."""

    def __init__(self, store: Store, rules: IdentityRules) -> None:
        self.store, self.rules = store, rules
        self._known: dict[bytes, Tenant] = {}
        self._read_at = -REMEMBERED_SECONDS
        self._reading = threading.Lock()

    def by_key(self, key: str) -> Tenant | None:
        """The tenant of a key, as last read; two tenants of one key are none."""
        return self._known.get(_digest(key))

    @property
    def are_old(self) -> bool:
        """Whether the keys are to be read again."""
        return time.monotonic() - self._read_at >= REMEMBERED_SECONDS

    def read_again(self) -> None:
        """Read the keys, unless another thread just did."""
        with self._reading:
            if self.are_old:
                self._read()

    def _read(self) -> None:
        known: dict[bytes, Tenant] = {}
        several: set[bytes] = set()
        with self.store.read() as live:
            schema = self.store.schema(live)
            query = api_sql("tenants", **_columns(schema))
            for tenant, key, phone, *countries in live.execute(query):
                digest = _digest(str(key))
                if digest in known:
                    several.add(digest)
                region = region_of_tenant(str(tenant), countries, phone, self.rules)
                known[digest] = Tenant(str(tenant), region)
        self._known = {digest: tenant for digest, tenant in known.items() if digest not in several}
        self._read_at = time.monotonic()


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()


def _columns(schema: Schema) -> dict[str, str]:
    wanted = ("phone", "country", "country_code")
    return {name: name if schema.has("tenants", name) else "NULL" for name in wanted}


async def require_tenant(request: Request) -> Tenant:
    """The tenant of a request, by the header x-api-key or a bearer token."""
    given = request.headers.get("x-api-key")
    if not given:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else None
    tenants: Tenants = request.app.state.tenants
    if given and tenants.are_old:
        await run_in_threadpool(tenants.read_again)
    tenant = tenants.by_key(given) if given else None
    if tenant is None:
        raise ProblemError(
            "unauthorized",
            "give a tenant's key as x-api-key or as a bearer token",
            headers={"WWW-Authenticate": "Bearer"},
        )
    request.scope["coccinelle.tenant"] = tenant.id
    return tenant


OfTenant = Annotated[Tenant, Depends(require_tenant)]
