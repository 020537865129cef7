"""Removing old runs, and only those that nobody needs."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from analysis.errors import ParameterError
from analysis.report import publish
from analysis.report.lock import BusyError, hold


class Pruned(NamedTuple):
    """What became of the runs of one report.

    Attributes:
        shop: Name of the shop.
        report: Name of the notebook.
        removed: Names of the runs that were removed, oldest first.
        busy: Why nothing was touched, or empty.
    """

    shop: str
    report: str
    removed: list[str]
    busy: str = ""


class _Run(NamedTuple):
    started_at: str
    good: bool
    folder: Path


def prune(reports: Path, *, keep: int) -> list[Pruned]:
    """Remove all but the `keep` newest good runs and the last failed run of each report.

    The run that `latest` leads to always stays, and a report that is being run is left alone.

    Raises:
        ParameterError: `keep` is less than 1.
    """
    if keep < 1:
        raise ParameterError(f"keep == {keep}, must be >= 1.")
    return [_prune_report(reports, folder, keep) for folder in _report_folders(reports)]


def _report_folders(reports: Path) -> Iterator[Path]:
    for folder in sorted(reports.glob("*/*/")):
        if not any(part.startswith(".") for part in folder.relative_to(reports).parts):
            yield folder


def _prune_report(reports: Path, folder: Path, keep: int) -> Pruned:
    shop, report = folder.parent.name, folder.name
    lock = publish.lock_file(reports, shop, report)
    try:
        with hold(lock, run_id="prune", since="just now"):
            old = _old_runs(folder, keep)
            for run in old:
                _remove(reports, run)
    except BusyError as error:
        return Pruned(shop, report, [], str(error))
    return Pruned(shop, report, [run.name for run in old])


def _old_runs(folder: Path, keep: int) -> list[Path]:
    runs = sorted(_runs(folder))
    good = [run for run in runs if run.good]
    failed = [run for run in runs if not run.good]
    latest = (folder / publish.LATEST).resolve()
    kept = {run.folder for run in [*good[-keep:], *failed[-1:]]} | {latest}
    return [run.folder for run in runs if run.folder not in kept]


def _runs(folder: Path) -> Iterator[_Run]:
    """Read the records; a folder without a readable one is not ours to remove."""
    for record in folder.resolve().glob("*/run.json"):
        if record.parent.is_symlink():
            continue
        try:
            run = json.loads(record.read_text(encoding="utf-8"))
            yield _Run(run["started_at"], run["outcome"] == "ok", record.parent)
        except (ValueError, KeyError, TypeError):
            continue


def _remove(reports: Path, run: Path) -> None:
    """Take a run away in one step, so that no reader finds half of it."""
    with publish.work_folder(reports, f"{run.name}.removed") as folder:
        run.replace(folder / run.name)
        shutil.rmtree(folder / run.name)
