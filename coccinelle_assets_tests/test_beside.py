"""Work in a thread beside other work: in order, over when the block is, its errors heard."""

import threading

import pytest

from coccinelle_assets.beside import beside


def test_works_run_in_order_in_another_thread_and_are_over_when_the_block_is() -> None:
    threads: list[threading.Thread] = []
    order: list[str] = []
    go_on = threading.Event()

    def first() -> str:
        go_on.wait(10)
        threads.append(threading.current_thread())
        order.append("first")
        return "done"

    with beside(first, lambda: order.append("second")) as (one, _two):
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
    with pytest.raises(ValueError, match="from the thread"), beside(fail) as (failing,):
        raise KeyError(failing.result())


def test_the_blocks_own_error_goes_first() -> None:
    with pytest.raises(KeyError), beside(fail):
        raise KeyError("from the block")
