"""Sending a message through Apprise, and remembering for each channel what it was told."""

import hashlib
import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import dagster as dg

from coccinelle_assets.automation.alerts.alert import Alert
from coccinelle_assets.automation.alerts.format import Message
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.settings import AlertOptions

if TYPE_CHECKING:
    import apprise

State = dict[str, Any]
Collect = Callable[[State | None], tuple[list[Alert], State]]
# Shorter parts of an address are words such as json or a port.
SECRET_LENGTH = 6


class AlertNotSentError(CoccinelleError):
    """A service did not take a message; what it was to be told is kept for the next time."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One service that alerts go to; `name` tells which without a secret of its address.

    `secrets` are the parts of its address that nobody may read in a log.
    """

    id: str
    name: str
    service: "apprise.NotifyBase"
    secrets: tuple[str, ...] = ()

    def send(self, message: Message) -> None:
        """Send a message; raises AlertNotSentError when the service does not take it."""
        import apprise

        kind = apprise.NotifyType.FAILURE if message.failure else apprise.NotifyType.SUCCESS
        with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:
            sent = self.service.notify(body=message.body, title=message.title, notify_type=kind)
            problem = log.getvalue().strip() or "it did not take the message"
        if not sent:
            for secret in self.secrets:
                problem = problem.replace(secret, "***")
            raise AlertNotSentError(f"{self.name}: {' '.join(problem.split())}")


def channels(options: AlertOptions) -> list[Channel]:
    """The channels of the setting alert_urls; raises CoccinelleError for one that is none."""
    text = options.alert_urls.get_secret_value()
    if not text:
        return []
    # Apprise takes a third of a second to import: only those who send wait for it.
    import apprise
    from apprise.utils.parse import parse_urls

    found = []
    for number, url in enumerate(parse_urls(text), start=1):
        service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
        if service is None:
            raise CoccinelleError(
                f"setting alert_urls (COCCINELLE_ALERT_URLS): address {number} is none that "
                "Apprise knows; see https://appriseit.com for the form of each service"
            )
        # Services refuse messages above a length of their own: several shorter ones go through.
        service.overflow_mode = apprise.OverflowMode.SPLIT
        identity = hashlib.sha256(url.encode()).hexdigest()[:12]
        host = _host(service)
        name = f"{urlsplit(url).scheme}://{host}#{identity[:6]}"
        parts = {
            part
            for spelling in (url, unquote(url))
            for part in re.split(r"[/@:?&=,+\s]+", spelling)
            if len(part) >= SECRET_LENGTH
        }
        secrets = sorted(parts - {host.partition(":")[0]}, key=len, reverse=True)
        found.append(Channel(identity, name, service, tuple(secrets)))
    return found


def _host(service: "apprise.NotifyBase") -> str:
    """Host and port of a service that has them; of others this part of an address is a token."""
    templates: tuple[str, ...] = service.templates
    has_host = any("{host}" in template for template in templates)
    if not has_host or not getattr(service, "host", None):
        return ""
    port = getattr(service, "port", None)
    return f"{service.host}:{port}" if port else str(service.host)


def try_out(targets: Sequence[Channel], message: Message) -> None:
    """Send a message to every channel; raises AlertNotSentError naming those that failed."""
    problems = []
    for channel in targets:
        try:
            channel.send(message)
        except AlertNotSentError as error:
            problems.append(str(error))
    if problems:
        raise AlertNotSentError("; ".join(problems))


def deliver(
    instance: dg.DagsterInstance,
    topic: str,
    targets: Sequence[Channel],
    collect: Collect,
    formatted: Callable[[Sequence[Alert]], Message],
) -> int:
    """Tell every channel what is new to it; returns the number of messages.

    First sent, then remembered: an alert is told at least once. What was told is kept in the
    instance's own storage at once, rather than in the sensor's cursor, which is lost with a
    daemon that dies during the tick. Raises AlertNotSentError once all channels were tried.
    """
    storage = instance.daemon_cursor_storage
    sent, problems = 0, []
    for channel in targets:
        key = f"coccinelle/alerts/{topic}/{channel.id}"
        kept = storage.get_cursor_values({key}).get(key)
        alerts, state = collect(json.loads(kept) if kept else None)
        try:
            if alerts:
                channel.send(formatted(alerts))
                sent += 1
        except AlertNotSentError as error:
            problems.append(f"{len(alerts)} alerts wait for {error}")
            continue
        after = json.dumps(state)
        if after != kept:
            storage.set_cursor_values({key: after})
    if problems:
        raise AlertNotSentError("; ".join(problems))
    return sent
