"""The published runs of reports, as their records tell, and which of them speak for a report."""

import datetime
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from analysis.catalog import SOURCE_LANGUAGE, check_language, languages
from analysis.errors import AnalysisError
from analysis.findings import Check, Metric
from analysis.report.publish import LATEST, has_come

MOST_NUMBERS = 4


class Run(NamedTuple):
    """What pages of all reports need to know of one run.

    Attributes:
        folder: Its folder, relative to the folder of all reports.
        has_page: Whether there is a page in it.
        shop: Name of the shop.
        shop_title: The same as a reader sees it.
        report: Name of the notebook.
        title: Its question.
        language: Code of the language that it is written in.
        good: Whether it ended well.
        started: When it began.
        day: The day it speaks of as ISO text, or empty.
        message: What went wrong; empty where all went well.
        place: The heading under which it stopped, or empty.
        metrics: The first numbers that it recorded, as many as are shown.
        failed_checks: The checks that failed.
        is_what_if: Whether it ran with settings that are not the shop's own.
    """

    folder: Path
    has_page: bool
    shop: str
    shop_title: str
    report: str
    title: str
    language: str
    good: bool
    started: datetime.datetime
    day: str
    message: str
    place: str
    metrics: tuple[Metric, ...]
    failed_checks: tuple[Check, ...]
    is_what_if: bool = False


def read_runs(reports: Path, shop: str = "*") -> tuple[list[Run], list[tuple[str, str]]]:
    """Return the runs under a folder, and path and reason of every record that cannot be read.

    Args:
        reports: Folder that holds SHOP/REPORT/RUN_ID/run.json.
        shop: Name of a shop; `*` for every one.
    """
    runs, unreadable = [], []
    known = languages()
    for path in sorted(reports.glob(f"{shop}/*/*/run.json")):
        folder = path.parent.relative_to(reports)
        if path.parent.is_symlink() or any(part.startswith(".") for part in folder.parts):
            continue
        try:
            status = path.stat()
            run = _read(path, status.st_mtime_ns, status.st_size)
            if run.language not in known:
                check_language(run.language)
            has_page = (path.parent / "index.html").is_file()
            runs.append(run._replace(folder=folder, has_page=has_page))
        except (AnalysisError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"
            unreadable.append((str(folder / "run.json"), reason))
    return runs, unreadable


# A command builds the index after each of its reports, and a record that is written stays.
@cache
def _read(path: Path, _moment: int, _size: int) -> Run:
    record = json.loads(path.read_text("utf-8"))
    good = record["outcome"] == "ok"
    checks = [Check(**check) for check in record.get("checks") or []]
    metrics = [Metric(**metric) for metric in record.get("metrics") or []]
    return Run(
        folder=path.parent,
        has_page=False,
        shop=str(record["shop"]),
        shop_title=str((record.get("data") or {}).get("title") or record["shop"]),
        report=str(record["report"]),
        title=str(record.get("title") or record["report"]),
        language=str(record.get("language") or SOURCE_LANGUAGE),
        good=good,
        started=datetime.datetime.fromisoformat(record["started_at"]).astimezone(datetime.UTC),
        day=str(record.get("as_of") or ""),
        message="" if good else str(record.get("message") or record["outcome"]),
        place=str((record.get("failed_cell") or {}).get("heading") or ""),
        metrics=tuple([metric for metric in metrics if metric.text][:MOST_NUMBERS]),
        failed_checks=tuple(check for check in checks if not check.passed),
        is_what_if=bool(record.get("what_if")),
    )


def standing(reports: Path, runs: Sequence[Run]) -> Run | None:
    """Return the good run that stands for a report: the one that the link `latest` leads to.

    The card names its folder and not the link, so that words and page agree even if the link moves
    on and nobody lives to rebuild the index. Without a link, a good run for an earlier day is only
    a look back, and one with settings of its own stands only as long as there is no other.
    """
    latest = (reports / runs[0].folder.parent / LATEST).resolve().name
    return max(
        (run for run in runs if run.good),
        key=lambda run: (run.folder.name == latest, not run.is_what_if, run.day, run.started),
        default=None,
    )


def last_run(reports: Path, runs: Sequence[Run]) -> Run | None:
    """Return the run of a report that tells whether it still runs, good or failed.

    That is the last one of those that readers would have been led to: neither a what-if nor a look
    back to a day before that of the run that stands. None where there is none but such.
    """
    own = [run for run in runs if not run.is_what_if]
    stands = standing(reports, own) if own else None
    return max(
        (run for run in own if not stands or run.day >= stands.day), key=moment, default=None
    )


def moment(run: Run) -> tuple[bool, str, str]:
    """Return what orders the runs of a report: the moment in their names, which never goes back.

    Runs that speak of a day that has not come were made under a wrong clock, and come first.
    """
    name = run.folder.name
    named = name.split("--")[1:2]
    return has_come(run.day), named[0] if named else f"{run.started:%Y%m%dT%H%M%SZ}", name
