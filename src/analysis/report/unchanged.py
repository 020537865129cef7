"""Whether a report would come out as it stands already, so that nobody has to wait for it.

Everything that a page is made from goes into one digest, which its record keeps: cells, the whole
package, versions and installed distributions, parameters and day, language, the tables and the
files beside them. Where one of these cannot be told, or changed while the report ran, there is no
digest, and the report is run again: a needless run costs seconds, a stale page trust.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from analysis import paths
from analysis.errors import AnalysisError
from analysis.findings import Metric
from analysis.language import using
from analysis.report import facts, fingerprints, publish
from analysis.report.front.trends import Trend, trends
from analysis.report.outcome import Outcome
from analysis.report.plan import Plan, acts
from analysis.shop import read_shop, tables_folder

# What these say can change a digit or a picture.
_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MATPLOTLIBRC", "TZ")
# What every record tells, of whatever make.
_TOLD = {"outcome", "parameters", "started_at", "metrics", "language", "as_of"}


class Unchanged(NamedTuple):
    """A published run that another would only repeat.

    Attributes:
        page: Its page.
        started_at: When it ran, as its record says.
    """

    page: Path
    started_at: str


def find_unchanged(plan: Plan, reports: Path) -> Unchanged | None:
    """Return the run that a plan would only repeat, or None where it has to be run.

    With the shop's own settings that is the last good run of its day, if readers are led to it; a
    what-if is answered by any run that was asked the same. After a run that failed, it is run.

    Args:
        plan: What is asked for.
        reports: Folder of the published pages.
    """
    digest = made_of(plan)
    if digest is None:
        return None
    home = publish.report_folder(reports, plan.shop, plan.report)
    stands = True
    for folder, run in _runs(home, f"{plan.as_of}"):
        if run["outcome"] != Outcome.ok.name:
            if run["parameters"] == plan.parameters:
                return None
            continue
        own = not run["what_if"]
        if run["basis"].get("made_of") == digest and (stands or not own):
            return _found(home, folder, run)
        stands = stands and not own
    return None


def _found(home: Path, folder: Path, run: Mapping[str, Any]) -> Unchanged | None:
    whole = all((folder / name).is_file() for name in ("index.html", "notebook.ipynb"))
    shown = bool(run["what_if"]) or publish.is_shown(folder)
    if whole and shown and run["basis"].get("trends") == trends_digest(moved(home, run)):
        return Unchanged(folder / "index.html", run["started_at"])
    return None


def _runs(home: Path, day: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the runs of a day with their records, the newest first."""
    for file in sorted(home.glob(f"{day}--*/run.json"), reverse=True):
        try:
            run = {"basis": {}, "what_if": [], **json.loads(file.read_text(encoding="utf-8"))}
        except (OSError, ValueError, TypeError):
            continue
        # One that somebody cut short tells nothing, and shall not keep the report from running.
        if run.keys() >= _TOLD:
            yield file.parent, run


def basis(plan: Plan, before: str | None, found: Sequence[Trend]) -> dict[str, str | None]:
    """Return what a record keeps: digests of what its run was made of, and of what came before.

    Args:
        plan: What was asked for.
        before: `made_of` as it was before the run.
        found: The trends that the page shows.
    """
    after = made_of(plan) if before else None
    return {"made_of": before if before == after else None, "trends": trends_digest(found)}


def moved(home: Path, run: Mapping[str, Any]) -> list[Trend]:
    """Return how the first numbers of a good run moved; a what-if is compared with nothing.

    Args:
        home: Folder of the report, with its earlier runs.
        run: The record.
    """
    if run["outcome"] != Outcome.ok.name or run["what_if"]:
        return []
    metrics = [Metric(**metric) for metric in run["metrics"]]
    with using(run["language"]):
        return trends(home, until=run["as_of"], metrics=metrics)


def trends_digest(found: Sequence[Trend]) -> str:
    """Return digits of what a page says about earlier days."""
    return _digest([trend._asdict() for trend in found])


def made_of(plan: Plan) -> str | None:
    """Return digits of everything that a run would be made from, None where it cannot be told.

    What another database holds cannot: its tables may change without a trace.
    """
    if plan.as_of is None or _acts(plan):
        return None
    try:
        if read_shop(plan.shop).engine or not plan.data.get("fingerprint"):
            return None
        read = {
            "tables": list(_listed(tables_folder(plan.shop))),
            "inputs": fingerprints.input_fingerprints(plan.shop, plan.notebook, plan.parameters),
            "private": [list(_listed(folder)) for folder in _private(plan.shop)],
        }
        code = {
            "notebook": fingerprints.notebook_fingerprint(plan.notebook),
            "package": fingerprints.package_fingerprint(),
            "catalogs": list(_listed(paths.home() / "locale")),
            "distributions": _distributions(),
            "versions": facts.versions(),
            "variables": {name: os.environ.get(name) for name in _VARIABLES},
        }
    except (OSError, ValueError, AnalysisError):  # the run itself will say what is wrong
        return None
    asked = [plan.shop, plan.report, plan.parameters, plan.changed, plan.language, plan.data]
    return _digest([asked, f"{plan.as_of}", read, code])


def _acts(plan: Plan) -> bool:
    """Return whether a report does more than tell: it is run whenever it is asked for."""
    return any(acts(name) and value for name, value in plan.parameters.items())


def _private(shop: str) -> tuple[Path, Path]:
    folder = paths.data_folder() / "private"
    return folder / "ledgers" / shop, folder / "targets" / shop


def _listed(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield the files under a folder as they lie there: place, size and moment of writing."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            status = file.stat()
            yield f"{file}", status.st_size, status.st_mtime_ns


def _distributions() -> list[str]:
    """Return name and version of all that is installed, as the names of their folders tell."""
    places = [Path(place) for place in sys.path if place]
    return sorted(found.name for place in places for found in place.glob("*.dist-info"))


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
