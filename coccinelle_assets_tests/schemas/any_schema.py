"""Databases as SQLite allows them, drawn at random: the application's tables and what is around."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

# Ids and types of the columns that tie tables together.
ID_TYPES = ("TEXT", "INTEGER", "VARCHAR(36)")
SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.capitalize,
    str.upper,
    lambda name: f'"{name}"',
    lambda name: f"[{name.title()}]",
)
# Columns of their own that the application's tables may have.
OWN_COLUMNS = (
    '"order" INTEGER DEFAULT 3',
    "[group] TEXT COLLATE NOCASE DEFAULT 'Größe'",
    "day TEXT GENERATED ALWAYS AS (substr(created_at, 1, 10)) VIRTUAL",
    "kind TEXT GENERATED ALWAYS AS (upper(status)) STORED",
    "fee REAL CHECK (fee IS NULL OR fee >= 0)",
    "token BLOB DEFAULT (x'00ff')",
    '"a ""b""" TEXT UNIQUE',
    "later TEXT DEFAULT ('20' || '30'), CHECK (status <> 'never')",
    "room INTEGER REFERENCES rooms (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED",
)
COLUMNS = {
    "prospects": "first_name TEXT, last_name TEXT, email TEXT, phone TEXT,"
    " status TEXT DEFAULT 'new', source TEXT",
    "appointments": "prospect_id {id}, customer_name TEXT, customer_email TEXT,"
    " customer_phone TEXT, appointment_date TEXT, status TEXT DEFAULT 'scheduled', notes TEXT",
    "omni_conversations": "customer_phone TEXT, customer_email TEXT, customer_name TEXT,"
    " current_channel TEXT, first_message_at TEXT, last_message_at TEXT,"
    " status TEXT DEFAULT 'active'",
}
# Rows that a customers table of the application's own has room for.
OWN_CUSTOMERS = (
    "id TEXT PRIMARY KEY, tenant_id {tenant} NOT NULL, first_name TEXT, last_name TEXT, email TEXT,"
    " phone TEXT, loyalty INTEGER DEFAULT 3, UNIQUE (tenant_id, email)",
    "ID TEXT PRIMARY KEY, TENANT_ID {tenant} NOT NULL, FIRST_NAME TEXT, LAST_NAME TEXT, EMAIL TEXT,"
    " PHONE TEXT, full_name TEXT GENERATED ALWAYS AS (first_name || ' ' || last_name) VIRTUAL",
    "id TEXT PRIMARY KEY, tenant_id {tenant}, first_name TEXT, last_name TEXT,"
    " email TEXT COLLATE NOCASE, phone TEXT, tags TEXT DEFAULT '[]', total_appointments INTEGER"
    " DEFAULT 0",
    # These take no customers of ours, each by another rule.
    "id INTEGER PRIMARY KEY, tenant_id {tenant}, first_name TEXT, last_name TEXT, email TEXT,"
    " phone TEXT",
    "id TEXT PRIMARY KEY, tenant_id {tenant}, first_name TEXT, last_name TEXT, email TEXT,"
    " phone TEXT NOT NULL DEFAULT '', CHECK (phone <> '' OR email IS NULL)",
    "id TEXT PRIMARY KEY, tenant_id {tenant}, first_name TEXT, last_name TEXT, email TEXT UNIQUE,"
    " phone TEXT",
    "id TEXT PRIMARY KEY, tenant_id {tenant}, first_name TEXT, last_name TEXT, email TEXT,"
    " phone TEXT, status TEXT CHECK (status IN ('gold', 'silver'))",
)
AROUND = {
    "broken view": "CREATE TABLE gone (x); CREATE VIEW over_gone AS SELECT x FROM gone;"
    " DROP TABLE gone",
    "broken trigger": "CREATE TABLE gone2 (x); CREATE TRIGGER into_gone AFTER INSERT ON rooms BEGIN"
    " INSERT INTO gone2 VALUES (NEW.id); END; DROP TABLE gone2",
    "broken trigger on a link": "CREATE TABLE gone3 (x); CREATE TRIGGER into_gone3 AFTER DELETE ON"
    " omni_conversations WHEN OLD.status = 'never' BEGIN INSERT INTO gone3 VALUES (1); END;"
    " DROP TABLE gone3",
    "view": "CREATE VIEW busy AS SELECT tenant_id, COUNT(*) AS n FROM appointments GROUP BY 1",
    "view of all": "CREATE VIEW everything AS SELECT * FROM appointments",
    "instead of": "CREATE VIEW names AS SELECT id, customer_name FROM appointments;"
    " CREATE TRIGGER rename INSTEAD OF UPDATE ON names BEGIN"
    " UPDATE appointments SET customer_name = NEW.customer_name WHERE id = OLD.id; END",
    "log": "CREATE TABLE log (id);"
    " CREATE TRIGGER logged AFTER UPDATE ON appointments BEGIN"
    " INSERT INTO log (id) VALUES (NEW.id); END",
    "touch": "CREATE TRIGGER touched AFTER UPDATE ON omni_conversations BEGIN"
    " UPDATE omni_conversations SET updated_at = 'touched' WHERE id = NEW.id; END",
    "guard": "CREATE TRIGGER no_sunday BEFORE UPDATE ON appointments WHEN NEW.status = 'sunday'"
    " BEGIN SELECT RAISE(ABORT, 'no sundays'); END",
    "full text of appointments": "CREATE VIRTUAL TABLE app_text USING fts5(customer_name, notes,"
    " content='appointments');"
    " CREATE TRIGGER app_ai AFTER INSERT ON appointments BEGIN INSERT INTO app_text"
    " (rowid, customer_name, notes) VALUES (NEW.rowid, NEW.customer_name, NEW.notes); END;"
    " CREATE TRIGGER app_ad AFTER DELETE ON appointments BEGIN INSERT INTO app_text"
    " (app_text, rowid, customer_name, notes)"
    " VALUES ('delete', OLD.rowid, OLD.customer_name, OLD.notes); END;"
    " CREATE TRIGGER app_au AFTER UPDATE ON appointments BEGIN INSERT INTO app_text"
    " (app_text, rowid, customer_name, notes)"
    " VALUES ('delete', OLD.rowid, OLD.customer_name, OLD.notes); INSERT INTO app_text"
    " (rowid, customer_name, notes) VALUES (NEW.rowid, NEW.customer_name, NEW.notes); END",
    "full text of a view": "CREATE VIEW texts AS SELECT id AS number, name FROM rooms;"
    " CREATE VIRTUAL TABLE room_text USING fts5(name, content='texts', content_rowid='number')",
    "unique details": "CREATE UNIQUE INDEX once ON appointments (customer_email, id)",
    "places": "CREATE VIRTUAL TABLE places USING rtree(id, x0, x1);"
    " INSERT INTO places VALUES (1, 0, 1)",
    "children": "CREATE TABLE bills (n INTEGER PRIMARY KEY AUTOINCREMENT, appointment"
    " REFERENCES appointments (id) ON DELETE CASCADE ON UPDATE CASCADE)",
    "mismatch": "CREATE TABLE mother (a TEXT); CREATE TABLE child (a TEXT REFERENCES mother (a));"
    " INSERT INTO child VALUES ('x')",
    "indexes": "CREATE INDEX some ON appointments (status) WHERE notes IS NOT NULL;"
    " CREATE INDEX lowered ON appointments (lower(customer_email));"
    " CREATE INDEX idx_customers_email ON prospects (email)",
    "order of their own": "CREATE TABLE words (w TEXT COLLATE french);"
    " CREATE INDEX by_word ON words (w)",
    "function of their own": "CREATE TABLE terms (t TEXT);"
    " CREATE INDEX by_term ON terms (plain(t))",
    "module of their own": "PRAGMA writable_schema = ON; INSERT INTO sqlite_master"
    " (type, name, tbl_name, rootpage, sql) VALUES"
    " ('table', 'vectors', 'vectors', 0, 'CREATE VIRTUAL TABLE vectors USING vec0(v)');"
    " PRAGMA writable_schema = OFF",
}
# Kept out of an own customers table, by triggers.
KEPT = {
    "full text": "CREATE VIRTUAL TABLE who USING fts5(first_name, last_name, content='customers');"
    " CREATE TRIGGER who_ai AFTER INSERT ON customers BEGIN INSERT INTO who"
    " (rowid, first_name, last_name) VALUES (NEW.rowid, NEW.first_name, NEW.last_name); END;"
    " CREATE TRIGGER who_ad AFTER DELETE ON customers BEGIN INSERT INTO who"
    " (who, rowid, first_name, last_name)"
    " VALUES ('delete', OLD.rowid, OLD.first_name, OLD.last_name); END;"
    " CREATE TRIGGER who_au AFTER UPDATE ON customers BEGIN INSERT INTO who"
    " (who, rowid, first_name, last_name)"
    " VALUES ('delete', OLD.rowid, OLD.first_name, OLD.last_name); INSERT INTO who"
    " (rowid, first_name, last_name) VALUES (NEW.rowid, NEW.first_name, NEW.last_name); END",
    "words of its own": "CREATE VIRTUAL TABLE who USING fts5(first_name, last_name);"
    " CREATE TRIGGER who_ai AFTER INSERT ON customers BEGIN INSERT INTO who"
    " (rowid, first_name, last_name) VALUES (NEW.rowid, NEW.first_name, NEW.last_name); END;"
    " CREATE TRIGGER who_ad AFTER DELETE ON customers BEGIN DELETE FROM who"
    " WHERE rowid = OLD.rowid; END;"
    " CREATE TRIGGER who_au AFTER UPDATE ON customers BEGIN UPDATE who"
    " SET first_name = NEW.first_name, last_name = NEW.last_name WHERE rowid = NEW.rowid; END",
    "older full text": "CREATE VIRTUAL TABLE who USING fts4(content='customers', first_name,"
    " last_name);"
    " CREATE TRIGGER who_bu BEFORE UPDATE ON customers BEGIN DELETE FROM who"
    " WHERE docid = OLD.rowid; END;"
    " CREATE TRIGGER who_bd BEFORE DELETE ON customers BEGIN DELETE FROM who"
    " WHERE docid = OLD.rowid; END;"
    " CREATE TRIGGER who_au AFTER UPDATE ON customers BEGIN INSERT INTO who"
    " (docid, first_name, last_name) VALUES (NEW.rowid, NEW.first_name, NEW.last_name); END;"
    " CREATE TRIGGER who_ai AFTER INSERT ON customers BEGIN INSERT INTO who"
    " (docid, first_name, last_name) VALUES (NEW.rowid, NEW.first_name, NEW.last_name); END",
    "words without rows": "CREATE VIRTUAL TABLE who USING fts5(first_name, last_name, content='');"
    " CREATE TRIGGER who_ai AFTER INSERT ON customers BEGIN INSERT INTO who"
    " (rowid, first_name, last_name) VALUES (NEW.rowid, NEW.first_name, NEW.last_name); END;"
    " CREATE TRIGGER who_ad AFTER DELETE ON customers BEGIN INSERT INTO who"
    " (who, rowid, first_name, last_name)"
    " VALUES ('delete', OLD.rowid, OLD.first_name, OLD.last_name); END;"
    " CREATE TRIGGER who_au AFTER UPDATE OF first_name, last_name ON customers BEGIN"
    " INSERT INTO who (who, rowid, first_name, last_name)"
    " VALUES ('delete', OLD.rowid, OLD.first_name, OLD.last_name); INSERT INTO who"
    " (rowid, first_name, last_name) VALUES (NEW.rowid, NEW.first_name, NEW.last_name); END",
    "table": "CREATE TABLE who (rowid INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT);"
    " CREATE TRIGGER who_ai AFTER INSERT ON customers BEGIN INSERT INTO who"
    " VALUES (NEW.rowid, NEW.first_name, NEW.last_name); END;"
    " CREATE TRIGGER who_ad AFTER DELETE ON customers BEGIN DELETE FROM who"
    " WHERE rowid = OLD.rowid; END;"
    " CREATE TRIGGER who_au AFTER UPDATE OF first_name, last_name ON customers BEGIN UPDATE who"
    " SET first_name = NEW.first_name, last_name = NEW.last_name WHERE rowid = OLD.rowid; END",
}


