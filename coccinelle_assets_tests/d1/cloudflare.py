"""A loopback server that answers wrangler's remote mode out of a SQLite file, and can fail.

It says what wrangler sends and how its answers are taken; how D1 behaves, it does not say.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from coccinelle_assets.sql import statements

ACCOUNT, UUID, TOKEN = "account", "00000000-0000-0000-0000-000000000001", "very-secret-token"
BOOKMARK = "00000001-00000002-00000003-abcdef"


class Cloudflare:
    """The API on one database; `failures` maps an action to what befalls its next requests."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.failures: dict[str, list[str]] = {}
        self.actions: list[str] = []
        self.uploaded: dict[str, str] = {}
        self.tokens: set[str | None] = set()
        self.url = ""
        self.closing = threading.Event()

    def run(self, sql: str) -> list[dict[str, Any]]:
        """Run statements as D1 does: all or nothing."""
        with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN IMMEDIATE")
            text = sql if sql.rstrip().endswith(";") else f"{sql};"
            results = []
            for statement in statements(text):
                rows = [dict(row) for row in connection.execute(statement)]
                results.append({"results": rows, "success": True, "meta": {"duration": 0}})
            connection.execute("COMMIT")
        return results

    def imported(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """The steps of an import: what is to be uploaded, then what came of it."""
        etag = body.get("etag", "")
        if action == "init" and etag not in self.uploaded:
            return {"upload_url": f"{self.url}/upload/{etag}", "filename": etag}
        answer = {"success": True, "type": "import", "at_bookmark": BOOKMARK, "messages": []}
        try:
            count = len(self.run(self.uploaded[etag]))
        except sqlite3.Error as error:
            return answer | {"status": "error", "errors": [f"{error}: SQLITE_CONSTRAINT"]}
        meta = {"duration": 1, "rows_read": 1, "rows_written": 1, "size_after": 1}
        result = {"num_queries": count, "final_bookmark": BOOKMARK, "meta": meta}
        return answer | {"status": "complete", "result": result}


class _Dropped(Exception):  # noqa: N818
    """The connection ends without an answer."""


@contextmanager
def cloudflare(database: Path) -> Iterator[Cloudflare]:
    """The API on a SQLite file, at the `url` of what is yielded."""
    api = Cloudflare(database)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            data = self.rfile.read(length)
            path = self.path.split("?")[0]
            if path.startswith("/upload/"):
                api.uploaded[path.rsplit("/", 1)[1]] = data.decode()
                self.send(b"", {"ETag": f'"{hashlib.md5(data).hexdigest()}"'})
                return
            api.tokens.add(self.headers.get("Authorization"))
            try:
                self.send(json.dumps(self.result(path, data)).encode())
            except _Dropped:
                self.close_connection = True
                self.connection.close()

        def result(self, path: str, data: bytes) -> dict[str, Any]:
            body = json.loads(data) if data else {}
            action = path.rsplit("/", 1)[1]
            action = f"import {body['action']}" if action == "import" else action
            api.actions.append(action)
            failure = (api.failures.get(action) or [""]).pop(0)
            if failure and not failure.endswith(" after"):
                self.leave(failure)
                return self.refused(int(failure.split()[0]), failure)
            try:
                result = self.found(action, body)
            except sqlite3.Error as error:
                return self.refused(400, f"{error}: SQLITE_ERROR")
            self.leave(failure)
            return {"success": True, "errors": [], "messages": [], "result": result}

        def refused(self, status: int, reason: str) -> dict[str, Any]:
            self.send_response(status)
            message = {"code": 7500, "message": reason}
            return {"success": False, "errors": [message], "messages": [], "result": None}

        def leave(self, failure: str) -> None:
            """Cut the connection at once, or keep it open and say nothing."""
            if failure.startswith("silent"):
                api.closing.wait()
            if failure.startswith(("silent", "dropped")):
                raise _Dropped

        def found(self, action: str, body: dict[str, Any]) -> Any:
            if action == "query":
                return api.run(body["sql"])
            if action == "bookmark":
                return {"bookmark": BOOKMARK}
            if action.startswith("import"):
                return api.imported(body["action"], body)
            return {"uuid": UUID, "name": "coccinelle-db", "version": "production"}

        def send(self, data: bytes, headers: dict[str, str] | None = None) -> None:
            if not self._headers_buffer_started():
                self.send_response(200)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _headers_buffer_started(self) -> bool:
            return bool(getattr(self, "_headers_buffer", None))

        do_GET = do_POST = do_PUT = answer  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield api
    finally:
        api.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
