"""From alerts to one message that says what, how bad, where, and where to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from coccinelle_assets.automation.alerts.alert import Alert, Kind

# More than this is read in the UI; a service may refuse a message of any length.
MAX_ALERTS = 30


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: plain text; `failure` where something is wrong, else all is mended."""

    title: str
    body: str
    failure: bool


def format_message(alerts: Sequence[Alert], database: str, ui_url: str) -> Message:
    """One message for one or more alerts about a database, links to its runs in the UI."""
    counts = {kind: sum(alert.kind == kind for alert in alerts) for kind in Kind}
    named = ", ".join(f"{count} {kind.lower()}" for kind, count in counts.items() if count)
    shown = [_paragraph(alert, ui_url) for alert in alerts[-MAX_ALERTS:]]
    if len(alerts) > MAX_ALERTS:
        shown.insert(0, f"{len(alerts) - MAX_ALERTS} earlier ones are in the UI: {ui_url}/runs")
    return Message(
        title=f"coccinelle {database}: {named}",
        body="\n\n".join(shown),
        failure=any(not alert.kind.is_good for alert in alerts),
    )


def _paragraph(alert: Alert, ui_url: str) -> str:
    severity = "" if alert.kind.is_good else f" ({alert.severity})"
    moment = datetime.fromtimestamp(alert.at, UTC)
    lines = [f"{alert.kind}{severity}: {alert.subject}", f"{moment:%F %T} UTC", *alert.details]
    if alert.run_id:
        lines.append(f"{ui_url.rstrip('/')}/runs/{alert.run_id}")
    return "\n".join(lines)
