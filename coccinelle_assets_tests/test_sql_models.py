"""Every .sql file: a header that says its grain; every model: portable to Spark SQL."""

from __future__ import annotations

from importlib.resources import files
from itertools import takewhile
from pathlib import Path

import pytest
import sqlglot
from sqlglot import ErrorLevel

from coccinelle_assets.resolution.contacts import WITHOUT_A_REGION
from coccinelle_assets.resolution.customers import EDITABLE
from coccinelle_assets.resolution.model import model
from coccinelle_assets_tests.sql_models import model_text

PACKAGE = Path(str(files("coccinelle_assets")))
SQL_FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.sql"))
MODELS = sorted(path.stem for path in (PACKAGE / "resolution" / "models").glob("*.sql"))
# Fragments that are no statement: they are read inside the model that uses them.
FRAGMENTS = {"survivorship_column": "customers", "region_prefix": "records"}
USED_WITH = {
    "survivorship_column": {"column": "email", "otherwise": EDITABLE["email"]},
    "region_prefix": {"column": "raw_email", "unless": WITHOUT_A_REGION["email"]},
}
# Models that sqlglot cannot write as Spark SQL, and why.
NOT_PORTABLE: dict[str, str] = {}


def header(path: str) -> str:
    lines = (PACKAGE / path).read_text(encoding="utf-8").splitlines()
    return "\n".join(takewhile(lambda line: line.startswith("--"), lines))


@pytest.mark.parametrize("path", SQL_FILES)
def test_every_sql_file_states_its_grain_in_its_header(path: str) -> None:
    assert "Grain" in header(path)


@pytest.mark.parametrize("name", [name for name in MODELS if name not in FRAGMENTS])
def test_every_model_parses_as_duckdb_sql(name: str) -> None:
    statements = sqlglot.parse(model_text(name), read="duckdb")
    assert statements
    assert all(statement is not None for statement in statements)
    assert not any(isinstance(statement, sqlglot.exp.Command) for statement in statements)


@pytest.mark.parametrize("name", [name for name in MODELS if name not in FRAGMENTS])
def test_every_model_translates_to_spark_sql(name: str) -> None:
    def translate() -> list[str]:
        return sqlglot.transpile(
            model_text(name), read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE
        )

    if name in NOT_PORTABLE:
        with pytest.raises(sqlglot.errors.UnsupportedError):
            translate()
        return
    for statement in translate():
        assert sqlglot.parse_one(statement, read="spark")


def test_every_fragment_is_used_by_its_model() -> None:
    for fragment, user in FRAGMENTS.items():
        assert fragment in MODELS
        assert model(fragment, **USED_WITH[fragment]) in model_text(user)
