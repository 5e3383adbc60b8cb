"""Whether a server keeps the contract, whatever it is written in.

    python -m coccinelle_assets.api.conformance URL --key KEY [--other-key KEY]

Each check writes records of its own, under addresses that nobody has. With the key of a second
tenant it is also tried to reach across. Exit code 1 when a check fails.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen
from uuid import uuid4

TIMEOUT_SECONDS = 60
CUSTOMERS, APPOINTMENTS = "/api/v1/customers", "/api/v1/appointments"
CONVERSATIONS = "/api/v1/conversations"
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers by lower-case name, and the body."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Client:
    """Requests to one server under one key."""

    base: str
    key: str | None

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """One request; an error status is an answer like any other."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key is not None:
            named["x-api-key"] = self.key
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
            named.setdefault("content-type", kind)
        request = Request(self.base + path, data, named, method=method)
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                return _answer(response.status, response.headers.items(), response.read())
        except HTTPError as error:
            with error:
                return _answer(error.code, error.headers.items(), error.read())


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    return Answer(
        status,
        {name.lower(): value for name, value in headers},
        json.loads(body) if body else None,
    )


class Server:
    """A server under test, and what every check needs of it."""

    def __init__(self, base: str, key: str, other_key: str | None) -> None:
        self.base = base.rstrip("/")
        self.tenant = Client(self.base, key)
        self.other = Client(self.base, other_key) if other_key else None
        self.nobody = Client(self.base, None)

    def created(self, path: str, body: object, **headers: str) -> dict[str, Any]:
        """A row that was created."""
        answer = self.tenant.send("POST", path, body, **headers)
        expect(answer, 201)
        found: dict[str, Any] = answer.body
        return found


class NonconformingError(Exception):
    """What a server does is not what the contract says."""


def expect(answer: Answer, status: int, kind: str | None = None) -> None:
    """Hold an answer to a status, and to a kind of problem."""
    if answer.status != status:
        raise NonconformingError(f"answered {answer.status} instead of {status}: {answer.body}")
    if kind is not None:
        require(
            answer.headers.get("content-type", "").startswith("application/problem+json"),
            "a problem is application/problem+json",
        )
        require(
            answer.body["type"] == f"urn:coccinelle:problem:{kind}"
            and answer.body["status"] == status,
            f"not the problem {kind}: {answer.body}",
        )


def require(holds: bool, said: str) -> None:
    """Raise NonconformingError with what was said unless it holds."""
    if not holds:
        raise NonconformingError(said)


def address() -> str:
    """An e-mail that nobody has."""
    return f"conformance.{uuid4().hex[:16]}@exemple-conformite.fr"


def number() -> str:
    """A French mobile number that hardly anybody has."""
    return f"+3361{uuid4().int % 9_000_000 + 1_000_000:07d}"


def answers_need_a_key(server: Server) -> None:
    """Without a key, or with a wrong one, nothing is told."""
    for client in (server.nobody, Client(server.base, uuid4().hex)):
        for path in (CUSTOMERS, f"{CUSTOMERS}/x", APPOINTMENTS, CONVERSATIONS):
            expect(client.send("GET", path), 401, "unauthorized")


def a_bearer_token_is_a_key(server: Server) -> None:
    """The key may come as a bearer token."""
    client = Client(server.base, None)
    expect(client.send("GET", CUSTOMERS, Authorization=f"Bearer {server.tenant.key}"), 200)


def a_customer_is_created_and_read(server: Server) -> None:
    """What is created is there, normalised."""
    email = address()
    made = server.created(CUSTOMERS, {"first_name": "Zoé", "email": f" {email.upper()} "})
    require(made["email"] == email, "an e-mail is kept in lower case")
    answer = server.tenant.send("GET", f"{CUSTOMERS}/{made['id']}")
    expect(answer, 200)
    require(answer.body == made, "what was answered is what is read")
    require("etag" in answer.headers, "a row has an ETag")
    found = server.tenant.send("GET", f"{CUSTOMERS}?email={quote(email)}")
    require([item["id"] for item in found.body["items"]] == [made["id"]], "found by its e-mail")


def who_is_there_is_not_created_again(server: Server) -> None:
    """409 names the one there is; it is given on demand."""
    email, phone = address(), number()
    made = server.created(CUSTOMERS, {"email": email})
    other = server.created(CUSTOMERS, {"phone": phone})
    answer = server.tenant.send("POST", CUSTOMERS, {"email": email.upper()})
    expect(answer, 409, "customer-exists")
    require(answer.body["existing_id"] == made["id"], "the one there is is named")
    answer = server.tenant.send("POST", f"{CUSTOMERS}?on_conflict=return", {"email": email})
    expect(answer, 200)
    require(answer.body["id"] == made["id"], "the one there is is returned")
    both = server.tenant.send(
        "POST", f"{CUSTOMERS}?on_conflict=return", {"email": email, "phone": phone}
    )
    expect(both, 409, "customer-exists")
    require(set(both.body["matched"]) == {made["id"], other["id"]}, "both are named")


