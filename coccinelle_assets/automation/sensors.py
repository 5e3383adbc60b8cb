"""The sensors: asset-check alerts, crashes, silence. They send; they start nothing."""

import time

import dagster as dg

from coccinelle_assets.automation.alerts.alert import Alert
from coccinelle_assets.automation.alerts.collect_checks import collect_checks
from coccinelle_assets.automation.alerts.collect_failures import collect_failures
from coccinelle_assets.automation.alerts.collect_silence import collect_silence
from coccinelle_assets.automation.alerts.format import format_message
from coccinelle_assets.automation.alerts.send import Collect, State, channels, deliver
from coccinelle_assets.automation.jobs import MIGRATE, PROMOTE, VERIFY
from coccinelle_assets.resources.live_database import LiveDatabase
from coccinelle_assets.resources.rules import (
    GateThresholdsResource,
    IdentityRulesResource,
    rules_text,
)
from coccinelle_assets.settings import Settings

LOOK_EVERY_SECONDS = 30
LISTEN_EVERY_SECONDS = 300


def build_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """The sensors, RUNNING where there is somebody to tell."""
    told = _status(bool(settings.alert_urls.get_secret_value()))

    @dg.sensor(
        minimum_interval_seconds=LOOK_EVERY_SECONDS,
        default_status=told,
        description="Tells of checks that fail, warn or pass again, whatever started their run.",
    )
    def check_alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        assert context.repository_def is not None
        keys = sorted(context.repository_def.asset_graph.asset_check_keys)
        now = time.time()
        return _tell(
            context, settings, lambda state: collect_checks(context.instance, keys, state, now)
        )

    @dg.sensor(
        minimum_interval_seconds=LOOK_EVERY_SECONDS,
        default_status=told,
        description="Tells of runs that crashed, of any code location.",
    )
    def run_failure_alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        now = time.time()
        return _tell(
            context, settings, lambda state: collect_failures(context.instance, state, now)
        )

    @dg.sensor(
        minimum_interval_seconds=LISTEN_EVERY_SECONDS,
        default_status=told if settings.dead_man_hours else _status(False),
        description="Tells when no scheduled promotion or verification succeeds for too long.",
    )
    def dead_man_alerts(
        context: dg.SensorEvaluationContext,
        live_database: LiveDatabase,
        identity_rules: IdentityRulesResource,
        gate_thresholds: GateThresholdsResource,
    ) -> dg.SkipReason:
        expected: dict[str, tuple[str, ...]] = {}
        # Nights in which there is nothing to promote are skipped, and nothing is wrong with that.
        rules = rules_text(identity_rules, gate_thresholds, ())
        if settings.migration_scheduled and not live_database.is_clean(rules):
            expected["promotion"] = (MIGRATE, PROMOTE)
        if settings.verification_scheduled:
            expected["verification"] = (VERIFY,)
        hours, now = settings.dead_man_hours, time.time()

        def collect(state: State | None) -> tuple[list[Alert], State]:
            return collect_silence(context.instance, expected, hours, state, now)

        return _tell(context, settings, collect)

    return [check_alerts, run_failure_alerts, dead_man_alerts]


def _tell(
    context: dg.SensorEvaluationContext, settings: Settings, collect: Collect
) -> dg.SkipReason:
    """Deliver what is new; the tick shows how many messages went out, or fails."""
    targets = channels(settings)
    if not targets:
        return dg.SkipReason("Nobody to tell: set COCCINELLE_ALERT_URLS.")
    sent = deliver(
        context.instance,
        context.sensor_name,
        targets,
        collect,
        lambda alerts: format_message(alerts, settings.database.name, settings.ui_url),
    )
    return dg.SkipReason(f"{sent} messages sent." if sent else "Nothing new.")


def _status(running: bool) -> dg.DefaultSensorStatus:
    return dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED
