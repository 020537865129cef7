"""Removing the pages of old runs, and only those that nobody needs.

What a run recorded stays: trends and findings are remembered from it, and it is what a schedule
goes by to see what was done.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from analysis.errors import ParameterError
from analysis.report import publish
from analysis.report.lock import BusyError, hold

_RECORD = "run.json"


class Pruned(NamedTuple):
    """What became of the runs of one report.

    Attributes:
        shop: Name of the shop.
        report: Name of the notebook.
        removed: Names of the runs whose pages were removed, oldest first.
        busy: Why nothing was touched, or empty.
    """

    shop: str
    report: str
    removed: list[str]
    busy: str = ""


class _Run(NamedTuple):
    good: bool
    is_what_if: bool
    folder: Path


def prune(reports: Path, *, keep: int) -> list[Pruned]:
    """Remove the pages of all but the newest good runs and the last failed run of each report.

    What-ifs are counted apart, so that no trying out takes the place of a regular run. Of a run
    that is removed, `run.json` stays alone in its folder. The run that `latest` leads to always
    stays whole, and a report that is being run is left alone.

    Args:
        reports: Folder of the published pages.
        keep: How many of the newest good runs of each report keep their pages, and how many of its
            what-ifs.

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
        with hold(lock, run_id="prune", since="just now", is_brief=True):
            old = _old_runs(folder, keep)
            for run in old:
                _remove(run)
    except BusyError as error:
        return Pruned(shop, report, [], str(error))
    return Pruned(shop, report, [run.name for run in old])


def _old_runs(folder: Path, keep: int) -> list[Path]:
    runs = sorted(_runs(folder), key=_order)
    kept = {(folder / publish.LATEST).resolve()}
    for what_ifs in (False, True):
        alike = [run for run in runs if run.is_what_if == what_ifs]
        good = [run.folder for run in alike if run.good]
        failed = [run.folder for run in alike if not run.good]
        kept |= {*good[-keep:], *failed[-1:]}
    return [run.folder for run in runs if run.folder not in kept and any(_to_remove(run.folder))]


def _order(run: _Run) -> tuple[bool, str]:
    """Return what orders runs as `latest` does: their names, those of days to come first."""
    return publish.has_come(run.folder.name.partition("--")[0]), run.folder.name


def _runs(folder: Path) -> Iterator[_Run]:
    """Read the records; a folder without a readable one is not ours to remove."""
    for record in folder.resolve().glob(f"*/{_RECORD}"):
        if record.parent.is_symlink():
            continue
        try:
            run = json.loads(record.read_text(encoding="utf-8"))
            yield _Run(run["outcome"] == "ok", bool(run.get("what_if")), record.parent)
        except (ValueError, KeyError, TypeError):
            continue


def _to_remove(run: Path) -> Iterator[Path]:
    return (file for file in run.iterdir() if file.name != _RECORD)


def _remove(run: Path) -> None:
    """Take the page first: whoever finds it finds all that it leads to."""
    (run / "index.html").unlink(missing_ok=True)
    for file in list(_to_remove(run)):
        file.unlink()
