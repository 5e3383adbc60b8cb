"""deploy/nginx-api.conf before a server of the face: requests pass, the rest stays outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from coccinelle_assets_tests.api.server import KEYS, promoted_database, serving
from coccinelle_assets_tests.deployment.nginx import Nginx
from coccinelle_assets_tests.deployment.processes import DEPLOY, wait_for

pytestmark = pytest.mark.deployment


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[httpx.Client]:
    with serving(promoted_database(tmp_path / "app.db")) as server:
        site = (DEPLOY / "nginx-api.conf").read_text(encoding="utf-8")
        site = site.replace("http://127.0.0.1:8000", server.url)
        (tmp_path / "nginx").mkdir()
        proxy = Nginx(tmp_path / "nginx", site)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{proxy.port}") as client:

                def is_up() -> bool:
                    try:
                        return client.get("/readyz").status_code == 200
                    except httpx.HTTPError:
                        return False

                wait_for(is_up, "the proxy", 60)
                yield client
        finally:
            proxy.stop()


def test_the_face_is_reached_and_nothing_else(proxied: httpx.Client) -> None:
    customers = "/api/v1/customers"
    assert proxied.get(customers).status_code == 401
    key = {"x-api-key": KEYS["t1"]}
    made = proxied.post("/api/v1/appointments", json={"customer_email": "n@neuf.fr"}, headers=key)
    assert made.status_code == 201
    assert made.headers["location"].startswith("/api/v1/appointments/")
    assert proxied.get("/docs").status_code == 404
    large = proxied.post(customers, content=b" " * 70_000, headers=key)
    assert large.status_code == 413
