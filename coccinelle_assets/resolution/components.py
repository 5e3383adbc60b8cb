"""Connected components: which records hang together, directly or through others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Numbers = NDArray[np.integer]


def earliest_members(left: Numbers, right: Numbers) -> tuple[Numbers, Numbers]:
    """Each record of an undirected graph with the smallest record of its component.

    `left` and `right` hold the two ends of every edge, shape (edges,); an edge from a record to
    itself makes it a component of its own. Records are numbered from 0 or 1 without large gaps:
    memory grows with the largest number, which is below 2^31. Returns two arrays of shape
    (records,), in order.
    """
    if not len(left):
        return left, left
    # Numbers that no edge names are components too; they are left out at the end.
    size = int(max(left.max(), right.max())) + 1
    # In the types that scipy searches graphs in: others are converted, which takes as long again.
    ends = (left.astype(np.int32, copy=False), right.astype(np.int32, copy=False))
    graph = coo_array((np.ones(len(left)), ends), shape=(size, size)).tocsr()
    count, labels = connected_components(graph, directed=False)
    del graph
    named = np.zeros(size, dtype=bool)
    named[left] = named[right] = True
    records = np.flatnonzero(named)
    # Written from the largest to the smallest record, so that each label keeps its smallest.
    first = np.empty(count, dtype=np.int64)
    first[labels[records[::-1]]] = records[::-1]
    return records, first[labels[records]]
