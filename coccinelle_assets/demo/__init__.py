"""A realistic demo database: the application's tables, filled with invented French customers.

Everything random comes from one seed, so the same call writes the same rows.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from itertools import accumulate
from pathlib import Path

from faker import Faker

BUSINESSES = ("Immobilière", "Cabinet", "Garage", "Clinique", "Salon", "Institut", "Agence")
MAIL_HOSTS = ("gmail.com", "orange.fr", "free.fr", "wanadoo.fr", "laposte.net", "hotmail.fr")
PHONE_SPELLINGS = (
    "0{0}{1}{2}{3}{4}",
    "0{0} {1} {2} {3} {4}",
    "0{0}.{1}.{2}.{3}.{4}",
    "0{0}-{1}-{2}-{3}-{4}",
    "+33{0}{1}{2}{3}{4}",
    "+33 {0} {1} {2} {3} {4}",
    "+33 (0){0} {1} {2} {3} {4}",
    "0033{0}{1}{2}{3}{4}",
    "0{0}\u00a0{1}\u00a0{2}\u00a0{3}\u00a0{4}",
)
PLACEHOLDER_EMAILS = ("test@test.fr", "noemail@example.com", "inconnu", "n/a", "", "aucun@aucun.fr")
PLACEHOLDER_PHONES = ("0600000000", "0123456789", "inconnu", "", "0606060606", "n/a")
PROSPECT_STATUSES = ("new", "new", "contacted", "qualified", "lost")
PROSPECT_SOURCES = ("website", "google_ads", "referral", "facebook", "phone")
CHANNELS = ("voice", "voice", "sms", "whatsapp", "email")
FIRST_DAY = datetime(2024, 1, 1, 8, 0, 0)
PEOPLE_PER_RECEPTION = 8


@dataclass(frozen=True, slots=True)
class Person:
    """One invented customer of one tenant; `phones` hold five digit groups each."""

    tenant: int
    first_name: str
    last_name: str
    emails: tuple[str, ...]
    phones: tuple[tuple[str, ...], ...]


def write_demo_database(path: Path, rows: int = 5_000, tenants: int = 4, seed: int = 20) -> None:
    """Write a new SQLite database at `path` with about `rows` source records.

    A quarter are prospects, 35 % appointments, 40 % conversations. Raises FileExistsError when
    there is a file at `path` already: a demo never overwrites anything.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already: choose another directory or remove it")
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    try:
        schema = files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
        connection.executescript(schema)
        with connection:
            _DemoWriter(connection, rows, tenants, random.Random(seed), seed).write()
    finally:
        connection.close()


