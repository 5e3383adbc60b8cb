"""deploy/ on a real PostgreSQL: ticks fire, alerts go out, a promotion lands, sudden death.

The tests are one story, told in order: a deployment takes a minute to get going.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.deployment.postgresql import PostgreSQL
from coccinelle_assets_tests.deployment.processes import DEPLOY, Deployment, wait_for
from coccinelle_assets_tests.services import HttpEndpoint

pytestmark = pytest.mark.deployment
EVERY_MINUTE = "* * * * *"


class Story:
    """A deployment whose migration and verification run every minute."""

    def __init__(self, directory: Path) -> None:
        self.app = AppDatabase(directory / "app.db")
        self.app.prospect(first_name="Jean", last_name="Dupont", email="jean@ex.fr")
        self.app.appointment(customer_email="jean@ex.fr")
        self.endpoint = HttpEndpoint()
        self.postgresql = PostgreSQL()
        self.variables = {
            "DAGSTER_PG_URL": self.postgresql.url,
            "COCCINELLE_DATABASE": str(self.app.path),
            "COCCINELLE_HOME": str(directory / "home"),
            "COCCINELLE_ALERT_URLS": self.endpoint.url,
            "COCCINELLE_MIGRATION_SCHEDULED": "true",
            "COCCINELLE_MIGRATION_CRON": EVERY_MINUTE,
            "COCCINELLE_VERIFICATION_CRON": EVERY_MINUTE,
            "COCCINELLE_BUSY_TIMEOUT_SECONDS": "120",
        }
        self.deployment = Deployment(directory, self.variables)

    def start(self) -> None:
        for unit in ("code", "webserver", "daemon"):
            self.deployment.start(unit)
        wait_for(self.deployment.is_up, "the webserver and the code location")
        self.instance = dg.DagsterInstance.from_config(str(self.deployment.home))

    def runs(self, job: str, *statuses: dg.DagsterRunStatus) -> list[dg.RunRecord]:
        filters = dg.RunsFilter(job_name=job, statuses=statuses or None)
        return list(self.instance.get_run_records(filters))

    def failed_evaluations(self) -> set[tuple[str, str]]:
        """Every (check, run) that failed so far, as the instance has it."""
        from coccinelle_assets.definitions import build_defs
        from coccinelle_assets.settings import load_settings

        graph = build_defs(load_settings()).resolve_asset_graph()
        history = self.instance.event_log_storage.get_asset_check_execution_history
        return {
            (f"{key.asset_key.to_user_string()} {key.name}", row.run_id)
            for key in graph.asset_check_keys
            for row in history(key, limit=1000)
            if row.status.value == "FAILED"
        }

    def told(self, kind: str) -> Counter[tuple[str, str]]:
        """How often each (subject, run) was told."""
        found: Counter[tuple[str, str]] = Counter()
        for message in self.endpoint.messages:
            for paragraph in message["message"].split("\n\n"):
                first, *_, last = paragraph.splitlines()
                if first.startswith(kind):
                    found[first.partition(": ")[2], last.rpartition("/")[2]] += 1
        return found

    def stop(self) -> None:
        self.deployment.stop()
        self.postgresql.stop()
        self.endpoint.stop()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with pytest.MonkeyPatch.context() as patch:
        story = Story(tmp_path_factory.mktemp("deployment"))
        for name, value in story.variables.items():
            patch.setenv(name, value)
        try:
            story.start()
            yield story
        finally:
            story.stop()


def test_a_schedule_tick_fires_and_a_promotion_lands(story: Story) -> None:
    wait_for(lambda: story.runs("migrate_customers"), "a scheduled run")
    wait_for(
        lambda: story.app.rows("SELECT 1 FROM sqlite_master WHERE name = 'customers'"),
        "the customers table",
    )
    (customer,) = wait_for(story.app.customers, "a promoted customer")
    assert customer["email"] == "jean@ex.fr"
    assert story.app.links()["a2"] == customer["id"]
    success = dg.DagsterRunStatus.SUCCESS
    wait_for(lambda: story.runs("verify_live_customers", success), "a verification")


def test_a_night_without_news_is_skipped(story: Story) -> None:
    def skipped() -> bool:
        query = """{ scheduleOrError(scheduleSelector: {repositoryName: "__repository__",
            repositoryLocationName: "coccinelle_assets", scheduleName: "nightly_migration"})
            { ... on Schedule { scheduleState { ticks(limit: 20) { status skipReason } } } } }"""
        ticks = story.deployment.graphql(query)["data"]["scheduleOrError"]["scheduleState"]["ticks"]
        return any("all of it was promoted" in (tick["skipReason"] or "") for tick in ticks)

    wait_for(skipped, "a skipped tick")


def test_failed_checks_are_told_once_each_though_service_and_daemon_die(story: Story) -> None:
    """The service goes down, a check fails, the daemon is killed, both come back."""
    assert story.told("FAILED") == Counter()
    story.endpoint.stop()
    story.app.execute("UPDATE customers SET tenant_id = 'gone'")
    wait_for(story.failed_evaluations, "a failed check")
    time.sleep(40)  # Longer than a sensor's interval: a tick has tried, and failed.
    story.deployment.kill("daemon")
    while_dead = story.failed_evaluations()
    story.endpoint.start()
    story.deployment.start("daemon")
    wait_for(lambda: set(story.told("FAILED")) >= while_dead, "what happened meanwhile")
    # Killed again, whatever it is doing, while it has somebody to tell.
    for pause in (7, 13):
        time.sleep(pause)
        story.deployment.kill("daemon")
        story.deployment.start("daemon")
    story.app.execute("UPDATE customers SET tenant_id = 't1'")
    wait_for(lambda: story.told("PASSES AGAIN"), "the recovery", 240)
    failed = story.failed_evaluations()
    wait_for(lambda: set(story.told("FAILED")) >= failed, "the last failed check")
    assert story.told("FAILED") == Counter(failed)


def test_no_tick_started_two_runs(story: Story) -> None:
    for job in ("migrate_customers", "verify_live_customers"):
        keys = [record.dagster_run.tags["dagster/run_key"] for record in story.runs(job)]
        assert len(keys) == len(set(keys)) > 1


def test_a_killed_run_is_told_and_frees_its_place_and_the_next_one_promotes(story: Story) -> None:
    """Another program holds the write lock, so that the promotion waits for it."""
    lock = story.app.connect()
    lock.execute("BEGIN IMMEDIATE")
    lock.execute("INSERT INTO prospects (id, tenant_id, email) VALUES ('new', 't1', 'new@ex.fr')")
    lock.commit()
    lock.execute("BEGIN IMMEDIATE")
    started = dg.DagsterRunStatus.STARTED

    def waiting() -> dg.RunRecord | None:
        for record in story.runs("migrate_customers", started):
            logs = story.instance.all_logs(
                record.dagster_run.run_id, of_type=dg.DagsterEventType.STEP_START
            )
            if any(entry.step_key == "promotion" for entry in logs):
                return record
        return None

    run_id = wait_for(waiting, "a promotion that waits").dagster_run.run_id
    events = story.instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_START)
    pid = events[-1].dagster_event.pid
    os.kill(pid, signal.SIGKILL)
    lock.rollback()
    lock.close()
    failed = dg.DagsterRunStatus.FAILURE
    wait_for(lambda: story.instance.get_run_by_id(run_id).status == failed, "the run's end", 60)
    wait_for(lambda: story.told("CRASHED"), "the crash alert")
    assert story.told("CRASHED") == Counter({("job migrate_customers", run_id): 1})
    wait_for(lambda: len(story.app.customers()) == 2, "the next promotion")


def test_the_webserver_listens_on_the_loopback_address_only(story: Story) -> None:
    port = story.deployment.ports["3000"]
    listening = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
    addresses = {line.split()[3] for line in listening.splitlines() if f":{port} " in line}
    assert addresses == {f"127.0.0.1:{port}"}


def test_the_read_only_webserver_shows_everything_and_refuses_to_change_it(story: Story) -> None:
    story.deployment.start("webserver-read-only")
    wait_for(lambda: story.deployment.is_up("3001"), "the read-only webserver")
    launch = """mutation { launchRun(executionParams: {mode: "default", runConfigData: {},
        selector: {repositoryLocationName: "coccinelle_assets", repositoryName: "__repository__",
        jobName: "audit_customers"}}) { __typename } }"""
    refused = story.deployment.graphql(launch, "3001")
    assert refused["data"]["launchRun"]["__typename"] == "UnauthorizedError"
    assert story.runs("audit_customers") == []
    taken = story.deployment.graphql(launch)
    assert taken["data"]["launchRun"]["__typename"] == "LaunchRunSuccess"
    wait_for(lambda: story.runs("audit_customers", dg.DagsterRunStatus.SUCCESS), "the audit")


def test_the_units_are_valid(tmp_path: Path) -> None:
    verifier = shutil.which("systemd-analyze")
    assert verifier, "systemd-analyze is needed"
    for unit in (DEPLOY / "systemd").glob("*.service"):
        text = unit.read_text(encoding="utf-8")
        text = text.replace("/opt/coccinelle/bin", str(Path(sys.executable).parent))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    units = [str(path) for path in sorted(tmp_path.glob("*.service"))]
    assert len(units) == 4
    done = subprocess.run(
        [verifier, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    problems = [line for line in done.stderr.splitlines() if "coccinelle" in line]
    assert done.returncode == 0, done.stderr
    assert problems == []
