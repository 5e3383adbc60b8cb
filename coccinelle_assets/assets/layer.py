"""What all layers share: how an asset is described, and how errors reach the one who runs it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg
import duckdb
from duckdb import DuckDBPyConnection

from coccinelle_assets.errors import CoccinelleError, PromotionRefusedError
from coccinelle_assets.samples import masked_table
from coccinelle_assets.sql import quoted

OWNERS = ["team:data"]
SAMPLE_ROWS = 10
# Runs that take a snapshot or write to the live database: a queue lets one of them run at a time.
MIGRATION_POOL = "migration"
# Columns of a table: "name TYPE: what it holds" lines; what has no type is VARCHAR.
Columns = str


def spec(
    layer: str,
    name: str,
    description: str,
    columns: Columns,
    deps: Sequence[str] = (),
    kinds: Sequence[str] = ("duckdb", "sql"),
    *,
    skippable: bool = False,
) -> dg.AssetSpec:
    """The spec of one asset; `deps` are keys such as "source/prospects"."""
    return dg.AssetSpec(
        key=[layer, name],
        description=description,
        deps=[dg.AssetKey(dep.split("/")) for dep in deps],
        group_name=layer,
        owners=OWNERS,
        kinds=set(kinds),
        skippable=skippable,
        metadata={
            "dagster/table_name": f"{layer}.{name}",
            "dagster/column_schema": dg.TableSchema(
                columns=[_column(line) for line in columns.strip().splitlines()]
            ),
        },
    )


def _column(line: str) -> dg.TableColumn:
    column, _, description = line.strip().partition(":")
    name, _, kind = column.partition(" ")
    return dg.TableColumn(name, kind or "VARCHAR", description=description.strip() or None)


def materialized(
    connection: DuckDBPyConnection,
    key: str,
    *,
    data_version: str | None = None,
    lineage: dg.TableColumnLineage | None = None,
    **metadata: dg.MetadataValue | int | float | str,
) -> dg.MaterializeResult:
    """The result of an asset that is a table of the warehouse, with its row count."""
    if lineage is not None:
        metadata["dagster/column_lineage"] = lineage
    layer, name = key.split("/")
    rows = connection.execute(f"SELECT count(*) FROM {quoted(layer)}.{quoted(name)}").fetchone()[0]
    return dg.MaterializeResult(
        asset_key=[layer, name],
        metadata={"dagster/row_count": rows, **metadata},
        data_version=dg.DataVersion(data_version) if data_version else None,
    )


def column_lineage(columns: Columns) -> dg.TableColumnLineage:
    """Which columns each column is made of: "email: source/customers.email ..." lines."""
    deps = {}
    for line in columns.strip().splitlines():
        name, _, origins = line.strip().partition(": ")
        deps[name] = [_column_dep(origin) for origin in origins.split()]
    return dg.TableColumnLineage(deps)


def _column_dep(origin: str) -> dg.TableColumnDep:
    asset, _, column = origin.rpartition(".")
    return dg.TableColumnDep(dg.AssetKey(asset.split("/")), column)


def sample_rows(
    connection: DuckDBPyConnection, key: str, columns: str
) -> dict[str, dg.MetadataValue]:
    """The first rows of a table by id, personal details masked; none when it is empty."""
    names = columns.split()
    layer, table = key.split("/")
    rows = connection.execute(
        f"SELECT {', '.join(map(quoted, names))} FROM {quoted(layer)}.{quoted(table)}"
        f" ORDER BY id LIMIT {SAMPLE_ROWS}"
    ).fetchall()
    return {"sample": masked_table(names, rows)} if rows else {}


@contextmanager
def clear_failures() -> Iterator[None]:
    """Turn an error of the user's input into a failure that says just what to do."""
    try:
        yield
    except PromotionRefusedError as error:
        raise dg.Failure(
            description=str(error),
            metadata={"refused_by": dg.MetadataValue.json(list(error.failures))},
            allow_retries=False,
        ) from error
    except CoccinelleError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except duckdb.OutOfMemoryException as error:
        # The engine's own advice names settings that only this project's code can reach.
        needed = str(error).partition("\n")[0]
        if "max_temp_directory_size" in str(error):
            raise dg.Failure(
                description="the warehouse's engine needs more room on the disk of the home than "
                "is free: make room there, or set COCCINELLE_HOME to a larger disk, and run again "
                f"({needed})",
                allow_retries=False,
            ) from error
        raise dg.Failure(
            description="the warehouse's engine needs more memory than it may use: raise "
            f"COCCINELLE_MEMORY_LIMIT_MB and run again ({needed})",
            allow_retries=False,
        ) from error
