"""A process that reads spellings: `python -m ... KIND REGION MAILBOX`, JSON lines in and out.

Each line is a list of spellings, each a list of its columns; the answer is the list of readings.
It ends when its input does, so that nothing outlives whoever started it.
"""

from __future__ import annotations

import json
import sys

from coccinelle_assets.resolution.normalize.readers import ReadingRules, reader


def main() -> None:
    """Answer line by line."""
    kind, *rules = sys.argv[1:]
    read = reader(kind, ReadingRules.read(*rules))
    for line in sys.stdin:
        readings = [read(*spelling) for spelling in json.loads(line)]
        print(json.dumps(readings), flush=True)


if __name__ == "__main__":
    main()
