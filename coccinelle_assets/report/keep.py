"""Where reports go: one file that a user named, or the home, where the newest are kept."""

from __future__ import annotations

import shutil
from importlib.resources import as_file
from pathlib import Path

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.files import kept_path, remove_older, whole_file, write_whole
from coccinelle_assets.report.gather import Report
from coccinelle_assets.report.page import PLOTLY_SCRIPT, SCRIPT, render

SUFFIX = ".html"


def write_report(report: Report, path: Path) -> None:
    """Write a report that needs no other file, 5 MB.

    Raises CoccinelleError when it cannot be written there.
    """
    try:
        write_whole(path, render(report))
    except OSError as error:
        raise CoccinelleError(
            f"the report cannot be written to {path}: {error.strerror}; the run itself is done"
        ) from error


def keep_report(report: Report, directory: Path, kept: int) -> Path:
    """Write a report into the home's directory of them and remove all but the newest `kept`.

    They share one copy of plotly's script, which is as large as a hundred reports.
    """
    path = kept_path(directory, report.run.run_id[:8], SUFFIX)
    _put_script(directory / SCRIPT)
    write_whole(path, render(report, self_contained=False))
    remove_older(directory, SUFFIX, kept, path)
    return path


def _put_script(target: Path) -> None:
    """Put plotly's script where the pages look for it, unless this release's is there."""
    with as_file(PLOTLY_SCRIPT) as script:
        if not target.exists() or target.stat().st_size != script.stat().st_size:
            with whole_file(target) as partial:
                shutil.copyfile(script, partial)
