"""How well records are resolved to customers: pairwise precision and recall on labelled data.

    python -m benchmarks.evaluate [--data DIR] [--json] [--write-readme]

Exit code 1 when a data set with a bound falls below it, 2 when the data is not there.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from benchmarks.labelled import LabelledRecord, read_senzing, read_splink, write_database
from benchmarks.readme import markdown_table, write_section
from coccinelle_assets.live.sqlite.schema import read_schema, require_sources
from coccinelle_assets.live.sqlite.snapshot import take_snapshot
from coccinelle_assets.resolution.contacts import build_contacts
from coccinelle_assets.resolution.customers import build_customers
from coccinelle_assets.resolution.identity import build_clusters, build_identifiers
from coccinelle_assets.resolution.linkage import build_links
from coccinelle_assets.settings import IdentityRules
from coccinelle_assets.sql import load_sql
from coccinelle_assets.warehouse.load_sources import load_sources

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SHOWN_PAIRS = 10


@dataclass(frozen=True, slots=True)
class DataSet:
    """A labelled data set, the region of its phones and the least scores that it must reach."""

    name: str
    files: tuple[str, ...]
    read: Callable[[Path], list[LabelledRecord]]
    default_region: str
    min_precision: float = 0.0
    min_recall: float = 0.0


DATA_SETS = (
    DataSet("fake_1000", ("fake_1000.csv",), read_splink, "FR", 1.0, 0.53),
    DataSet("senzing", ("senzing_customers.csv", "senzing_truth.csv"), read_senzing, "US"),
)


@dataclass(frozen=True, slots=True)
class Score:
    """Pairwise scores: a pair is two records of one customer; an unlinked record is in none."""

    data_set: str
    records: int
    linked: int
    customers: int
    true_pairs: int
    found_pairs: int
    right_pairs: int
    precision: float
    recall: float
    f1: float
    holds: bool
    wrong_pairs: tuple[tuple[str, str], ...]


def evaluate(data_set: DataSet, directory: Path) -> Score:
    """Resolve one data set of `directory` and score it.

    Raises FileNotFoundError that says where the data was expected.
    """
    for name in data_set.files:
        if not (directory / name).is_file():
            raise FileNotFoundError(
                f"{directory / name} is missing: the labelled data belongs beside the repository, "
                "in ../shared/data, or wherever --data says"
            )
    records = data_set.read(directory)
    with TemporaryDirectory() as work:
        database = Path(work, "app.db")
        write_database(database, records)
        customers = resolve(database, IdentityRules(default_region=data_set.default_region))
    return score(data_set, {record.record_id: record.label for record in records}, customers)


def resolve(database: Path, rules: IdentityRules) -> dict[str, str]:
    """The customer of each record that gets one, by the pipeline's own steps."""
    snapshot = database.with_name("snapshot.sqlite")
    take_snapshot(database, snapshot, busy_timeout_seconds=5)
    copy = sqlite3.connect(snapshot)
    try:
        schema = read_schema(copy)
    finally:
        copy.close()
    require_sources(schema, str(database))
    with duckdb.connect() as warehouse:
        load_sources(warehouse, snapshot, schema)
        build_contacts(warehouse, rules)
        build_identifiers(warehouse, rules)
        build_clusters(warehouse, rules)
        build_customers(warehouse)
        build_links(warehouse)
        return dict(
            warehouse.execute(load_sql("sql/resolved_records.sql", package="benchmarks")).fetchall()
        )


def score(data_set: DataSet, labels: Mapping[str, str], customers: Mapping[str, str]) -> Score:
    """Compare the pairs that resolution found with the pairs that the labels say."""
    both = Counter((labels[record], customer) for record, customer in customers.items())
    true_pairs = _pairs(Counter(labels.values()))
    found_pairs = _pairs(Counter(customers.values()))
    right_pairs = _pairs(both)
    precision = right_pairs / found_pairs if found_pairs else 1.0
    recall = right_pairs / true_pairs if true_pairs else 1.0
    total = precision + recall
    return Score(
        data_set=data_set.name,
        records=len(labels),
        linked=len(customers),
        customers=len(set(customers.values())),
        true_pairs=true_pairs,
        found_pairs=found_pairs,
        right_pairs=right_pairs,
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / total if total else 0.0,
        holds=precision >= data_set.min_precision and recall >= data_set.min_recall,
        wrong_pairs=_wrong_pairs(labels, customers),
    )


def _pairs(sizes: Counter[Hashable]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def _wrong_pairs(
    labels: Mapping[str, str], customers: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """The first record ids that share a customer and not a label."""
    members: dict[str, list[str]] = {}
    for record, customer in sorted(customers.items()):
        members.setdefault(customer, []).append(record)
    wrong = (
        pair
        for group in members.values()
        for pair in combinations(group, 2)
        if labels[pair[0]] != labels[pair[1]]
    )
    return tuple(pair for pair, _ in zip(wrong, range(SHOWN_PAIRS), strict=False))


def table(scores: Sequence[Score]) -> str:
    """The scores as a Markdown table."""
    head = ("data set", "records", "linked", "customers", "precision", "recall", "F1")
    rows = [
        (
            score.data_set,
            f"{score.records:,}",
            f"{score.linked:,}",
            f"{score.customers:,}",
            f"{score.precision:.3f}",
            f"{score.recall:.3f}",
            f"{score.f1:.3f}",
        )
        for score in scores
    ]
    return markdown_table(head, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate every data set; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="where the labelled files are")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    parser.add_argument("--write-readme", action="store_true", help="put the table in README.md")
    options = parser.parse_args(arguments)
    try:
        scores = [evaluate(data_set, options.data) for data_set in DATA_SETS]
    except FileNotFoundError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps([asdict(score) for score in scores], indent=2))
    else:
        print(table(scores))
    if options.write_readme:
        write_section("evaluation", table(scores))
    for data_set, score in zip(DATA_SETS, scores, strict=True):
        if not score.holds:
            print(
                f"{data_set.name}: precision must be at least {data_set.min_precision:.2f} and "
                f"recall {data_set.min_recall:.2f}; pairs that are not one person: "
                f"{score.wrong_pairs}",
                file=sys.stderr,
            )
    return 0 if all(score.holds for score in scores) else 1


if __name__ == "__main__":
    sys.exit(main())
