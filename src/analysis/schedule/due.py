"""What is due: reports of a shop for which no good run stands yet."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from analysis import paths
from analysis.catalog import SOURCE_LANGUAGE
from analysis.errors import ParameterError
from analysis.report.fingerprints import code_fingerprints
from analysis.report.outcome import Outcome
from analysis.report.plan import Plan, plan_runs
from analysis.report.publish import report_folder
from analysis.schedule.days import missed_days, period_end
from analysis.schedule.imports import Imported, import_due
from analysis.schedule.secrets import tell_error
from analysis.shop import ShopFile, read_shop


class Due(NamedTuple):
    """What a shop's schedule asks for.

    Attributes:
        shop: Name of the shop.
        missed: Earlier days, the oldest first, with the names of the reports that wait.
        last: The plans of the last day.
        done: How many reports have a good run already.
        skipped: Why the shop takes no part, or empty.
        refused: What kept its reports from being planned, or None.
        imported: What became of its export files.
    """

    shop: str
    missed: tuple[tuple[date, frozenset[str]], ...] = ()
    last: tuple[Plan, ...] = ()
    done: int = 0
    skipped: str = ""
    refused: tuple[Outcome, str] | None = None
    imported: Imported | None = None


def import_and_find_due(
    name: str, *, reports: Path, now: datetime, since: date | None = None, fresh: bool = False
) -> Due:
    """Import what is new of a shop, then return what is due; see `find_due`.

    Where new files cannot be imported, or too much of them would be set aside, none of its reports
    is due: they would speak of a shop that is no more.
    """
    imported = import_due(name)
    if imported.refused:
        return Due(name, refused=imported.refused, imported=imported)
    found = find_due(name, reports=reports, now=now, since=since, fresh=fresh)
    return found._replace(imported=imported)


def find_due(
    name: str, *, reports: Path, now: datetime, since: date | None = None, fresh: bool = False
) -> Due:
    """Return what is due for a shop; whatever is wrong with the shop ends as a refusal.

    Due is the last day of the shop's schedule that is over: yesterday, or the end of the last week
    or month, in the shop's time zone. A shop whose file names another day is due for that one. With
    `since`, so are the days of its schedule from then on.

    A report is done for the last day if a good run had the same notebook, parameters and data; for
    earlier days, whatever good run with the same parameters is enough, since later imports change
    the data of every day. A what-if never counts, as readers were not led to it.

    Args:
        name: The shop.
        reports: Folder of the published pages.
        now: The moment, with time zone, to which all shops are held.
        since: The first day to catch up on, or None.
        fresh: Whether every report is due for the last day, done or not.
    """
    try:
        file = read_shop(name)
        if not file.reports:
            return Due(name, skipped="its file names no reports")
        if not _has_data(file):
            return _without_data(name, reports)
        return _find(file, reports, now, since, fresh)
    except ParameterError as error:
        return Due(name, refused=(Outcome.bad_request, str(error)))
    except Exception as error:  # of one shop; the others go on
        return Due(name, refused=(Outcome.data_error, f"Cannot be planned: {tell_error(error)}"))


def _has_data(file: ShopFile) -> bool:
    return bool(file.engine) or (paths.data_folder() / file.name / "current").is_dir()


def _without_data(name: str, reports: Path) -> Due:
    if any((reports / name).glob("*/*/run.json")):
        lost = f"Shop '{name}' had data when its reports last ran, and has none now."
        return Due(name, refused=(Outcome.data_error, lost))
    return Due(name, skipped=f"no data yet: crm import --shop {name}")


def _find(file: ShopFile, reports: Path, now: datetime, since: date | None, fresh: bool) -> Due:
    yesterday = now.astimezone(ZoneInfo(file.time_zone)).date() - timedelta(days=1)
    follows_clock = file.as_of == "yesterday"
    text = period_end(file.every, yesterday).isoformat() if follows_clock else file.as_of
    plans = plan_runs([], shops=[file.name], as_of=text)
    last = tuple(plan for plan in plans if fresh or not _is_done(plan, reports, strictly=True))
    wanted, missed = len(plans), []
    if since and plans[0].as_of:
        first = date.fromisoformat(plans[0].data["first_day"])
        days = missed_days(file.every, since=max(since, first), before=plans[0].as_of)
        missed = [(day, _waiting(plans, day, reports)) for day in days]
        wanted += len(days) * len(plans)
    left = len(last) + sum(len(waiting) for _day, waiting in missed)
    opened = tuple((day, waiting) for day, waiting in missed if waiting)
    return Due(file.name, opened, last, done=wanted - left)


def _waiting(plans: Iterable[Plan], day: date, reports: Path) -> frozenset[str]:
    """Return the reports for which no good run of an earlier day stands."""
    on_day = [
        plan._replace(as_of=day, parameters={**plan.parameters, "as_of": day.isoformat()})
        for plan in plans
    ]
    return frozenset(plan.report for plan in on_day if not _is_done(plan, reports, strictly=False))


def plan_missed(shop: str, day: date, waiting: frozenset[str]) -> list[Plan]:
    """Return the plans of an earlier day; each opens the shop, so only when their turn has come."""
    try:
        plans = plan_runs([], shops=[shop], as_of=day.isoformat())
    except Exception as error:  # since the command began, the shop has changed under it
        return [_refused(shop, report, f"As of {day}: {tell_error(error)}") for report in waiting]
    return [plan for plan in plans if plan.report in waiting]


def _refused(shop: str, report: str, message: str) -> Plan:
    return Plan(
        shop=shop,
        report=report,
        title=report,
        notebook=Path(report),
        as_of=None,
        parameters={},
        parameter_help={},
        data={},
        refusal=message,
    )


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
        "language": plan.language,
        "notebook": code_fingerprints(plan.notebook)["notebook"],
    }


def _is_good(file: Path, same: Mapping[str, Any]) -> bool:
    try:
        run = json.loads(file.read_text(encoding="utf-8"))
        of_run = {
            "parameters": run["parameters"],
            "data": run["data"].get("fingerprint"),
            "language": run.get("language", SOURCE_LANGUAGE),
            "notebook": run.get("code", {}).get("notebook"),
        }
        own = run["outcome"] == Outcome.ok.name and not run.get("what_if")
        return own and same.items() <= of_run.items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
