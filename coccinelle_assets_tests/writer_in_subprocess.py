"""An application that writes all the time: `python -m ... DATABASE`, until its stdin ends.

Each write is a transaction of its own, tried again while the database is locked. When stdin ends
it prints what was acknowledged as JSON: inserted ids, the last note of each updated row, the number
of updates, the number of tries that met a lock, and the longest wait in seconds.
"""

from __future__ import annotations

import json
import select
import sqlite3
import sys
import time
from contextlib import closing


def main(database: str) -> None:
    inserted: list[str] = []
    notes: dict[str, str] = {}
    updates, locked, longest, number = 0, 0, 0.0, 0
    with closing(sqlite3.connect(database, isolation_level=None, timeout=0.05)) as live:
        known = [row[0] for row in live.execute("SELECT id FROM appointments LIMIT 500")]
        print("writing", flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            number += 1
            row, note = known[number % len(known)], f"note {number}"
            started = time.monotonic()
            while True:
                try:
                    if number % 2:
                        live.execute(
                            "INSERT INTO appointments (id, tenant_id, customer_email)"
                            " SELECT ?, id, ? FROM tenants LIMIT 1",
                            (f"w{number}", f"writer{number}@ex.fr"),
                        )
                        inserted.append(f"w{number}")
                    else:
                        live.execute("UPDATE appointments SET notes = ? WHERE id = ?", (note, row))
                        notes[row] = note
                        updates += 1
                    break
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                        raise
                    locked += 1
            longest = max(longest, time.monotonic() - started)
            time.sleep(0.001)
    counts = {"updates": updates, "locked": locked, "longest": longest}
    print(json.dumps({"inserted": inserted, "notes": notes, **counts}))


if __name__ == "__main__":
    main(*sys.argv[1:])
