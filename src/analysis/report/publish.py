"""From a private work folder to a published page in one rename.

A run works in `reports/.work/RUN_ID`, which only its user may enter. What is published appears
whole, under `reports/SHOP/REPORT/RUN_ID`, or not at all; the link `latest` beside it is replaced in
one step too, and only by a good run.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analysis.report.lock import BusyError, hold
from analysis.whole_files import settle

LATEST = "latest"
_WORK = ".work"
_LOCKS = ".locks"
# As `write_whole` leaves them where a process was killed.
_UNMOVED = ".index-"


def report_folder(reports: Path, shop: str, report: str) -> Path:
    """Return the folder that holds the published runs of a report."""
    return reports / shop / report


def lock_file(reports: Path, shop: str, report: str) -> Path:
    """Return the lock file of a report."""
    return reports / _LOCKS / f"{shop}--{report}.lock"


@contextmanager
def work_folder(reports: Path, run_id: str) -> Iterator[Path]:
    """Give a private folder to work in, gone afterwards unless it was published.

    Folders of runs that died are swept on the way in: a living run holds a lock on its folder,
    which its process cannot take with it.
    """
    folder = reports / _WORK / run_id
    with _gate(reports):
        _sweep(folder.parent)
        folder.mkdir(mode=0o700)
        handle = _lock_folder(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


@contextmanager
def _gate(reports: Path) -> Iterator[None]:
    """Keep sweeping apart from creating: a new folder is not locked yet for a moment."""
    (reports / _WORK).mkdir(parents=True, exist_ok=True)
    (reports / _LOCKS).mkdir(exist_ok=True)
    with (reports / _LOCKS / "work.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sweep(work: Path) -> None:
    for folder in work.iterdir():
        handle = _lock_folder(folder) if folder.is_dir() else None
        if handle is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)


def _lock_folder(folder: Path) -> int | None:
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:  # its run has just published it
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def publish(folder: Path, target: Path, *, good: bool) -> Path:
    """Move a finished work folder to its place, and let a good run become the latest.

    Folder names begin with the day that a run speaks of. A good run for an earlier day than that
    of the latest is a look back: it is published, but readers keep what they have.

    Returns:
        The published folder.

    Raises:
        OSError: It could not be moved; what was published before is as it was.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        settle(file)
    folder.chmod(_folder_mode(folder))
    folder.replace(target)
    settle(target.parent)
    if good and _day(target) >= _day((target.parent / LATEST).resolve()):
        point_latest(target)
    return target


def is_shown(folder: Path) -> bool:
    """Return whether `latest` leads to a published run, or to one that speaks of a later day."""
    latest = (folder.parent / LATEST).resolve()
    return latest == folder.resolve() or _day(latest) > _day(folder)


def index_is_behind(reports: Path, page: Path) -> bool:
    """Return whether the index was built before a page was published, or is not there."""
    index = reports / "index.html"
    record = page.with_name("run.json")
    return not index.exists() or index.stat().st_mtime_ns < record.stat().st_mtime_ns


def _day(run: Path) -> str:
    # The link itself, before there is one, resolves to its own name, which comes before any day.
    day, dashes, _ = run.name.partition("--")
    return day if dashes else ""


def _folder_mode(folder: Path) -> int:
    """Return the mode under which whoever may read the files may enter the folder."""
    mode = 0o700
    for file in folder.iterdir():
        readable = file.stat().st_mode & 0o444
        mode |= readable | readable >> 2
    return mode


def point_latest(target: Path) -> None:
    """Let the link `latest` beside a published run lead to it, without a moment of no link."""
    fresh = target.parent / f".{LATEST}.{target.name}"
    with suppress(FileNotFoundError):
        fresh.unlink()
    fresh.symlink_to(target.name)
    fresh.replace(target.parent / LATEST)


def has_come(day: str) -> bool:
    """Return whether a day, ISO text, has come somewhere on earth, as far as the clock knows.

    A run under a clock that went wrong may speak of a day that has not.
    """
    return day <= f"{datetime.now(UTC).date() + timedelta(days=1)}"


def settle_latest(reports: Path) -> None:
    """Let each `latest` lead to the newest good run, which it does unless something went wrong.

    A process may have been killed between publishing a run and moving the link; or the clock was
    wrong, and the link leads to a day that has not come. A report that is being run is left alone.
    """
    for folder in reports.glob("[!.]*/[!.]*/"):
        if folder.is_symlink() or _is_settled(folder):
            continue
        lock = lock_file(reports, folder.parent.name, folder.name)
        with suppress(BusyError), hold(lock, run_id=LATEST, since="just now", is_brief=True):
            for left in folder.glob(f".{LATEST}.*"):
                left.unlink()
            newest = _newest_good(folder)
            if newest and (folder / LATEST).resolve() != newest.resolve():
                point_latest(newest)


def _is_settled(folder: Path) -> bool:
    newest = _newest_good(folder)
    led = newest is None or (folder / LATEST).resolve() == newest.resolve()
    return led and not any(folder.glob(f".{LATEST}.*"))


def _newest_good(folder: Path) -> Path | None:
    """Return the run that `latest` should lead to: of the last day that has come, the last one."""
    for run in sorted(folder.glob("[0-9]*--*--*"), key=lambda run: run.name, reverse=True):
        if has_come(_day(run)) and (run / "index.html").is_file():
            with suppress(OSError, ValueError, KeyError, TypeError):
                record = json.loads((run / "run.json").read_text("utf-8"))
                if record["outcome"] == "ok" and not record.get("what_if"):
                    return run
    return None


def tidy(reports: Path) -> None:
    """Sweep what dead runs left, and let every page show what stands, without running anything."""
    with _gate(reports):
        _sweep(reports / _WORK)
    if any(reports.glob("*/*/*/run.json")):
        rebuild_index(reports)


def rebuild_index(reports: Path) -> None:
    """Rebuild the front door of all reports, one process at a time so that the newest stands.

    What processes that were killed left half-way is finished first: files that were never moved to
    their place, and links that do not lead to the newest good run yet.
    """
    from analysis.report.index import build_index

    with (reports / _LOCKS / "index.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for pattern in (f"{_UNMOVED}*", f"*/{_UNMOVED}*"):
            for left in reports.glob(pattern):
                left.unlink()
        settle_latest(reports)
        build_index(reports)
