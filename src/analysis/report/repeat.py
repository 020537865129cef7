"""Running again what a record tells of, beside what was published."""

import json
from pathlib import Path
from typing import Any

from analysis.errors import ParameterError
from analysis.report.plan import Plan, acts, plan_runs
from analysis.report.publish import LATEST

_RECORD = "run.json"
_NEEDED = ("shop", "report", "as_of", "parameters", "outcome")


def find_record(name: str, reports: Path) -> Path:
    """Return the record that a name means.

    Args:
        name: Folder of a run or of a report, a run.json, or SHOP/REPORT[/RUN] under `reports`.
        reports: Folder of the published pages.

    Raises:
        ParameterError: There is none.
    """
    for path in (Path(name).expanduser(), reports / name):
        for file in (path, path / _RECORD, path / LATEST / _RECORD):
            if file.name == _RECORD and file.is_file():
                return file.resolve()
    raise ParameterError(
        f"There is no run '{name}': name its folder, its run.json, or SHOP/REPORT[/RUN], "
        "where without RUN the latest good one is meant."
    )


def read_record(file: Path) -> dict[str, Any]:
    """Read the record of a run.

    Raises:
        ParameterError: It cannot be read, or lacks what a repetition needs.
    """
    try:
        run = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ParameterError(f"{file} cannot be read as a run record.") from error
    missing = [key for key in _NEEDED if not isinstance(run, dict) or key not in run]
    if missing:
        raise ParameterError(f"{file} is no run record: it lacks '{missing[0]}'.")
    return run


def plan_again(run: dict[str, Any]) -> tuple[Plan, list[str]]:
    """Return the plan that runs a record's report again, and remarks on what cannot be the same.

    Day and parameters are those that the run had in the end, whatever the shop's file says now.

    Raises:
        ParameterError: This home has no such shop or notebook, or the shop's file is wrong.
    """
    (plan,) = plan_runs([run["report"]], shops=[run["shop"]], as_of=run["as_of"])
    recorded = run["parameters"]
    values = {name: recorded.get(name, value) for name, value in plan.parameters.items()}
    gone = [name for name in recorded if name not in values]
    new = [name for name in values if name not in recorded]
    remarks = [f"code: the notebook has no parameter {name} now" for name in gone]
    remarks += [f"code: the notebook has a new parameter {name}" for name in new]
    for name, value in values.items():
        if acts(name) and value is True:
            values[name] = False
            remarks.append(f"{name} is off: nothing is written a second time")
    asked = {"as_of": run["as_of"], "parameters": {}, "repeats": run.get("run_id")}
    return plan._replace(parameters=values, asked=asked), remarks
