"""The shop's page: what its owner reads in a minute, from the records of runs alone."""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from analysis.language import using
from analysis.report import templates
from analysis.report.front import panels, words
from analysis.report.front.history import History, Record, newest, read_history
from analysis.report.front.life import campaigns_of, stories
from analysis.report.front.lines import moves
from analysis.report.published import last_run, read_runs
from analysis.style import format_date
from analysis.whole_files import write_whole

MOST_FINDINGS = 3


def build_shop_page(reports: Path, shop: str) -> Path | None:
    """Write `SHOP/index.html` in one step; None, and no page, where no run was good yet.

    Args:
        reports: Folder that holds SHOP/REPORT/RUN_ID/run.json.
        shop: Name of the shop.
    """
    html = _render(reports, shop, "shop.html.j2", charts=True)
    if not html:
        return None
    path = reports / shop / "index.html"
    write_whole(path, html)
    return path


def first_screen(reports: Path, shop: str) -> str:
    """Return what a shop's page says as an HTML fragment for a mail: no charts, links or looks.

    Empty where no run was good yet.
    """
    return _render(reports, shop, "first_screen.html.j2", charts=False)


def _render(reports: Path, shop: str, template: str, *, charts: bool) -> str:
    """Return a page in the language of the shop's last report."""
    history = read_history(reports, shop)
    if not history:
        return ""
    with using(_last(history).language):
        screen = _screen(history, failures(reports, shop), charts=charts)
        return templates.environment().get_template(template).render(screen=screen)


def _last(history: History) -> Record:
    return max(newest(history), key=lambda record: (record.day, record.started))


def failures(reports: Path, shop: str) -> dict[str, str]:
    """Return title and message of every report whose last run failed."""
    runs = sorted(read_runs(reports, shop)[0], key=lambda run: run.report)
    found = {}
    for _report, of_report in groupby(runs, key=lambda run: run.report):
        last = last_run(reports, list(of_report))
        if last and not last.good:
            found[last.title] = last.message
    return found


def _screen(history: History, failed: Mapping[str, str], *, charts: bool) -> dict[str, Any]:
    records = newest(history)
    last = _last(history)
    told, campaigns = stories(history), campaigns_of(history)
    standing = [story for story in told if story.state not in ("closed", "gone")]
    revenue, people = panels.revenue(history), panels.people(history)
    shown = [panels.conversion(history), panels.churn(history), panels.value(history)]
    for panel in (revenue, people, *shown):
        if panel:
            panel["day"] = words.day_words(panel["records"][-1].day, last.day)
    return {
        "language": last.language,
        "charts": charts,
        "title": last.shop_title,
        "day": format_date(last.day.isoformat()),
        "about": words.period(last.data),
        "revenue": revenue,
        "people": people,
        "panels": [panel for panel in shown if panel],
        "findings": [words.story_words(story, history) for story in standing[:MOST_FINDINGS]],
        "past": words.past_words(told),
        "campaigns": [words.campaign_words(each) for each in campaigns if each.state != "planned"],
        "planned": words.planned_words(campaigns),
        "moves": words.moves_words([moves(history, back="run"), moves(history, back="month")]),
        "problems": words.problems(history, failed),
        "reports": [
            {
                "title": record.title,
                "address": record.address,
                "day": format_date(record.day.isoformat()),
            }
            for record in records
        ],
    }
