"""What goes wrong, as RFC 9457 has it: one type for each kind, no SQL and no trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
TYPES = "urn:coccinelle:problem:"
# Each kind with its status and title; a kind never changes its meaning.
KINDS = {
    "unauthorized": (401, "A tenant's key is needed"),
    "not-found": (404, "Not found"),
    "method-not-allowed": (405, "Method not allowed"),
    "customer-exists": (409, "A customer has this e-mail or phone already"),
    "merged": (409, "The customer was merged into another"),
    "in-use": (409, "Other rows refer to it"),
    "in-flight": (409, "The same request is being answered"),
    "changed": (412, "The row is not the one that was read"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "Unsupported media type"),
    "invalid": (422, "The request does not hold what it may"),
    "key-reused": (422, "The Idempotency-Key belongs to another request"),
    "precondition-required": (428, "If-Match is needed"),
    "internal": (500, "The server failed"),
    "unavailable": (503, "The database cannot be used just now"),
}


class FieldError(BaseModel):
    """One field that is not as it may be."""

    field: str = Field(description="Where it stands: body.email, query.limit.")
    message: str


class Problem(BaseModel):
    """A problem of RFC 9457."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description=f"`{TYPES}` and the kind.")
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldError] | None = Field(default=None, description="Of `invalid`: the fields.")
    existing_id: str | None = Field(
        default=None, description="Of `customer-exists`: the customer that matched, the oldest."
    )
    matched: dict[str, list[str]] | None = Field(
        default=None, description="Of `customer-exists`: what matched, by customer."
    )
    merged_into: str | None = Field(default=None, description="Of `merged`: the survivor.")


class ProblemError(Exception):
    """A problem that ends the request; whatever it was writing is rolled back."""

    def __init__(
        self,
        kind: str,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(kind)
        self.kind, self.detail = kind, detail
        self.headers, self.members = dict(headers or {}), members

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.kind][0]

    def response(self) -> JSONResponse:
        """The answer."""
        status, title = KINDS[self.kind]
        body = {"type": TYPES + self.kind, "title": title, "status": status}
        if self.detail:
            body["detail"] = self.detail
        return JSONResponse(body | self.members, status, self.headers, MEDIA_TYPE)


def invalid(field: str, message: str) -> ProblemError:
    """A field that is not as it may be."""
    return ProblemError("invalid", errors=[{"field": field, "message": message}])


def documented(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """The responses of an operation that may end in some kinds of problem, for OpenAPI."""
    titles: dict[int | str, list[str]] = {}
    for kind in kinds:
        status, title = KINDS[kind]
        titles.setdefault(status, []).append(f"{title} (`{kind}`)")
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": "; ".join(said), "content": content}
        for status, said in titles.items()
    }
