"""source/*: the live tables as they were at one instant, as text, untouched."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from coccinelle_assets.assets.layer import clear_failures, materialized, spec
from coccinelle_assets.live.schema import read_schema, require_sources
from coccinelle_assets.live.snapshot import Repair, repair_snapshot
from coccinelle_assets.live.warehouse_sources import UnreadableTextError, load_sources
from coccinelle_assets.resources.live_database import LiveDatabase
from coccinelle_assets.resources.warehouse import Warehouse

SOURCES = (
    spec(
        "source",
        "prospects",
        "Prospects of the application, as they were written.",
        """id\ntenant_id\nfirst_name\nlast_name\nemail\nphone\nstatus\nsource
        created_at\nupdated_at""",
        kinds=("sqlite",),
    ),
    spec(
        "source",
        "appointments",
        "Appointments of the application, with the customer's details as they were taken down.",
        """id\ntenant_id\nprospect_id\ncustomer_id: the link, where there is one already
        created_at\nupdated_at\ncustomer_name\ncustomer_email\ncustomer_phone
        appointment_date: or scheduled_at, by deployment""",
        kinds=("sqlite",),
    ),
    spec(
        "source",
        "omni_conversations",
        "Conversations of the inbox and the voice agent, with the customer's details.",
        """id\ntenant_id\nprospect_id\ncustomer_id: the link, where there is one already
        current_channel\ncreated_at\nupdated_at\ncustomer_name\ncustomer_email\ncustomer_phone
        first_message_at\nlast_message_at""",
        kinds=("sqlite",),
    ),
    spec(
        "source",
        "customers",
        "The live customers, once there are any: they keep their ids and their edits.",
        """id\ntenant_id\nfirst_name\nlast_name\nemail\nphone\nstatus\nsource\ntags
        preferred_contact_method\nlanguage\ntimezone\ntotal_appointments\ntotal_conversations
        last_contact_at\ncreated_at\nupdated_at""",
        kinds=("sqlite",),
    ),
    spec(
        "source",
        "business_identifiers",
        "E-mails and phones of the tenants, users and agents: they identify no customer.",
        "tenant_id\nsource_table\nkind: email or phone\nvalue: as it was written",
        kinds=("sqlite",),
    ),
)


@dg.multi_asset(specs=SOURCES, name="snapshot")
def sources(
    context: dg.AssetExecutionContext, warehouse: Warehouse, live_database: LiveDatabase
) -> Iterator[dg.MaterializeResult]:
    """Copy the live database in one read, then read the copy."""
    with clear_failures():
        live_database.take_snapshot(live_database.snapshot_path)
        with sqlite3.connect(live_database.snapshot_path) as snapshot:
            schema = read_schema(snapshot)
        snapshot.close()
        require_sources(schema, live_database.path)
        repairs: list[Repair] = []
        with warehouse.connect() as connection:
            try:
                load_sources(connection, live_database.snapshot_path, schema)
            except UnreadableTextError:
                repairs = repair_snapshot(live_database.snapshot_path, schema)
                context.log.warning(
                    f"{len(repairs)} values are not UTF-8 text and identify nobody: "
                    + ", ".join(f"{r.table}.{r.column} of {r.record_id}" for r in repairs[:10])
                )
                load_sources(connection, live_database.snapshot_path, schema)
            for source in SOURCES:
                table = source.key.path[-1]
                yield materialized(
                    connection,
                    f"source/{table}",
                    unreadable_values=sum(repair.table == table for repair in repairs),
                    database=Path(live_database.path).name,
                )
