"""The protocol of a promotion, from top to bottom: before, beside and inside its transaction.

Killed at any instant, the live database is untouched or wholly promoted: SQLite rolls an
unfinished transaction back when the file is next opened.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coccinelle_assets.background import Submit, worker
from coccinelle_assets.live.database import Change, Database
from coccinelle_assets.live.deferred import Deferred
from coccinelle_assets.live.promotion.plan_file import attach_plan, detach_plan
from coccinelle_assets.live.promotion.prepared_customers import (
    forget_prepared_customers,
    prepare_customers,
)
from coccinelle_assets.live.promotion.publish import Publication, publish
from coccinelle_assets.live.promotion.undo_log import open_undo_log
from coccinelle_assets.live.sqlite.schema import read_schema, require_sources
from coccinelle_assets.live.sqlite.transaction import (
    ids_indexed,
    scalar,
    transaction,
)
from coccinelle_assets.live.sqlite.watchers import watchers_resting
from coccinelle_assets.settings import GateThresholds
from coccinelle_assets.tables import CHANGED_TABLES

# Room for the indexes of a million customers; SQLite's default of 2 MB reads them again and again.
CACHE_KIB = 128 * 1024


@dataclass(frozen=True, slots=True)
class Promotion:
    """What is promoted: a plan file, by which run, for which tenants (all when empty)."""

    plan: Path
    run_id: str
    thresholds: GateThresholds
    tenants: Sequence[str] = ()


class Hooks:
    """What is done around a promotion's transaction, by the moment it is done; here nothing.

    An exception from any of them but the last leaves the live database as it was.
    """

    def before(self, live: sqlite3.Connection) -> int | None:
        """Before anything is locked: a backup.

        Returns the data_version (a pragma of SQLite) at which `live` holds what the plan was made
        from, None where that is not known.
        """
        return None

    def beside(self, live: sqlite3.Connection, submit: Submit) -> None:
        """As the transaction begins: give the thread beside it what need not wait.

        `live` may be read until this returns.
        """

    def before_commit(self, publication: Publication) -> None:
        """Once every predicate holds on what was written; the transaction is open still."""

    def deferred_afterwards(self, deferred: Sequence[Deferred]) -> None:
        """After a change that was sent away, where rows turned out to have changed meanwhile."""


def promote(database: Database, promotion: Promotion, hooks: Hooks) -> Change[Publication]:
    """Promote to a live database, whatever holds it; what was written is real when this returns.

    Raises PromotionRefusedError when a predicate does not hold on the result.
    """
    change = database.change(
        "promotion", lambda live: promote_to(live, promotion, hooks), plan=promotion.plan
    )
    if change.deferred:
        hooks.deferred_afterwards(change.deferred)
        change.result.deferred.extend(change.deferred)
    return change


def promote_to(
    live: sqlite3.Connection, promotion: Promotion, hooks: Hooks | None = None
) -> Publication:
    """Apply a plan to `live`, a fresh connection in autocommit mode: all of it or nothing.

    Raises PromotionRefusedError when a predicate does not hold on the result.
    """
    hooks = hooks or Hooks()
    planned_at = hooks.before(live)
    live.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    is_new = not _has_customers(live)
    with _attached(live, promotion.plan), worker() as submit:
        prepared = submit(lambda: prepare_customers(promotion.plan)) if is_new else None
        # A second thread of SQLite's sorts, unless ours has customers to prepare.
        live.execute(f"PRAGMA threads = {0 if is_new else 1}")
        hooks.beside(live, submit)
        with transaction(live):
            locked_at = time.monotonic()
            schema = read_schema(live)
            require_sources(schema, "the live database")
            unwritten = planned_at == scalar(live, "PRAGMA data_version")
            # Before the triggers are away: they are part of what was there.
            undo_log = open_undo_log(live, schema, promotion.run_id)
            with watchers_resting(live, CHANGED_TABLES), ids_indexed(live, CHANGED_TABLES):
                publication = publish(
                    live,
                    schema,
                    undo_log,
                    promotion.thresholds,
                    promotion.tenants,
                    prepared=None if schema.has("customers") else prepared,
                    as_planned=unwritten and not promotion.tenants,
                )
            hooks.before_commit(publication)
            if not publication.wrote and not publication.expanded:
                # Suspended triggers were made anew: a run that changes nothing leaves no trace.
                live.execute("ROLLBACK")
        publication.lock_seconds = round(time.monotonic() - locked_at, 3)
    return publication


@contextmanager
def _attached(live: sqlite3.Connection, plan: Path) -> Iterator[None]:
    attach_plan(live, plan)
    try:
        yield
    finally:
        detach_plan(live)
        forget_prepared_customers(live, plan)


def _has_customers(live: sqlite3.Connection) -> bool:
    query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'customers'"
    return bool(scalar(live, query))
