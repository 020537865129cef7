"""What a reader of the pages can see go wrong, told in sentences; no sentence is a good sign."""

import fcntl
import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import nbformat

from analysis.style import format_date

_CARD = re.compile(r'<h3><a href="([^"]+)">.*?<strong>As of ([^<]+)</strong>', re.DOTALL)
_RUN_LINK = re.compile(r"answer/([^/]+)/index\.html")


def faults(reports: Path) -> list[str]:
    """Return what is wrong at this moment with the indexes and with every `latest`."""
    found = []
    for link in reports.glob("*/*/latest"):
        found += run_faults(link.resolve(), good=True)
    front = reports / "index.html"
    if front.exists():
        text = front.read_text("utf-8")
        found += _page_faults(front, text)
        for address, day in _CARD.findall(text):
            run = (front.parent / unquote(address)).parent
            if format_date(_record(run)["as_of"]) != day:
                found.append(f"the index says as of {day} and leads to {run.resolve().name}")
    for page in reports.glob("*/index.html"):
        found += _shop_faults(page)
    return found


def _shop_faults(page: Path) -> list[str]:
    text = page.read_text("utf-8")
    found = _page_faults(page, text)
    runs = [_record(page.parent / "answer" / name) for name in set(_RUN_LINK.findall(text))]
    days = {format_date(run["as_of"]) for run in runs}
    said = re.search(r"<strong>As of ([^<]+)</strong>", text)
    if not said or said[1] not in days:
        found.append(f"the shop's page says {said and said[1]} and leads to {sorted(days)}")
    return found


def _page_faults(page: Path, text: str) -> list[str]:
    found = [] if text.rstrip().endswith("</html>") else [f"{page} is not complete"]
    if "Run records that cannot be read" in text:
        found.append(f"{page} names a record that cannot be read")
    for address in re.findall(r'href="([^"#]+)"', text):
        target = page.parent / unquote(unescape(address))
        if "://" not in address and not address.startswith("data:") and not target.is_file():
            found.append(f"{page} leads to {address}, which is not there")
    return found


def run_faults(run: Path, *, good: bool = False) -> list[str]:
    """Return what is wrong with one published run; `good` where it has to be a good one."""
    try:
        record = _record(run)
        page = (run / "index.html").read_text("utf-8")
        nbformat.read(run / "notebook.ipynb", as_version=4)
    except (OSError, ValueError) as error:
        return [f"{run.name} is not whole: {error}"]
    day = format_date(record["as_of"])
    metrics = {metric["name"]: metric["value"] for metric in record["metrics"]}
    told = {
        "its record's run id": record["run_id"] == run.name,
        "the day in its name": run.name.startswith(record["as_of"] + "--"),
        "its shop's folder": record["shop"] == run.parent.parent.name,
        "the end of its page": page.rstrip().endswith("</html>"),
        "the run id on its page": record["run_id"] in page,
        "the day on its page": f"As of {day}" in page,
        "the shop on its page": "Tiny &amp; &lt;Shop&gt;" in page,
        "the verdict on its page": ("This run did not finish" in page) == (record["exit_code"] > 0),
        "the data it names": metrics.get("orders", record["data"]["orders"])
        == record["data"]["orders"],
        "a good run": record["outcome"] == "ok" or not good,
        "the numbers of a good run": record["outcome"] != "ok" or "orders" in metrics,
    }
    return [f"{run.name} lacks {what}" for what, is_so in told.items() if not is_so]


def leftovers(home: Path) -> list[str]:
    """Return what a run that is over has left lying about."""
    reports = home / "reports"
    left = [*(reports / ".work").iterdir(), *(home / "tmp").glob("crm-*")]
    left += [path for path in reports.rglob(".*") if path.parent.name not in (".work", ".locks")]
    named = {reports / ".work", reports / ".locks"}
    found = [f"left behind: {path.relative_to(home)}" for path in left if path not in named]
    for lock in (reports / ".locks").iterdir():
        with lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                found.append(f"{lock.name} is still held")
    return found


def unsettled(reports: Path) -> list[str]:
    """Return where `latest`, index and shop's page do not all show the newest good run.

    Newest is the last published for the last day that has come.
    """
    home = reports / "tiny" / "answer"
    tomorrow = f"{datetime.now(UTC).date() + timedelta(days=1)}"
    good = [run for run in runs(reports) if _record(run)["outcome"] == "ok"]
    newest = max(
        (run.name for run in good if run.name[:10] <= tomorrow),
        key=lambda name: tuple(name.split("--")[:2]),
    )
    (shown,) = _CARD.findall((reports / "index.html").read_text("utf-8"))
    on_index = (reports / unquote(shown[0])).parent.resolve().name
    on_shop = set(_RUN_LINK.findall((reports / "tiny" / "index.html").read_text("utf-8")))
    places = {"latest": (home / "latest").resolve().name, "the index": on_index}
    found = [f"{place} shows {run}, not {newest}" for place, run in places.items() if run != newest]
    if newest not in on_shop:
        found.append(f"the shop's page shows {sorted(on_shop)}, not {newest}")
    return found


def runs(reports: Path) -> list[Path]:
    """Return the published runs by name."""
    return sorted(path.parent for path in reports.glob("tiny/answer/2*/run.json"))


def _record(run: Path) -> dict:
    record = json.loads((run / "run.json").read_text("utf-8"))
    date.fromisoformat(record["as_of"])
    return record
