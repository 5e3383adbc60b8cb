"""Years under one roof: the application writes, the pipeline runs, and nobody's id is lost.

A state machine of application writes and pipeline runs, with what must hold after every run.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from coccinelle_assets.live.database import SqliteDatabase
from coccinelle_assets.live.merges import surviving_id
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.statistics.triggers import install_triggers
from coccinelle_assets.live.verify import verify
from coccinelle_assets.resolution.explain import explain
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline

# The last of each says nothing: a record that had a customer may lose it again.
EMAILS = st.sampled_from(
    [None, "jean@ex.fr", "anne@lilas.fr", "luc@roux.fr", "eve@petit.fr", "n/a"]
)
PHONES = st.sampled_from(
    [None, "06 11 47 82 93", "+33655443210", "0677889012", "06.12.34.99.01", "06 1"]
)
# With one more of them an identifier ties nobody any more.
MAX_PEOPLE = 2
NAMES = st.sampled_from([None, "Jean Dupont", "Anne Lilas", "Eve Petit"])
TABLES = ("prospects", "appointments", "omni_conversations")
LINKED = ("appointments", "omni_conversations")
CHOICE = st.integers(min_value=0, max_value=99)


class Lifetime(RuleBasedStateMachine):
    """One tenant's database; `deleted` are customers that the application removed."""

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.app = AppDatabase(Path(self.directory.name) / "app.db", tenants=("t1",))
        self.pipeline = Pipeline(self.app.path, max_people_per_identifier=MAX_PEOPLE)
        self.first_names: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.migrated = False

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            self.pipeline.warehouse.close()
            self.directory.cleanup()

    # What the application does.

    @rule(table=st.sampled_from(TABLES), name=NAMES, email=EMAILS, phone=PHONES)
    def record(self, table: str, name: str | None, email: str | None, phone: str | None) -> None:
        details = {"customer_name": name, "customer_email": email, "customer_phone": phone}
        if table == "prospects":
            self.app.prospect(first_name="Jean", last_name="Dupont", email=email, phone=phone)
        elif table == "appointments":
            self.app.appointment(**details)
        else:
            self.app.conversation(**details)

    @rule(choice=CHOICE)
    def appointment_of_a_prospect(self, choice: int) -> None:
        prospect = self.one_of("SELECT id FROM prospects ORDER BY id", choice)
        if prospect:
            self.app.appointment(prospect_id=prospect)

    @rule(choice=CHOICE, table=st.sampled_from(TABLES), email=EMAILS, phone=PHONES)
    def edit(self, choice: int, table: str, email: str | None, phone: str | None) -> None:
        prefix = "" if table == "prospects" else "customer_"
        record_id = self.one_of(f"SELECT id FROM {table} ORDER BY id", choice)
        self.app.execute(
            f"UPDATE {table} SET {prefix}email = ?, {prefix}phone = ? WHERE id = ?",
            (email, phone, record_id),
        )

    @rule(choice=CHOICE, table=st.sampled_from(TABLES))
    def delete(self, choice: int, table: str) -> None:
        record_id = self.one_of(f"SELECT id FROM {table} ORDER BY id", choice)
        self.app.execute(f"DELETE FROM {table} WHERE id = ?", (record_id,))

    @precondition(lambda self: self.migrated)
    @rule(email=EMAILS, phone=PHONES, number=CHOICE)
    def create_customer(self, email: str | None, phone: str | None, number: int) -> None:
        normal = {"06 11 47 82 93": "+33611478293", "0677889012": "+33677889012"}
        phone, email = (None if value in ("06 1", "n/a") else value for value in (phone, email))
        row = {"id": f"app{number}", "tenant_id": "t1", "email": email}
        row |= {"phone": normal.get(phone or "", "+33612349901" if phone else None)}
        try:
            self.app.insert("customers", row)
        except sqlite3.IntegrityError:
            return
        self.deleted.discard(row["id"])

    @precondition(lambda self: self.migrated)
    @rule(choice=CHOICE, name=st.sampled_from(["Jeanne", "Annie"]))
    def edit_customer(self, choice: int, name: str) -> None:
        customer_id = self.one_of("SELECT id FROM customers ORDER BY id", choice)
        if customer_id:
            self.app.execute(
                "UPDATE customers SET first_name = ? WHERE id = ?", (name, customer_id)
            )
            self.first_names[customer_id] = name

    @precondition(lambda self: self.migrated)
    @rule(choice=CHOICE, email=EMAILS)
    def edit_customer_email(self, choice: int, email: str | None) -> None:
        customer_id = self.one_of("SELECT id FROM customers ORDER BY id", choice)
        if customer_id and email != "n/a":
            with suppress(sqlite3.IntegrityError):
                self.app.execute(
                    "UPDATE customers SET email = ? WHERE id = ?", (email, customer_id)
                )

    @precondition(lambda self: self.migrated)
    @rule(choice=CHOICE, clear=st.booleans())
    def delete_customer(self, choice: int, clear: bool) -> None:
        customer_id = self.one_of("SELECT id FROM customers ORDER BY id", choice)
        # Of a customer that no run has seen nothing is known: a link to it is the gate's affair.
        if not customer_id or not (clear or self.is_clean(customer_id)):
            return
        self.app.execute("DELETE FROM customers WHERE id = ?", (customer_id,))
        if clear:
            for table in LINKED:
                self.app.execute(
                    f"UPDATE {table} SET customer_id = NULL WHERE customer_id = ?", (customer_id,)
                )
        self.deleted.add(customer_id)
        self.first_names.pop(customer_id, None)

    @precondition(lambda self: self.migrated)
    @rule(choice=CHOICE, other=CHOICE, table=st.sampled_from(LINKED))
    def link(self, choice: int, other: int, table: str) -> None:
        record_id = self.one_of(f"SELECT id FROM {table} ORDER BY id", choice)
        customer_id = self.one_of("SELECT id FROM customers ORDER BY id", other)
        if record_id and customer_id:
            self.app.execute(
                f"UPDATE {table} SET customer_id = ? WHERE id = ?", (customer_id, record_id)
            )

    @precondition(lambda self: self.migrated)
    @rule()
    def triggers(self) -> None:
        with open_live(self.app.path, 1, writable=True) as live:
            install_triggers(live, "the database")

    # What the pipeline does, and what must hold then.

    @rule()
    def run(self) -> None:
        links = self.links() if self.migrated else {}
        before = self.customer_ids() if self.migrated else set()
        self.pipeline.run()
        self.migrated = True
        self.holds()
        self.ids_last(links, before)
        self.edits_win()
        self.every_link_is_explained()
        assert self.pipeline.plan().is_empty
        self.deleted -= self.customer_ids()

    def holds(self) -> None:
        verification = verify(SqliteDatabase(self.app.path, 1))
        assert verification.holds, verification.as_dict()

    def ids_last(self, links: dict[str, str], before: set[str]) -> None:
        now, after = self.links(), self.customer_ids()
        merged = dict(self.app.rows("SELECT merged_id, customer_id FROM customer_merges"))
        assert before <= after | merged.keys()
        assert not after & merged.keys()
        splits = self.pairs("SELECT customer_id, new_customer_id FROM ssot.customer_splits")
        with open_live(self.app.path, 1) as live:
            survivors = {old: surviving_id(live, old) for old in {*links.values()}}
        for record_id in links.keys() & now.keys():
            old, new = links[record_id], now[record_id]
            if old in before and new not in (old, survivors[old]):
                assert (old, new) in splits, (record_id, old, new)
            # A deleted customer comes back as itself, or its records join one that is there.
            if old in self.deleted and new not in before | {old}:
                assert old in after or new in self.deleted, (record_id, old, new)

    def edits_win(self) -> None:
        for row in self.app.customers():
            if row["id"] in self.first_names:
                assert row["first_name"] == self.first_names[row["id"]]

    def every_link_is_explained(self) -> None:
        linked = self.links()
        for customer_id in set(linked.values()):
            explanation = explain(self.pipeline.warehouse, customer_id)
            records = {row["source_id"] for row in explanation.records}
            assert {key for key, owner in linked.items() if owner == customer_id} <= records
            assert all(tie.kind and tie.reached_from for tie in explanation.ties[1:])

    # Looking.

    def one_of(self, query: str, choice: int) -> str | None:
        rows = self.app.rows(query)
        return rows[choice % len(rows)][0] if rows else None

    def links(self) -> dict[str, str]:
        return {record: owner for record, owner in self.app.links().items() if owner}

    def customer_ids(self) -> set[str]:
        return {row["id"] for row in self.app.customers()}

    def is_clean(self, customer_id: str) -> bool:
        return (customer_id,) in self.pairs("SELECT id FROM promoted.customers")

    def pairs(self, query: str) -> set[tuple[str, ...]]:
        return set(self.pipeline.warehouse.execute(query).fetchall())


TestLifetime = Lifetime.TestCase
TestLifetime.settings = settings(max_examples=4, stateful_step_count=13, deadline=None)
