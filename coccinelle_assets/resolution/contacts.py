"""Source records to contacts: every spelling normalised once, however often it was written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from duckdb import DuckDBPyConnection

from coccinelle_assets.resolution.normalize.emails import (
    PLAIN_EMAIL_SPELLING,
    RESERVED_EMAIL,
    normalize_email,
)
from coccinelle_assets.resolution.normalize.names import (
    CAPITALS_NAME,
    PLAIN_NAME,
    PLAIN_NAME_PART,
    SPECIAL_NAME,
    TITLE,
    join_name,
    split_name,
)
from coccinelle_assets.resolution.normalize.phones import (
    PLAIN_PHONE_SEPARATORS,
    normalize_phone,
    plain_french_phone,
)
from coccinelle_assets.resolution.warehouse_tables import model, write_texts
from coccinelle_assets.settings import IdentityRules


def build_contacts(connection: DuckDBPyConnection, rules: IdentityRules) -> None:
    """Write identity.contacts out of source.*; temp tables are the steps between."""
    connection.execute(model("timestamps"))
    connection.execute(model("record_numbers"))
    connection.execute(model("records"))
    build_spellings(
        connection,
        "email_spellings",
        {"plain": PLAIN_EMAIL_SPELLING, "reserved": RESERVED_EMAIL},
        ("spelling",),
        ("value",),
        lambda spelling: (normalize_email(spelling),),
    )
    build_spellings(
        connection,
        "phone_spellings",
        {
            "plain": plain_french_phone(rules.default_region),
            "separators": PLAIN_PHONE_SEPARATORS,
        },
        ("spelling",),
        ("value",),
        lambda spelling: (normalize_phone(spelling, rules.default_region),),
    )
    build_spellings(
        connection,
        "name_spellings",
        {
            "title": TITLE,
            "plain": PLAIN_NAME,
            "capitals": CAPITALS_NAME,
            "special": SPECIAL_NAME,
        },
        ("spelling",),
        ("first_name", "last_name"),
        split_name,
    )
    build_spellings(
        connection,
        "pair_spellings",
        {"plain": PLAIN_NAME_PART},
        ("raw_first_name", "raw_last_name"),
        ("first_name", "last_name"),
        join_name,
    )
    connection.execute(model("contacts"))
    for name in (
        "record_numbers",
        "email_spellings",
        "phone_spellings",
        "name_spellings",
        "pair_spellings",
    ):
        connection.execute(f"DROP TABLE temp.{name}")
    connection.execute("DROP VIEW temp.records")


def build_spellings(
    connection: DuckDBPyConnection,
    name: str,
    parameters: dict[str, object],
    spelled: Sequence[str],
    normalized: Sequence[str],
    normalize: Callable[..., Sequence[str | None]],
) -> None:
    """Write temp.<name>: every spelling, and each with its reading, by the model or `normalize`.

    `spelled` and `normalized` name the columns that `normalize` takes and gives. A spelling that
    the model left has two rows: settled tells the reading from the question.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {model(name)}", parameters)
    waiting = connection.execute(
        f"SELECT {', '.join(spelled)} FROM {name} WHERE NOT settled"
    ).fetchall()
    columns = (*spelled, *normalized)
    rows = [(*row, *normalize(*row)) for row in waiting]
    write_texts(connection, "read_in_python", columns, rows)
    connection.execute(
        f"INSERT INTO {name} ({', '.join(columns)}, settled) SELECT *, TRUE FROM read_in_python"
    )
    connection.execute("DROP TABLE temp.read_in_python")
