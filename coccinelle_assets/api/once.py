"""Idempotency-Key: a request that is sent again is answered as before, and done once."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

from starlette.responses import Response

from coccinelle_assets.api.problems import ProblemError
from coccinelle_assets.api.store import Store, api_sql

KEPT_HOURS = 24
TIDIED_EVERY_SECONDS = 600.0


class Answers:
    """Answers by tenant and key, kept in the live database in the transaction of the change."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._in_flight: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._tidied_at = 0.0

    def once(
        self,
        tenant: str,
        key: str | None,
        request: str,
        work: Callable[[sqlite3.Connection], Response],
    ) -> Response:
        """Do `work` in a transaction, or give the answer that it gave under this key.

        `request` tells one request from another. Raises ProblemError when the key is in use or was
        used for another request.
        """
        if key is None:
            with self.store.change() as live:
                return work(live)
        digest = sha256(request.encode()).hexdigest()
        with self._flight(tenant, key), self.store.change() as live:
            values = {"tenant": tenant, "key": key, "request": digest}
            row = live.execute(api_sql("answer"), values).fetchone()
            if row is not None:
                if row[0] != digest:
                    raise ProblemError("key-reused")
                return Response(row[3], row[1], json.loads(row[2]))
            response = work(live)
            self._tidy(live)
            headers = {
                name: value for name, value in response.headers.items() if name != "content-length"
            }
            kept = {
                "status": response.status_code,
                "headers": json.dumps(headers),
                "body": bytes(response.body).decode(),
            }
            live.execute(api_sql("answer_kept"), values | kept)
            return response

    @contextmanager
    def _flight(self, tenant: str, key: str) -> Iterator[None]:
        with self._lock:
            if (tenant, key) in self._in_flight:
                raise ProblemError("in-flight", headers={"Retry-After": "1"})
            self._in_flight.add((tenant, key))
        try:
            yield
        finally:
            with self._lock:
                self._in_flight.discard((tenant, key))

    def _tidy(self, live: sqlite3.Connection) -> None:
        if time.monotonic() - self._tidied_at > TIDIED_EVERY_SECONDS:
            live.execute(api_sql("answers_forgotten"), {"kept": f"-{KEPT_HOURS} hours"})
            self._tidied_at = time.monotonic()
