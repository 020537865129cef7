"""One report from request to published page, whatever happens on the way."""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from analysis.language import _, using
from analysis.notebooks import read_cells
from analysis.report import facts, fingerprints, publish, unchanged
from analysis.report.definition import Definitions, definitions, fingerprints_of
from analysis.report.execute import CellStart, Execution, execute
from analysis.report.forks import ForkServer
from analysis.report.kernel import Watch
from analysis.report.lock import BusyError, hold
from analysis.report.outcome import Outcome
from analysis.report.plan import Plan
from analysis.report.record import collect
from analysis.report.write import unwritten, write_run
from analysis.shop import TABLES_VARIABLE

_STAMP = "%Y%m%dT%H%M%SZ"


class Limits(NamedTuple):
    """Seconds allowed, 0 for any number.

    Attributes:
        cell: For one cell.
        run: For the whole notebook, kernel start included.
    """

    cell: float
    run: float


class Result(NamedTuple):
    """How a report came out.

    Attributes:
        plan: What was asked for.
        outcome: The verdict.
        message: What went wrong, in one sentence, empty for a good run.
        where: Heading of the cell that went wrong, or empty.
        seconds: From start to published page.
        page: The published page, or None where nothing was published.
    """

    plan: Plan
    outcome: Outcome
    message: str = ""
    where: str = ""
    seconds: float = 0.0
    page: Path | None = None


def run_report(
    plan: Plan,
    *,
    reports: Path,
    limits: Limits,
    on_cell: Callable[[CellStart], None] = lambda _: None,
    on_start: Callable[[Watch], None] = lambda _: None,
    forks: ForkServer | None = None,
) -> Result:
    """Run a report and publish its page, good or failed; whatever happens ends as a result.

    A report that is being run already, or whose data are not there, publishes nothing.
    """
    began = time.monotonic()
    try:
        result = _run(plan, reports, limits, on_cell, on_start, forks)
    except BusyError as error:
        result = Result(plan, Outcome.busy, str(error))
    except OSError as error:
        result = Result(plan, Outcome.disk_full, unwritten(error))
    except Exception as error:
        logging.getLogger(__name__).exception("%s %s", plan.shop, plan.report)
        result = Result(plan, Outcome.notebook_error, f"{type(error).__name__}: {error}")
    return result._replace(seconds=round(time.monotonic() - began, 1))


def _run(
    plan: Plan,
    reports: Path,
    limits: Limits,
    on_cell: Callable[[CellStart], None],
    on_start: Callable[[Watch], None],
    forks: ForkServer | None,
) -> Result:
    if plan.as_of is None:
        return Result(plan, Outcome.data_error, plan.refusal)
    home = publish.report_folder(reports, plan.shop, plan.report)
    run_id, started_at = _name(plan, home)
    with (
        hold(publish.lock_file(reports, plan.shop, plan.report), run_id=run_id, since=started_at),
        publish.work_folder(reports, run_id) as folder,
    ):
        began = time.monotonic()
        made_of, basis = _made_of(plan), unchanged.made_of(plan)
        # The first kernel takes longer to come up than reading the code behind the numbers does.
        defined = definitions(read_cells(plan.notebook), plan.parameters)
        execution = execute(
            plan.notebook,
            plan.parameters,
            cell_timeout=limits.cell,
            run_timeout=limits.run,
            on_cell=on_cell,
            on_start=on_start,
            forks=forks,
            env={TABLES_VARIABLE: str(plan.tables)} if plan.tables else {},
        )
        run = {
            "run_id": run_id,
            **_record(plan, execution, defined),
            **made_of,
            "started_at": started_at,
            "seconds": round(time.monotonic() - began, 2),
        }
        moved = unchanged.moved(home, run)
        run["basis"] = unchanged.basis(plan, basis, moved)
        run = write_run(folder, execution.notebook, run, trends=moved)
        stands = run["outcome"] == Outcome.ok.name and not run["what_if"]
        publish.publish(folder, home / run_id, good=stands)
    return Result(
        plan,
        Outcome[run["outcome"]],
        run["message"],
        where=(run["failed_cell"] or {}).get("heading", ""),
        page=home / run_id / "index.html",
    )


def _name(plan: Plan, home: Path) -> tuple[str, str]:
    """Return the run's name and its start; two runs of the same never share a second.

    The runs of a day are ordered by their names. Where the clock was put back since the last one,
    the name goes on from there; the start is what the clock says.
    """
    asked = json.dumps([plan.shop, plan.report, plan.parameters], sort_keys=True)
    digest = hashlib.sha256(asked.encode()).hexdigest()[:8]
    last = max((run.name.split("--")[1] for run in home.glob(f"{plan.as_of}--*--*")), default="")
    while True:
        now = datetime.now(UTC)
        stamp = f"{now:{_STAMP}}"
        if stamp > last:
            break
        if last > f"{now + timedelta(seconds=2):{_STAMP}}":
            stamp = f"{datetime.strptime(last, _STAMP) + timedelta(seconds=1):{_STAMP}}"
            break
        time.sleep(1 - now.microsecond / 1e6)
    return f"{plan.as_of}--{stamp}--{digest}", f"{now:%Y-%m-%dT%H:%M:%SZ}"


def _translated(cell: dict[str, Any] | None, language: str) -> dict[str, Any] | None:
    """Name the heading over a cell as the page has it."""
    if cell is None:
        return None
    heading = cell["heading"]
    with using(language):
        return {**cell, "heading": _(heading)}


def _made_of(plan: Plan) -> dict[str, Any]:
    """Return what tells whether another run had the same code and the same inputs."""
    return {
        "code": fingerprints.code_fingerprints(plan.notebook),
        "inputs": fingerprints.input_fingerprints(plan.shop, plan.notebook, plan.parameters),
    }


def _record(plan: Plan, execution: Execution, defined: Definitions) -> dict[str, Any]:
    commit, dirty = facts.code_state()
    said = collect(execution.notebook)
    found = fingerprints_of(defined, execution.notebook)
    for metric in said["metrics"]:
        metric["fingerprint"] = found.get(metric["name"], "")
    return {
        "shop": plan.shop,
        "report": plan.report,
        "title": plan.title,
        "language": plan.language,
        "as_of": f"{plan.as_of}",
        "asked": plan.asked,
        "parameters": plan.parameters,
        "parameter_help": plan.parameter_help,
        # A what-if: settings of this request alone that bear on a number. Such a run tells its own
        # reader something, and is no part of the shop's history.
        "what_if": [name for name in plan.changed if name in defined.settings],
        "outcome": execution.outcome.name,
        "exit_code": execution.outcome.exit_code,
        "message": execution.message,
        "failed_cell": _translated(execution.failed_cell, plan.language),
        "cells": execution.cells,
        "versions": facts.versions(),
        "git_commit": commit,
        "git_dirty": dirty,
        "data": plan.data,
        **said,
    }
