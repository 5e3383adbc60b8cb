"""`coccinelle alerts test`: whether alerts would reach anybody."""

from __future__ import annotations

import typer

from coccinelle_assets.cli.base import AsJson, app, print_json, with_clear_errors
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.settings import load_settings

alerts = typer.Typer(no_args_is_help=True, help="The alerts that the sensors send.")
app.add_typer(alerts, name="alerts")


@alerts.command("test")
@with_clear_errors
def send_test(as_json: AsJson = False) -> None:
    """Send a try-out to every address in COCCINELLE_ALERT_URLS.

    Exit code 1 when none is set, or one does not take the message.
    """
    from coccinelle_assets.automation.alerts.format import Message
    from coccinelle_assets.automation.alerts.send import channels, try_out
    from coccinelle_assets.cli import terminal

    settings = load_settings()
    targets = channels(settings)
    if not targets:
        raise CoccinelleError(
            "nobody would be told: set COCCINELLE_ALERT_URLS to Apprise addresses, "
            "separated by commas"
        )
    body = f"This is a try-out. Alerts come here, with links to {settings.ui_url}."
    try_out(targets, Message("coccinelle: a try-out of the alerts", body, failure=False))
    if as_json:
        print_json({"sent": [channel.name for channel in targets]})
        return
    for channel in targets:
        terminal.say(f"Sent: {channel.name}")
