"""The README and docs/ say what the code says: settings, commands, jobs, checks, rooms, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import typer.main

from coccinelle_assets.automation.jobs import JOBS
from coccinelle_assets.cli import app
from coccinelle_assets.definitions import build_defs
from coccinelle_assets.settings import Settings
from coccinelle_assets_tests.rooms import LIVE_ROOMS, ROOMS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "coccinelle_assets"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", *ROOT.glob("benchmarks/*.md"), *ROOT.glob("docs/*.md")])
# Of these the table says more, or it in words.
DEFAULTS_IN_WORDS = {"home", "memory_limit_mb", "alert_urls", "placeholders"}


def docs(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def table_rows(text: str, heading: str) -> Iterator[list[str]]:
    """The rows of the table whose header begins so, each as its cells."""
    _, found, rest = text.partition(f"\n| {heading}")
    assert found, heading
    for line in rest.splitlines()[2:]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def shown_default(value: object) -> str:
    if value is None or value in ([], {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def test_every_setting_is_documented_with_its_default() -> None:
    rows = {quoted(name)[0]: default for name, default, _ in table_rows(README, "variable")}
    assert rows.pop("DAGSTER_HOME")
    fields = Settings.model_fields
    assert rows.keys() == {f"COCCINELLE_{name.upper()}" for name in fields}
    for name, field in fields.items():
        if name not in DEFAULTS_IN_WORDS:
            value = field.get_default(call_default_factory=True)
            said = rows[f"COCCINELLE_{name.upper()}"]
            assert said == shown_default(value) or float(said.strip("`")) == value, name


def test_every_command_has_its_exit_codes() -> None:
    said = {name for cell, _ in table_rows(README, "command") for name in quoted(cell)}
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    there = {
        f"{name} {inner}".strip()
        for name, command in commands.items()
        for inner in getattr(command, "commands", [""])
    }
    assert said == there


def test_every_job_is_in_the_readme() -> None:
    said = [quoted(row[0])[0] for row in table_rows(README, "job")]
    assert sorted(said) == sorted(job.name for job in JOBS)


def checks_of(definitions: dg.Definitions) -> set[tuple[str, str, bool]]:
    """Asset, name and whether it blocks, of every check."""
    return {
        (spec.asset_key.to_user_string(), spec.name, spec.blocking)
        for gate in definitions.asset_checks or ()
        for spec in gate.check_specs
    }


def test_every_check_is_documented() -> None:
    said = set()
    for heading, blocking in (("asset | check | fails", True), ("asset | check | warns", False)):
        asset = ""
        for row in table_rows(docs("checks.md"), heading):
            asset = row[0] or asset
            said |= {(asset, name, blocking) for name in quoted(row[1])}
    for heading, asset, blocking in (
        ("check on live/customers", "live/customers", False),
        ("check | fails when | what", "live/statistics_triggers", True),
    ):
        for row in table_rows(docs("checks.md"), heading):
            said |= {(asset, name, blocking) for name in quoted(row[0])}
    assert said == checks_of(build_defs())


def test_every_room_is_on_the_map() -> None:
    for heading, rooms, folder in (
        ("room | what it holds", ROOMS, PACKAGE),
        ("room | what it does", LIVE_ROOMS, PACKAGE / "live"),
    ):
        rows = [quoted(row[0]) for row in table_rows(docs("architecture.md"), heading)]
        order = [tuple(name.rstrip("/").removesuffix(".py") for name in row) for row in rows]
        assert order == list(rooms)
        there = {
            path.stem
            for path in folder.iterdir()
            if path.suffix == ".py" or (path / "__init__.py").is_file()
        }
        assert {name for row in order for name in row} == there - {"__init__"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert "://" in link or (page.parent / link).exists(), link
    for name in re.findall(r"`([\w./]+/[\w.*]+\.(?:py|sql|yaml))`", text):
        places = (ROOT, PACKAGE, ROOT / "coccinelle_assets_tests", ROOT / "benchmarks")
        assert any(list(place.glob(name)) for place in places), name
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?m)(?:^|`)make ([a-z][a-z0-9-]*)", text):
        assert f"\n{target}:" in makefile, target
