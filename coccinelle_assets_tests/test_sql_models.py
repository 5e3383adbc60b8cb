"""Every .sql file: a header that says its grain; every model: portable to Spark SQL."""

from __future__ import annotations

from importlib.resources import files
from itertools import takewhile
from pathlib import Path

import pytest
import sqlglot
from sqlglot import ErrorLevel

from coccinelle_assets.resolution.contacts import SPELLINGS
from coccinelle_assets.resolution.customers import EDITABLE
from coccinelle_assets.resolution.model import model
from coccinelle_assets.resolution.spellings import texts_of
from coccinelle_assets.tables import LINKED_TABLES

PACKAGE = Path(str(files("coccinelle_assets")))
SQL_FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.sql"))
MODELS = sorted(path.stem for path in (PACKAGE / "resolution" / "models").glob("*.sql"))
# Fragments that are no statement: they are read inside the model that uses them.
FRAGMENTS = {"survivorship_column": "customers"}
# Models that are written once for e-mails and phones.
READINGS = ("remembered_readings", "waiting_spellings", "kept_readings")
# Models that sqlglot cannot write as Spark SQL, and why.
NOT_PORTABLE: dict[str, str] = {}


def model_text(name: str) -> str:
    """A model with its fragments filled in, as the steps do."""
    if name == "links":
        table, links = next(iter(LINKED_TABLES.items()))
        return model(name, links=links, source_table=table)
    if name == "customers":
        columns = {
            column: model("survivorship_column", column=column, otherwise=otherwise)
            for column, otherwise in EDITABLE.items()
        }
        return model(name, **columns)
    if name in READINGS:
        spelled, normalized, _ = SPELLINGS["email_spellings"]
        return model(name, **texts_of("email_spellings", spelled, normalized))
    return model(name)


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
        assert model(fragment, column="email", otherwise="NULL") in model(
            user, email=model(fragment, column="email", otherwise="NULL")
        )
