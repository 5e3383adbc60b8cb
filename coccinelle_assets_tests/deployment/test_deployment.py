"""deploy/ on a real PostgreSQL: ticks fire, alerts go out, a promotion lands, sudden death.

The tests are one story, told in order.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import dagster as dg
import pytest

from coccinelle_assets_tests.deployment.conftest import Story
from coccinelle_assets_tests.deployment.processes import DEPLOY, LAUNCH, wait_for

pytestmark = pytest.mark.deployment


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


def test_the_webservers_listen_on_the_loopback_address_only(story: Story) -> None:
    ports = [story.deployment.ports[port] for port in ("3000", "3001")]
    listening = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
    addresses = {line.split()[3] for line in listening.splitlines()}
    ours = {address for address in addresses if int(address.rpartition(":")[2]) in ports}
    assert ours == {f"127.0.0.1:{port}" for port in ports}


def test_the_default_webserver_shows_everything_and_refuses_to_change_it(story: Story) -> None:
    refused = story.deployment.graphql(LAUNCH, "3000")
    assert refused["data"]["launchRun"]["__typename"] == "UnauthorizedError"
    assert story.runs("audit_customers") == []
    taken = story.deployment.graphql(LAUNCH, "3001")
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
    assert len(units) == 5
    done = subprocess.run(
        [verifier, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    problems = [line for line in done.stderr.splitlines() if "coccinelle" in line]
    assert done.returncode == 0, done.stderr
    assert problems == []
