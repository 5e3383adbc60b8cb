"""The column lineage that assets declare is the one that their SQL models have."""

from __future__ import annotations

import dagster as dg
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage
from sqlglot.optimizer import build_scope, qualify

from coccinelle_assets.assets import customers, linkage
from coccinelle_assets.definitions import build_defs
from coccinelle_assets_tests.sql_models import model_text

MODELS = ("evidence", "golden_records", "deleted_customers", "customers", "links")
# Temporary tables that Python writes, by the columns it makes them of, and the macro that names
# clusters.
MADE_OF = {
    ("identity/contacts", "cluster_id"): ("identity/clusters", "cluster_id"),
    ("phone_places", "language"): ("identity/identifiers", "value"),
    ("phone_places", "time_zone"): ("identity/identifiers", "value"),
    ("merged_tags", "tags"): ("source/customers", "tags"),
}
# Columns that choose among values, or tell whether there is a row; their values go nowhere.
CHOOSING = {
    ("identity/contacts", "record_no"),
    ("identity/contacts", "source_table"),
    ("identity/contacts", "changed_at"),
    ("identity/identifiers", "identifier_no"),
    ("source/customers", "id"),
    ("source/customer_arrivals", "id"),
    ("identity/prospect_ties", "record_no"),
    # Of a column that holds several details: those beyond the first.
    ("identity/more_details", "record_no"),
    ("identity/more_details", "kind"),
    ("identity/more_details", "shown"),
    ("source/customer_merges", "merged_id"),
}
# A name is split between two columns; which part is taken depends on the other one.
CHOOSING_BETWEEN_NAMES = {("identity/contacts", "first_name"), ("identity/contacts", "last_name")}
Origins = set[tuple[str, str]]


def created_tables() -> dict[str, exp.Expression]:
    """The query of each table that the models create, by name."""
    tables = {}
    for name in MODELS:
        for statement in sqlglot.parse(model_text(name), read="duckdb"):
            if isinstance(statement, exp.Create) and statement.expression:
                tables[statement.this.sql()] = statement.expression.transform(_as_column)
    return tables


def _as_column(node: exp.Expression) -> exp.Expression:
    """The macro cluster_id(t.…) as a column of t."""
    if isinstance(node, exp.Anonymous) and node.name == "cluster_id":
        return exp.column("cluster_id", table=node.expressions[0].table)
    return node


@pytest.fixture(scope="module")
def schema() -> dict[str, dict[str, dict[str, str]]]:
    """The columns of every asset, as sqlglot takes them."""
    layers: dict[str, dict[str, dict[str, str]]] = {}
    for spec in build_defs().resolve_all_asset_specs():
        layer, table = spec.key.path
        names = {column.name: "TEXT" for column in spec.metadata["dagster/column_schema"].columns}
        layers.setdefault(layer, {})[table] = names
    layers["identity"]["members"] = {"record_no": "TEXT", "cluster_no": "TEXT"}
    layers["identity"]["contacts"]["cluster_id"] = "TEXT"
    layers["source"]["customer_merges"] = {"merged_id": "TEXT"}
    return layers


def origins_by_sql(table: str, kept: set[str], schema: dict) -> dict[str, Origins]:
    """Asset columns that each column of `table` reads; tables of `kept` are not looked into."""
    tables = created_tables()
    sources = {name: query for name, query in tables.items() if name not in {table, *kept}}
    expanded = exp.expand(tables[table], sources, dialect="duckdb")
    qualified = qualify.qualify(
        expanded,
        schema=schema,
        dialect="duckdb",
        validate_qualify_columns=False,
        quote_identifiers=False,
    )
    scope = build_scope(qualified)
    origins: dict[str, Origins] = {}
    for column in qualified.named_selects:
        leaves = [
            node
            for node in lineage(column, qualified, schema, dialect="duckdb", scope=scope).walk()
            if not node.downstream and isinstance(node.source, exp.Table)
        ]
        read = {(_asset(leaf.source), leaf.name.rpartition(".")[2]) for leaf in leaves}
        read = {MADE_OF.get(origin, origin) for origin in read}
        # What the last promotion wrote tells edits apart; it is memory, not an upstream asset.
        origins[column] = {origin for origin in read if not origin[0].startswith("promoted/")}
    return origins


def _asset(table: exp.Table) -> str:
    """The asset that has a table, or makes a view."""
    return "/".join(part.name for part in table.parts)


def declared(columns: dg.TableColumnLineage) -> dict[str, Origins]:
    return {
        column: {(dep.asset_key.to_user_string(), dep.column_name) for dep in deps}
        for column, deps in columns.deps_by_column.items()
    }


def compare(said: dict[str, Origins], found: dict[str, Origins]) -> None:
    assert set(said) == set(found)
    for column, origins in found.items():
        assert said[column] <= origins, column
        choosing = CHOOSING | (CHOOSING_BETWEEN_NAMES if column.endswith("_name") else set())
        assert origins - said[column] <= choosing, column


def test_customers_are_made_of_the_columns_they_name(schema: dict) -> None:
    compare(declared(customers.LINEAGE), origins_by_sql("ssot.customers", set(), schema))


def test_links_are_made_of_the_columns_they_name(schema: dict) -> None:
    table = next(name for name in created_tables() if name.endswith("_links"))
    found = origins_by_sql(table, {"ssot.customers"}, schema)
    # The crosswalk of the same step gives a customer and its links their id.
    assert found["customer_id"] & {("identity/clusters", "cluster_id")}
    found["customer_id"] = {("ssot/customers", "id")}
    compare(declared(linkage.LINEAGE), found)


@pytest.mark.parametrize("module", [customers, linkage])
def test_column_lineage_leads_to_columns_that_upstream_assets_have(module: object) -> None:
    specs = {spec.key: spec for spec in build_defs().resolve_all_asset_specs()}
    spec = module.CUSTOMERS if module is customers else module.LINKS[0]
    columns = {column.name for column in spec.metadata["dagster/column_schema"].columns}
    assert set(module.LINEAGE.deps_by_column) == columns
    upstream = {dep.asset_key for dep in spec.deps}
    for column, deps in module.LINEAGE.deps_by_column.items():
        assert deps, column
        for dep in deps:
            names = {c.name for c in specs[dep.asset_key].metadata["dagster/column_schema"].columns}
            assert dep.asset_key in upstream
            assert dep.column_name in names
