"""Around every request: how much may come in, and one line of what was answered."""

from __future__ import annotations

import json
import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coccinelle_assets.api.problems import ProblemError

LARGEST_BODY = 64 * 1024
LONGEST_LENGTH = 20
# In a request's scope: its body turned out to be too large. What reads the body says otherwise.
TOO_LARGE = "coccinelle.too_large"
ACCESS = logging.getLogger("coccinelle.access")


class LimitedBody:
    """Refuses bodies above LARGEST_BODY, whatever their headers say."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or len(length) > LONGEST_LENGTH or int(length) > LARGEST_BODY:
            await ProblemError("too-large").response()(scope, receive, send)
            return
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                scope[TOO_LARGE] = True
                raise ProblemError("too-large")
            return message

        await self.app(scope, limited, send)


class AccessLog:
    """A line of JSON for each request: no query, no body, no id, no key."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            route = scope.get("route")
            line = {
                "method": scope["method"],
                "route": getattr(route, "path", None),
                "status": status,
                "milliseconds": round((time.perf_counter() - began) * 1000, 1),
                "tenant": scope.get("coccinelle.tenant"),
            }
            ACCESS.info(json.dumps(line))
