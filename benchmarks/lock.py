"""How long the last promotion of a home kept other writers waiting, in seconds.

    python -m benchmarks.lock DAGSTER_HOME

In a process of its own: the one that measures stays small.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dagster as dg

from coccinelle_assets.local_runs.instance import open_instance


def main() -> None:
    """Print the metadata of the last materialization of live/customers."""
    with open_instance(Path(sys.argv[1])) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["live", "customers"]))
    assert event is not None
    assert event.asset_materialization is not None
    print(event.asset_materialization.metadata["lock_seconds"].value)


if __name__ == "__main__":
    main()
