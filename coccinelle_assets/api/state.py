"""What all requests of one server share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from fastapi import Request

from coccinelle_assets.api.once import Answers
from coccinelle_assets.api.problems import ProblemError
from coccinelle_assets.api.store import RETRY_AFTER_SECONDS, Store
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.resolution.one_record import RecordReader
from coccinelle_assets.settings import Settings

# A run keeps the warehouse to itself: so long may an explanation wait for it.
WAREHOUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class State:
    """The store, the rules' reader, the kept answers and the settings."""

    store: Store
    reader: RecordReader
    answers: Answers
    settings: Settings

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
