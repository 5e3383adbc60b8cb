"""What all layers share: how an asset and its materialization are described."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from duckdb import DuckDBPyConnection

from coccinelle_assets.resources.samples import masked_table
from coccinelle_assets.sql import one_row, quoted

OWNERS = ["team:data"]
SAMPLE_ROWS = 10
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
    metadata: Mapping[str, Any] | None = None,
) -> dg.MaterializeResult:
    """The result of an asset that is a table of the warehouse, with its row count."""
    told: dict[str, Any] = {"dagster/column_lineage": lineage} if lineage is not None else {}
    layer, name = key.split("/")
    (rows,) = one_row(connection.execute(f"SELECT count(*) FROM {quoted(layer)}.{quoted(name)}"))
    return dg.MaterializeResult(
        asset_key=[layer, name],
        metadata={"dagster/row_count": rows, **told, **(metadata or {})},
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
