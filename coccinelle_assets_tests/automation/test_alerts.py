"""Alerts reach real servers: at least once, once per evaluation, outages and old history or not."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from coccinelle_assets.automation.alerts.collect_checks import MAX_BACKLOG
from coccinelle_assets.automation.alerts.format import MAX_ALERTS
from coccinelle_assets.automation.alerts.send import AlertNotSentError
from coccinelle_assets.automation.sensors import build_sensors
from coccinelle_assets.definitions import build_resources
from coccinelle_assets.local_runs.instance import open_instance
from coccinelle_assets.settings import Settings, load_settings
from coccinelle_assets_tests.command_line import coccinelle_here
from coccinelle_assets_tests.services import HttpEndpoint, MailServer

PHONE, EMAIL = "+33611478293", "jean.dupont@ex.fr"


@pytest.fixture
def endpoint() -> Iterator[HttpEndpoint]:
    endpoint = HttpEndpoint()
    yield endpoint
    endpoint.stop()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


class Checked:
    """One asset with one check, an instance that holds its history, and the sensors."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.result: dg.AssetCheckResult | Exception = dg.AssetCheckResult(passed=True)
        self.meanwhile: Callable[[], None] = lambda: None

        @dg.asset
        def customers() -> None: ...

        @dg.asset_check(asset=customers)
        def unique() -> dg.AssetCheckResult:
            self.meanwhile()
            if isinstance(self.result, Exception):
                raise self.result
            return self.result

        job = dg.define_asset_job("check", dg.AssetSelection.checks(unique))
        self.definitions = dg.Definitions(assets=[customers], asset_checks=[unique], jobs=[job])
        self.job = self.definitions.resolve_job_def("check")

    def check(
        self, *, passed: bool = False, severity: str = "ERROR", times: int = 1, **metadata: object
    ) -> str:
        """Evaluate the check with a result; returns the run's id."""
        self.result = dg.AssetCheckResult(
            passed=passed, severity=dg.AssetCheckSeverity(severity), metadata=metadata
        )
        for _ in range(times):
            run_id = self.run()
        return run_id

    def run(self) -> str:
        result = self.job.execute_in_process(instance=self.instance, raise_on_error=False)
        return result.run_id

    def tick(self, settings: Settings, name: str = "check_alerts") -> str | None:
        """Evaluate a sensor as the daemon does; returns what the tick says."""
        sensor = next(sensor for sensor in build_sensors(settings) if sensor.name == name)
        resources = {}
        if name == "dead_man_alerts":
            built = build_resources(settings)._asdict()
            resources = {
                key: built[key] for key in ("live_database", "identity_rules", "gate_thresholds")
            }
        with dg.build_sensor_context(
            instance=self.instance,
            repository_def=self.definitions.get_repository_def(),
            sensor_name=name,
            resources=resources,
        ) as context:
            return sensor.evaluate_tick(context).skip_message