class _DemoWriter:
    """Invents people and writes their traces into the application's tables."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        rows: int,
        tenants: int,
        rng: random.Random,
        seed: int,
    ) -> None:
        fake = Faker("fr_FR")
        fake.seed_instance(seed)
        self.connection = connection
        self.rng = rng
        self.prospects = max(rows // 4, 1)
        self.appointments = max(rows * 35 // 100, 1)
        self.conversations = max(rows - self.prospects - self.appointments, 1)
        self.first_names = sorted({fake.first_name() for _ in range(600)})
        self.last_names = sorted({fake.last_name() for _ in range(900)})
        self.tenant_ids = [f"tenant_{number:03d}" for number in range(1, tenants + 1)]
        # A few tenants hold most of the records, as in real life.
        self.tenant_shares = list(accumulate(1 / (n + 1) ** 0.6 for n in range(tenants)))
        self.company_phones = [self._phone(landline=True) for _ in range(tenants)]
        self.reception_phones = [self._phone(landline=True) for _ in range(tenants)]
        self.fake = fake

    def write(self) -> None:
        """Fill every table."""
        self._write_tenants()
        people = [self._person() for _ in range(max((self.prospects + self.appointments) // 2, 1))]
        known = people[: self.prospects]
        self._insert("prospects", 10, self._prospect_rows(known))
        self._insert("appointments", 13, self._appointment_rows(people, known))
        self._insert("omni_conversations", 14, self._conversation_rows(people))

    def _insert(self, table: str, width: int, rows: Iterator[tuple]) -> None:
        marks = ", ".join("?" * width)
        self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def _write_tenants(self) -> None:
        for number, tenant_id in enumerate(self.tenant_ids):
            town = self.fake.city()
            host = f"agence{number + 1:03d}.fr"
            phone = PHONE_SPELLINGS[1].format(*self.company_phones[number])
            self.connection.execute(
                "INSERT INTO tenants (id, name, email, phone, api_key) VALUES (?, ?, ?, ?, ?)",
                (
                    tenant_id,
                    f"{BUSINESSES[number % len(BUSINESSES)]} {town}",
                    f"contact@{host}",
                    phone,
                    f"key_{number}",
                ),
            )
            self.connection.execute(
                "INSERT INTO users (id, tenant_id, name, email, role) VALUES (?, ?, ?, ?, 'admin')",
                (f"user_{number:03d}", tenant_id, self.fake.name(), f"admin@{host}"),
            )
            self.connection.execute(
                "INSERT INTO commercial_agents (id, tenant_id, first_name, last_name, email, phone)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    f"agent_{number:03d}",
                    tenant_id,
                    self.fake.first_name(),
                    self.fake.last_name(),
                    f"agent@{host}",
                    PHONE_SPELLINGS[0].format(*self._phone()),
                ),
            )
            self.connection.execute(
                "INSERT OR IGNORE INTO omni_phone_mappings VALUES (?, ?, 'voice')",
                (PHONE_SPELLINGS[4].format(*self.company_phones[number]), tenant_id),
            )

    def _phone(self, landline: bool = False) -> tuple[str, ...]:
        """Five groups of digits of a valid French number, without the leading 0."""
        rng = self.rng
        if landline:
            return ("1", f"{rng.randrange(40, 49)}", *(f"{rng.randrange(100):02d}" for _ in "abc"))
        prefix = rng.choice("67")
        second = rng.randrange(10, 79) if prefix == "6" else rng.randrange(60, 90)
        return (prefix, f"{second:02d}", *(f"{rng.randrange(100):02d}" for _ in "abc"))

    def _person(self) -> Person:
        rng = self.rng
        first, last = rng.choice(self.first_names), rng.choice(self.last_names)
        slug = f"{first}.{last}".lower().translate(
            str.maketrans("àâäçéèêëîïôöùûü '", "aaaceeeeiioouuu--")
        )
        emails = tuple(
            f"{slug}{rng.randrange(10**5)}@{rng.choice(MAIL_HOSTS)}"
            for _ in range(2 if rng.random() < 0.1 else 1)
        )
        phones = tuple(self._phone() for _ in range(2 if rng.random() < 0.15 else 1))
        tenant = rng.choices(range(len(self.tenant_ids)), cum_weights=self.tenant_shares)[0]
        return Person(tenant, first, last, emails, phones)

    def _spelled_email(self, person: Person) -> str:
        email = self.rng.choice(person.emails)
        roll = self.rng.random()
        if roll < 0.10:
            return email.upper()
        if roll < 0.15:
            return f" {email}\u00a0"
        return email

    def _spelled_phone(self, person: Person) -> str:
        return self.rng.choice(PHONE_SPELLINGS).format(*self.rng.choice(person.phones))

    def _spelled_name(self, person: Person) -> str:
        roll = self.rng.random()
        if roll < 0.10:
            return f"{person.last_name.upper()} {person.first_name}"
        if roll < 0.15:
            return f"M. {person.first_name} {person.last_name}"
        if roll < 0.20:
            return person.last_name
        return f"{person.first_name} {person.last_name}"

    def _identifiers(self, person: Person) -> tuple[str | None, str | None]:
        """An (e-mail, phone) pair as an agent or a bot would have taken it down."""
        roll = self.rng.random()
        if roll < 0.55:
            return self._spelled_email(person), self._spelled_phone(person)
        if roll < 0.75:
            return None, self._spelled_phone(person)
        if roll < 0.92:
            return self._spelled_email(person), None
        if roll < 0.94:
            return self.rng.choice(PLACEHOLDER_EMAILS), self._spelled_phone(person)
        if roll < 0.95:
            return self._spelled_email(person), self.rng.choice(PLACEHOLDER_PHONES)
        if roll < 0.96:
            return None, PHONE_SPELLINGS[0].format(*self.company_phones[person.tenant])
        if roll < 0.97:
            return self._spelled_email(person), PHONE_SPELLINGS[1].format(
                *self.reception_phones[person.tenant]
            )
        if roll < 0.99:
            return None, None
        return self.rng.choice(PLACEHOLDER_EMAILS), self.rng.choice(PLACEHOLDER_PHONES)

    def _moment(self) -> datetime:
        return FIRST_DAY + timedelta(seconds=self.rng.randrange(2 * 365 * 24 * 3600))

    def _spelled_moment(self, moment: datetime) -> str:
        roll = self.rng.random()
        if roll < 0.6:
            return moment.strftime("%Y-%m-%d %H:%M:%S")
        if roll < 0.9:
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if roll < 0.95:
            return moment.strftime("%Y-%m-%dT%H:%M:%S.250Z")
        return moment.strftime("%Y-%m-%dT%H:%M:%S+02:00")

    def _row_id(self, prefix: str) -> str:
        return f"{prefix}_{self.rng.getrandbits(80):020x}"

    def _prospect_rows(self, known: list[Person]) -> Iterator[tuple]:
        self.prospect_of: dict[int, str] = {}
        for number in range(self.prospects):
            person = known[number % len(known)]
            email, phone = self._identifiers(person)
            created = self._moment()
            changed = created + timedelta(days=self.rng.randrange(60))
            prospect_id = self._row_id("prospect")
            self.prospect_of.setdefault(number % len(known), prospect_id)
            yield (
                prospect_id,
                self.tenant_ids[person.tenant],
                person.first_name,
                person.last_name,
                email,
                phone,
                self.rng.choice(PROSPECT_STATUSES),
                self.rng.choice(PROSPECT_SOURCES),
                self._spelled_moment(created),
                self._spelled_moment(changed) if self.rng.random() < 0.9 else None,
            )

    def _appointment_rows(self, people: list[Person], known: list[Person]) -> Iterator[tuple]:
        for _ in range(self.appointments):
            number = self.rng.randrange(len(people))
            person = people[number]
            # An appointment booked from a prospect's page names the prospect and nothing else.
            prospect_id = None
            if number < len(known) and self.rng.random() < 0.2:
                prospect_id = self.prospect_of[number]
            name, email, phone = None, None, None
            if prospect_id is None or self.rng.random() < 0.5:
                name = self._spelled_name(person) if self.rng.random() < 0.95 else None
                email, phone = self._identifiers(person)
            created = self._moment()
            tenant_id = self.tenant_ids[person.tenant]
            yield (
                self._row_id("appointment"),
                tenant_id,
                prospect_id,
                f"agent_{person.tenant:03d}",
                name,
                email,
                phone,
                self._spelled_moment(created + timedelta(days=self.rng.randrange(1, 30))),
                self.rng.choice((15, 30, 45, 60)),
                self.rng.choice(("scheduled", "completed", "cancelled")),
                "Premier rendez-vous, rappeler la veille." if self.rng.random() < 0.3 else None,
                self._spelled_moment(created),
                None,
            )

    def _conversation_rows(self, people: list[Person]) -> Iterator[tuple]:
        for number in range(self.conversations):
            person = self.rng.choice(people)
            channel = self.rng.choice(CHANNELS)
            email, phone = self._identifiers(person)
            if channel in ("voice", "sms", "whatsapp") and phone:
                email = email if self.rng.random() < 0.2 else None
            name = self._spelled_name(person) if self.rng.random() < 0.5 else None
            first = self._moment()
            last = first + timedelta(minutes=self.rng.randrange(1, 4000))
            tenant_id = self.tenant_ids[person.tenant]
            yield (
                self._row_id("conversation"),
                f"CH{number:032x}",
                tenant_id,
                phone,
                email,
                name,
                f'["{channel}"]',
                channel,
                '{"intent": "rendez-vous", "langue": "fr"}',
                self._spelled_moment(first),
                self._spelled_moment(last),
                self.rng.choice(("active", "closed")),
                self._spelled_moment(first),
                self._spelled_moment(last),
            )
