"""The Dagster instance of the command line: the same files as the UI's, opened and written faster.

See pooled_storage.py for the storages. A new home gets copies of empty databases that Dagster made
once for this user: making them anew takes longer than a small migration's own work.
"""

import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import dagster as dg
import platformdirs
import yaml
from dagster._core.instance.ref import InstanceRef

from coccinelle_assets.local_runs import pooled_storage

# What Dagster's SQLite storages keep in a home.
HISTORY, SCHEDULES = "history", "schedules"


def open_instance(home: Path) -> dg.DagsterInstance:
    """The Dagster instance at `home`; on first use dagster.yaml is written, telemetry off.

    A dagster.yaml that names a storage of its own, such as PostgreSQL, is followed as it is.
    """
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    if not config.exists():
        template = files("coccinelle_assets").joinpath("dagster.yaml")
        config.write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
    named = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    overrides: dict[str, Any] = {}
    if "compute_logs" not in named:
        # Nothing prints on stdout here; capturing it would start four more processes.
        overrides["compute_logs"] = {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        }
    if not any(key == "storage" or key.endswith("_storage") for key in named):
        if not (home / HISTORY).exists():
            _copy_empty_history(home)
        overrides |= _pooled_storages(home)
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=overrides))


def _pooled_storages(home: Path) -> dict[str, dict[str, object]]:
    """Where Dagster itself keeps runs, events and ticks of a home, by our classes."""
    directories = {
        "run_storage": (pooled_storage.PooledSqliteRunStorage, home / HISTORY),
        "event_log_storage": (pooled_storage.PooledSqliteEventLogStorage, home / HISTORY / "runs"),
        "schedule_storage": (pooled_storage.PooledSqliteScheduleStorage, home / SCHEDULES),
    }
    return {
        key: {
            "module": storage.__module__,
            "class": storage.__name__,
            "config": {"base_dir": f"{directory}/"},
        }
        for key, (storage, directory) in directories.items()
    }


def _copy_empty_history(home: Path) -> None:
    """Put empty databases into a new home; without a cache to copy from, Dagster makes them."""
    cache = platformdirs.user_cache_path("coccinelle") / f"dagster-{dg.__version__}"
    try:
        if not cache.exists():
            cache.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache.parent) as scratch:
                made = Path(scratch, "home")
                made.mkdir()
                ref = InstanceRef.from_dir(str(made), overrides=_pooled_storages(made))
                dg.DagsterInstance.from_ref(ref).dispose()
                _move(made, cache)
        for name in (SCHEDULES, HISTORY):
            with tempfile.TemporaryDirectory(dir=home) as scratch:
                # Not their permissions: what will be written to them is its owner's alone.
                made = Path(scratch, name)
                shutil.copytree(cache / name, made, copy_function=shutil.copyfile)
                _move(made, home / name)
    except OSError:
        return


def _move(made: Path, target: Path) -> None:
    """Move a directory to where another process may have put the same one in the meantime."""
    try:
        made.rename(target)
    except OSError:
        shutil.rmtree(made, ignore_errors=True)
