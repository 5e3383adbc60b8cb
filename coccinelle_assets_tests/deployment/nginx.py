"""The proxies of deploy/, run by Debian's nginx, without their certificates."""

from __future__ import annotations

import re
import shutil
import subprocess
from http.client import HTTPConnection
from pathlib import Path

from coccinelle_assets_tests.services import free_port

READERS, OPERATORS = "dagster.example.org", "operate.dagster.example.org"
# jean:secret, as `openssl passwd -apr1` writes it, and as a browser sends it.
HTPASSWD = "jean:{PLAIN}secret\n"
LOGIN = "Basic amVhbjpzZWNyZXQ="


class Nginx:
    """A proxy of deploy/, on a port of its own; `site` is its configuration."""

    def __init__(self, directory: Path, site: str) -> None:
        self.port = free_port()
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        assert program, "nginx is needed: .ci/install-nginx"
        site = site.replace("listen 443 ssl;", f"listen 127.0.0.1:{self.port};")
        site = re.sub(r"^ *ssl_certificate.*\n", "", site, flags=re.MULTILINE)
        site = site.replace("/etc/nginx/", f"{directory}/")
        (directory / "site.conf").write_text(site, encoding="utf-8")
        for name in (READERS, OPERATORS):
            (directory / f"{name}.htpasswd").write_text(HTPASSWD, encoding="utf-8")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = " ".join(f"{kind}_temp_path {directory}/{kind};" for kind in kinds)
        (directory / "nginx.conf").write_text(
            f"user root; daemon off; pid {directory}/pid; error_log {directory}/error.log;"
            f" events {{}} http {{ access_log off; {temporary} include {directory}/site.conf; }}",
            encoding="utf-8",
        )
        self.process = subprocess.Popen(
            [program, "-p", str(directory), "-c", str(directory / "nginx.conf")]
        )

    def ask(
        self, method: str, path: str, host: str = OPERATORS, body: str | None = None, **headers: str
    ) -> tuple[int, str]:
        """Status and text of the answer to a request of somebody who has logged in."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {"Host": host, "Authorization": LOGIN} | named)
            response = connection.getresponse()
            text = "" if response.status == 101 else response.read().decode(errors="replace")
            return response.status, text
        finally:
            connection.close()

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            return self.ask("GET", "/server_info")[0] == 200
        except OSError:
            return False

    def stop(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(20)
