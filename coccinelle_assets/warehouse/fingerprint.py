"""Whether anything changed since the last promotion: a run over the same state is spared.

After a promotion that deferred nothing, the warehouse keeps the fingerprint of the state that the
promotion left. A snapshot with that very fingerprint, under the same settings, has nothing new.
"""

from __future__ import annotations

import hashlib

import duckdb
from duckdb import DuckDBPyConnection

from coccinelle_assets.sql import load_sql
from coccinelle_assets.warehouse.preview import write_link_views


def snapshot_versions(connection: DuckDBPyConnection) -> dict[str, str]:
    """The version of each part of the snapshot in source.*."""
    return _versions(
        connection,
        "source.customers",
        "source.customer_identifiers",
        "source.appointments",
        "source.omni_conversations",
    )


def remember_state(connection: DuckDBPyConnection, run_id: str, settings: str) -> None:
    """Keep the fingerprint of the state that the promotion `run_id` leaves.

    It may be kept before the promotion is committed: until then the last one is another run.
    `forget_deferred` takes it back.
    """
    write_link_views(connection)
    versions = _versions(
        connection,
        "ssot.customers",
        "ssot.customer_identifiers",
        "gate.appointments",
        "gate.omni_conversations",
    )
    connection.execute("DELETE FROM live.fingerprints")
    connection.execute(
        "INSERT INTO live.fingerprints VALUES ($run_id, $fingerprint)",
        {"run_id": run_id, "fingerprint": fingerprint(versions, settings)},
    )


def unchanged_since(
    connection: DuckDBPyConnection, versions: dict[str, str], settings: str
) -> str | None:
    """The run whose promotion left just this state, None when anything differs."""
    row = connection.execute(
        "SELECT f.run_id FROM live.fingerprints AS f JOIN promoted.last AS l ON l.run_id = f.run_id"
        " WHERE f.fingerprint = $fingerprint",
        {"fingerprint": fingerprint(versions, settings)},
    ).fetchone()
    return row[0] if row else None


def fingerprint(versions: dict[str, str], settings: str) -> str:
    """One text for a state and the settings that it is read under."""
    parts = [f"{part}={version}" for part, version in sorted(versions.items())]
    text = "\n".join([f"duckdb={duckdb.__version__}", settings, *parts])
    return hashlib.sha256(text.encode()).hexdigest()


def _versions(
    connection: DuckDBPyConnection,
    customers: str,
    identifiers: str,
    appointments: str,
    conversations: str,
) -> dict[str, str]:
    query = load_sql(
        "warehouse/sql/fingerprint.sql",
        customers=customers,
        identifiers=identifiers,
        appointments=appointments,
        conversations=conversations,
    )
    return {
        part: f"{records}-{version or 0:x}"
        for part, records, version in connection.execute(query).fetchall()
    }
