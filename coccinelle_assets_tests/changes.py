"""What happens to a live database after its promotion, as functions; and its state, compared."""

from __future__ import annotations

from pathlib import Path

from coccinelle_assets.live.contraction.contract import Contraction, contract
from coccinelle_assets.live.rollback.rollback import Rollback, roll_back, roll_back_last
from coccinelle_assets.live.sqlite.connection import open_live
from coccinelle_assets.live.statistics.triggers import Installation, install_triggers
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.people import JEAN
from coccinelle_assets_tests.pipeline import Pipeline


def add_people(app: AppDatabase) -> None:
    """Jean, Anne and Luc with their records; `nobody` is an appointment without any identity."""
    app.prospect(id="jean", first_name="Jean", last_name="Dupont", email="jean@ex.fr", phone=JEAN)
    app.appointment(id="v1", customer_name="Jean Dupont", customer_phone="06 11 47 82 93")
    app.appointment(id="v2", customer_name="Jean", customer_email="JEAN@ex.fr", notes="x")
    app.conversation(id="w1", customer_name="Anne Morel", customer_email="anne@lilas.fr")
    app.appointment("t2", id="b1", customer_name="Luc Roux", customer_email="luc@roux.fr")
    app.conversation("t2", id="d1", customer_name="Luc Roux", customer_email="luc@roux.fr")


def promote(app: AppDatabase, times: int = 1) -> None:
    """Whole pipeline runs with a warehouse that is thrown away."""
    pipeline = Pipeline(app.path)
    for _ in range(times):
        pipeline.run()
    pipeline.warehouse.close()


def archives(app: AppDatabase) -> Path:
    return load_settings(database=app.path).home_directory / "contracts"


def install(app: AppDatabase) -> Installation:
    with open_live(app.path, 1, writable=True) as live:
        return install_triggers(live, str(app.path))


def contracted(app: AppDatabase, *, anonymous: bool = False) -> Contraction:
    with open_live(app.path, 1, writable=True) as live:
        return contract(live, str(app.path), archives(app), anonymous=anonymous)


def rolled_back(app: AppDatabase, *, to_previous: bool = False) -> Rollback:
    undo = roll_back_last if to_previous else roll_back
    with open_live(app.path, 1, writable=True) as live:
        return undo(live, str(app.path), archives(app))