@dataclass(frozen=True)
class AnySchema:
    """What a database looks like. `customers` and `kept` are None where there is no such table."""

    ids: str
    tenant_ids: str
    tenants: str
    strict: bool
    without_rowid: bool
    by_tenant: bool
    spelling: int
    own_columns: tuple[str, ...]
    links: tuple[str | None, str | None]
    customers: str | None
    kept: str | None
    around: tuple[str, ...]

    def write(self, path: Path) -> None:
        """Make the database."""
        with closing(sqlite3.connect(path)) as connection:
            teach(connection)
            for statement in self._statements():
                connection.executescript(statement)
            connection.commit()

    def _statements(self) -> Iterator[str]:
        if self.tenants == "table":
            table = self._named("tenants")
            yield f"CREATE TABLE {table} (id {self.tenant_ids} PRIMARY KEY, name TEXT)"
        elif self.tenants == "view":
            yield "CREATE TABLE all_tenants (id, name)"
            yield "CREATE VIEW tenants AS SELECT id, name FROM all_tenants"
        options = ["STRICT"] * self.strict + ["WITHOUT ROWID"] * self.without_rowid
        for number, (table, columns) in enumerate(COLUMNS.items()):
            # Rules of the table come after its columns.
            own = sorted(self.own_columns, key=lambda text: "), CHECK" in text)
            link = self.links[number - 1] if number else None
            parts = [
                f"{self._named('id')} {self._type(self.ids)}"
                + " PRIMARY KEY" * (not self.by_tenant),
                f"{self._named('tenant_id')} {self._type(self.tenant_ids)}",
                columns.format(id=self._type(self.ids)),
                "created_at TEXT DEFAULT CURRENT_TIMESTAMP",
                "updated_at TEXT DEFAULT CURRENT_TIMESTAMP",
                *([f"customer_id {link}"] if link else []),
                *(own if not self.strict else ()),
                *(["PRIMARY KEY (tenant_id, id)"] if self.by_tenant else []),
            ]
            yield f"CREATE TABLE {self._named(table)} ({', '.join(parts)}) {', '.join(options)}"
        yield "CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT)"
        if self.customers:
            yield f"CREATE TABLE customers ({self.customers.format(tenant=self.tenant_ids)})"
            if self.kept:
                yield KEPT[self.kept]
        for name in self.around:
            if not (self.without_rowid and name == "full text of appointments"):
                yield AROUND[name]

    def _named(self, name: str) -> str:
        return SPELLINGS[self.spelling](name)

    def _type(self, kind: str) -> str:
        """STRICT tables have few types."""
        return "TEXT" if self.strict and kind.startswith("VARCHAR") else kind


