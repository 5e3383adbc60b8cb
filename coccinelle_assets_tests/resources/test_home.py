"""Runs do not mix: a run holds its home from its first step to its last, whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from coccinelle_assets.automation.jobs import MIGRATE, PROMOTE
from coccinelle_assets.definitions import build_defs, build_resources
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.home import held_home
from coccinelle_assets.local_runs import run_job
from coccinelle_assets.local_runs.run_job import RunOutcome, run_migration
from coccinelle_assets.settings import load_settings
from coccinelle_assets.warehouse.owner import Owner, require_same_run
from coccinelle_assets_tests.databases import AppDatabase

HOLD = """
import sys
from pathlib import Path
from coccinelle_assets.home import held_home
with held_home(Path(sys.argv[1]), "run 1234", 1):
    print("held", flush=True)
    input()
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    """Another process that holds the home beside the database."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / ".coccinelle" / "app.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_run_waits_and_says_for_whom(
    app: AppDatabase,
    holder: subprocess.Popen[str],
    migrate: Callable[..., RunOutcome],
    untouched: Callable[[], bool],
    capfd: pytest.CaptureFixture[str],
) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    assert untouched()
    with pytest.raises(CoccinelleError, match=rf"run 1234 \(process {holder.pid}, since .*0.2 s"):
        migrate(busy_timeout_seconds=0.2)
    assert "Waiting for run 1234" in capfd.readouterr().err
    assert untouched()


def test_a_killed_run_leaves_no_lock(
    app: AppDatabase, holder: subprocess.Popen[str], migrate: Callable[..., RunOutcome]
) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    holder.kill()
    holder.wait()
    assert migrate(busy_timeout_seconds=5).is_done


@pytest.mark.parametrize("job", [MIGRATE, "rollback_customers", "install_statistics_triggers"])
def test_a_run_that_dagster_starts_holds_the_home_too(
    job: str, app: AppDatabase, holder: subprocess.Popen[str], untouched: Callable[[], bool]
) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    assert untouched()
    definitions = build_defs(load_settings(database=app.path, busy_timeout_seconds=0.2))
    result = definitions.resolve_job_def(job).execute_in_process(
        raise_on_error=False, run_config={"loggers": {"progress": {}}}
    )
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "run 1234" in failure.step_failure_data.user_failure_data.description
    assert untouched()


def test_a_home_is_held_between_the_steps_and_free_after_the_last(
    app: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else may take it neither between two steps nor before the promotion has ended."""
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    settings = load_settings(database=app.path)
    seen: list[str] = []

    def look(context: dg.HookContext) -> None:
        tried = subprocess.run(
            [sys.executable, "-c", HOLD.replace("1):", "0):"), str(settings.home_directory)],
            input="\n",
            capture_output=True,
            text=True,
            check=False,
        )
        seen.append("free" if tried.returncode == 0 else "held")

    hook = dg.success_hook(name="look")(look)
    job = build_defs(settings).resolve_job_def(MIGRATE).with_hooks({hook})
    assert job.execute_in_process(run_config={"loggers": {"progress": {}}}).success
    assert set(seen) == {"held"}
    assert len(seen) > 5
    began = time.monotonic()
    with held_home(settings.home_directory, "the next", 5):
        assert time.monotonic() - began < 1


def test_a_thread_may_hold_a_home_again(tmp_path: Path) -> None:
    with held_home(tmp_path, "outer", 0), held_home(tmp_path, "inner", 0):
        pass


def promoted_by_dagster(path: Path, job: str, **run_config: object) -> dg.ExecuteInProcessResult:
    definitions = build_defs(load_settings(database=path))
    config = {"loggers": {"progress": {}}} | run_config
    return definitions.resolve_job_def(job).execute_in_process(
        raise_on_error=False, run_config=config
    )


def reason(result: dg.ExecuteInProcessResult) -> str:
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    return failure.step_failure_data.user_failure_data.description


def test_what_other_rules_resolved_is_not_promoted(
    app: AppDatabase, migrate: Callable[..., RunOutcome], untouched: Callable[[], bool]
) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", phone="0475 12 34 56")
    assert untouched()
    assert migrate(dry_run=True, default_region="BE").is_done
    result = promoted_by_dagster(app.path, PROMOTE)
    assert "by other rules of identity" in reason(result)
    assert untouched()
    assert promoted_by_dagster(app.path, MIGRATE).success


