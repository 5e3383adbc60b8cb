"""Dagster's own SQLite storages, for short processes: the same files, opened fewer times.

Dagster opens and closes a database for every statement, up to five times for each event, and
reads all of its migrations for every database that it opens. A short run spends seconds on that.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import sqlalchemy
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite import create_db_conn_string
from dagster._serdes import ConfigurableClassData

KEPT_DATABASES = 4
LOCK_TIMEOUT_SECONDS = 60


class Engines:
    """SQLAlchemy engines, one for each database, which keep their connections open."""

    def __init__(self) -> None:
        self._engines: OrderedDict[str, sqlalchemy.Engine] = OrderedDict()

    def engine(self, url: str) -> sqlalchemy.Engine:
        """The engine of a database; the one that was asked for longest ago makes room for it."""
        if url not in self._engines:
            engine = sqlalchemy.create_engine(url, connect_args={"timeout": LOCK_TIMEOUT_SECONDS})
            sqlalchemy.event.listen(engine, "connect", _sync_at_checkpoints_only)
            self._engines[url] = engine
        self._engines.move_to_end(url)
        if len(self._engines) > KEPT_DATABASES:
            self._engines.popitem(last=False)[1].dispose()
        return self._engines[url]

    @contextmanager
    def connect(self, url: str) -> Iterator[sqlalchemy.Connection]:
        """A connection in a transaction of its own."""
        with self.engine(url).connect() as connection, connection.begin():
            yield connection

    def dispose(self) -> None:
        """Close every connection."""
        while self._engines:
            self._engines.popitem()[1].dispose()


class PooledSqliteRunStorage(SqliteRunStorage):
    """Dagster's runs, its connections kept open."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._pool = Engines()
        super().__init__(conn_string, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """Open the runs of a home; only a new home needs Dagster's own set-up."""
        return _open(cls, "runs", config_value["base_dir"], inst_data)

    @contextmanager
    def connect(self) -> Iterator[sqlalchemy.Connection]:
        """A connection in a transaction of its own."""
        with self._pool.connect(self._conn_string) as connection:
            yield connection

    def dispose(self) -> None:
        """Close every connection."""
        self._pool.dispose()
        super().dispose()


class PooledSqliteScheduleStorage(SqliteScheduleStorage):
    """Dagster's ticks, opened without reading its migrations."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """Open the ticks of a home; only a new home needs Dagster's own set-up."""
        return _open(cls, "schedules", config_value["base_dir"], inst_data)


class PooledSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's event log, its connections kept open between events."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._pool = Engines()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """Make an instance of this class; Dagster's method makes one of its own class."""
        return cls(inst_data=inst_data, **config_value)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; asked for every event, and no table ever goes away."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock:
            url = self.conn_string_for_shard(shard)
            if shard not in self._initialized_dbs:
                if shard != INDEX_SHARD_NAME:
                    self._copy_tables(shard)
                elif not _is_set_up(Path(self.path_for_shard(shard))):
                    self._initdb(self._pool.engine(url))
                self._initialized_dbs.add(shard)
            with self._pool.connect(url) as connection:
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

    def dispose(self) -> None:
        """Close every connection."""
        self._pool.dispose()
        super().dispose()


def _open(
    storage: type[Any], name: str, base_dir: str, inst_data: ConfigurableClassData | None
) -> Any:
    """A storage over `<name>.db`: Dagster's own set-up does nothing to one that is stamped."""
    if _is_set_up(Path(base_dir, f"{name}.db")):
        return storage(create_db_conn_string(base_dir, name), inst_data)
    return storage.from_local(base_dir, inst_data)


def _is_set_up(database: Path) -> bool:
    """Whether Dagster has made the tables and stamped them with a revision."""
    if not database.exists():
        return False
    with closing(sqlite3.connect(database, timeout=LOCK_TIMEOUT_SECONDS)) as connection:
        try:
            return connection.execute("SELECT 1 FROM alembic_version").fetchone() is not None
        except sqlite3.OperationalError:
            return False


def _sync_at_checkpoints_only(connection: sqlite3.Connection, _record: object) -> None:
    """A killed process loses no event in WAL mode; only a power cut could lose the last ones."""
    connection.execute("PRAGMA synchronous = NORMAL")
