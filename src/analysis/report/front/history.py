"""What the runs of a shop have recorded: one record for each report and day.

Only good runs with the shop's own settings are history. Of several for one day the newest counts; a
run for an earlier day takes its place among the days. The folders are named by day, so that no more
records are opened than days are asked for, however many runs there are. A run whose page was pruned
is read like any other.
"""

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from analysis.catalog import SOURCE_LANGUAGE, check_language
from analysis.errors import AnalysisError
from analysis.findings import CampaignRecord, Check, Finding, Metric

# Two years of months, or a month of days.
MOST_DAYS = 36
_NAMED_BY_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})--")

_Item = TypeVar("_Item", Metric, Finding, Check, CampaignRecord)


class Record(NamedTuple):
    """What one good run recorded.

    Attributes:
        report: Name of the notebook.
        title: Its question.
        shop_title: Name of the shop as a reader sees it.
        day: The day that it speaks of.
        started: When it began.
        address: Of its page, relative to the shop's folder; empty where that was pruned.
        language: Of its texts.
        metrics: Its numbers by name.
        findings: Its findings by name.
        checks: Its checks by name.
        campaigns: Where its campaigns stood, by name.
        data: What it recorded of the shop's data.
    """

    report: str
    title: str
    shop_title: str
    day: datetime.date
    started: datetime.datetime
    address: str
    language: str
    metrics: dict[str, Metric]
    findings: dict[str, Finding]
    checks: dict[str, Check]
    campaigns: dict[str, CampaignRecord]
    data: dict[str, Any]


# Report to its records, the oldest day first.
History = dict[str, list[Record]]


def read_history(
    reports: Path, shop: str, *, until: str = "", most_days: int = MOST_DAYS
) -> History:
    """Return the records of a shop's reports, those without a good run left out.

    Args:
        reports: Folder that holds SHOP/REPORT/RUN_ID/run.json.
        shop: Name of the shop.
        until: Last day that counts, ISO text; empty for that of the link `latest`, and for any day
            of a report without one.
        most_days: How many days of each report to read, the latest ones.
    """
    found = {
        folder.name: read_report(folder, until=until, most_days=most_days)
        for folder in sorted((reports / shop).glob("*/"))
        if not folder.name.startswith(".") and not folder.is_symlink()
    }
    return {name: records for name, records in found.items() if records}


def read_report(folder: Path, *, until: str = "", most_days: int = MOST_DAYS) -> list[Record]:
    """Return the records of one report, one a day, the oldest first."""
    by_day: dict[datetime.date, Record] = {}
    until = until or _day_of_latest(folder)
    for run in sorted(_runs(folder), key=lambda run: run.name, reverse=True):
        named = _NAMED_BY_DAY.match(run.name)
        day = _day(named[1]) if named else None
        if named and (day in by_day or (until and named[1] > until)):
            continue
        if named and len(by_day) >= most_days and day < min(by_day):
            break
        record = _read(run)
        if record is None or (until and record.day.isoformat() > until):
            continue
        known = by_day.get(record.day)
        if known is None or known.started < record.started:
            by_day[record.day] = record
    return [by_day[day] for day in sorted(by_day)][-most_days:]


def newest(history: History) -> list[Record]:
    """Return the last record of every report, by name of the report."""
    return [records[-1] for _report, records in sorted(history.items())]


def _day_of_latest(folder: Path) -> str:
    """Return the last day of a report; a run for a later one was made under a wrong clock."""
    named = _NAMED_BY_DAY.match((folder / "latest").resolve().name)
    return named[1] if named else ""


def _runs(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return  # the first run of a report is not published yet
    for run in folder.iterdir():
        if run.is_dir() and not run.is_symlink() and not run.name.startswith("."):
            yield run


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _read(run: Path) -> Record | None:
    """Return the record of a run; None for a failed one, a what-if, or what cannot be read."""
    try:
        content = json.loads((run / "run.json").read_text("utf-8"))
        if content["outcome"] != "ok" or content.get("what_if"):
            return None
        return _record(content, run)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, AnalysisError):
        return None  # the list of all reports names it


def _record(content: Mapping[str, Any], run: Path) -> Record:
    report, data = str(content["report"]), content.get("data") or {}
    has_page = (run / "index.html").is_file()
    return Record(
        report=report,
        title=str(content.get("title") or report),
        shop_title=str(data.get("title") or content["shop"]),
        day=datetime.date.fromisoformat(content["as_of"]),
        started=datetime.datetime.fromisoformat(content["started_at"]).astimezone(datetime.UTC),
        address=f"{report}/{run.name}/index.html" if has_page else "",
        language=check_language(str(content.get("language") or SOURCE_LANGUAGE)),
        metrics=_items(Metric, content.get("metrics")),
        findings=_items(Finding, content.get("findings")),
        checks=_items(Check, content.get("checks")),
        campaigns=_items(CampaignRecord, content.get("campaigns")),
        data=dict(data),
    )


def _items(kind: type[_Item], items: Any) -> dict[str, _Item]:
    """Return items of a record by name; what another version recorded beside them is left out."""
    found = {}
    for item in items or []:
        known = {key: _frozen(value) for key, value in item.items() if key in kind._fields}
        found[str(item["name"])] = kind(**known)
    return found


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
