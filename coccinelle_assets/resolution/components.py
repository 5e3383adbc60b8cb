"""Connected components: which records hang together, directly or through others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Numbers = NDArray[np.int64]


def earliest_members(left: Numbers, right: Numbers) -> tuple[Numbers, Numbers]:
    """Each record of an undirected graph with the smallest record of its component.

    `left` and `right` hold the two ends of every edge, shape (edges,); an edge from a record to
    itself makes it a component of its own. Returns two arrays of shape (records,).
    """
    records, ends = np.unique(np.concatenate([left, right]), return_inverse=True)
    if not len(records):
        return records, records
    half = len(left)
    graph = coo_array(
        (np.ones(half, dtype=np.int8), (ends[:half], ends[half:])),
        shape=(len(records), len(records)),
    )
    _, labels = connected_components(graph, directed=False)
    # Records are sorted, so the first one met of each label is its smallest.
    _, first = np.unique(labels, return_index=True)
    return records, records[first[labels]]