def a_change_needs_the_row_that_was_read(server: Server) -> None:
    """428 without If-Match, 412 with an older one, null takes off."""
    made = server.created(CUSTOMERS, {"first_name": "Ana", "email": address()})
    path = f"{CUSTOMERS}/{made['id']}"
    expect(server.tenant.send("PATCH", path, {"first_name": "Eva"}), 428, "precondition-required")
    version = server.tenant.send("GET", path).headers["etag"]
    changed = server.tenant.send("PATCH", path, {"first_name": None}, If_Match=version)
    expect(changed, 200)
    require(changed.body["first_name"] is None, "null takes off")
    expect(
        server.tenant.send("PATCH", path, {"first_name": "Eva"}, If_Match=version), 412, "changed"
    )


def an_identifier_of_another_is_not_taken(server: Server) -> None:
    """PATCH to another customer's e-mail is 409."""
    taken = server.created(CUSTOMERS, {"email": address()})
    made = server.created(CUSTOMERS, {"email": address()})
    answer = server.tenant.send(
        "PATCH", f"{CUSTOMERS}/{made['id']}", {"email": taken["email"]}, If_Match="*"
    )
    expect(answer, 409, "customer-exists")
    require(answer.body["existing_id"] == taken["id"], "the other one is named")


def what_is_not_valid_is_refused(server: Server) -> None:
    """Unknown fields, no address, no number: 422 that names the field."""
    for body, field in (
        ({"email": "nobody"}, "body.email"),
        ({"phone": "06"}, "body.phone"),
        ({"shoe_size": 3}, "body.shoe_size"),
        ({"timezone": "Mars/Olympus"}, "body.timezone"),
    ):
        answer = server.tenant.send("POST", CUSTOMERS, body)
        expect(answer, 422, "invalid")
        require(field in [item["field"] for item in answer.body["errors"]], f"{field} is named")
    expect(server.tenant.send("GET", f"{CUSTOMERS}?limit=0"), 422, "invalid")
    expect(server.tenant.send("GET", f"{CUSTOMERS}?cursor=!"), 422, "invalid")


def a_large_body_is_refused(server: Server) -> None:
    """413 above 64 KiB."""
    expect(server.tenant.send("POST", CUSTOMERS, {"source": "x" * 70_000}), 413, "too-large")


def a_request_under_a_key_is_done_once(server: Server) -> None:
    """The same answer again; 422 for another body."""
    key = uuid4().hex
    body = {"customer_email": address(), "appointment_date": "2030-01-02T10:00:00Z"}
    first = server.tenant.send("POST", APPOINTMENTS, body, Idempotency_Key=key)
    expect(first, 201)
    again = server.tenant.send("POST", APPOINTMENTS, body, Idempotency_Key=key)
    require((again.status, again.body) == (first.status, first.body), "the same answer comes again")
    other = body | {"customer_email": address()}
    expect(server.tenant.send("POST", APPOINTMENTS, other, Idempotency_Key=key), 422, "key-reused")


def records_find_or_make_their_customer(server: Server) -> None:
    """One person over both tables, by either detail, is one customer, counted."""
    email, phone = address(), number()
    first = server.created(APPOINTMENTS, {"customer_name": "Léa Roy", "customer_email": email})
    require(first["link"]["created"], "nobody was there")
    second = server.created(
        CONVERSATIONS,
        {"customer_email": email.upper(), "customer_phone": phone, "current_channel": "sms"},
    )
    third = server.created(APPOINTMENTS, {"customer_phone": f"0{phone[3:]}"})
    customers = {row["customer_id"] for row in (first, second, third)}
    require(len(customers) == 1, f"one customer, not {customers}")
    found = server.tenant.send(
        "GET", f"{CUSTOMERS}/{first['customer_id']}?include=appointments&include=conversations"
    ).body
    require(found["last_name"] == "Roy", "the name is read")
    counted = found["statistics"]
    require(
        (counted["total_appointments"], counted["total_conversations"]) == (2, 1),
        f"counted from the links: {counted}",
    )
    shown = {row["id"] for row in found["appointments"]}
    require(shown == {first["id"], third["id"]}, "the latest appointments come along")
    known = {(item["kind"], item["value"]) for item in found["identifiers"]}
    require({("email", email), ("phone", phone)} <= known, f"known by both: {known}")


