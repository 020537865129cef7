"""`crm repeat`: run a report again as its record tells, and compare every number."""

import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import ParameterError
from analysis.verbs.options import Verbs, add_reports, at_least, reports_folder, say

if TYPE_CHECKING:
    from analysis.report.plan import Plan
    from analysis.report.run import Result

IDENTICAL, EXPLAINED, UNEXPLAINED = 0, 12, 13

_EXAMPLES = f"""
examples:
  crm repeat cdnow/03_lifetime_value                     the latest good run
  crm repeat reports/cdnow/03_lifetime_value/1998-06-30--20261122T020656Z--e4da3b7f
  crm repeat ../from_a_colleague/run.json --into /tmp/again

The report is run for the day and with the parameters of the record, in a folder of its own: what
is published stays as it is, and lists are not written a second time. Metrics, findings and checks
are compared to the last bit. Code is told by the content of the notebook and of the modules and
SQL behind it, data by the fingerprints of the tables and of the files read beside them.

exit codes:
  {IDENTICAL:>3}  Every recorded number is identical.
  {EXPLAINED:>3}  Numbers differ, and so does the code, the data or a version.
  {UNEXPLAINED:>3}  Numbers differ, although nothing else does.
    2  There is no such run, shop or notebook here.   3  The data are not here.
    5, 6, 7, 130, 143  It could not be run again, as in `crm run`.
"""


def add(verbs: Verbs) -> None:
    """Add the verb and its options to the command."""
    repeat = verbs.add_parser(
        "repeat",
        help="run a report again as its record tells, and compare every number",
        description="Run a report again as its record tells, and compare every number.",
        epilog=_EXAMPLES,
    )
    repeat.set_defaults(command=_repeat)
    repeat.add_argument(
        "run", metavar="RUN", help="folder of a run, its run.json, or SHOP/REPORT[/RUN]"
    )
    repeat.add_argument(
        "--into", type=Path, metavar="DIR", help="keep the repeated run in this folder"
    )
    repeat.add_argument(
        "--timeout",
        type=at_least(float, 0),
        default=3600,
        metavar="S",
        help="seconds allowed, 0 for any (default: 3600)",
    )
    add_reports(repeat)


def _repeat(options: Namespace) -> int:
    """Run a report again, tell what differs and why it may, and return the verdict's code."""
    from analysis.report.outcome import Outcome
    from analysis.report.repeat import find_record, plan_again, read_record

    reports = reports_folder(options.reports)
    before = read_record(find_record(options.run, reports))
    plan, remarks = plan_again(before)
    with _folder(options.into, reports) as folder:
        result = _run(plan, folder, options.timeout)
        by_machine = {Outcome[name] for name in _OF_THE_MACHINE}
        if result.page is None or (
            result.outcome in by_machine and result.outcome.name != before["outcome"]
        ):
            say([f"Could not be run again: {result.message}"])
            return result.outcome.exit_code
        after = read_record(result.page.with_name("run.json"))
    return _tell(before, after, remarks)


_OF_THE_MACHINE = ("busy", "timeout", "kernel_died", "disk_full", "interrupted", "terminated")


@contextmanager
def _folder(into: Path | None, reports: Path) -> Iterator[Path]:
    if into is None:
        with tempfile.TemporaryDirectory(prefix="crm-repeat-") as folder:
            yield Path(folder)
        return
    into = into.expanduser().resolve()
    if into == reports or reports in into.parents:
        raise ParameterError(f"--into {into}: must lie outside the folder of the published pages.")
    yield into


def _run(plan: "Plan", folder: Path, timeout_s: float) -> "Result":
    from analysis.report.batch import run_all
    from analysis.report.progress import Progress
    from analysis.report.run import Limits

    limits = Limits(cell=timeout_s, run=timeout_s)
    (result,) = run_all([plan], reports=folder, limits=limits, jobs=1, progress=Progress())
    return result


def _tell(before: dict[str, Any], after: dict[str, Any], remarks: list[str]) -> int:
    from analysis.report import compare

    differ = compare.differences(before, after)
    causes = compare.circumstances(before, after)
    say([f"{before['shop']} {before['report']}, as of {before['as_of']}"])
    say([f"run {before.get('run_id', 'without a name')}, repeated as {after['run_id']}"])
    changed = {cause.cause for cause in causes}
    same = [name for name in ("code", "data", "versions") if name not in changed]
    say([f"the same: {', '.join(same) or 'nothing'}"])
    say(["not the same:"] if causes or remarks else [])
    say(f"  {line}" for line in [*map(compare.circumstance_line, causes), *remarks])
    if not differ:
        say([f"Identical: {compare.count_recorded(before)}."])
        return IDENTICAL
    say([f"{len(differ)} recorded values differ (before -> now):"])
    say(f"  {compare.difference_line(each)}" for each in differ)
    if causes:
        say([f"They may differ because of {', '.join(sorted(changed))}."])
        return EXPLAINED
    say(["Code, data and versions are the same: this report does not repeat."])
    return UNEXPLAINED
