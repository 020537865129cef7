"""What is due: reports of a shop for which no good run stands yet."""

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from analysis import paths
from analysis.errors import ParameterError
from analysis.report.fingerprints import code_fingerprints
from analysis.report.outcome import Outcome
from analysis.report.plan import Plan, plan_runs
from analysis.report.publish import report_folder
from analysis.schedule.days import missed_days, period_end
from analysis.schedule.secrets import scrub
from analysis.shop import ShopFile, read_shop


class Due(NamedTuple):
    """What a shop's schedule asks for.

    Attributes:
        shop: Name of the shop.
        days: The plans of each day, oldest day first.
        done: How many reports have a good run already.
        skipped: Why the shop takes no part, or empty.
        refused: What kept its reports from being planned, or None.
    """

    shop: str
    days: tuple[tuple[Plan, ...], ...] = ()
    done: int = 0
    skipped: str = ""
    refused: tuple[Outcome, str] | None = None


def find_due(name: str, *, reports: Path, now: datetime, since: date | None = None) -> Due:
    """Return what is due for a shop; whatever is wrong with the shop ends as a refusal.

    Due is the last day of the shop's schedule that is over: yesterday, or the end of the last week
    or month, in the shop's time zone. A shop whose file names another day is due for that one. With
    `since`, so are the days of its schedule from then on.

    A report is done for the last day if a good run had the same notebook, parameters and data; for
    earlier days, whatever good run with the same parameters is enough, since later imports change
    the data of every day.

    Args:
        name: The shop.
        reports: Folder of the published pages.
        now: The moment, with time zone, to which all shops are held.
        since: The first day to catch up on, or None.
    """
    try:
        file = read_shop(name)
        if not file.reports:
            return Due(name, skipped="its file names no reports")
        if not _has_data(file):
            return _without_data(name, reports)
        return _find(file, reports, now, since)
    except ParameterError as error:
        return Due(name, refused=(Outcome.bad_request, str(error)))
    except Exception as error:  # of one shop; the others go on
        logging.getLogger(__name__).debug("planning %s", name, exc_info=True)
        reason = scrub(f"{type(error).__name__}: {' '.join(str(error).split())}")
        return Due(name, refused=(Outcome.data_error, f"Its reports cannot be planned: {reason}"))


def _has_data(file: ShopFile) -> bool:
    return bool(file.engine) or (paths.data_folder() / file.name / "current").is_dir()


def _without_data(name: str, reports: Path) -> Due:
    if any((reports / name).glob("*/*/run.json")):
        lost = f"Shop '{name}' had data when its reports last ran, and has none now."
        return Due(name, refused=(Outcome.data_error, lost))
    return Due(name, skipped=f"no data yet: crm import --shop {name}")


def _find(file: ShopFile, reports: Path, now: datetime, since: date | None) -> Due:
    yesterday = now.astimezone(ZoneInfo(file.time_zone)).date() - timedelta(days=1)
    follows_clock = file.as_of == "yesterday"
    text = period_end(file.every, yesterday).isoformat() if follows_clock else file.as_of
    last = plan_runs([], shops=[file.name], as_of=text)
    due = [[plan for plan in last if not _is_done(plan, reports, strictly=True)]]
    wanted = len(last)
    if since and last[0].as_of:
        first = date.fromisoformat(last[0].data["first_day"])
        missed = missed_days(file.every, since=max(since, first), before=last[0].as_of)
        open_days = [_open(last, day, reports) for day in missed]
        wanted += len(missed) * len(last)
        due = [*open_days, *due]
    days = tuple(tuple(plans) for plans in due if plans)
    return Due(file.name, days, done=wanted - sum(map(len, days)))


def _open(last: Iterable[Plan], day: date, reports: Path) -> list[Plan]:
    """Return the plans of an earlier day for which no good run stands."""
    on_day = [
        plan._replace(as_of=day, parameters={**plan.parameters, "as_of": day.isoformat()})
        for plan in last
    ]
    waiting = {plan.report for plan in on_day if not _is_done(plan, reports, strictly=False)}
    if not waiting:
        return []
    planned = plan_runs([], shops=[on_day[0].shop], as_of=day.isoformat())
    return [plan for plan in planned if plan.report in waiting]


def _is_done(plan: Plan, reports: Path, *, strictly: bool) -> bool:
    if plan.as_of is None:
        return False
    same = _same_strictly(plan) if strictly else {"parameters": plan.parameters}
    home = report_folder(reports, plan.shop, plan.report)
    return any(_is_good(file, same) for file in home.glob(f"{plan.as_of}--*/run.json"))


def _same_strictly(plan: Plan) -> dict[str, Any]:
    return {
        "parameters": plan.parameters,
        "data": plan.data.get("fingerprint"),
        "notebook": code_fingerprints(plan.notebook)["notebook"],
    }


def _is_good(file: Path, same: Mapping[str, Any]) -> bool:
    try:
        run = json.loads(file.read_text(encoding="utf-8"))
        of_run = {
            "parameters": run["parameters"],
            "data": run["data"].get("fingerprint"),
            "notebook": run.get("code", {}).get("notebook"),
        }
        return run["outcome"] == Outcome.ok.name and same.items() <= of_run.items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
