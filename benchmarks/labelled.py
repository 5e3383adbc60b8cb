"""Labelled people of other projects, and the application's database that holds them as records."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import sqlite_utils

TENANT = "tenant_001"
FIRST_DAY = datetime(2024, 1, 1, 8, 0, 0)


@dataclass(frozen=True, slots=True)
class LabelledRecord:
    """One record about one person; records of one `label` are the same person.

    A missing detail is None. `last_name` is the whole name where the data set does not split it.
    """

    record_id: str
    label: str
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None

    @property
    def full_name(self) -> str | None:
        """The name as an appointment or a conversation holds it."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or None


def read_splink(directory: Path) -> list[LabelledRecord]:
    """fake_1000.csv of Splink: names and e-mails, no phones."""
    return [
        LabelledRecord(
            record_id=row["unique_id"],
            label=row["cluster"],
            first_name=row["first_name"] or None,
            last_name=row["surname"] or None,
            email=row["email"] or None,
            phone=None,
        )
        for row in _rows(directory / "fake_1000.csv")
    ]


def read_senzing(directory: Path) -> list[LabelledRecord]:
    """The customers of Senzing's truth set; an organisation's name is a whole name."""
    labels = {
        (row["DATA_SOURCE"], row["RECORD_ID"]): row["CLUSTER_ID"]
        for row in _rows(directory / "senzing_truth.csv")
    }
    return [
        LabelledRecord(
            record_id=row["RECORD_ID"],
            label=labels[row["DATA_SOURCE"], row["RECORD_ID"]],
            first_name=_joined(row["PRIMARY_NAME_FIRST"], row["PRIMARY_NAME_MIDDLE"]),
            last_name=row["PRIMARY_NAME_LAST"]
            or row["PRIMARY_NAME_FULL"]
            or row["PRIMARY_NAME_ORG"]
            or None,
            email=row["EMAIL_ADDRESS"] or None,
            phone=row["PHONE_NUMBER"] or None,
        )
        for row in _rows(directory / "senzing_customers.csv")
    ]


def write_database(path: Path, records: Sequence[LabelledRecord]) -> None:
    """Write the application's database at `path`, the records spread over its three tables.

    They are dealt in turn, one minute apart: records of one person, which lie side by side in
    the data sets, end in different tables. All belong to one tenant.
    """
    schema = files("coccinelle_assets.demo").joinpath("schema.sql").read_text(encoding="utf-8")
    connection = sqlite3.connect(path)
    try:
        connection.executescript(schema)
        database = sqlite_utils.Database(connection)
        database["tenants"].insert({"id": TENANT, "name": "Evaluation"})
        deal = (_prospect, _appointment, _conversation)
        for turn, table in enumerate(("prospects", "appointments", "omni_conversations")):
            database[table].insert_all(
                deal[turn](record, _moment(number))
                for number, record in enumerate(records)
                if number % len(deal) == turn
            )
    finally:
        connection.close()


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _joined(*parts: str) -> str | None:
    return " ".join(filter(None, parts)) or None


def _moment(number: int) -> str:
    return (FIRST_DAY + timedelta(minutes=number)).strftime("%Y-%m-%d %H:%M:%S")


def _prospect(record: LabelledRecord, moment: str) -> dict[str, str | None]:
    return {
        "id": record.record_id,
        "tenant_id": TENANT,
        "first_name": record.first_name,
        "last_name": record.last_name,
        "email": record.email,
        "phone": record.phone,
        "created_at": moment,
        "updated_at": moment,
    }


def _customer_details(record: LabelledRecord, moment: str) -> dict[str, str | None]:
    return {
        "id": record.record_id,
        "tenant_id": TENANT,
        "customer_name": record.full_name,
        "customer_email": record.email,
        "customer_phone": record.phone,
        "created_at": moment,
        "updated_at": moment,
    }


def _appointment(record: LabelledRecord, moment: str) -> dict[str, str | None]:
    return _customer_details(record, moment) | {"appointment_date": moment}


def _conversation(record: LabelledRecord, moment: str) -> dict[str, str | None]:
    return _customer_details(record, moment) | {
        "current_channel": "email" if record.email else "voice",
        "first_message_at": moment,
        "last_message_at": moment,
    }
