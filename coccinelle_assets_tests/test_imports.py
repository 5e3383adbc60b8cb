"""Which way imports point (docs/architecture.md): every room uses the rooms below it alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from pathlib import Path

import pytest

from coccinelle_assets_tests.rooms import LIVE_ROOMS, ROOMS

PACKAGE = Path(str(files("coccinelle_assets")))
NAME = "coccinelle_assets"
USE_DAGSTER = {
    "cli",
    "local_runs",
    "definitions",
    "automation",
    "assets",
    "checks",
    "resources",
}


@dataclass(frozen=True, slots=True)
class Import:
    """A module that uses another one, both by their dotted names."""

    user: str
    used: str

    def __str__(self) -> str:
        return f"{self.user} -> {self.used}"


def module_name(path: Path, root: Path, name: str) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join((name, *(part for part in parts if part != "__init__")))


def imports_of(path: Path, user: str, modules: set[str]) -> Iterator[Import]:
    """Every import of a file, wherever it stands; of a module of ours by the module's own name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(user, alias.name)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{user}: imports name the whole path"
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                yield Import(user, inside if inside in modules else node.module)


def read_imports(root: Path, name: str) -> list[Import]:
    paths = {module_name(path, root, name): path for path in sorted(root.rglob("*.py"))}
    return [found for user, path in paths.items() for found in imports_of(path, user, set(paths))]


IMPORTS = read_imports(PACKAGE, NAME)
INSIDE = [found for found in IMPORTS if found.used.split(".")[0] == NAME]


def room(module: str, depth: int) -> str:
    return (module.split(".") + [""] * depth)[depth]


def against(rooms: tuple[tuple[str, ...], ...], imports: list[Import], depth: int) -> list[str]:
    """Imports that do not point down."""
    level = {name: number for number, names in enumerate(rooms) for name in names}
    wrong = []
    for found in imports:
        user, used = room(found.user, depth), room(found.used, depth)
        if user and used and user != used and level[user] >= level[used]:
            wrong.append(str(found))
    return wrong


def circle(imports: list[Import]) -> list[str]:
    """The modules of a circle, none when there is no circle."""
    graph: dict[str, set[str]] = {}
    for found in imports:
        graph.setdefault(found.user, set()).add(found.used)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_every_room_uses_the_rooms_below_it_alone() -> None:
    assert against(ROOMS, INSIDE, 1) == []


def test_inside_live_every_verb_uses_the_ones_below_it_alone() -> None:
    live = [found for found in INSIDE if room(found.user, 1) == room(found.used, 1) == "live"]
    assert live
    assert against(LIVE_ROOMS, live, 2) == []


def test_dagster_is_used_by_the_upper_rooms_alone() -> None:
    users = {room(found.user, 1) for found in IMPORTS if found.used.split(".")[0] == "dagster"}
    assert users <= USE_DAGSTER


def test_no_circle_of_modules() -> None:
    assert circle(INSIDE) == []


def test_no_circle_of_rooms() -> None:
    for depth, inside in ((1, ""), (2, "live")):
        rooms = {
            Import(room(found.user, depth), room(found.used, depth))
            for found in INSIDE
            if not inside or room(found.user, 1) == room(found.used, 1) == inside
        }
        assert circle([found for found in rooms if found.user != found.used]) == []


@pytest.mark.parametrize("name", ["coccinelle_assets_tests", "benchmarks"])
def test_no_test_module_is_imported(name: str) -> None:
    root = PACKAGE.parent / name
    tests = [
        str(found)
        for found in read_imports(root, name)
        if found.used.startswith("coccinelle_assets_tests.")
        and found.used.rpartition(".")[2].startswith("test_")
    ]
    assert tests == []


def test_an_import_that_points_up_is_found() -> None:
    up = [Import(f"{NAME}.live.sqlite.schema", f"{NAME}.warehouse.tables")]
    assert against(ROOMS, up, 1) == [str(up[0])]
    back = [*up, Import(f"{NAME}.warehouse.tables", f"{NAME}.live.sqlite.schema")]
    assert circle(back)