def teach(connection: sqlite3.Connection) -> None:
    """What only the application's own connections know."""
    connection.create_collation("french", lambda one, other: (one > other) - (one < other))
    connection.create_function("plain", 1, lambda text: text, deterministic=True)


schemas = st.builds(
    AnySchema,
    ids=st.sampled_from(ID_TYPES),
    tenant_ids=st.sampled_from(ID_TYPES),
    tenants=st.sampled_from(("table", "table", "view", "none")),
    strict=st.booleans(),
    without_rowid=st.booleans(),
    by_tenant=st.booleans(),
    spelling=st.integers(0, len(SPELLINGS) - 1),
    own_columns=st.lists(st.sampled_from(OWN_COLUMNS), max_size=3, unique=True).map(tuple),
    links=st.tuples(
        st.sampled_from((None, None, "TEXT", "TEXT", "TEXT REFERENCES rooms (id)")),
        st.none() | st.just("TEXT DEFAULT NULL"),
    ),
    customers=st.none() | st.sampled_from(OWN_CUSTOMERS),
    kept=st.none() | st.sampled_from(sorted(KEPT)),
    around=st.lists(st.sampled_from(sorted(AROUND)), max_size=5, unique=True).map(tuple),
)


class Pair:
    """Two databases of one schema that get the same rows: only `app` is ever promoted."""

    def __init__(self, directory: Path, schema: AnySchema) -> None:
        self.schema = schema
        self.app, self.alone = directory / "app.db", directory / "alone.db"
        schema.write(self.app)
        shutil.copyfile(self.app, self.alone)
        self.written = 0
        self.used: Counter[int] = Counter()
        if schema.tenants != "none":
            table = "tenants" if schema.tenants == "table" else "all_tenants"
            for tenant in (1, 2):
                self.both(
                    f"INSERT INTO {table} (id, name) VALUES (?, ?)", self.tenant(tenant), "one"
                )

    def tenant(self, number: int) -> Any:
        return number if self.schema.tenant_ids == "INTEGER" else str(number)

    def both(self, query: str, *values: Any) -> None:
        """Write the same to both."""
        for path in (self.app, self.alone):
            execute(path, query, *values)

    def record(self, table: str, tenant: int, **values: Any) -> None:
        """One record, under a number of its own; where the key has the tenant, of its tenant."""
        self.written += 1
        number = own = self.written
        if self.schema.by_tenant:
            self.used[tenant] += 1
            own = self.used[tenant]
        row = {
            "id": own if self.schema.ids == "INTEGER" else f"r{own}",
            "tenant_id": self.tenant(tenant),
            "created_at": f"2025-01-01 10:00:{number:02d}",
            "updated_at": f"2025-01-01 10:00:{number:02d}",
        } | values
        marks = ", ".join("?" * len(row))
        self.both(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())

    def people(self) -> None:
        """Jean, Luc and Anne; with customers of the application's own, Jean is one."""
        self.record("prospects", 1, first_name="Jean", last_name="Dupont", email="jean@ex.fr")
        self.record("appointments", 1, customer_name="Jean Dupont", customer_email="JEAN@ex.fr")
        self.record("appointments", 2, customer_name="Luc Roux", customer_phone="06 77 88 90 12")
        self.record(
            "omni_conversations", 1, customer_name="Anne Morel", customer_phone="0655443210"
        )
        if self.schema.customers:
            self.customer("Dupont", "jean@ex.fr")

    def customer(self, name: str, email: str) -> None:
        """A customer of the application's own, in both or in none: the one has more of them."""
        query = (
            "INSERT INTO customers (id, tenant_id, first_name, last_name, email)"
            " VALUES (?, ?, 'Own', ?, ?)"
        )
        key = f"own {name}"
        try:
            execute(self.app, query, key, self.tenant(1), name, email)
        except sqlite3.IntegrityError:
            return
        execute(self.alone, query, key, self.tenant(1), name, email)


def execute(path: Path, query: str, *values: Any) -> None:
    """One statement of the application's."""
    with closing(sqlite3.connect(path)) as connection, connection:
        teach(connection)
        connection.execute(query, values)
