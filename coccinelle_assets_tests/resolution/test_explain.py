"""Why records are one customer: a chain of ties from the earliest record to each other one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.resolution.explain import Tie, explain, spanning_ties
from coccinelle_assets_tests.resolution.warehouse import customer, resolve, warehouse

Edge = tuple[int, int, str, str]
edges = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.integers(0, 12),
        st.sampled_from(["email", "phone"]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=25,
)


def distances(numbers: Sequence[int], pairs: Sequence[Edge]) -> dict[int, int]:
    """The oracle: steps from the smallest number, by growing a frontier."""
    found, frontier, steps = {}, {min(numbers)}, 0
    while frontier:
        found |= dict.fromkeys(frontier, steps)
        ends = [(a, b) for a, b, _, _ in pairs] + [(b, a) for a, b, _, _ in pairs]
        frontier = {b for a, b in ends if a in frontier and b not in found and b in numbers}
        steps += 1
    return found


def chain_length(ties: dict[str, Tie], record: str) -> int:
    tie = ties[record]
    return 0 if tie.reached_from is None else 1 + chain_length(ties, tie.reached_from)


@given(st.sets(st.integers(0, 12), min_size=1), edges)
@settings(max_examples=200, deadline=None)
def test_every_record_is_reached_by_a_shortest_chain_of_given_ties(
    numbers: set[int], pairs: list[Edge]
) -> None:
    names = {number: f"prospects/{number}" for number in numbers}
    found = spanning_ties(names, pairs)
    ties = {tie.record: tie for tie in found}
    assert sorted(ties) == sorted(names.values())
    assert len(found) == len(names)
    expected = distances(sorted(numbers), pairs)
    for number, name in names.items():
        if number in expected:
            assert chain_length(ties, name) == expected[number]
        else:
            assert ties[name] == Tie(name, None, None, None)
    steps = {(f"prospects/{a}", f"prospects/{b}", kind, value) for a, b, kind, value in pairs}
    for tie in found:
        if tie.reached_from is not None:
            step = (tie.record, tie.reached_from, tie.kind, tie.value)
            back = (tie.reached_from, tie.record, tie.kind, tie.value)
            assert step in steps or back in steps


def test_the_ties_of_a_customer_name_the_details_that_are_shared() -> None:
    connection = warehouse(
        prospects=[
            {"id": "p1", "tenant_id": "t1", "email": "Jean@free.fr", "created_at": "2025-01-01"}
        ],
        appointments=[
            {
                "id": "a1",
                "tenant_id": "t1",
                "customer_email": "jean@free.fr",
                "customer_phone": "06 11 22 33 44",
                "created_at": "2025-01-02",
            },
            {"id": "a2", "tenant_id": "t1", "prospect_id": "p1", "created_at": "2025-01-04"},
        ],
        omni_conversations=[
            {
                "id": "c1",
                "tenant_id": "t1",
                "customer_phone": "+33611223344",
                "created_at": "2025-01-03",
            }
        ],
    )
    resolve(connection)
    explanation = explain(connection, customer(connection)["id"])
    assert explanation.tenant_id == "t1"
    assert [row["source_id"] for row in explanation.records] == ["p1", "a1", "c1", "a2"]
    assert set(explanation.ties) == {
        Tie("prospects/p1", None, None, None),
        Tie("appointments/a1", "prospects/p1", "email", "jean@free.fr"),
        Tie("appointments/a2", "prospects/p1", "prospect_id", "p1"),
        Tie("omni_conversations/c1", "appointments/a1", "phone", "+33611223344"),
    }
    assert explanation.as_dict()["records"] == explanation.records


def test_an_unknown_customer_is_an_error_that_names_it() -> None:
    connection = resolve(warehouse())
    with pytest.raises(CoccinelleError, match="cust_nobody"):
        explain(connection, "cust_nobody")
