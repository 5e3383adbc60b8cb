"""Whose records a warehouse holds: of which database, read by which run and which rules."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.home_owner import require_same_database


@dataclass(frozen=True, slots=True)
class Owner:
    """A database as seen from the home, the run that read it, and the rules of identity.

    A relative path: home and database may be moved or copied together.
    """

    database: str
    run_id: str
    rules: str


def read_owner(connection: DuckDBPyConnection) -> Owner | None:
    """Whose records the warehouse holds; None for a new one, or one of an older version."""
    try:
        row = connection.execute("SELECT database, run_id, rules FROM live.owner").fetchone()
    except duckdb.CatalogException:
        return None
    return Owner(*row) if row else None


def write_owner(connection: DuckDBPyConnection, owner: Owner) -> None:
    """Note whose records were loaded."""
    connection.execute("DELETE FROM live.owner")
    connection.execute("INSERT INTO live.owner VALUES (?, ?, ?)", astuple(owner))


def require_database(connection: DuckDBPyConnection, home: Path, database: str) -> None:
    """Refuse a warehouse of another database: its records, and what it remembers, are not ours.

    A database that was renamed since is the same one. Raises CoccinelleError with both names.
    """
    owner = read_owner(connection)
    if owner is not None:
        require_same_database(home, owner.database, database)


def require_same_run(owner: Owner | None, run_id: str | None, rules: str) -> None:
    """Refuse to promote what another run resolved: `run_id` where this one took the snapshot.

    Raises CoccinelleError.
    """
    if owner is None:
        raise CoccinelleError(
            "nobody knows which database the warehouse was made from (an older version made it): "
            "run the whole migration first; nothing was written"
        )
    if run_id is not None and owner.run_id != run_id:
        raise CoccinelleError(
            f"run {owner.run_id} has written the warehouse since this run read the database: run "
            "the whole migration again; nothing was written"
        )
    if owner.rules != rules:
        raise CoccinelleError(
            f"run {owner.run_id} resolved the customers by other rules of identity "
            f"({owner.rules}) than this run has ({rules}): run the whole migration; nothing was "
            "written"
        )
