"""`crm run --all`: run what is due for every shop, tell people, and leave a summary."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import ParameterError
from analysis.verbs.options import Parser, at_least, iso_date, reports_folder, say

if TYPE_CHECKING:
    from analysis.report.stopping import Stop

_TIME_LIMIT_S = 6 * 3600

EVERYTHING = """
everything that is due (--all), the one command for a schedule:
  Every shop of shops/ that has data is held to the moment of the start. Its reports are due for
  the day before, or with `every: week` or `every: month` in its file for the last week (to Sunday)
  or month that is over; a shop whose file says `as_of: last_order` or a date, for that day. What
  has a good run with the same notebook, parameters and data is not run again, unless --fresh is
  given. Days before are only run with --since, earlier ones first, and only where no good run
  stands at all.
  A report whose kernel died is run once more, alone. One shop's failure stops no other.
  reports/summary.json tells programs what the table tells people.

mail of --all, if any CRM_MAIL_ variable is set or data/private/mail.yaml (mode 600) is there:
  CRM_MAIL_SERVER, _SENDER, _SECURITY (starttls, tls, none), _USER, _PASSWORD; _MAINTAINER hears of
  failures; _READERS, or _READERS_SHOP for one shop, get what its page says first; _LINK is where
  the folder of the pages can be opened. A mail that cannot be sent fails no report.

exit codes of --all:
"""


def add_options(parser: Parser) -> None:
    """Add the options of `--all`."""
    everything = parser.add_argument_group("everything that is due")
    option = everything.add_argument
    option("--all", action="store_true", help="run what is due for every shop that has data")
    option(
        "--since",
        type=iso_date,
        metavar="DATE",
        help="with --all: also catch up on the days from DATE on that were missed",
    )
    option(
        "--time-limit",
        type=at_least(float, 0),
        metavar="S",
        help=f"with --all: seconds allowed for everything, 0 for any (default: {_TIME_LIMIT_S})",
    )
    option(
        "--summary",
        type=Path,
        metavar="FILE",
        help="with --all: where to write the summary (default: summary.json beside the pages)",
    )
    option("--no-mail", action="store_true", help="with --all: send no mail")


def exit_codes() -> str:
    """Return what the exit codes of `--all` mean."""
    from analysis.schedule.verdict import exit_codes as described

    return (
        f"{described()}\n"
        "   2  Wrong request, nothing was run.\n"
        "   7  The folder of the pages, or the summary, could not be written.\n"
    )


def check_options(options: Namespace) -> None:
    """Refuse options that only make sense with `--all`, or only without.

    Raises:
        ParameterError: There is one.
    """
    only_with = {
        "--since": options.since,
        "--time-limit": options.time_limit is not None,
        "--summary": options.summary,
        "--no-mail": options.no_mail,
    }
    only_without = {
        "NOTEBOOK": options.notebooks,
        "--shop": options.shop,
        "--as-of": options.as_of,
        "--param": options.param,
    }
    given = [name for name, value in (only_without if options.all else only_with).items() if value]
    if given and options.all:
        raise ParameterError(
            f"{given[0]} is given with --all, which runs what each shop's file says: "
            "leave one of them out."
        )
    if given:
        raise ParameterError(f"{given[0]} is given without --all.")


def run_due(options: Namespace, *, jobs: int) -> int:
    """Run what is due, tell how it came out, and return the exit code of the verdict.

    Signals to end it are heard all the while, so that it can still tell what was not reached.
    """
    from analysis.report.stopping import hear_signals

    with hear_signals() as stop:
        return _run_due(options, jobs, stop)


def _run_due(options: Namespace, jobs: int, stop: "Stop") -> int:
    from analysis.report.lock import BusyError
    from analysis.report.outcome import Outcome
    from analysis.report.progress import Progress
    from analysis.report.run import Limits
    from analysis.schedule import summary as summaries
    from analysis.schedule.everything import run_everything
    from analysis.schedule.log import Log
    from analysis.schedule.tell import tell, tell_of_trouble

    reports = reports_folder(options.reports)
    log = Log(sys.stderr)
    limit = _TIME_LIMIT_S if options.time_limit is None else options.time_limit
    try:
        summary = run_everything(
            reports=reports,
            limits=Limits(cell=options.cell_timeout, run=options.timeout),
            jobs=jobs,
            progress=Progress(log),
            since=options.since,
            time_limit_s=limit,
            fresh=options.fresh,
            stop=stop,
        )
    except BusyError as error:
        sys.stderr.write(f"crm: {error}\n")
        return Outcome.busy.exit_code
    except OSError as error:
        trouble = f"The folder of the pages cannot be used: {error}."
        errors = [] if options.no_mail else tell_of_trouble(trouble)
        sys.stderr.writelines(f"crm: {line}\n" for line in [trouble, *errors])
        return Outcome.disk_full.exit_code
    if not options.no_mail:
        summary = tell(summary, reports=reports, log=log)
    say(summaries.lines(summary))
    file = options.summary or reports / "summary.json"
    try:
        summaries.write(file, summaries.as_record(summary, reports=reports))
    except OSError as error:
        sys.stderr.write(f"crm: The summary could not be written: {error}.\n")
        return summary.verdict.exit_code or Outcome.disk_full.exit_code
    say([f"Summary: {file}"])
    return summary.verdict.exit_code