def what_ties_nobody_links_nobody(server: Server) -> None:
    """A placeholder is no identity, and the answer says so."""
    made = server.created(APPOINTMENTS, {"customer_name": "Jo", "customer_email": "test@test.fr"})
    require(made["customer_id"] is None, "nobody is linked")
    require(
        made["link"]["rejected"] == [{"kind": "email", "reason": "placeholder"}],
        f"the reason is given: {made['link']}",
    )


def a_given_customer_is_checked(server: Server) -> None:
    """An unknown customer_id is 422."""
    answer = server.tenant.send("POST", APPOINTMENTS, {"customer_id": uuid4().hex})
    expect(answer, 422, "invalid")
    made = server.created(CUSTOMERS, {"email": address()})
    linked = server.created(CONVERSATIONS, {"customer_id": made["id"]})
    require(linked["link"]["matched"] == ["customer_id"], "linked as it was given")


def pages_hold_every_row_once(server: Server) -> None:
    """Cursors lead through a list without a gap."""
    made = server.created(CUSTOMERS, {"email": address()})
    ids = {server.created(CONVERSATIONS, {"customer_id": made["id"]})["id"] for _ in range(5)}
    seen: list[str] = []
    cursor = ""
    for _ in range(6):
        page = server.tenant.send(
            "GET", f"{CONVERSATIONS}?customer_id={made['id']}&limit=2{cursor}"
        ).body
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={quote(page['next_cursor'])}"
    require(sorted(seen) == sorted(ids), f"every row once: {seen}")


def the_same_person_at_once_is_one_customer(server: Server) -> None:
    """Requests at the same time make nobody twice."""
    email = address()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        made = list(
            threads.map(
                lambda _: server.created(APPOINTMENTS, {"customer_email": email}), range(AT_ONCE)
            )
        )
    require(len({row["customer_id"] for row in made}) == 1, "one customer")
    require(sum(row["link"]["created"] for row in made) == 1, "created once")


def who_goes_is_gone(server: Server) -> None:
    """DELETE unlinks and removes."""
    made = server.created(APPOINTMENTS, {"customer_email": address()})
    path = f"{CUSTOMERS}/{made['customer_id']}"
    expect(server.tenant.send("DELETE", path), 204)
    expect(server.tenant.send("GET", path), 404, "not-found")
    left = server.tenant.send("GET", f"{APPOINTMENTS}/{made['id']}")
    require(left.body["customer_id"] is None, "its records are unlinked")


def tenants_do_not_reach_across(server: Server) -> None:
    """Another tenant's ids are 404, its customers nobody's."""
    if server.other is None:
        return
    made = server.created(APPOINTMENTS, {"customer_email": address()})
    customer = f"{CUSTOMERS}/{made['customer_id']}"
    for method, path in (
        ("GET", customer), ("PATCH", customer), ("DELETE", customer),
        ("GET", f"{customer}/explain"),
        ("GET", f"{APPOINTMENTS}/{made['id']}"), ("PATCH", f"{APPOINTMENTS}/{made['id']}"),
    ):  # fmt: skip
        body: object = {} if method == "PATCH" else None
        expect(server.other.send(method, path, body, If_Match="*"), 404, "not-found")
    answer = server.other.send("POST", APPOINTMENTS, {"customer_id": made["customer_id"]})
    expect(answer, 422, "invalid")


CHECKS: tuple[Callable[[Server], None], ...] = (
    answers_need_a_key,
    a_bearer_token_is_a_key,
    a_customer_is_created_and_read,
    who_is_there_is_not_created_again,
    a_change_needs_the_row_that_was_read,
    an_identifier_of_another_is_not_taken,
    what_is_not_valid_is_refused,
    a_large_body_is_refused,
    a_request_under_a_key_is_done_once,
    records_find_or_make_their_customer,
    what_ties_nobody_links_nobody,
    a_given_customer_is_checked,
    pages_hold_every_row_once,
    the_same_person_at_once_is_one_customer,
    who_goes_is_gone,
    tenants_do_not_reach_across,
)


def run(server: Server) -> int:
    """Run every check, print a line for each; returns how many fail."""
    failed = 0
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            check(server)
        except (NonconformingError, URLError, KeyError, TypeError, ValueError) as error:
            failed += 1
            print(f"FAIL  {name}: {type(error).__name__}: {error}")
        else:
            print(f"ok    {name}")
    print(f"{len(CHECKS) - failed} of {len(CHECKS)} hold")
    return failed


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("url", help="the server's address, such as http://127.0.0.1:8000")
    parser.add_argument("--key", required=True, help="a tenant's key")
    parser.add_argument("--other-key", help="the key of a second tenant")
    arguments = parser.parse_args()
    sys.exit(1 if run(Server(arguments.url, arguments.key, arguments.other_key)) else 0)


if __name__ == "__main__":
    main()
