"""A channel of alerts: nobody reads a secret of its address."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from urllib.parse import unquote

import pytest
from pydantic import SecretStr

from coccinelle_assets.automation.alerts.format import Message
from coccinelle_assets.automation.alerts.send import AlertNotSentError, channels
from coccinelle_assets.settings import AlertOptions

# Addresses, and the secrets in them.
SECRETS = {
    "jsons://127.0.0.1:1/hooks/T0k3nT0k3n/B4ckd00r": ("T0k3nT0k3n", "B4ckd00r"),
    "jsons://user:p4ssw0rdp4ss@127.0.0.1:1/": ("p4ssw0rdp4ss",),
    "jsons://127.0.0.1:1/?+X-Api-Key=s3cr3tS3cr3t": ("s3cr3tS3cr3t",),
    "jsons://127.0.0.1:1/?-key=an0therS3cret": ("an0therS3cret",),
    "jsons://127.0.0.1:1/hooks/p%40ssw0rdT0ken": ("ssw0rdT0ken",),
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ": (
        "T1JJ3T3L2",
        "A1BRTD4JD",
        "TIiajkdnlazkcOXrIdevi7FQ",
    ),
}


class Telltale:
    """A service that fails, and quotes its address as it says so."""

    def __init__(self, url: str) -> None:
        self.url = url

    def notify(self, **_: object) -> bool:
        logging.getLogger("apprise").warning("failed: %s, %s", self.url, unquote(self.url))
        return False


@pytest.mark.parametrize("url", SECRETS)
def test_a_channel_is_named_without_its_secrets(url: str) -> None:
    """In what `alerts test` prints, and in what the sensor raises when the service is down."""
    (channel,) = channels(AlertOptions(alert_urls=SecretStr(url)))
    assert re.fullmatch(r"(jsons://127\.0\.0\.1:1|slack://)#[0-9a-f]{6}", channel.name)
    with pytest.raises(AlertNotSentError, match="failed") as error:
        replace(channel, service=Telltale(url)).send(Message("title", "body", failure=True))
    for secret in SECRETS[url]:
        assert secret not in str(error.value)
