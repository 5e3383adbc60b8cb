"""Triggers that keep the customers' statistics true while the application writes (plan, step 2).

INSERT as in the plan, and what it forgets: another customer, another date, a record that goes.
They give what a recount gives (`sql/link_statistics.sql`). One thing no trigger sees: SQLite's
INSERT OR REPLACE removes a row without firing DELETE triggers, unless recursive_triggers is on;
the verification finds such a count, and the next run or installation mends it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.receipts import last_promotion
from coccinelle_assets.live.sqlite.schema import Schema, read_schema, require_sources
from coccinelle_assets.live.sqlite.transaction import transaction
from coccinelle_assets.live.statistics.count import correct_statistics, date_columns, utc
from coccinelle_assets.sql import load_sql, quoted
from coccinelle_assets.tables import TOTALS

# Of each linked table, the label in its triggers' names.
LABELS = {"appointments": "appointments", "omni_conversations": "conversations"}
EVENTS = ("insert", "update", "delete")
TRIGGERS = tuple(f"trg_{label}_{event}" for label in LABELS.values() for event in EVENTS)


@dataclass(frozen=True, slots=True)
class Installation:
    """What an installation did: names of triggers, and customers whose count was corrected."""

    created: list[str]
    replaced: list[str]
    present: list[str]
    statistics_corrected: int


def install_triggers(live: sqlite3.Connection, database: str) -> Installation:
    """Create the triggers, replace those that differ, and correct what drifted before.

    All of it in one transaction. Raises CoccinelleError when the database was never promoted.
    """
    schema = read_schema(live)
    require_sources(schema, database)
    if last_promotion(live) is None:
        raise CoccinelleError(
            f"{database} has no promoted customers to count for: "
            f"run `coccinelle migrate {database}` first; nothing was written"
        )
    done = Installation([], [], [], 0)
    with transaction(live):
        there = installed_triggers(live)
        for name, definition in trigger_definitions(schema).items():
            if there.get(name) == definition:
                done.present.append(name)
                continue
            if name in there:
                live.execute(f"DROP TRIGGER {quoted(name)}")
                done.replaced.append(name)
            else:
                done.created.append(name)
            live.execute(definition)
        corrected = correct_statistics(live, schema)
    return Installation(done.created, done.replaced, done.present, corrected)


def installed_triggers(live: sqlite3.Connection) -> dict[str, str]:
    """The definitions of triggers under our names, by name."""
    marks, tables = ", ".join("?" * len(TRIGGERS)), ", ".join("?" * len(LABELS))
    query = (
        f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name IN ({marks})"
        f" AND lower(tbl_name) IN ({tables})"
    )
    return dict(live.execute(query, (*TRIGGERS, *LABELS)))


def trigger_definitions(schema: Schema) -> dict[str, str]:
    """CREATE TRIGGER statements by name, for the date columns that a database has."""
    dates = date_columns(schema)
    recount = recount_query(schema)
    definitions = {}
    for table, label in LABELS.items():
        columns = [name for owner, name in dates.values() if owner == table]
        fragments = {
            "label": label,
            "table": table,
            "total": TOTALS[table],
            "contacts": " ".join(
                f"UNION ALL SELECT {_utc(f'NEW.{quoted(name)}')}" for name in columns
            ),
            "dates": ", ".join(quoted(name) for name in columns),
            "changed": "\n    OR ".join(
                f"OLD.{quoted(name)} IS NOT NEW.{quoted(name)}"
                for name in ("customer_id", *columns)
            ),
            "recount": recount,
        }
        for event in EVENTS:
            definitions[f"trg_{label}_{event}"] = _definition(event, fragments)
    return definitions


def recount_query(schema: Schema) -> str:
    """The UPDATE of customers' statistics, to be ended by WHERE."""
    readings = {key: _utc(name) for key, (_, name) in date_columns(schema).items()}
    return load_sql("live/statistics/sql/triggers/recount.sql", **readings).strip()


def _definition(event: str, fragments: Mapping[str, str]) -> str:
    return load_sql(f"live/statistics/sql/triggers/{event}.sql", **fragments).strip()


def _utc(value: str) -> str:
    return utc(value if value.startswith("NEW.") else quoted(value))
