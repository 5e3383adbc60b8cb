"""Services that alerts go to: real servers on the loopback address, which can be switched off."""

from __future__ import annotations

import json
import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class HttpEndpoint:
    """A webhook; `messages` are the JSON bodies that it took."""

    def __init__(self) -> None:
        self.port = free_port()
        self.messages: list[dict[str, Any]] = []
        self.refused = 0
        self.status = 200
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        """Its address as Apprise writes it."""
        return f"json://127.0.0.1:{self.port}/alerts"

    @property
    def text(self) -> str:
        """Everything that it took."""
        return "\n".join(f"{message['title']}\n{message['message']}" for message in self.messages)

    def start(self) -> None:
        """Listen on the same port as ever."""
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if endpoint.status == 200:
                    endpoint.messages.append(json.loads(body))
                else:
                    endpoint.refused += 1
                self.send_response(endpoint.status)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}).start()

    def stop(self) -> None:
        """Listen no more: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class MailServer:
    """An SMTP server; `messages` are the mails that it took."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()

    @property
    def url(self) -> str:
        """Its address as Apprise writes it."""
        port = self._controller.port
        return (
            f"mailto://127.0.0.1:{port}?from=dagster@coccinelle.test&to=oncall@coccinelle.test"
            "&mode=insecure"
        )

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        """Take a mail."""
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"

    def stop(self) -> None:
        """Listen no more."""
        self._controller.stop()
