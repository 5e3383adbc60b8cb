"""The live database as the server uses it: a connection for each thread, one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from coccinelle_assets.api.problems import ProblemError
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.receipts import last_promotion
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.sqlite.schema import Schema, read_schema
from coccinelle_assets.live.sqlite.transaction import run_script
from coccinelle_assets.sql import load_sql
from coccinelle_assets.tables import CUSTOMER_IDENTIFIERS

RETRY_AFTER_SECONDS = "1"
# Of each thread's connection; the system keeps the file's pages, too.
CACHE_KIB = 512
# What SQLite says of what a rollback took off; of anything else of the application's own it may say
# the same.
_GONE = ("no such table", "no such column")
_OURS = ("customer", "arrival_links")


class Store:
    """A promoted SQLite file; every method is safe in any thread."""

    def __init__(self, path: Path, busy_timeout_seconds: float) -> None:
        self.path, self.timeout = path, busy_timeout_seconds
        self._threads = threading.local()
        self._writer = threading.Lock()
        self._schema: tuple[int, Schema] | None = None

    def prepare(self) -> None:
        """Add what serving needs to a promoted database: an index for each list, kept answers.

        Raises CoccinelleError when it was never promoted, or cannot be written.
        """
        with open_live(self.path, self.timeout, writable=True) as live:
            schema = read_schema(live)
            promoted = schema.has("customer_promotions") and last_promotion(live) is not None
            if not promoted or not schema.has(CUSTOMER_IDENTIFIERS):
                raise CoccinelleError(
                    f"{self.path} has no promoted customers to serve: run "
                    f"`coccinelle migrate {self.path}` first; nothing was written"
                )
            if not schema.has("tenants", "api_key"):
                raise CoccinelleError(
                    f"{self.path} has no column tenants.api_key, which tells tenants apart: add "
                    "it and give each tenant a key; nothing was written"
                )
            live.execute("BEGIN IMMEDIATE")
            run_script(live, "live/arrivals/sql/api.sql")
            live.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection in a read transaction: what is asked is of one moment."""
        with self._told_plainly():
            live = self._connection()
            live.execute("BEGIN")
            try:
                yield live
            finally:
                if live.in_transaction:
                    live.execute("ROLLBACK")

    @contextmanager
    def ask(self) -> Iterator[sqlite3.Connection]:
        """A connection for a single statement, or for several that may be of several moments."""
        with self._told_plainly():
            yield self._connection()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction that is committed when the block ends.

        Writers of this process wait in line here, since SQLite lets them wait without any order.
        """
        if not self._writer.acquire(timeout=self.timeout):
            raise _unavailable("other requests are writing")
        try:
            with self._told_plainly():
                live = self._connection()
                live.execute("BEGIN IMMEDIATE")
                try:
                    yield live
                    live.execute("COMMIT")
                finally:
                    if live.in_transaction:
                        live.execute("ROLLBACK")
        finally:
            self._writer.release()

    def schema(self, live: sqlite3.Connection) -> Schema:
        """The tables and columns, looked at again when the schema's version is another one."""
        (version,) = live.execute("PRAGMA schema_version").fetchone()
        known = self._schema
        if known is None or known[0] != version:
            known = self._schema = (version, read_schema(live))
        return known[1]

    def _connection(self) -> sqlite3.Connection:
        live: sqlite3.Connection | None = getattr(self._threads, "live", None)
        if live is None:
            live = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=self.timeout,
                isolation_level=None,
            )
            live.text_factory = _readable
            live.execute("PRAGMA foreign_keys = ON")
            live.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self._threads.live = live
        return live

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise _unavailable("another program is writing to the database") from error
            if any(f"{word}: {name}" in str(error) for word in _GONE for name in _OURS):
                raise _unavailable("the database's customers were rolled back") from error
            if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
                with suppress(sqlite3.Error):
                    self._threads.live.close()
                self._threads.live = None
                raise _unavailable("the database's disk cannot be used") from error
            raise


@lru_cache(1024)
def api_sql(name: str, **fragments: str) -> str:
    """The text of api/sql/<name>.sql."""
    return load_sql(f"api/sql/{name}.sql", **fragments)


def _readable(value: bytes) -> str:
    """Text of the application that is no UTF-8 is shown as far as it can be read."""
    return value.decode("utf-8", errors="replace")


def _unavailable(detail: str) -> ProblemError:
    return ProblemError("unavailable", detail, headers={"Retry-After": RETRY_AFTER_SECONDS})
