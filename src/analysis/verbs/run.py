"""`crm run`: run notebooks and publish their pages."""

import os
from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from analysis.errors import ParameterError
from analysis.verbs.options import (
    EXIT_CODES,
    Verbs,
    add_reports,
    add_shop,
    at_least,
    reports_folder,
    require_shops,
    say,
)
from analysis.verbs.run_due import EVERYTHING, add_options, check_options, exit_codes, run_due

if TYPE_CHECKING:
    from analysis.report.run import Result

_EXAMPLES = """
examples:
  crm run --shop cdnow                          all reports that shops/cdnow.yaml names
  crm run lifetime --shop cdnow --shop groceries
  crm run 03_lifetime_value --shop cdnow --as-of 1998-03-31 --param horizon_days=180
  crm run --all                                 what is due, for every shop: for schedules
  crm run --all --since 2026-11-01              and what was missed since

Parameters of the shop file stand over those of the notebook, --param over both. Everything asked
for is checked before the first report starts. `crm list` shows notebooks and their parameters.
"""


def add(verbs: Verbs) -> None:
    """Add the verb and its options to the command."""
    run = verbs.add_parser(
        "run",
        help="run notebooks and publish their pages",
        description="Run notebooks for shops and publish a page for each.",
        epilog=_EXAMPLES + EXIT_CODES + EVERYTHING + exit_codes(),
    )
    run.set_defaults(command=_run)
    option = run.add_argument
    option(
        "notebooks",
        nargs="*",
        metavar="NOTEBOOK",
        help="name, unique part of a name, or path; without one, what the shop's file names",
    )
    add_shop(run)
    option(
        "--as-of",
        default="",
        metavar="DATE",
        help="day to report on: ISO date, `yesterday` or `last_order` (default: the shop's own)",
    )
    option(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of a notebook parameter; may be repeated",
    )
    option(
        "--jobs",
        type=at_least(int, 1),
        metavar="N",
        help="reports to run side by side (default: one per core)",
    )
    add_reports(run)
    option(
        "--kernels",
        choices=("forked", "plain"),
        help="fork kernels from one process that has imported what reports need, where that is "
        "safe, or start each on its own (default: what CRM_KERNELS says, else forked)",
    )
    for name, seconds, of in (("--cell-timeout", 600, "one cell"), ("--timeout", 3600, "a report")):
        option(
            name,
            type=at_least(float, 0),
            default=seconds,
            metavar="S",
            help=f"seconds allowed for {of}, 0 for any (default: {seconds})",
        )
    add_options(run)


def _run(options: Namespace) -> int:
    """Run reports, tell how they came out, and return the exit code of the worst."""
    check_options(options)
    if options.kernels:
        os.environ["CRM_KERNELS"] = options.kernels  # for whatever this command runs
    if options.all:
        return run_due(options, jobs=options.jobs or _cores())

    from analysis.report.plan import plan_runs

    require_shops(options.shop)
    plans = plan_runs(
        options.notebooks,
        shops=options.shop,
        as_of=options.as_of,
        parameters=parse_settings(options.param),
    )
    reports = reports_folder(options.reports)

    from analysis.report.batch import run_all
    from analysis.report.forks import kernels_wanted
    from analysis.report.outcome import worst
    from analysis.report.progress import Progress
    from analysis.report.run import Limits

    results = run_all(
        plans,
        reports=reports,
        limits=Limits(cell=options.cell_timeout, run=options.timeout),
        jobs=min(options.jobs or _cores(), len(plans)),
        progress=Progress(),
        kernels=kernels_wanted(),
    )
    say(_summary(results))
    if (reports / "index.html").exists():
        say([f"All reports: {reports / 'index.html'}"])
    return worst(result.outcome for result in results).exit_code


def parse_settings(texts: Iterable[str]) -> dict[str, str]:
    """Return name to text of settings given as `name=text`.

    Raises:
        ParameterError: A setting has no `=`, or a name is given twice.

    >>> parse_settings(["url=a?b=c", "note="])
    {'url': 'a?b=c', 'note': ''}
    """
    settings: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not (equals and name):
            raise ParameterError(f"--param {text}: must be NAME=VALUE.")
        if name in settings:
            raise ParameterError(f"--param {name} is given twice.")
        settings[name] = value
    return settings


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _summary(results: Sequence["Result"]) -> Iterable[str]:
    for result in results:
        name = f"{result.plan.shop} {result.plan.report}"
        where = result.page or result.message
        yield f"{result.outcome.name:<14} {result.seconds:6.1f} s  {name}  {where}"
    if len(results) > 1:
        good = sum(result.outcome.exit_code == 0 for result in results)
        yield f"{good} of {len(results)} reports are complete."
