"""A deployment that is up for all of these tests: it takes a minute to get going."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from coccinelle_assets_tests.databases import AppDatabase
from coccinelle_assets_tests.deployment.postgresql import PostgreSQL
from coccinelle_assets_tests.deployment.processes import Deployment, wait_for
from coccinelle_assets_tests.services import HttpEndpoint

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
        for unit in ("code", "webserver", "webserver-operator", "daemon"):
            self.deployment.start(unit)
        for port in ("3000", "3001"):
            wait_for(lambda port=port: self.deployment.is_up(port), "webserver and code location")
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


@pytest.fixture(scope="package")
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
