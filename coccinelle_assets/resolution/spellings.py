"""Spellings to readings, each distinct one once: by patterns in SQL, by memory, else in Python.

What Python read is kept in the warehouse from run to run, under a version of the rules that read
it; what the patterns read is read again, which is quicker than to remember.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files

from duckdb import DuckDBPyConnection

from coccinelle_assets.progress import tell
from coccinelle_assets.resolution.model import model
from coccinelle_assets.resolution.normalize.in_processes import reading
from coccinelle_assets.resolution.normalize.readers import ReadingRules
from coccinelle_assets.sql import one_row
from coccinelle_assets.warehouse.tables import write_texts

# Read and written together; a run of millions of odd spellings holds no more of them in memory.
CHUNK = 200_000


def rules_version(rules: ReadingRules) -> str:
    """Changes with every rule that a reading depends on: code, libraries, settings."""
    package = files("coccinelle_assets.resolution.normalize")
    sources = sorted(entry.name for entry in package.iterdir() if entry.name.endswith(".py"))
    digest = sha256("\n".join(sources).encode())
    for name in sources:
        digest.update(package.joinpath(name).read_bytes())
    libraries = [f"{name}={version(name)}" for name in ("phonenumbers", "email-validator")]
    engine = [sys.version, unicodedata.unidata_version]
    digest.update("\n".join([*libraries, *engine, *rules.written()]).encode())
    return digest.hexdigest()


def texts_of(name: str, spelled: Sequence[str], normalized: Sequence[str]) -> dict[str, str]:
    """What the models of readings leave open: the table of spellings, and its columns."""
    columns = (*spelled, *normalized)
    return {
        "spellings": name,
        "spelled": ", ".join(spelled),
        "columns": ", ".join(columns),
        "of_kept": ", ".join(f"k.{column}" for column in columns),
        "same": " AND ".join(f"k.{column} = w.{column}" for column in spelled),
    }


def build_spellings(
    connection: DuckDBPyConnection,
    name: str,
    parameters: Mapping[str, object],
    spelled: Sequence[str],
    normalized: Sequence[str],
    rules: ReadingRules,
) -> None:
    """Write temp.<name>: every spelling, and each with its reading; keep what Python read.

    `spelled` and `normalized` name the columns of a spelling and of its reading. A spelling that
    the model left has two rows: settled tells the reading from the question.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {model(name)}", dict(parameters))
    columns = (*spelled, *normalized)
    texts = texts_of(name, spelled, normalized)
    known_rules = rules_version(rules)
    connection.execute(model("remembered_readings", **texts), {"rules": known_rules})
    connection.execute(model("waiting_spellings", **texts))
    (waiting,) = one_row(connection.execute("SELECT count(*) FROM temp.waiting_spellings"))
    with reading(name, rules, waiting) as read:
        for start in range(0, waiting, CHUNK):
            tell(f"{waiting:,} {name.replace('_', ' ')} read one by one", start, waiting)
            chunk = connection.execute(
                f"SELECT {texts['spelled']} FROM temp.waiting_spellings"
                " WHERE rowid >= $start AND rowid < $end",
                {"start": start, "end": start + CHUNK},
            ).fetchall()
            rows = [(*row, *found) for row, found in zip(chunk, read(chunk), strict=True)]
            write_texts(connection, "read_in_python", columns, rows)
            connection.execute(
                f"INSERT INTO {name} ({texts['columns']}, settled)"
                " SELECT *, TRUE FROM read_in_python"
            )
            connection.execute("DROP TABLE temp.read_in_python")
    connection.execute("DROP TABLE temp.waiting_spellings")
    connection.execute(model("kept_readings", **texts), {"rules": known_rules})