@pytest.fixture
def checked() -> Iterator[Checked]:
    """In memory, which takes a tenth of the time."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield Checked(instance)


@pytest.fixture
def home(tmp_path: Path, run_history: Path) -> Path:
    """A Dagster home on the disk, as the command line makes it."""
    return Path(shutil.copytree(run_history, tmp_path / "dagster"))


def alerting(*services: HttpEndpoint | MailServer, **overrides: object) -> Settings:
    urls = ", ".join(service.url for service in services)
    return load_settings(alert_urls=urls, database=Path("app.db"), **overrides)


def test_an_alert_says_check_severity_figures_tenants_and_where_to_look(
    checked: Checked, endpoint: HttpEndpoint, mail: MailServer
) -> None:
    settings = alerting(endpoint, mail, ui_url="https://dagster.example.test/")
    checked.tick(settings)
    sample = [dg.TableRecord({"tenant_id": tenant, "email": EMAIL}) for tenant in ("t1", "t2")]
    run_id = checked.check(offenders=2, sample=dg.MetadataValue.table(sample))
    assert checked.tick(settings) == "2 messages sent."
    (message,) = endpoint.messages
    assert message["title"] == "coccinelle app.db: 1 failed"
    assert message["type"] == "failure"
    for text in (
        "FAILED (ERROR): customers unique",
        "offenders 2",
        "tenants in the sample: t1, t2",
        f"https://dagster.example.test/runs/{run_id}",
    ):
        assert text in message["message"]
    (letter,) = mail.messages
    assert letter["to"] == "oncall@coccinelle.test"
    assert "1 failed" in letter["subject"]
    assert run_id in letter.get_body(("plain", "html")).get_content()


def test_warnings_are_told_once_per_evaluation_and_passing_again_is_told_once(
    checked: Checked, endpoint: HttpEndpoint
) -> None:
    settings = alerting(endpoint)
    checked.tick(settings)
    checked.check(severity="WARN")
    checked.tick(settings)
    assert checked.tick(settings) == "Nothing new."
    checked.check(severity="WARN")
    checked.tick(settings)
    checked.check(passed=True)
    checked.tick(settings)
    checked.check(passed=True)
    checked.tick(settings)
    titles = [message["title"].partition(": ")[2] for message in endpoint.messages]
    assert titles == ["1 failed", "1 failed", "1 passes again"]
    assert "FAILED (WARN): customers unique" in endpoint.messages[0]["message"]
    assert endpoint.messages[-1]["type"] == "success"


def test_a_check_that_fails_and_passes_between_two_looks_is_told_in_order(
    checked: Checked, endpoint: HttpEndpoint
) -> None:
    settings = alerting(endpoint)
    checked.tick(settings)
    checked.check()
    checked.check(passed=True)
    checked.tick(settings)
    (message,) = endpoint.messages
    assert message["title"].endswith("1 failed, 1 passes again")
    assert message["message"].index("FAILED") < message["message"].index("PASSES AGAIN")


def test_the_first_look_tells_nothing_of_what_was_before(
    checked: Checked, endpoint: HttpEndpoint
) -> None:
    checked.check(times=3)
    settings = alerting(endpoint)
    assert checked.tick(settings) == "Nothing new."
    checked.check(passed=True)
    assert checked.tick(settings) == "Nothing new."
    assert endpoint.messages == []


def test_what_happens_while_the_service_is_down_is_told_when_it_is_up_again(
    checked: Checked, endpoint: HttpEndpoint
) -> None:
    settings = alerting(endpoint)
    checked.tick(settings)
    endpoint.stop()
    first = checked.check()
    with pytest.raises(AlertNotSentError, match="1 alerts wait"):
        checked.tick(settings)
    second = checked.check(severity="WARN")
    with pytest.raises(AlertNotSentError, match="2 alerts wait"):
        checked.tick(settings)
    endpoint.start()
    endpoint.status = 503
    with pytest.raises(AlertNotSentError, match="503"):
        checked.tick(settings)
    endpoint.status = 200
    assert checked.tick(settings) == "1 messages sent."
    assert checked.tick(settings) == "Nothing new."
    (message,) = endpoint.messages
    assert message["title"].endswith("2 failed")
    assert message["message"].count(first) == 1
    assert message["message"].count(second) == 1


def test_a_service_that_is_down_does_not_make_another_hear_twice(
    checked: Checked, endpoint: HttpEndpoint, mail: MailServer
) -> None:
    settings = alerting(endpoint, mail)
    checked.tick(settings)
    endpoint.stop()
    checked.check()
    for _ in range(3):
        with pytest.raises(AlertNotSentError, match=r"127\.0\.0\.1"):
            checked.tick(settings)
    assert len(mail.messages) == 1
    endpoint.start()
    checked.tick(settings)
    assert len(endpoint.messages) == len(mail.messages) == 1


def test_the_daemon_sees_runs_of_the_command_line_and_dying_sends_nothing_twice(
    home: Path, endpoint: HttpEndpoint
) -> None:
    """No tick is given the cursor of the one before, as if the daemon had died each time."""
    settings = alerting(endpoint)
    with dg.DagsterInstance.from_config(str(home)) as daemon:
        Checked(daemon).tick(settings)
    with open_instance(home) as command_line:
        run_id = Checked(command_line).check()
    for said in ("1 messages sent.", "Nothing new."):
        with dg.DagsterInstance.from_config(str(home)) as daemon:
            assert Checked(daemon).tick(settings) == said
    (message,) = endpoint.messages
    assert run_id in message["message"]


def test_a_run_that_began_before_the_first_look_and_ends_later_is_told(
    checked: Checked, endpoint: HttpEndpoint
) -> None:
    settings = alerting(endpoint)

    def overtaken() -> None:
        """A later evaluation of the check, and a look at it, while the run is under way."""
        later = dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey("customers"),
            check_name="unique",
            passed=True,
            metadata={},
            severity=dg.AssetCheckSeverity.ERROR,
        )
        checked.instance.report_runless_asset_event(later)
        assert checked.tick(settings) == "Nothing new."

    checked.meanwhile = overtaken
    run_id = checked.check()
    assert checked.tick(settings) == "1 messages sent."
    assert run_id in endpoint.text


def test_a_long_outage_leaves_one_bounded_message(
    checked: Checked, endpoint: HttpEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coccinelle_assets.automation.alerts.collect_checks.MAX_BACKLOG", 4)
    monkeypatch.setattr("coccinelle_assets.automation.alerts.format.MAX_ALERTS", 3)
    settings = alerting(endpoint)
    checked.tick(settings)
    checked.check(times=6)
    assert checked.tick(settings) == "1 messages sent."
    (message,) = endpoint.messages
    assert "2 earlier ones are in the UI" in message["message"]
    assert message["message"].count("/runs/") == 3
    assert checked.tick(settings) == "Nothing new."
    assert (MAX_BACKLOG, MAX_ALERTS) == (200, 30)


def test_a_crash_is_told_once_without_the_values_in_its_error(
    checked: Checked, endpoint: HttpEndpoint
) -> None:
    settings = alerting(endpoint)
    name = "run_failure_alerts"
    checked.tick(settings, name)
    endpoint.stop()
    checked.result = ValueError(f"cannot read {EMAIL}")
    crashed = checked.run()
    with pytest.raises(AlertNotSentError):
        checked.tick(settings, name)
    checked.result = dg.Failure(f"customer of {EMAIL}, {PHONE} cannot be read")
    described = checked.run()
    endpoint.start()
    checked.tick(settings, name)
    checked.tick(settings, name)
    (message,) = endpoint.messages
    assert message["title"].endswith("2 crashed")
    assert crashed in message["message"]
    assert described in message["message"]
    assert "ValueError, see the run" in message["message"]
    assert "j***@ex.fr, +33***93" in message["message"]
    assert EMAIL not in endpoint.text
    assert PHONE not in endpoint.text


def test_a_run_that_a_gate_held_is_told_of_by_its_check_alone(
    checked: Checked, endpoint: HttpEndpoint
) -> None:

    @dg.asset
    def source() -> None: ...

    @dg.asset_check(asset=source, blocking=True)
    def gate() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False)

    checked.definitions = dg.Definitions(assets=[source], asset_checks=[gate])
    checked.job = checked.definitions.resolve_implicit_global_asset_job_def()
    settings = alerting(endpoint)
    for name in ("check_alerts", "run_failure_alerts"):
        checked.tick(settings, name)
    checked.run()
    for name in ("check_alerts", "run_failure_alerts"):
        checked.tick(settings, name)
    (message,) = endpoint.messages
    assert "FAILED (ERROR): source gate" in message["message"]
    assert "The promotion was held." in message["message"]


def test_silence_is_told_once_and_so_is_its_end(
    checked: Checked, endpoint: HttpEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = alerting(endpoint, dead_man_hours=2)
    name = "dead_man_alerts"
    monkeypatch.setattr("coccinelle_assets.automation.sensors.VERIFY", "check")
    began = time.time()

    def tick_after(hours: float) -> str | None:
        clock = began + hours * 3600
        with monkeypatch.context() as patch:
            patch.setattr("coccinelle_assets.automation.sensors.time.time", lambda: clock)
            return checked.tick(settings, name)

    assert tick_after(0) == "Nothing new."
    checked.check(passed=True)
    assert tick_after(1.9) == "Nothing new."
    assert tick_after(2.1) == "1 messages sent."
    assert tick_after(3) == "Nothing new."
    checked.check(passed=True)
    assert tick_after(1) == "1 messages sent."
    texts = [message["message"] for message in endpoint.messages]
    assert texts[0].startswith("SILENT (ERROR): verification")
    assert "None succeeded in the last 2 hours; the last one at" in texts[0]
    assert texts[1].startswith("HEARD AGAIN: verification")


def test_sensors_run_only_where_there_is_somebody_to_tell(endpoint: HttpEndpoint) -> None:
    running = dg.DefaultSensorStatus.RUNNING
    assert {s.name for s in build_sensors(load_settings()) if s.default_status == running} == set()
    told = {s.name for s in build_sensors(alerting(endpoint)) if s.default_status == running}
    assert told == {"check_alerts", "run_failure_alerts", "dead_man_alerts"}
    never = build_sensors(alerting(endpoint, dead_man_hours=0))
    assert {s.name for s in never if s.default_status == running} == told - {"dead_man_alerts"}


def test_alerts_test_sends_a_try_out_to_every_address(
    endpoint: HttpEndpoint, mail: MailServer
) -> None:
    urls = f"{endpoint.url},{mail.url}"
    done = coccinelle_here("alerts", "test", "--json", COCCINELLE_ALERT_URLS=urls)
    assert done.returncode == 0, done.stderr
    assert len(done.json["sent"]) == 2
    assert "try-out" in endpoint.messages[0]["title"]
    assert "try-out" in mail.messages[0]["subject"]


def test_alerts_test_without_an_address_or_with_a_wrong_one_is_one_clear_error() -> None:
    nobody = coccinelle_here("alerts", "test")
    assert nobody.returncode == 1
    assert "set COCCINELLE_ALERT_URLS" in nobody.stderr
    wrong = coccinelle_here("alerts", "test", COCCINELLE_ALERT_URLS="json://ok.test,nonsense://x")
    assert wrong.returncode == 1
    assert "COCCINELLE_ALERT_URLS): address 2 is none that Apprise knows" in wrong.stderr
    assert "nonsense" not in wrong.stderr


def test_alerts_test_names_the_service_that_does_not_answer_but_not_its_secrets(
    endpoint: HttpEndpoint, mail: MailServer
) -> None:
    endpoint.stop()
    secret = endpoint.url.replace("//", "//user:hunter2@")
    urls = f"{secret},{mail.url}"
    done = coccinelle_here("alerts", "test", COCCINELLE_ALERT_URLS=urls)
    assert done.returncode == 1
    assert f"127.0.0.1:{endpoint.port}" in done.stderr
    assert "hunter2" not in done.stderr
    assert len(mail.messages) == 1
