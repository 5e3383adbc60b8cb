"""What requests of several routes may carry beside their bodies."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Path, Query

RowId = Annotated[str, Path(min_length=1, max_length=200)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=1000)]
OfCustomer = Annotated[str | None, Query(min_length=1, max_length=200)]
Since = Annotated[str | None, Query(max_length=40)]
IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=255)]
IfMatch = Annotated[str | None, Header(max_length=1000)]
