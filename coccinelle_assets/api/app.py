"""The ASGI application: routes, problems, health, and the contract."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from coccinelle_assets.api import contract, customers, record_routes
from coccinelle_assets.api.once import Answers
from coccinelle_assets.api.problems import Problem, ProblemError, documented
from coccinelle_assets.api.state import State, state_of
from coccinelle_assets.api.store import Store
from coccinelle_assets.api.tenants import SECURITY, Tenants
from coccinelle_assets.api.wire import TOO_LARGE, AccessLog, LimitedBody
from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.resolution.one_record import RecordReader
from coccinelle_assets.settings import Settings, load_settings

TITLE, VERSION = "Coccinelle customers", "1.0.0"
# Of every operation.
ALWAYS = ("unauthorized", "too-large", "internal", "unavailable")
ROUTERS = (customers.router, record_routes.appointments, record_routes.conversations)
ERRORS = logging.getLogger("coccinelle.errors")
MERGE_PATCH = "application/merge-patch+json"
BODIES = ("application/json", MERGE_PATCH)


def build_app(settings: Settings | None = None) -> FastAPI:
    """The application over the live database of the settings, those of the environment by default.

    Raises CoccinelleError when that was never promoted, is on D1, or cannot be written.
    """
    settings = settings or load_settings()
    location = settings.location
    if location.d1 is not None:
        raise CoccinelleError(
            f"{location.spelling} cannot be served from here: a face on D1 runs inside "
            "Cloudflare, held to the same contract (docs/api.md)"
        )
    store = Store(settings.database.absolute(), settings.busy_timeout_seconds)
    store.prepare()
    app = contract_app()
    app.state.coccinelle = State(store, RecordReader(settings), Answers(store), settings)
    app.state.tenants = Tenants(store, settings)
    return app


def contract_app() -> FastAPI:
    """The application without a database: what the contract is read from."""
    app = FastAPIOffline(
        title=TITLE,
        version=VERSION,
        description="Customers, appointments and conversations of one tenant, by its key.",
        responses=documented(*ALWAYS),
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/healthz", _healthy, response_model=contract.Health, tags=["health"])
    app.add_api_route(
        "/readyz",
        _ready,
        response_model=contract.Health,
        responses=documented("unavailable"),
        tags=["health"],
    )
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(sqlite3.Error, _on_error)
    app.add_exception_handler(Exception, _on_unforeseen)
    app.add_middleware(LimitedBody)
    app.add_middleware(AccessLog)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


async def _healthy() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}


def _ready(request: Request) -> dict[str, str]:
    """Whether the database can be read."""
    with state_of(request).store.read() as live:
        live.execute("SELECT 1 FROM customers LIMIT 1").fetchone()
    return {"status": "ok"}


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return error.response()


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in BODIES and any(item["loc"][0] == "body" for item in error.errors()):
        said = f"send the body as {' or '.join(BODIES)}"
        return ProblemError("unsupported-media-type", said).response()
    errors = [
        {"field": _field(item["loc"]), "message": str(item["msg"])} for item in error.errors()
    ]
    return ProblemError("invalid", errors=errors).response()


def _field(location: Sequence[Any]) -> str:
    return ".".join(str(part) for part in location)[:200]


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if request.scope.get(TOO_LARGE):
        return ProblemError("too-large").response()
    kinds = {404: "not-found", 405: "method-not-allowed", 401: "unauthorized"}
    kind = kinds.get(error.status_code, "invalid")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return ProblemError(kind, headers=headers).response()


def _methods(request: Request) -> list[str]:
    """What may be done with a path; one route of several knows its own methods alone."""
    found: set[str] = set()
    routes = (route for router in (request.app, *ROUTERS) for route in router.routes)
    for route in routes:
        if isinstance(route, Route) and route.matches(dict(request.scope))[0] != Match.NONE:
            found |= route.methods or set()
    return sorted(found)


async def _on_error(request: Request, error: Exception) -> Response:
    # What SQLite says names tables and rules, never a value.
    ERRORS.error("%s: %s", type(error).__name__, error)
    return ProblemError("internal").response()


async def _on_unforeseen(request: Request, error: Exception) -> Response:
    """The server logs it, with its trace, after this answer."""
    return ProblemError("internal").response()


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            openapi_version="3.1.0",
        )
        schemas = schema["components"]["schemas"]
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs")
        schemas["Problem"] = problem
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schema["components"]["securitySchemes"] = SECURITY
        for name, path in schema["paths"].items():
            if name.startswith("/api/"):
                for operation in path.values():
                    operation["security"] = [{way: []} for way in SECURITY]
            if "patch" in path:
                content = path["patch"]["requestBody"]["content"]
                content[MERGE_PATCH] = content["application/json"]
        app.openapi_schema = schema
    return app.openapi_schema
