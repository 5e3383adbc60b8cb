"""One process that serves until it is told to stop."""

from __future__ import annotations

import logging
import signal
import socket
import sys

import uvicorn

from coccinelle_assets.api.app import build_app
from coccinelle_assets.api.wire import ACCESS
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.settings import Settings

SWITCH_SECONDS = 0.0005


def serve_app(settings: Settings, host: str, port: int, grace_seconds: int) -> None:
    """Serve on an address until a signal; requests in flight are answered first.

    Raises CoccinelleError when the address cannot be listened on.
    """
    application = build_app(settings)
    _log_to_stderr()
    listener = _listen(host, port)
    name, bound = listener.getsockname()[:2]
    config = uvicorn.Config(
        application,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=grace_seconds,
        server_header=False,
    )
    # Each statement of SQLite gives Python's lock away and waits for it again, behind threads that
    # give it up after this long: 5 ms by default, some fifty requests.
    sys.setswitchinterval(SWITCH_SECONDS)
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        server.should_exit = True

    # For a signal before uvicorn takes them over; once stopped, it sends what it took here.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    print(f"serving {settings.database} on http://{name}:{bound}", file=sys.stderr, flush=True)
    server.run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        raise CoccinelleError(
            f"cannot listen on {host} port {port}: {error}; choose another --host or --port"
        ) from error
    listener.set_inheritable(True)
    return listener


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    ACCESS.addHandler(handler)
    ACCESS.setLevel(logging.INFO)
    ACCESS.propagate = False
