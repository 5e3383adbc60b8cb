"""A process that reads spellings: `python -m ... KIND REGION`, JSON lines in and out.

Each line is a list of spellings, each a list of its columns; the answer is the list of readings.
It ends when its input does, so that nothing outlives whoever started it.
"""

from __future__ import annotations

import json
import sys

from coccinelle_assets.resolution.normalize.readers import reader


def main() -> None:
    """Answer line by line."""
    kind, default_region = sys.argv[1:]
    read = reader(kind, default_region)
    for line in sys.stdin:
        readings = [read(*spelling) for spelling in json.loads(line)]
        print(json.dumps(readings), flush=True)


if __name__ == "__main__":
    main()
