"""What must be so of a database after any step, in a few lines of plain Python."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from coccinelle_assets_tests.databases import AppDatabase

# Each record of a person has both, so that who is who needs no rule.
PEOPLE = {name: (f"{name}@ex.fr", f"+3361147829{n}") for n, name in enumerate("abcdef")}
TABLES = ("prospects", "appointments", "omni_conversations")
TENANTS = ("t1", "t2")
Somebody = tuple[str, str]


@dataclass
class Application:
    """The application over one database: it writes, it erases, and it knows whom it erased."""

    app: AppDatabase
    erased: set[Somebody] = field(default_factory=set)

    @property
    def path(self) -> Path:
        return self.app.path

    def write(self, person: str, tenant: str, table: str) -> None:
        """A new record of a person, who is not erased any more."""
        email, phone = PEOPLE[person]
        if table == "prospects":
            self.app.prospect(tenant, first_name=person, email=email, phone=phone)
        else:
            details = {"customer_email": email, "customer_phone": phone, "customer_name": person}
            add = self.app.appointment if table == "appointments" else self.app.conversation
            add(tenant, **details)
        self.erased.discard((tenant, person))

    def erase(self, person: str, tenant: str) -> None:
        """Everything that is there of a person."""
        email, _ = PEOPLE[person]
        for table in TABLES:
            column = "email" if table == "prospects" else "customer_email"
            self.app.execute(
                f"DELETE FROM {table} WHERE tenant_id = '{tenant}' AND {column} = '{email}'"
            )
        if self.has_customers:
            self.app.execute(
                f"DELETE FROM customers WHERE tenant_id = '{tenant}' AND email = '{email}'"
            )
        self.erased.add((tenant, person))

    @property
    def has_customers(self) -> bool:
        query = "SELECT 1 FROM sqlite_master WHERE name = 'customers'"
        return bool(self.app.rows(query))

    def customers(self) -> dict[Somebody, set[str]]:
        """The ids of each person's customers."""
        found: dict[Somebody, set[str]] = {}
        for row in self.app.customers() if self.has_customers else []:
            found.setdefault((row["tenant_id"], row["email"].partition("@")[0]), set()).add(
                row["id"]
            )
        return found

    def assert_nobody_is_back(self) -> None:
        """Whoever was erased has no customer, and nobody has two."""
        customers = self.customers()
        assert {one for one in self.erased if one in customers} == set()
        assert [ids for ids in customers.values() if len(ids) > 1] == []

    def assert_promoted(self, tenants: tuple[str, ...] = TENANTS) -> None:
        """Each record of these tenants leads to its person's customer, whom the records count."""
        customers = self.customers()
        counted: dict[str, int] = {}
        for table in TABLES:
            column = "email" if table == "prospects" else "customer_email"
            link = "NULL" if table == "prospects" else "customer_id"
            rows = self.app.rows(f"SELECT tenant_id, {column} AS email, {link} FROM {table}")
            for tenant, email, customer_id in rows:
                if tenant not in tenants:
                    continue
                (expected,) = customers[tenant, email.partition("@")[0]]
                if table != "prospects":
                    assert customer_id == expected
                    counted[expected] = counted.get(expected, 0) + 1
        for row in self.app.customers() if customers else []:
            if row["tenant_id"] in tenants:
                total = row["total_appointments"] + row["total_conversations"]
                assert total == counted.get(row["id"], 0)

    def content(self) -> list[str]:
        """The database, to be compared."""
        with closing(sqlite3.connect(self.path)) as connection:
            return list(connection.iterdump())

    def assert_whole(self) -> None:
        """The file is sound, and so is the newest backup."""
        backups = sorted((self.app.home / "backups").glob("*.sqlite"))
        for path in (self.path, *backups[-1:]):
            with closing(sqlite3.connect(path)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def receipts(self) -> list[str]:
        """The runs that the database knows."""
        query = "SELECT 1 FROM sqlite_master WHERE name = 'customer_promotions'"
        if not self.app.rows(query):
            return []
        rows = self.app.rows("SELECT run_id FROM customer_promotions ORDER BY rowid")
        return [run_id for (run_id,) in rows]
