"""Work in a thread beside other work: in order, over when the block is, its errors heard."""

import threading
from collections.abc import Callable

import duckdb
import pytest

from coccinelle_assets.background import beside, one_core_each, worker
from coccinelle_assets.local_runs.run_job import RunOutcome
from coccinelle_assets_tests.databases import AppDatabase


def test_works_run_in_order_in_another_thread_and_are_over_when_the_block_is() -> None:
    threads: list[threading.Thread] = []
    order: list[str] = []
    go_on = threading.Event()

    def first() -> str:
        go_on.wait(10)
        threads.append(threading.current_thread())
        order.append("first")
        return "done"

    with worker() as submit:
        one = submit(first)
        submit(lambda: order.append("second"))
        order.append("block")
        go_on.set()
        assert one.result() == "done"
    assert order == ["block", "first", "second"]
    assert threads != [threading.current_thread()]


def fail() -> None:
    raise ValueError("from the thread")


def test_an_error_beside_reaches_the_caller_at_the_latest_when_the_block_ends() -> None:
    with pytest.raises(ValueError, match="from the thread"), beside(fail):
        pass
    with pytest.raises(ValueError, match="from the thread"), beside(fail) as failing:
        raise KeyError(failing.result())


def test_the_blocks_own_error_goes_first() -> None:
    with pytest.raises(KeyError), beside(fail):
        raise KeyError("from the block")


def test_a_promotion_that_the_warehouse_cannot_remember_is_not_committed(
    app: AppDatabase, migrate: Callable[..., RunOutcome], untouched: Callable[[], bool]
) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    assert migrate().is_done
    app.prospect(first_name="Anne", last_name="Morel", email="anne@lilas.fr")
    assert untouched()
    warehouse = app.home / "warehouse.duckdb"
    with duckdb.connect(warehouse) as connection:
        connection.execute("ALTER TABLE live.fingerprints ADD COLUMN unexpected INTEGER")
    outcome = migrate()
    assert not outcome.is_done
    assert "fingerprints" in outcome.error
    assert untouched()
    with duckdb.connect(warehouse) as connection:
        connection.execute("ALTER TABLE live.fingerprints DROP COLUMN unexpected")
    assert migrate().is_done
    assert len(app.customers()) == 2


def test_queries_take_one_core_in_the_block_and_as_many_as_before_after_it() -> None:
    def threads(connection: duckdb.DuckDBPyConnection) -> int:
        return connection.execute("SELECT current_setting('threads')").fetchone()[0]

    with duckdb.connect(config={"threads": "3"}) as connection:
        with one_core_each(connection):
            with one_core_each(connection):
                assert threads(connection) == 1
            assert threads(connection) == 1
        assert threads(connection) == 3
        with pytest.raises(ValueError, match="from the thread"), one_core_each(connection):
            fail()
        assert threads(connection) == 3
