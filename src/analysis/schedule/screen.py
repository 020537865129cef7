"""What a shop's reports say first, as a fragment that a mail can hold."""

import json
from html import escape
from pathlib import Path

from analysis.findings import Finding, Metric
from analysis.language import _
from analysis.report import tiles
from analysis.style import format_date

_MOST = 4


def first_screen(reports: Path, shop: str) -> str:
    """Return headline numbers and findings of the latest good run of each of a shop's reports."""
    found = [json.loads(file.read_text("utf-8")) for file in _latest(reports, shop)]
    return "".join(map(_section, found))


def _latest(reports: Path, shop: str) -> list[Path]:
    return sorted((reports / shop).glob("*/latest/run.json"))


def _section(run: dict) -> str:
    metrics = [Metric(**metric) for metric in run["metrics"]]
    findings = [Finding(**finding) for finding in run["findings"]]
    shown = [metric for metric in metrics if metric.text][:_MOST]
    said = "".join(f"<li>{escape(each.sentence)} {escape(each.money)}</li>" for each in findings)
    day = _("As of {day}").format(day=format_date(run["as_of"]))
    return (
        f"<h2>{escape(run['title'])}</h2><p>{escape(day)}</p>{tiles.to_html(shown)}<ul>{said}</ul>"
    )
