"""The id that a run gives a customer, by its earliest record (resolution/models/clusters.sql)."""

from __future__ import annotations

import hashlib

SEPARATOR = "\x1f"


def id_of_first_record(tenant: str, table: str, record_id: str) -> str:
    """The id of a new customer whose earliest record this is."""
    return _hashed(tenant, table, record_id)


def id_beside(customer_id: str) -> str:
    """The id of a new customer where the one of its earliest record is another's by now."""
    return _hashed(customer_id, "split")


def _hashed(*parts: str) -> str:
    digest = hashlib.md5(SEPARATOR.join(parts).encode(), usedforsecurity=False)
    return f"cust_{digest.hexdigest()[:20]}"
