"""On a real local D1: two environments of one wrangler.toml are two databases with a home each."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from coccinelle_assets.location import D1Place
from coccinelle_assets_tests.changes import add_people
from coccinelle_assets_tests.command_line import coccinelle
from coccinelle_assets_tests.d1.conftest import NAME, Project
from coccinelle_assets_tests.databases import AppDatabase

MAIN, STAGING = "0000aaaa-0000-0000-0000-000000000001", "1111bbbb-0000-0000-0000-000000000002"
TOML = f"""name = "app"
[[d1_databases]]
binding = "DB"
database_name = "{NAME}"
database_id = "{MAIN}"
[env.staging]
[[env.staging.d1_databases]]
binding = "DB"
database_name = "{NAME}"
database_id = "{STAGING}"
[[env.staging.d1_databases]]
binding = "EXTRA"
database_name = "extra"
database_id = "2222cccc-0000-0000-0000-000000000003"
"""
JSONC = f"""{{
  // The application's "main" one: // and /* in a string stay.
  "name": "app // *", /* and
  this */ "d1_databases": [
    {{ "binding": "DB", "database_name": "{NAME}", "database_id": "{MAIN}", }},
  ],
  "env": {{ "staging": {{ "d1_databases": [
    {{ "binding": "DB", "database_name": "{NAME}", "database_id": "{STAGING}" }}, ] }} }},
}}
"""


@pytest.mark.parametrize(("file", "text"), [("wrangler.toml", TOML), ("wrangler.jsonc", JSONC)])
def test_a_home_is_by_the_id_that_the_configuration_has(
    file: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOUDFLARE_ENV", raising=False)
    (tmp_path / file).write_text(text)

    def home(name: str, environment: str | None = None, **options: Path) -> str:
        return D1Place(name, tmp_path, False, environment, **options).home_name

    assert home(NAME) == f"d1-{NAME}-0000aaaa-local"
    assert home("DB") == "d1-DB-0000aaaa-local"
    assert home(NAME, "staging") == f"d1-{NAME}-1111bbbb-local"
    monkeypatch.setenv("CLOUDFLARE_ENV", "staging")
    assert home(NAME) == f"d1-{NAME}-1111bbbb-local"
    other = tmp_path / "other.toml"
    other.write_text(TOML.replace("1111bbbb", "3333dddd"))
    assert home(NAME, config=other) == f"d1-{NAME}-3333dddd-local"
    (tmp_path / file).write_text("[[broken")
    assert home(NAME) == f"d1-{NAME}-local"


@pytest.mark.d1
def test_what_is_done_on_staging_leaves_production_and_its_home_alone(
    app: AppDatabase, project: Project, tmp_path: Path
) -> None:
    add_people(app)
    (project.directory / "wrangler.toml").write_text(TOML)
    project.load(app.path)
    main = (f"d1:{NAME}", "--local", "--wrangler-dir", project.directory)
    assert coccinelle("migrate", *main).returncode == 0
    homes = project.directory / ".coccinelle"
    # As a version before had it: by the name alone.
    (homes / f"d1-{NAME}-0000aaaa-local").rename(homes / f"d1-{NAME}-local")
    note = homes / f"d1-{NAME}-local" / "database.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"database": f"d1:{NAME}"}))
    staging = (*main, "--env", "staging")
    empty = coccinelle("verify", *staging)
    assert (empty.returncode, "table prospects is missing" in empty.stderr) == (1, True)
    extra = coccinelle("verify", "d1:extra", *main[1:])
    assert "add --env staging" in extra.stderr
    # Elsewhere, and under another name.
    config = shutil.copyfile(project.directory / "wrangler.toml", project.directory / "other.toml")
    kept = ("--config", config, "--persist-to", tmp_path / "elsewhere")
    assert "table prospects is missing" in coccinelle("verify", *main, *kept).stderr
    # The next run of production takes over what is its own, and finds nothing to do.
    again = coccinelle("migrate", *main, "--json")
    assert again.returncode == 0, again.stderr
    assert not again.json["promotion"].get("rows_written")
    assert [home.name for home in sorted(homes.iterdir()) if (home / "database.json").exists()] == [
        f"d1-{NAME}-0000aaaa-local"
    ]
