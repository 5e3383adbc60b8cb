"""Two databases, their homes, and everything that may happen to a run between any two steps.

After each step: what is promoted is what one run alone would have promoted, nobody who was erased
is back, the newest backup opens, and what a command said of its end is so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from coccinelle_assets.automation.jobs import MIGRATE, PROMOTE
from coccinelle_assets.definitions import build_defs
from coccinelle_assets.settings import load_settings
from coccinelle_assets_tests.command_line import environment
from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.sudden_death import tally
from coccinelle_assets_tests.whole_runs.oracle import PEOPLE, TABLES, TENANTS, Application

pytestmark = pytest.mark.fault
# HISTORIES=100 hunts for longer.
HISTORIES, STEPS = int(os.environ.get("HISTORIES", "12")), 14
KEPT = ("warehouse.duckdb", "plan.sqlite", "snapshot.sqlite", "promoted_state.json")
KEPT += ("state_at_snapshot.json", "database.json")
which = st.sampled_from([0, 1])
somebody = st.tuples(st.sampled_from(sorted(PEOPLE)), st.sampled_from(TENANTS))
Writes = list[tuple[str, str, str, bool]]
writes = st.lists(
    st.tuples(
        st.sampled_from(sorted(PEOPLE)),
        st.sampled_from(TENANTS),
        st.sampled_from(TABLES),
        st.booleans(),
    ),
    max_size=3,
)
seen: Counter[str] = Counter()


class WholeRuns(RuleBasedStateMachine):
    """`kept` are copies of a home's files from an older state."""

    @initialize(writes=writes)
    def start(self, writes: Writes) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="whole-runs-"))
        self.applications = [
            Application(AppDatabase(self.directory / name)) for name in ("a.db", "b.db")
        ]
        self.kept: dict[int, Path] = {}
        self.damaged: set[int] = set()
        for application in self.applications:
            application.write("a", "t1", "prospects")
            self._write(application, writes)

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            shutil.rmtree(self.directory)

    def _write(self, application: Application, writes: Writes) -> None:
        for person, tenant, table, erases in writes:
            if erases:
                application.erase(person, tenant)
            else:
                application.write(person, tenant, table)

    def _command(self, application: Application, *options: str) -> list[str]:
        command = [sys.executable, "-m", "coccinelle_assets.cli", "migrate"]
        return [*command, str(application.path), "--json", *options]

    def _migrate(
        self, application: Application, *options: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self._command(application, *options),
            env=environment() | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    @rule(number=which, writes=writes)
    def the_application_writes_and_erases(self, number: int, writes: Writes) -> None:
        self._write(self.applications[number], writes)

    @rule(
        number=which,
        options=st.sampled_from(
            [[], [], ["--dry-run"], ["--tenant", "t1"], ["--even-if-unchanged"]]
        ),
    )
    def a_command_runs(self, number: int, options: list[str]) -> None:
        application = self.applications[number]
        content, receipts = application.content(), application.receipts()
        if application.app.home.exists() and number not in self.kept:
            kept = self.directory / f"kept{number}"
            self.kept[number] = Path(shutil.copytree(application.app.home, kept))
        done = self._migrate(application, *options)
        if done.returncode == 1 and number in self.damaged:
            self._mend(number, done)
            done = self._migrate(application, *options)
        assert done.returncode == 0, done.stderr + done.stdout
        self.damaged.discard(number)
        answer = json.loads(done.stdout)
        if options == ["--dry-run"]:
            assert answer["status"] == "dry_run"
            assert application.content() == content
            seen["dry runs"] += 1
        else:
            new = [run for run in application.receipts() if run not in receipts]
            assert new in ([], [answer["run_id"]])
            assert new or application.content() == content or receipts
            application.assert_promoted(("t1",) if "--tenant" in options else TENANTS)
            seen["runs of the command line"] += 1
        self._check(application)

    def _mend(self, number: int, done: subprocess.CompletedProcess[str]) -> None:
        """An error that damage to the home caused names the file that has to go."""
        message = json.loads(done.stdout)["error"]
        home = self.applications[number].app.home
        named = [name for name in KEPT if str(home / name) in message]
        assert named, message
        for name in named:
            (home / name).unlink()
        seen["damaged files named"] += 1

    @rule(number=which, moment=st.floats(0, 1))
    def a_command_is_killed(self, number: int, moment: float) -> None:
        application = self.applications[number]
        content, receipts = application.content(), application.receipts()
        with subprocess.Popen(
            self._command(application),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            time.sleep(0.3 + 3 * moment)
            process.kill()
        new = [run for run in application.receipts() if run not in receipts]
        if new:
            application.assert_promoted()
        elif not any("customer" in line for line in set(application.content()) ^ set(content)):
            assert application.content() == content
        seen["killed runs"] += 1
        self._check(application)

    @rule(number=which)
    def a_gate_refuses(self, number: int) -> None:
        """A threshold that nothing passes, where there is anything to promote."""
        application = self.applications[number]
        if number in self.damaged or not application.has_customers:
            return
        content = application.content()
        options = ("--max-customer-drift", "0", "--even-if-unchanged")
        done = self._migrate(application, *options, COCCINELLE_DRIFT_TOLERANCE="0")
        if done.returncode == 3:
            assert application.content() == content
            assert json.loads(done.stdout)["refused_by"] == ["customer_drift"]
            seen["runs held by a gate"] += 1
        else:
            assert done.returncode == 0, done.stderr
            application.assert_promoted()
        self._check(application)

    @rule(number=which)
    def a_command_is_given_the_other_home(self, number: int) -> None:
        application, other = self.applications[number], self.applications[1 - number]
        if not (other.app.home / "database.json").exists():
            return
        contents = application.content(), other.content()
        done = self._migrate(application, "--home", str(other.app.home))
        assert done.returncode == 1
        error = json.loads(done.stdout)["error"]
        assert str(other.path.resolve()) in error
        assert str(application.path) in error
        assert (application.content(), other.content()) == contents
        seen["homes of another database refused"] += 1

    @rule(
        number=which,
        job=st.sampled_from([MIGRATE, MIGRATE, PROMOTE]),
        step=st.sampled_from(["snapshot", "contacts", "clusters", "customers", "links"]),
        meanwhile=writes,
        tenants=st.sampled_from([[], [], ["t1"]]),
    )
    def dagster_runs_while_the_application_writes(
        self, number: int, job: str, step: str, meanwhile: Writes, tenants: list[str]
    ) -> None:
        application = self.applications[number]
        written = []

        def write(context: dg.HookContext) -> None:
            if context.op.name == step and not written:
                written.append(step)
                self._write(application, meanwhile)

        hook: Callable[..., object] = dg.success_hook(name="meanwhile")(write)
        run_config: dict[str, object] = {"loggers": {"progress": {}}}
        if job == MIGRATE:
            run_config["ops"] = {"snapshot": {"config": {"tenants": tenants}}}
        definitions = build_defs(load_settings(database=application.path))
        result = (
            definitions.resolve_job_def(job)
            .with_hooks({hook})  # type: ignore[arg-type]
            .execute_in_process(raise_on_error=False, run_config=run_config)
        )
        if result.success and job == MIGRATE and not meanwhile:
            application.assert_promoted(tuple(tenants) or TENANTS)
        if not result.success and job == MIGRATE:
            assert number in self.damaged, [
                event.step_failure_data for event in result.all_events if event.is_step_failure
            ]
        seen[f"runs of Dagster ({job})"] += 1
        self._check(application)

    @rule(number=which, name=st.sampled_from(KEPT), way=st.sampled_from(["delete", "cut", "empty"]))
    def a_file_of_the_home_is_damaged(self, number: int, name: str, way: str) -> None:
        path = self.applications[number].app.home / name
        if not path.exists():
            return
        if way == "delete":
            path.unlink()
        else:
            os.truncate(path, path.stat().st_size // 2 if way == "cut" else 0)
        self.damaged.add(number)
        seen["files damaged"] += 1

    @rule(number=which)
    def an_older_home_is_put_back(self, number: int) -> None:
        if number not in self.kept:
            return
        home = self.applications[number].app.home
        shutil.rmtree(home)
        shutil.copytree(self.kept[number], home)
        seen["older homes put back"] += 1

    @rule(number=which)
    def the_clock_was_wrong(self, number: int) -> None:
        """A backup that was made while the clock was years ahead."""
        backups = sorted((self.applications[number].app.home / "backups").glob("*.sqlite"))
        if backups:
            rest = backups[-1].name.partition("-")[2]
            backups[-1].rename(backups[-1].with_name(f"20990101T000000000000Z-{rest}"))
            seen["clocks set back"] += 1

    def _check(self, application: Application) -> None:
        application.assert_nobody_is_back()
        application.assert_whole()


def test_whatever_happens_between_steps_the_promoted_is_what_one_run_would_promote(
    record_property: Callable[[str, object], None],
) -> None:
    run_state_machine_as_test(
        WholeRuns,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=STEPS,
            deadline=None,
            # A history takes half a minute: one that fails is told as it is.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert seen["runs of the command line"] > 0
    assert seen["killed runs"] > 0
    record_property("figure", tally("whole runs at random", dict(sorted(seen.items()))))


@pytest.mark.parametrize("name", ["warehouse.duckdb", "database.json", "promoted_state.json"])
@pytest.mark.parametrize("way", ["cut", "empty"])
def test_each_interference_once(name: str, way: str) -> None:
    """What a history at random may leave out: a held run, an older home, damage that is named."""
    before = seen.copy()
    runs = WholeRuns()
    runs.start(writes=[])
    try:
        runs.a_command_runs(number=0, options=[])
        runs.the_application_writes_and_erases(number=0, writes=[("b", "t1", "prospects", False)])
        runs.a_gate_refuses(number=0)
        runs.a_command_runs(number=0, options=[])
        runs.a_file_of_the_home_is_damaged(number=0, name=name, way=way)
        runs.a_command_runs(number=0, options=["--even-if-unchanged"])
        runs.the_application_writes_and_erases(number=0, writes=[("b", "t1", "prospects", True)])
        runs.an_older_home_is_put_back(number=0)
        runs.the_clock_was_wrong(number=0)
        runs.a_command_runs(number=0, options=[])
        runs.a_command_runs(number=1, options=[])
        runs.a_command_is_given_the_other_home(number=0)
    finally:
        runs.teardown()
    happened = {what for what, times in (seen - before).items() if times}
    assert happened >= {
        "runs held by a gate",
        "files damaged",
        "older homes put back",
        "clocks set back",
        "homes of another database refused",
    }
