"""Rolling back everything: as though the project had never been there."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets_tests.changes import (
    add_people,
    contracted,
    install,
    objects_of,
    promote,
    rolled_back,
    rows_of,
)
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.live.deployments import (
    Deployment,
    Record,
    deployments,
    records,
    write_record,
)
from coccinelle_assets_tests.pipeline import Pipeline


def promoted(pipeline: Pipeline) -> bool:
    try:
        pipeline.run()
    except CoccinelleError as error:
        # Customers that were there before and share an e-mail: nothing is promoted.
        assert re.search("customer_(emails|phones)_unique|share one (email|phone)", str(error))
        return False
    return True


def assert_a_rollback_leaves_what_the_application_alone_would_have(
    deployment: Deployment, batches: list[list[Record]], wave: bool, contract: bool
) -> None:
    """Two databases get the same rows; one of them is promoted, contracted and rolled back."""
    with tempfile.TemporaryDirectory() as directory:
        app = AppDatabase(Path(directory) / "app.db")
        alone = AppDatabase(Path(directory) / "alone.db")
        deployment.write(app)
        shutil.copyfile(app.path, alone.path)
        alone.counter = app.counter
        pipeline = Pipeline(app.path)
        pipeline.tenants = ("t1",) if wave else ()
        promotions = 0
        for number, batch in enumerate(batches):
            for position, record in enumerate(batch):
                own_table = record[0] != "customer" or deployment.customers is not None
                place = 100 * number + position
                if own_table and write_record(app, record, place):
                    assert write_record(alone, record, place)
            promotions += promoted(pipeline)
            pipeline.tenants = ()
        pipeline.warehouse.close()
        if promotions:
            if contract:
                install(app)
                contracted(app, anonymous=True)
            done = rolled_back(app)
            assert done.undone == "everything"
            assert done.left == []
        assert objects_of(app.path) == objects_of(alone.path)
        assert rows_of(app.path) == rows_of(alone.path)


@pytest.mark.parametrize(
    "examples", [4, pytest.param(80, marks=pytest.mark.fault)], ids=["few", "many"]
)
def test_after_a_rollback_schema_and_rows_are_as_though_nothing_had_been_promoted(
    examples: int,
) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        # An example takes a second: shrinking one would take minutes.
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        deployment=deployments,
        batches=st.lists(records, min_size=1, max_size=3),
        wave=st.booleans(),
        contract=st.booleans(),
    )
    def check(
        deployment: Deployment, batches: list[list[Record]], wave: bool, contract: bool
    ) -> None:
        assert_a_rollback_leaves_what_the_application_alone_would_have(
            deployment, batches, wave, contract
        )

    check()
