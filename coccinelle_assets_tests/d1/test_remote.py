"""Remote mode: what is sent, and what happens when an answer does not come."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.live.d1.database import D1Database, open_d1
from coccinelle_assets.live.database import Change
from coccinelle_assets.live.promotion.publish import Publication
from coccinelle_assets.live.promotion.run import promote_to
from coccinelle_assets.location import D1Place
from coccinelle_assets_tests.d1.cloudflare import ACCOUNT, BOOKMARK, TOKEN, Cloudflare, cloudflare
from coccinelle_assets_tests.d1.conftest import NAME, Project
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.pipeline import Pipeline

pytestmark = pytest.mark.d1


@pytest.fixture
def api(app: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloudflare]:
    app.prospect(id="jean", first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    app.appointment(id="a1", customer_name="Jean", customer_email="jean@ex.fr")
    with cloudflare(app.path) as server:
        monkeypatch.setenv("CLOUDFLARE_API_BASE_URL", server.url)
        monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", ACCOUNT)
        monkeypatch.setenv("CLOUDFLARE_API_TOKEN", TOKEN)
        yield server


@pytest.fixture
def database(project: Project) -> D1Database:
    return open_d1(D1Place(NAME, project.directory, remote=True), project.home, 180)


@pytest.fixture
def pipeline(app: AppDatabase, tmp_path: Path, api: Cloudflare) -> Pipeline:
    pipeline = Pipeline(app.path)
    pipeline.plan()
    return pipeline


def promote(database: D1Database, pipeline: Pipeline) -> Change[Publication]:
    return database.change(
        "promotion",
        lambda live: promote_to(live, pipeline.promotion()),
    )


def test_a_promotion_notes_the_bookmark_first_and_sends_one_file(
    api: Cloudflare, database: D1Database, pipeline: Pipeline, app: AppDatabase
) -> None:
    change = promote(database, pipeline)
    assert change.notes["bookmark"] == BOOKMARK
    entry = json.loads(Path(change.notes["plan_file"]).with_suffix(".json").read_text())
    assert (entry["status"], entry["bookmark"]) == ("applied", BOOKMARK)
    steps = [action for action in api.actions if action != NAME]
    assert steps.index("query") < steps.index("bookmark") < steps.index("import init")
    assert steps.count("import ingest") == 1
    assert "export" not in steps
    assert len(app.customers()) == 1
    assert api.tokens == {f"Bearer {TOKEN}"}
    kept = [path for path in database.directory.rglob("*") if path.is_file()]
    assert kept
    assert not any(TOKEN.encode() in path.read_bytes() for path in kept)


@pytest.mark.parametrize(
    "failures",
    [
        {"query": ["500 Currently processing a long-running export.", "dropped"]},
        {"query": ["", "500 internal error"]},
        {"import init": ["500 internal error"]},
        {"import ingest": ["dropped after"]},
    ],
    ids=["busy", "while-rows-are-read", "before-the-import", "after-the-import-was-taken"],
)
def test_a_promotion_gets_through_failures_and_is_applied_once(
    failures: dict[str, list[str]],
    api: Cloudflare,
    database: D1Database,
    pipeline: Pipeline,
    app: AppDatabase,
) -> None:
    api.failures = failures
    promote(database, pipeline)
    assert not any(failures.values())
    assert len(app.customers()) == 1
    assert app.rows("SELECT COUNT(*) FROM coccinelle_receipts") == [(1,)]
    assert app.rows("SELECT COUNT(*) FROM customer_promotions") == [(1,)]


def wranglers(project: Project) -> list[str]:
    """The processes that run in a project's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == project.directory:
                found.append(process.name)
    return found


def test_a_promotion_outlasts_a_server_that_takes_requests_and_does_not_answer(
    api: Cloudflare,
    database: D1Database,
    project: Project,
    pipeline: Pipeline,
    app: AppDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for limit in ("QUERY", "FILE"):
        monkeypatch.setattr(f"coccinelle_assets.live.d1.wrangler.{limit}_TIMEOUT_SECONDS", 15)
    # The file that nobody took is sent again; the one that was taken is found by its receipt.
    api.failures = {
        "query": ["silent"],
        "import init": ["", "silent after"],
        "import ingest": ["silent"],
    }
    promote(database, pipeline)
    assert not any(api.failures.values())
    assert api.actions.count("import init") == 2
    assert len(app.customers()) == 1
    assert app.rows("SELECT COUNT(*) FROM coccinelle_receipts") == [(1,)]
    # Whoever was given up on is gone, and sends nothing later.
    assert wranglers(project) == []


def test_when_nobody_answers_it_says_that_the_end_is_not_known_and_no_token(
    api: Cloudflare,
    project: Project,
    pipeline: Pipeline,
    app: AppDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = open_d1(D1Place(NAME, project.directory, remote=True), project.home, 5)
    monkeypatch.setattr("coccinelle_assets.live.d1.database.SEND_SECONDS", 5)
    api.failures = {"import init": [f"500 {TOKEN}"] * 50}
    with pytest.raises(CoccinelleError) as failure:
        promote(database, pipeline)
    assert "all of it was, or nothing" in str(failure.value)
    assert TOKEN not in str(failure.value)
    assert "customers" not in {
        name for (name,) in app.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    }


def test_rejected_credentials_are_not_tried_again(
    api: Cloudflare, database: D1Database, tmp_path: Path
) -> None:
    api.failures = {"query": ["403 Authentication error"] * 20}
    with pytest.raises(CoccinelleError, match="Authentication error"):
        database.snapshot(tmp_path / "snapshot.sqlite")
    assert api.actions.count("query") == 1
    assert not (tmp_path / "snapshot.sqlite").exists()


def test_a_mirror_of_the_remote_database_holds_every_value_as_it_is(
    api: Cloudflare, database: D1Database, app: AppDatabase, tmp_path: Path
) -> None:
    app.prospect(id="odd", first_name="a\nb\\n", last_name="\x00")
    database.snapshot(tmp_path / "snapshot.sqlite")
    with closing(sqlite3.connect(tmp_path / "snapshot.sqlite")) as snapshot:
        found = snapshot.execute("SELECT first_name FROM prospects ORDER BY id").fetchall()
    assert found == [("Jean",), ("a\nb\\n",)]
