"""The Dagster instance of the command line: the same files as the UI's, written faster.

Dagster's SQLite event log opens and closes a database five times for each event, 30 ms in all; a
run has over a hundred. `PooledSqliteEventLogStorage` keeps its connections.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Self

import dagster as dg
import sqlalchemy
import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy.pool import SingletonThreadPool

KEPT_SHARDS = 4
LOCK_TIMEOUT_SECONDS = 60


class PooledSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's own SQLite event log, its connections kept open between events."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: dict[str, str]
    ) -> Self:
        """Make an instance of this class; Dagster's method makes one of its own class."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                if shard == INDEX_SHARD_NAME:
                    self._initdb(engine)
                else:
                    self._copy_tables(shard)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _copy_tables(self, shard: str) -> None:
        """Give a new run's shard the tables of the index, at the index's revision.

        `_initdb` makes the same, but reads all of Dagster's migrations twice for it.
        """
        path, index = self.path_for_shard(shard), self.path_for_shard(INDEX_SHARD_NAME)
        with closing(
            sqlite3.connect(path, timeout=LOCK_TIMEOUT_SECONDS, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("ATTACH ? AS history", (index,))
            connection.execute("BEGIN IMMEDIATE")
            if not connection.execute("SELECT 1 FROM main.sqlite_master").fetchone():
                definitions = connection.execute(
                    "SELECT sql FROM history.sqlite_master WHERE sql IS NOT NULL"
                    " AND name NOT LIKE 'sqlite_%' ORDER BY type DESC"
                ).fetchall()
                for (definition,) in definitions:
                    connection.execute(definition)
                connection.execute(
                    "INSERT INTO main.alembic_version SELECT * FROM history.alembic_version"
                )
            connection.execute("COMMIT")

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
    if "compute_logs" not in named:
        # Nothing prints on stdout here; capturing it would start four more processes.
        overrides["compute_logs"] = {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        }
    if not any(key == "storage" or key.endswith("_storage") for key in named):
        overrides["event_log_storage"] = {
            "module": __name__,
            "class": PooledSqliteEventLogStorage.__name__,
            "config": {"base_dir": str(home / "history" / "runs") + "/"},
        }
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=overrides))
