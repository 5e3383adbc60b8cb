"""Connected components against a union-find of a few lines."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coccinelle_assets.resolution.components import earliest_members

records = st.integers(0, 40) | st.integers(10_000, 10_005)
edges = st.lists(st.tuples(records, records), max_size=60)


def earliest_by_union_find(pairs: list[tuple[int, int]]) -> dict[int, int]:
    """The oracle: each record with the smallest of its component."""
    parent = {record: record for pair in pairs for record in pair}

    def root(record: int) -> int:
        while parent[record] != record:
            record = parent[record]
        return record

    for left, right in pairs:
        low, high = sorted((root(left), root(right)))
        parent[high] = low
    return {record: root(record) for record in parent}


def earliest(pairs: list[tuple[int, int]]) -> dict[int, int]:
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    found = earliest_members(ends[:, 0], ends[:, 1])
    return dict(zip(*(numbers.tolist() for numbers in found), strict=True))


@given(edges)
@settings(max_examples=200, deadline=None)
def test_every_record_gets_the_earliest_of_its_component(pairs: list[tuple[int, int]]) -> None:
    assert earliest(pairs) == earliest_by_union_find(pairs)


@given(edges, st.randoms())
@settings(max_examples=50, deadline=None)
def test_neither_order_nor_direction_nor_repetition_matters(
    pairs: list[tuple[int, int]], random: st.DataObject
) -> None:
    turned = [(right, left) for left, right in pairs] + pairs
    random.shuffle(turned)
    assert earliest(turned) == earliest(pairs)


def test_a_long_chain_is_one_component() -> None:
    chain = [(number, number + 1) for number in range(10_000)]
    assert set(earliest(chain).values()) == {0}


def test_a_record_tied_to_itself_is_a_component() -> None:
    assert earliest([(7, 7)]) == {7: 7}


def test_no_edges_are_no_components() -> None:
    assert earliest([]) == {}
