"""The proxy lets those who have logged in do what they do, and pages of other sites nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from coccinelle_assets_tests.deployment.conftest import Story
from coccinelle_assets_tests.deployment.nginx import OPERATORS, READERS, Nginx
from coccinelle_assets_tests.deployment.processes import DEPLOY, LAUNCH, wait_for

pytestmark = pytest.mark.deployment
MUTATION = f"/graphql?query={quote(LAUNCH)}"
QUERY = f"/graphql?query={quote('{ version }')}"
POSTED = json.dumps({"query": LAUNCH})
JSON = "application/json"
OWN, FOREIGN = f"http://{OPERATORS}", "http://evil.example"
WEBSOCKET = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Protocol": "graphql-ws",
}


@pytest.fixture(scope="module")
def nginx(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    site = story.deployment.local((DEPLOY / "nginx.conf").read_text(encoding="utf-8"))
    proxy = Nginx(tmp_path_factory.mktemp("nginx"), site)
    try:
        wait_for(proxy.is_up, "the proxy", 60)
        yield proxy
    finally:
        proxy.stop()


REFUSED = {
    "a mutation by GET": ("GET", MUTATION, None, {}),
    "a mutation by GET of its own page": ("GET", MUTATION, None, {"Origin": OWN}),
    "a query by GET": ("GET", QUERY, None, {}),
    "by HEAD": ("HEAD", MUTATION, None, {}),
    "in another spelling": ("GET", MUTATION.replace("graphql", "%67raphql"), None, {}),
    "by a longer way": ("GET", f"/a/..{MUTATION}", None, {}),
    "of a foreign page": ("POST", "/graphql", POSTED, {"Origin": FOREIGN, "Content_Type": JSON}),
    "of a page without a name": ("POST", "/graphql", POSTED, {"Origin": "null"}),
    "of a name that begins alike": ("POST", "/graphql", POSTED, {"Origin": f"{OWN}.evil.example"}),
    "of the readers' page": ("POST", "/graphql", POSTED, {"Origin": f"http://{READERS}"}),
    "of another site, by a newer browser": (
        "POST", "/graphql", POSTED, {"Sec_Fetch_Site": "cross-site", "Content_Type": JSON}
    ),
    "a report of a foreign page": (
        "POST", "/report_asset_materialization/live/customers", "{}", {"Origin": FOREIGN}
    ),
    "a websocket of a foreign page": ("GET", "/graphql", None, WEBSOCKET | {"Origin": FOREIGN}),
    "a websocket of nobody": ("GET", "/graphql", None, WEBSOCKET),
}  # fmt: skip


@pytest.mark.parametrize("way", REFUSED)
def test_no_page_of_another_site_starts_a_run(way: str, nginx: Nginx, story: Story) -> None:
    method, path, body, headers = REFUSED[way]
    before = len(story.runs("audit_customers"))
    status, _ = nginx.ask(method, path, body=body, **headers)
    assert status == 403
    assert len(story.runs("audit_customers")) == before


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "", f"{OPERATORS}.evil.example"])
def test_another_name_leads_nowhere(host: str, nginx: Nginx) -> None:
    """A page of somebody else's whose name resolves to this machine."""
    status, _ = nginx.ask(
        "POST", "/graphql", host, POSTED, Content_Type=JSON, Origin=f"http://{host}"
    )
    assert status in (400, 421)


def test_without_a_login_nothing_is_shown(nginx: Nginx) -> None:
    assert nginx.ask("GET", "/", Authorization="")[0] == 401


@pytest.mark.parametrize("origin", [{}, {"Origin": OWN, "Sec_Fetch_Site": "same-origin"}])
def test_an_operators_own_page_starts_a_run(
    origin: dict[str, str], nginx: Nginx, story: Story
) -> None:
    before = len(story.runs("audit_customers"))
    status, text = nginx.ask("POST", "/graphql", body=POSTED, Content_Type=JSON, **origin)
    assert (status, json.loads(text)["data"]["launchRun"]["__typename"]) == (
        200,
        "LaunchRunSuccess",
    )
    assert len(story.runs("audit_customers")) == before + 1


def test_readers_see_all_and_start_nothing(nginx: Nginx) -> None:
    status, text = nginx.ask("POST", "/graphql", READERS, POSTED, Content_Type=JSON)
    assert (status, json.loads(text)["data"]["launchRun"]["__typename"]) == (
        200,
        "UnauthorizedError",
    )
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    status, page = nginx.ask("GET", "/assets/live/customers", READERS, **link)
    assert (status, "<html" in page) == (200, True)


def test_live_logs_come_by_a_websocket_of_the_own_page(nginx: Nginx) -> None:
    assert nginx.ask("GET", "/graphql", **(WEBSOCKET | {"Origin": OWN}))[0] == 101
