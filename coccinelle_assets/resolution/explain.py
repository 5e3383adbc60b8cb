"""Why records are one customer: the chain of identifiers that ties each to the earliest."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import asdict, dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.resolution.model import model


@dataclass(frozen=True, slots=True)
class Tie:
    """One step of the chain: a record is reached from another through a shared detail."""

    record: str
    reached_from: str | None
    kind: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A customer's records, oldest first, and the tie that brought each of them in."""

    customer_id: str
    tenant_id: str
    records: list[dict[str, Any]]
    ties: list[Tie]

    def as_dict(self) -> dict[str, Any]:
        """The explanation as JSON takes it."""
        return asdict(self)


def explain(connection: DuckDBPyConnection, customer_id: str) -> Explanation:
    """The explanation of one customer of the last run.

    Raises CoccinelleError when the last run knows no such customer.
    """
    cursor = connection.execute(model("customer_records"), {"customer_id": customer_id})
    columns = [column[0] for column in cursor.description]
    records = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    if not records:
        raise CoccinelleError(
            f"the last run knows no customer {customer_id}: check the id in the customers table, "
            "and run `coccinelle migrate` if it is newer than the last run"
        )
    names = {row["record_no"]: f"{row['source_table']}/{row['source_id']}" for row in records}
    edges = connection.execute(model("customer_ties"), {"customer_id": customer_id}).fetchall()
    ties = spanning_ties(names, edges)
    tenant_id = records[0]["tenant_id"]
    for row in records:
        del row["record_no"], row["tenant_id"]
    return Explanation(customer_id, tenant_id, records, ties)


def spanning_ties(names: dict[int, str], edges: list[tuple[int, int, str, str]]) -> list[Tie]:
    """The shortest chain to each record from the earliest, breadth first.

    `edges` are (record_no, other_no, kind, value); an edge from a record to itself is skipped.
    Records that no edge reaches come last, without a tie.
    """
    neighbours = defaultdict(list)
    for left, right, kind, value in edges:
        if left != right:
            neighbours[left].append((right, kind, value))
            neighbours[right].append((left, kind, value))
    start = min(names)
    reached = {start: Tie(names[start], None, None, None)}
    queue = deque([start])
    while queue:
        current = queue.popleft()
        for other, kind, value in sorted(neighbours[current]):
            if other not in reached and other in names:
                reached[other] = Tie(names[other], names[current], kind, value)
                queue.append(other)
    missing = [number for number in sorted(names) if number not in reached]
    return [*reached.values(), *(Tie(names[number], None, None, None) for number in missing)]
