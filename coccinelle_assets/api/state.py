"""What all requests of one server share."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from fastapi import Request

from coccinelle_assets.api.once import Answers
from coccinelle_assets.api.problems import ProblemError
from coccinelle_assets.api.store import RETRY_AFTER_SECONDS, Store
from coccinelle_assets.api.tenants import REMEMBERED_SECONDS, Tenant
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.resolution.arrivals import Whose, whose
from coccinelle_assets.resolution.one_record import RecordReader
from coccinelle_assets.settings import Settings

# A run keeps the warehouse to itself: so long may an explanation wait for it.
WAREHOUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class State:
    """The store, the rules' reader, the kept answers and the settings.

    `judged` keeps whose records are judged how, and since when that is known.
    """

    store: Store
    reader: RecordReader
    answers: Answers
    settings: Settings
    judged: dict[str, tuple[float, Whose]] = field(default_factory=dict)

    def whose(self, live: sqlite3.Connection, tenant: Tenant) -> Whose:
        """What judging a tenant's records takes; its own details are read again after a while."""
        now = time.monotonic()
        known = self.judged.get(tenant.id)
        if known is None or now - known[0] > REMEMBERED_SECONDS or known[1].region != tenant.region:
            schema = self.store.schema(live)
            found = whose(live, schema, self.reader, tenant.id, tenant.region)
            known = self.judged[tenant.id] = (now, found)
        return known[1]

    def ties_of(self, customer_id: str) -> list[dict[str, Any]] | None:
        """The chain of ties of a customer by the last run, None when that knows no such customer.

        Raises ProblemError while a run is in progress.
        """
        from coccinelle_assets.resolution.explain import explain
        from coccinelle_assets.warehouse.file import WAREHOUSE, open_warehouse

        path = self.settings.home_directory / WAREHOUSE
        if not path.is_file():
            return None
        try:
            warehouse = open_warehouse(path, WAREHOUSE_SECONDS, read_only=True)
        except CoccinelleError:
            headers = {"Retry-After": RETRY_AFTER_SECONDS}
            raise ProblemError("unavailable", "a run is in progress", headers=headers) from None
        with warehouse:
            try:
                return [asdict(tie) for tie in explain(warehouse, customer_id).ties]
            except CoccinelleError:
                return None


def state_of(request: Request) -> State:
    """The state of the server that a request came to."""
    state: State = request.app.state.coccinelle
    return state
