"""Tenant ranges: waves small enough that no promotion keeps the application waiting for long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from coccinelle_assets.live.database import Database
from coccinelle_assets.live.tenant_scope import question_of_tenants

# Source records that a transaction settles in a second: half of the slowest measured
# (benchmarks/README.md).
RECORDS_PER_SECOND = 30_000
# Each transaction reads some of every tenant's rows: a slow one is no reason for ever smaller ones.
LEAST_RECORDS_PER_SECOND = RECORDS_PER_SECOND / 4


@dataclass(frozen=True, slots=True)
class TenantRange:
    """Tenants that are promoted together, and how many source records they have."""

    tenants: tuple[str, ...]
    records: int


def ranges_of(database: Database, max_lock_seconds: float) -> TenantRanges:
    """The tenants of a live database, all of which a promotion counts for."""
    schema = database.schema()
    (answer,) = database.ask(schema, question_of_tenants(schema))
    return TenantRanges(dict(map(tuple, answer.rows)), max_lock_seconds)


class TenantRanges:
    """The tenants of a database, taken range by range in the order they are given in."""

    def __init__(
        self,
        records: Mapping[str, int],
        max_lock_seconds: float,
        records_per_second: float = RECORDS_PER_SECOND,
    ) -> None:
        self._waiting = dict(records)
        self._max_lock_seconds = max_lock_seconds
        self._records_per_second = records_per_second

    @property
    def records(self) -> int:
        """Source records of all tenants that were not taken yet."""
        return sum(self._waiting.values())

    @property
    def are_one(self) -> bool:
        """Whether all that is waiting fits into one range."""
        return self.records <= self.most_records or len(self._waiting) <= 1

    def __iter__(self) -> Iterator[TenantRange]:
        """Each range as large as the lock allows; a tenant larger than that is one alone."""
        while self._waiting:
            tenants: list[str] = []
            records = 0
            for tenant, count in self._waiting.items():
                if tenants and records + count > self.most_records:
                    break
                tenants.append(tenant)
                records += count
            for tenant in tenants:
                del self._waiting[tenant]
            yield TenantRange(tuple(tenants), records)

    def learn(self, taken: TenantRange, lock_seconds: float) -> None:
        """Have the ranges to come be smaller where a promotion was slower than was thought."""
        if lock_seconds > 0:
            observed = max(taken.records / lock_seconds, LEAST_RECORDS_PER_SECOND)
            self._records_per_second = min(self._records_per_second, observed)

    @property
    def most_records(self) -> float:
        """How many source records a range may have, if it has more than one tenant."""
        return self._records_per_second * self._max_lock_seconds
