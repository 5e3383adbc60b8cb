"""Rows as a table of metadata that anybody may look at."""

from collections.abc import Iterable, Sequence
from typing import Any

import dagster as dg

from coccinelle_assets.masking import masked


def masked_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> dg.TableMetadataValue:
    """Rows as the UI shows them, personal details masked."""
    return dg.MetadataValue.table(
        [
            dg.TableRecord(
                {
                    column: _cell(masked(column, value))
                    for column, value in zip(columns, row, strict=True)
                }
            )
            for row in rows
        ]
    )


def _cell(value: Any) -> str | int | float | bool:
    """A value that a table cell can hold."""
    if value is None:
        return ""
    return value if isinstance(value, str | int | float | bool) else str(value)
