"""The columns that an asset declares are those of its table, types included."""

from __future__ import annotations

from pathlib import Path

from coccinelle_assets.definitions import build_defs
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline

# Their rows are triggers and tables of the live database.
NOT_IN_THE_WAREHOUSE = {"live/statistics_triggers", "live/contracted_tables"}


def test_assets_declare_the_columns_that_their_tables_have(tmp_path: Path) -> None:
    app = AppDatabase(tmp_path / "app.db")
    app.appointment(customer_email="jean@ex.fr")
    pipeline = Pipeline(app.path)
    pipeline.run()
    tables: dict[str, dict[str, str]] = {}
    for layer, table, column, kind in pipeline.warehouse.execute(
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns"
    ).fetchall():
        tables.setdefault(f"{layer}/{table}", {})[column] = kind
    declared = {
        spec.key.to_user_string(): {
            column.name: column.type for column in spec.metadata["dagster/column_schema"].columns
        }
        for spec in build_defs().resolve_all_asset_specs()
    }
    assert declared.keys() >= NOT_IN_THE_WAREHOUSE
    for asset in declared.keys() - NOT_IN_THE_WAREHOUSE:
        assert declared[asset] == tables[asset], asset
