"""Databases as they were deployed before any promotion, at random, and what is written to them."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets_tests.database_state import database_state
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline

EMAILS = (None, "jean@ex.fr", "anne@lilas.fr", "luc@roux.fr", "test@test.fr")
PHONES = (None, "0611478293", "+33 6 55 44 32 10", "0677889012", "n/a")
NAMES = (None, "Jean Dupont", "Anne Morel")
TENANTS = ("t1", "t2")

PLANS_TRIGGER = """CREATE TRIGGER trg_{label}_insert
AFTER INSERT ON {table}
WHEN NEW.customer_id IS NOT NULL
BEGIN
  UPDATE customers
  SET total_{label} = total_{label} + 1
  WHERE id = NEW.customer_id;
END"""
OBJECTS = (
    "CREATE INDEX app_status ON appointments (status) WHERE notes IS NOT NULL",
    "CREATE INDEX app_mails ON appointments (lower(customer_email))",
    "CREATE INDEX idx_customers_email ON prospects (email)",
    "CREATE VIEW app_busy AS SELECT tenant_id, COUNT(*) AS n FROM appointments GROUP BY 1",
    "CREATE TABLE app_log (id TEXT)",
    "CREATE TRIGGER app_watch AFTER UPDATE ON appointments"
    " BEGIN INSERT INTO app_log VALUES (NEW.id); END",
)


@dataclass(frozen=True)
class Deployment:
    """What a database looks like; `customers` is None when there is no such table."""

    customers: tuple[tuple[str, str | None, str | None], ...] | None
    unique: bool
    links: tuple[bool, bool]
    without_rowid: bool
    plans_triggers: bool
    objects: bool
    columns: tuple[str, ...] = field(default=("loyalty INTEGER DEFAULT 3",))

    def write(self, app: AppDatabase) -> None:
        """Make a fresh application database into this one."""
        if self.without_rowid:
            for table in ("appointments", "omni_conversations"):
                (definition,) = app.rows("SELECT sql FROM sqlite_master WHERE name = ?", (table,))
                app.execute(f"DROP TABLE {table}")
                app.execute(definition[0] + " WITHOUT ROWID")
        if self.customers is not None:
            unique = ", UNIQUE (tenant_id, email)" if self.unique else ""
            app.execute(
                "CREATE TABLE customers (id TEXT PRIMARY KEY, tenant_id TEXT, email TEXT,"
                f" phone TEXT COLLATE NOCASE, {', '.join(self.columns)}{unique})"
            )
        for table, present in zip(("appointments", "omni_conversations"), self.links, strict=True):
            if present:
                app.execute(f"ALTER TABLE {table} ADD COLUMN customer_id TEXT")
        for number, (tenant, email, phone) in enumerate(self.customers or ()):
            app.insert(
                "customers",
                {"id": f"vip{number}", "tenant_id": tenant, "email": email, "phone": phone},
            )
            if self.links[0]:
                app.appointment(tenant, id=f"own{number}", customer_id=f"vip{number}")
        if self.objects:
            for definition in OBJECTS:
                app.execute(definition)
        if self.plans_triggers and self.customers is not None and all(self.links):
            app.execute("ALTER TABLE customers ADD COLUMN total_appointments INTEGER DEFAULT 0")
            app.execute("ALTER TABLE customers ADD COLUMN total_conversations INTEGER DEFAULT 0")
            for label, table in (
                ("appointments", "appointments"),
                ("conversations", "omni_conversations"),
            ):
                app.execute(PLANS_TRIGGER.format(label=label, table=table))


deployments = st.builds(
    Deployment,
    customers=st.none()
    | st.lists(
        st.tuples(st.sampled_from(TENANTS), st.sampled_from(EMAILS), st.sampled_from(PHONES)),
        max_size=3,
        unique_by=lambda row: (row[0], row[1]),
    ).map(tuple),
    unique=st.booleans(),
    links=st.tuples(st.booleans(), st.booleans()),
    without_rowid=st.booleans(),
    plans_triggers=st.booleans(),
    objects=st.booleans(),
)
Record = tuple[str, str, str | None, str | None, str | None]
records = st.lists(
    st.tuples(
        st.sampled_from(("prospect", "appointment", "conversation", "customer")),
        st.sampled_from(TENANTS),
        st.sampled_from(NAMES),
        st.sampled_from(EMAILS),
        st.sampled_from(PHONES),
    ),
    min_size=1,
    max_size=6,
)


class Pair:
    """Two databases of one deployment that get the same rows: only `app` is ever promoted."""

    def __init__(self, directory: Path, deployment: Deployment) -> None:
        self.deployment = deployment
        self.app = AppDatabase(directory / "app.db")
        self.alone = AppDatabase(directory / "alone.db")
        deployment.write(self.app)
        shutil.copyfile(self.app.path, self.alone.path)
        self.alone.counter = self.app.counter
        self.written = 0

    def write(self, batch: list[Record]) -> None:
        """Write to both what both take: one has more customers, the other unique e-mails."""
        for record in batch:
            self.written += 1
            own_table = record[0] != "customer" or self.deployment.customers is not None
            taken = own_table and write_record(self.alone, record, self.written)
            if taken and not write_record(self.app, record, self.written):
                assert record[0] == "customer"
                self.alone.execute(
                    "DELETE FROM customers WHERE id = ?", (f"customer{self.written}",)
                )

    def assert_same(self) -> None:
        """Nothing tells that one of them was ever promoted."""
        assert database_state(self.app.path) == database_state(self.alone.path)


def write_record(app: AppDatabase, record: Record, number: int) -> bool:
    """Write one record under a number of its own; False when the database does not take it."""
    kind, tenant, name, email, phone = record
    key: dict[str, Any] = {"id": f"{kind}{number}"}
    details = {"customer_name": name, "customer_email": email, "customer_phone": phone}
    try:
        if kind == "prospect":
            app.prospect(tenant, last_name=name, email=email, phone=phone, **key)
        elif kind == "appointment":
            app.appointment(tenant, **details, **key)
        elif kind == "conversation":
            app.conversation(tenant, **details, **key)
        else:
            app.insert("customers", key | {"tenant_id": tenant, "email": email, "phone": phone})
    except sqlite3.Error:
        return False
    return True


def slow_examples(number: int) -> settings:
    """Hypothesis settings where an example takes seconds: shrinking one would take minutes."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


def promoted(pipeline: Pipeline, tenants: Sequence[str] = ()) -> bool:
    """Run the pipeline; False where the application's own customers forbid any promotion."""
    try:
        pipeline.run(tenants)
    except CoccinelleError as error:
        # Customers that were there before and share an e-mail: nothing is promoted.
        if not re.search("customer_(emails|phones)_unique|share one (email|phone)", str(error)):
            raise
        return False
    return True
