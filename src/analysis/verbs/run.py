"""`crm run`: run notebooks and publish their pages."""

import os
import time
from argparse import Namespace
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
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
    from analysis.report.forks import ForkServer
    from analysis.report.plan import Plan
    from analysis.report.run import Result

_EXAMPLES = """
examples:
  crm run --shop cdnow                          all reports that shops/cdnow.yaml names
  crm run lifetime --shop cdnow --shop groceries
  crm run 03_lifetime_value --shop cdnow --as-of 1998-03-31 --param horizon_days=180
  crm run --all                                 what is due, for every shop: for schedules
  crm run --all --since 2026-11-01              and what was missed since

What would come out as it stands already is not run: a report whose cells, code, data, parameters,
day and files are those of its last good run is `unchanged`, unless --fresh is given.

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
        "--fresh",
        action="store_true",
        help="run also what would come out as it stands already, or with --all is done already",
    )
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

    require_shops(options.shop)
    reports = reports_folder(options.reports)
    with ExitStack() as stack:
        # Where something is run for sure, the server imports while the request is looked at.
        early = _start_forks(stack) if options.fresh else None
        plans = _plan(options)
        standing = {} if options.fresh else _unchanged(plans, reports)
        left = [plan for number, plan in enumerate(plans) if number not in standing]
        forks = early or (_start_forks(stack) if left else None)
        results = _run_now(left, reports, options, forks) if left else []
    ran = iter(map(_result_line, results))
    say(standing[number] if number in standing else next(ran) for number in range(len(plans)))
    say(_summary(len(plans), results, standing=len(standing)))
    if (reports / "index.html").exists():
        say([f"All reports: {reports / 'index.html'}"])

    from analysis.report.outcome import worst

    return worst(result.outcome for result in results).exit_code


def _start_forks(stack: ExitStack) -> "ForkServer | None":
    from analysis.report.forks import fork_server, kernels_wanted

    return stack.enter_context(fork_server(kernels_wanted()))


def _plan(options: Namespace) -> list["Plan"]:
    from analysis.report.plan import plan_runs

    return plan_runs(
        options.notebooks,
        shops=options.shop,
        as_of=options.as_of,
        parameters=parse_settings(options.param),
    )


def _unchanged(plans: Sequence["Plan"], reports: Path) -> dict[int, str]:
    """Return number of plan to line for each report that need not be run, with the index in order.

    It imports little: the answer is there before a kernel could have started.
    """
    from analysis.report import publish
    from analysis.report.unchanged import find_unchanged

    began = time.monotonic()
    lines, pages = {}, []
    for number, plan in enumerate(plans):
        found = find_unchanged(plan, reports)
        if found:
            seconds = time.monotonic() - began
            name = f"{plan.shop} {plan.report}"
            lines[number] = (
                f"{'unchanged':<14} {seconds:6.1f} s  {name}  {found.page}  "
                f"(as it ran at {found.started_at})"
            )
            pages.append(found.page)
        began = time.monotonic()
    if any(publish.index_is_behind(reports, page) for page in pages):
        publish.rebuild_index(reports)
    return lines


def _run_now(
    plans: Sequence["Plan"], reports: Path, options: Namespace, forks: "ForkServer | None"
) -> list["Result"]:
    jobs = min(options.jobs or _cores(), len(plans))
    if forks:
        from analysis.report.forks import modules_of
        from analysis.report.order import longest_first

        for at in longest_first(plans, reports)[:jobs]:
            forks.prepare(modules_of(plans[at].notebook))

    from analysis.report.batch import run_all
    from analysis.report.progress import Progress
    from analysis.report.run import Limits

    return run_all(
        plans,
        reports=reports,
        limits=Limits(cell=options.cell_timeout, run=options.timeout),
        jobs=jobs,
        progress=Progress(),
        forks=forks,
    )


def parse_settings(texts: Iterable[str]) -> dict[str, str]:
    """Return name to text of settings given as `name=text`.

    Raises:
        ParameterError: A setting has no `=`, or a name is given twice.

    >>> parse_settings(["url=a?b=c", "note="])
    {'url': 'a?b=c', 'note': ''}
    """
    settings: dict[str, str] = {}
    for text in texts:
        name, value = parse_setting("--param", text)
        if name in settings:
            raise ParameterError(f"--param {name} is given twice.")
        settings[name] = value
    return settings


def parse_setting(option: str, text: str) -> tuple[str, str]:
    """Return name and text of a setting given as `name=text`.

    Raises:
        ParameterError: It has no `=`, or no name before it.
    """
    name, equals, value = text.partition("=")
    if not (equals and name.strip()):
        raise ParameterError(f"{option} {text}: must be NAME=VALUE.")
    return name.strip(), value


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _result_line(result: "Result") -> str:
    name = f"{result.plan.shop} {result.plan.report}"
    where = result.page or result.message
    return f"{result.outcome.name:<14} {result.seconds:6.1f} s  {name}  {where}"


def _summary(reports: int, results: Sequence["Result"], *, standing: int) -> Iterable[str]:
    if standing:
        yield "Nothing that an unchanged report reads has changed since: --fresh runs it again."
    if reports > 1:
        good = standing + sum(result.outcome.exit_code == 0 for result in results)
        yield f"{good} of {reports} reports are complete."
