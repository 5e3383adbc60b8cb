"""Publishes a plan, as a process that can be killed: `python -m ... DATABASE PLAN RUN_ID`.

Prints one line when it is about to begin, and one when it is done.
"""

from __future__ import annotations

import sys
from pathlib import Path

from coccinelle_assets.live.connect import open_live
from coccinelle_assets.live.publish import publish
from coccinelle_assets.settings import GateThresholds


def main(database: str, plan: str, run_id: str) -> None:
    with open_live(Path(database), 30, writable=True) as live:
        print("publishing", flush=True)
        publish(live, Path(plan), run_id, GateThresholds())
        print("published", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