def test_a_step_refuses_a_warehouse_that_another_run_has_written(
    app: AppDatabase, migrate: Callable[..., RunOutcome], untouched: Callable[[], bool]
) -> None:
    """Should the lock not hold (a file system without locks), the promotion still looks."""
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    assert untouched()
    owner = Owner("app.db", "another-run", "")
    with pytest.raises(CoccinelleError, match="run another-run has written the warehouse since"):
        require_same_run(owner, "this-run", "")
    with pytest.raises(CoccinelleError, match="nobody knows which database"):
        require_same_run(None, "this-run", "")
    require_same_run(owner, None, "")


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    home = tmp_path / "home"
    workspace = home / "d1" / "local" / "name" / "tmp123"
    workspace.mkdir(parents=True)
    (home / "backups").mkdir()
    (workspace / "mirror.sqlite").touch()
    os.utime(workspace, (0, 0))
    in_use = workspace.with_name("tmp456")
    in_use.mkdir()
    left = ["dry_run.sqlite", "dry_run.sqlite-journal", "dry_run.before.sqlite"]
    left += ["rehearsal.sqlite", "snapshot.sqlite.partial", "new_customers.sqlite"]
    left += ["backups/20260101T000000000000Z-1.sqlite.partial"]
    kept = ["warehouse.duckdb", "snapshot.sqlite", "plan.sqlite", "plan_links.sqlite"]
    kept += ["backups/20260101T000000000000Z-1.sqlite", "d1/local/name/mirror.sqlite"]
    for name in (*left, *kept):
        (home / name).touch()
    with held_home(home, "outer", 0):
        assert [name for name in left if (home / name).exists()] == []
        assert not workspace.exists()
        assert in_use.exists()
        # A run's own files stay, however often it takes the home.
        (home / "dry_run.sqlite").touch()
        with held_home(home, "inner", 0):
            assert (home / "dry_run.sqlite").exists()
    assert [name for name in kept if not (home / name).exists()] == []


def test_a_step_whose_wait_was_in_vain_leaves_the_next_one_to_wait(
    app: AppDatabase, holder: subprocess.Popen[str]
) -> None:
    """Steps that do not need the first one still run in its run."""
    resource = build_resources(load_settings(database=app.path, busy_timeout_seconds=0.1))
    with resource.live_database.yield_for_execution(dg.build_init_resource_context()) as database:
        for _ in range(2):
            with pytest.raises(CoccinelleError, match="run 1234"):
                database.hold_home()


def test_the_engines_memory_is_set_once_though_the_database_grows(
    app: AppDatabase, migrate: Callable[..., RunOutcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does where another run is waited for: DuckDB opens a file under one setting alone."""

    @contextmanager
    def held_while_it_grows(*arguments: object) -> Iterator[None]:
        app.execute("CREATE TABLE large AS SELECT zeroblob(6000000) AS content")
        with held_home(*arguments):
            yield

    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    monkeypatch.setattr(run_job, "held_home", held_while_it_grows)
    outcome = migrate()
    assert outcome.is_done, outcome.error


def test_a_promotion_refuses_what_another_run_loaded_between_its_steps(
    app: AppDatabase, untouched: Callable[[], bool]
) -> None:
    app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
    assert untouched()
    settings = load_settings(database=app.path)

    def load(context: dg.HookContext) -> None:
        if context.op.name == "links":
            with duckdb.connect(settings.home_directory / "warehouse.duckdb") as warehouse:
                warehouse.execute("UPDATE live.owner SET run_id = 'another'")

    hook = dg.success_hook(name="load")(load)
    job = build_defs(settings).resolve_job_def(MIGRATE).with_hooks({hook})
    result = job.execute_in_process(raise_on_error=False, run_config={"loggers": {"progress": {}}})
    assert "run another has written the warehouse since" in reason(result)
    assert untouched()


def test_what_a_run_keeps_is_its_owners_alone(
    small: AppDatabase, migrate: Callable[..., RunOutcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what a version before made for everybody to read; the live database stays as it is."""
    umask = os.umask(0o022)
    try:
        small.path.chmod(0o664)
        (small.home / "backups").mkdir(parents=True)
        old = small.home / "backups" / "20260101T000000000000Z-1.sqlite"
        old.touch()
        script = small.path.with_name("plan.sql")
        outcome = run_migration(load_settings(database=small.path), dry_run=True, sql=script)
        assert outcome.is_done
        assert migrate().is_done
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(umask)
    kept = [path for path in small.home.rglob("*") if path.is_file()]
    assert {path.name for path in kept} >= {"warehouse.duckdb", "plan.sqlite", old.name}
    shared = [path for path in (*kept, script) if path.stat().st_mode & 0o077]
    assert shared == []
    assert small.path.stat().st_mode & 0o777 == 0o664


@pytest.mark.parametrize("name", ["run.lock", "warehouse.duckdb", "backups/x", "reports/new.html"])
def test_no_file_of_the_home_is_followed_through_a_link(
    name: str, small: AppDatabase, untouched: Callable[[], bool]
) -> None:
    assert untouched()
    link = small.home / name
    link.parent.mkdir(parents=True)
    link.symlink_to(small.path)
    with pytest.raises(CoccinelleError, match="is a symbolic link") as refusal:
        run_migration(load_settings(database=small.path))
    assert str(link) in str(refusal.value)
    assert untouched()
    link.unlink()
    link.symlink_to(small.path.with_name("nowhere"))
    with pytest.raises(CoccinelleError, match="is a symbolic link"):
        run_migration(load_settings(database=small.path))
    assert not small.path.with_name("nowhere").exists()


def test_the_home_itself_may_be_on_another_disk(
    small: AppDatabase, migrate: Callable[..., RunOutcome], tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    small.home.parent.mkdir()
    small.home.symlink_to(tmp_path / "disk")
    assert migrate().is_done
    assert (tmp_path / "disk" / "warehouse.duckdb").exists()
