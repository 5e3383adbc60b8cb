"""Every predicate: a query that reads what it says it reads, and nothing else."""

import pytest
import sqlglot
from sqlglot import exp

from coccinelle_assets.live.contraction.contract import CONTRACT_PREDICATES
from coccinelle_assets.predicates.predicate import PREDICATES, Predicate


@pytest.mark.parametrize(
    "predicate", [*PREDICATES, *CONTRACT_PREDICATES], ids=lambda predicate: predicate.name
)
def test_a_predicate_names_the_tables_that_it_reads(predicate: Predicate) -> None:
    query = sqlglot.parse_one(predicate.sql, read="sqlite")
    assert {table.name for table in query.find_all(exp.Table)} == set(predicate.reads)
