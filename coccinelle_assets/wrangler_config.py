"""What wrangler's configuration says of a D1 database: its id, and in which environment it is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# As wrangler looks for them.
FILES = ("wrangler.json", "wrangler.jsonc", "wrangler.toml")
# Strings of JSON are kept, comments go; so do commas behind the last of several.
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Configured:
    """A D1 database of the configuration; `environment` is None for what is in none."""

    names: frozenset[str]
    id: str
    environment: str | None


def find_config(directory: Path, config: Path | None) -> Path | None:
    """The configuration that wrangler reads: the one that is named, or the folder's own."""
    if config is not None:
        return config if config.is_absolute() else directory / config
    return next((path for name in FILES if (path := directory / name).is_file()), None)


def read_databases(file: Path) -> list[Configured]:
    """The D1 databases of a configuration; none of one that wrangler will not read either."""
    try:
        written = file.read_text(encoding="utf-8")
        content = tomllib.loads(written) if file.suffix == ".toml" else json.loads(_plain(written))
        return list(_databases(content, None)) + [
            found
            for name, environment in (content.get("env") or {}).items()
            for found in _databases(environment, name)
        ]
    except (OSError, ValueError, AttributeError, TypeError):
        return []


def _plain(jsonc: str) -> str:
    for pattern in (_COMMENT, _LAST_COMMA):
        jsonc = pattern.sub(lambda found: found.group(1) or "", jsonc)
    return jsonc


def _databases(content: dict[str, Any], environment: str | None) -> Iterator[Configured]:
    for entry in content.get("d1_databases") or []:
        names = {entry.get("database_name"), entry.get("binding")} - {None}
        known_as = entry.get("database_id") or entry.get("preview_database_id") or ""
        yield Configured(frozenset(map(str, names)), str(known_as), environment)
