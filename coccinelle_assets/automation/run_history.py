"""The Dagster instance of the command line: the same files as the UI's, written faster.

Dagster's SQLite event log opens and closes a database for each event, 20 ms each; a run has over
a hundred. `PooledSqliteEventLogStorage` keeps its connections, which halves a small run.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import dagster as dg
import sqlalchemy
import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from sqlalchemy.pool import SingletonThreadPool

KEPT_SHARDS = 4
LOCK_TIMEOUT_SECONDS = 60


class PooledSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's own SQLite event log, its connections kept open between events."""

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> sqlalchemy.Engine:
        engines = self.__dict__.setdefault("_engines", OrderedDict())
        if shard not in engines:
            engine = sqlalchemy.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=SingletonThreadPool,
                connect_args={"timeout": LOCK_TIMEOUT_SECONDS},
            )
            sqlalchemy.event.listen(engine, "connect", _sync_at_checkpoints_only)
            engines[shard] = engine
        engines.move_to_end(shard)
        if len(engines) > KEPT_SHARDS:
            engines.popitem(last=False)[1].dispose()
        return engines[shard]

    def dispose(self) -> None:
        """Close every connection."""
        for engine in self.__dict__.pop("_engines", {}).values():
            engine.dispose()
        super().dispose()


def _sync_at_checkpoints_only(connection: sqlite3.Connection, _record: object) -> None:
    """A killed process loses no event in WAL mode; only a power cut could lose the last ones."""
    connection.execute("PRAGMA synchronous = NORMAL")


def open_instance(home: Path) -> dg.DagsterInstance:
    """The Dagster instance at `home`; on first use dagster.yaml is written, telemetry off.

    A dagster.yaml that names a storage of its own, such as PostgreSQL, is followed as it is.
    """
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    if not config.exists():
        template = files("coccinelle_assets").joinpath("dagster.yaml")
        config.write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
    named = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    overrides = {}
    if not any(key == "storage" or key.endswith("_storage") for key in named):
        overrides["event_log_storage"] = {
            "module": __name__,
            "class": PooledSqliteEventLogStorage.__name__,
            "config": {"base_dir": str(home / "history" / "runs") + "/"},
        }
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=overrides))
