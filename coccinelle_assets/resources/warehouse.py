"""The DuckDB file in which every asset of the lineage is a table."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

import dagster as dg
import duckdb
from duckdb import DuckDBPyConnection
from pydantic import Field

from coccinelle_assets.background import beside
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.progress import followed, logged
from coccinelle_assets.resources.home import HomeResource
from coccinelle_assets.warehouse.file import SNAPSHOT, open_warehouse
from coccinelle_assets.warehouse.load_sources import load_scanner
from coccinelle_assets.warehouse.owner import require_database
from coccinelle_assets.warehouse.spill import tend_spill

# Bytes: about three million records, of which each step takes more than some seconds.
LARGE_SNAPSHOT = 1_000_000_000


class Warehouse(HomeResource):
    """One DuckDB file; a process that has it open for writing keeps all others out."""

    path: str = Field(description="The DuckDB file.")
    database: str = Field(default="", description="The database whose records it holds.")
    memory_limit_mb: int = Field(description="Memory that DuckDB may use, in MB.")
    busy_timeout_seconds: float = Field(description="How long to wait for another run, in seconds.")

    @property
    def home_directory(self) -> Path:
        """The directory of the file."""
        return Path(self.path).parent

    @property
    def patience_seconds(self) -> float:
        """As long as for another writer."""
        return self.busy_timeout_seconds

    @contextmanager
    def connect(self) -> Iterator[DuckDBPyConnection]:
        """A connection to the warehouse, made on first use.

        Raises CoccinelleError when another process keeps it for longer than the timeout.
        """
        self.hold_home()
        connection = open_warehouse(Path(self.path), self.busy_timeout_seconds, self._configuration)
        try:
            if self.database:
                require_database(connection, self.home_directory, self.database)
            tend_spill(connection, Path(self.path))
            log = dg.get_dagster_logger().info
            with logged(log, engines=self._takes_minutes), followed(connection):
                yield connection
        finally:
            connection.close()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep the file open across the steps of a run in this process.

        Closing it between steps would write the same blocks again and again. Meanwhile a thread
        gets ready what the steps need: DuckDB checks the signature of its scanner's 35 MB, scipy
        is a third of a second to import, and neither has to wait for the other's core.
        """
        with self.connect() as connection, beside(lambda: _get_ready(connection)):
            yield

    @contextmanager
    def read(self) -> Iterator[DuckDBPyConnection]:
        """A read-only connection to a warehouse that is there already."""
        connection = open_warehouse(Path(self.path), self.busy_timeout_seconds, read_only=True)
        try:
            yield connection
        finally:
            connection.close()

    @property
    def _takes_minutes(self) -> bool:
        """Whether the steps of a run are long enough for their statements to be followed."""
        snapshot = Path(self.path).with_name(SNAPSHOT)
        return snapshot.is_file() and snapshot.stat().st_size > LARGE_SNAPSHOT

    @property
    def _configuration(self) -> dict[str, str]:
        """Settings of the engine, as long as any connection of the process is open."""
        return {
            "memory_limit": f"{self.memory_limit_mb}MB",
            "preserve_insertion_order": "false",
            # Tables live for one run: time spent on compressing them is lost, and on merging the
            # last parts of each at a checkpoint, which writes a third of the warehouse again.
            "force_compression": "uncompressed",
            "max_vacuum_tasks": "0",
            # Each thread writes a part as soon as it is full: at the end only one of them would.
            "write_buffer_row_group_count": "1",
        }


def _get_ready(connection: DuckDBPyConnection) -> None:
    # What is missing is told by the step that needs it.
    with suppress(CoccinelleError, duckdb.Error, ImportError):
        load_scanner(connection)
        import_module("coccinelle_assets.resolution.components")
