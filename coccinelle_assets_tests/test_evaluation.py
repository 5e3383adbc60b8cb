"""Resolution measured on labelled data, and the pair counting that measures it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import floor
from benchmarks.evaluate import DATA, DATA_SETS, evaluate, main, score
from coccinelle_assets.live.promotion.run import CACHE_KIB

FAKE_1000, SENZING = DATA_SETS


@pytest.fixture(scope="module")
def labelled_data() -> Path:
    missing = [name for data in DATA_SETS for name in data.files if not (DATA / name).is_file()]
    if missing:
        pytest.fail(
            f"the labelled data {missing} is missing from {DATA}: it belongs beside the "
            "repository, in ../shared/data",
            pytrace=False,
        )
    return DATA


@pytest.mark.labelled
def test_strangers_are_never_merged_and_half_the_pairs_are_found(labelled_data: Path) -> None:
    result = evaluate(FAKE_1000, labelled_data)
    assert result.records == 1000
    assert result.wrong_pairs == ()
    assert result.precision == 1.0
    assert result.recall >= 0.53


@pytest.mark.labelled
def test_the_truth_set_with_american_phones_is_resolved(labelled_data: Path) -> None:
    result = evaluate(SENZING, labelled_data)
    assert result.records == 120
    assert result.right_pairs > 0


def test_records_without_a_customer_are_in_no_pair() -> None:
    labels = {"a": "1", "b": "1", "c": "1", "d": "2"}
    result = score(FAKE_1000, labels, {"a": "x", "b": "x", "d": "x"})
    assert (result.true_pairs, result.found_pairs, result.right_pairs) == (3, 3, 1)
    assert (result.precision, result.recall) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert result.wrong_pairs == (("a", "d"), ("b", "d"))
    assert not result.holds


def test_missing_data_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path)]) == 2
    assert "fake_1000.csv is missing" in capsys.readouterr().err


def test_the_floor_writes_with_the_cache_of_the_promotion() -> None:
    assert floor.CACHE_KIB == CACHE_KIB
