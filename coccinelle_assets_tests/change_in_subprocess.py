"""Changes a live database, as a process that can be killed.

python -m coccinelle_assets_tests.change_in_subprocess publish DATABASE PLAN RUN_ID
python -m coccinelle_assets_tests.change_in_subprocess rollback|contract DATABASE ARCHIVES

Prints one line when it is about to begin, and one when it is done.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from coccinelle_assets.live.contraction.contract import contract
from coccinelle_assets.live.promotion.run import Promotion, promote_to
from coccinelle_assets.live.rollback.rollback import roll_back
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.settings import GateThresholds


def change(live: sqlite3.Connection, kind: str, database: str, *arguments: str) -> None:
    """Do one change, on an open connection."""
    if kind == "publish":
        plan, run_id = arguments
        promote_to(live, Promotion(Path(plan), run_id, GateThresholds()))
    elif kind == "rollback":
        roll_back(live, database, Path(*arguments))
    else:
        contract(live, database, Path(*arguments), anonymous=True)


def main(kind: str, database: str, *arguments: str) -> None:
    with open_live(Path(database), 30, writable=True) as live:
        print("begun", flush=True)
        change(live, kind, database, *arguments)
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
