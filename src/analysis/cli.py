"""The command `crm`: import or generate a shop, run its reports, list and prune them."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn

from analysis import commands
from analysis.errors import AnalysisError, DataError, ParameterError
from analysis.report.outcome import Outcome

_EPILOG = """
exit codes of a run:
  0 complete   1 a cell failed   2 wrong request, nothing was run   3 the data allow no answer
  4 a cell left early   5 the kernel died   6 out of time   7 could not write (disk full)
  8 the page cannot be rendered   75 already running   130 interrupted   143 terminated
With several reports, the most severe one gives the exit code.
"""

_RUN_EXAMPLES = """
examples:
  crm run --shop cdnow                          all reports that shops/cdnow.yaml names
  crm run lifetime --shop cdnow --shop groceries
  crm run 03_lifetime_value --shop cdnow --as-of 1998-03-31 --param horizon_days=180

Parameters of the shop file stand over those of the notebook, --param over both. Everything asked
for is checked before the first report starts. `crm list` shows notebooks and their parameters.
"""

_IMPORT_EXAMPLES = """
examples:
  crm import --shop cdnow
  crm import --shop cdnow --shop groceries
  crm import --shop myshop orders_2024-05.csv orders_2024-06.csv customers.csv
  crm import --shop myshop --format shopify_orders data/private/orders.csv

Files may overlap, come in any order and again: of every order the latest export counts.
Each line tells: rows read = accepted + set aside, and why rows were set aside.
"""

_CHECK_EXAMPLES = """
examples:
  crm check --shop cdnow

What looks wrong is for a person to judge: it does not change the exit code.
"""

_DEMO_EXAMPLES = """
examples:
  crm demo                                      20,000 customers, the same for everybody
  crm demo --seed 2 --null                      another shop, in which there is nothing to find
  crm demo --customers 1000000 --end 2025-06-30
  crm demo --lines 10000000                     a size for measuring time and memory

Subscriptions with a wave of cancellations after order 3, one-off sales with products that lead to
each other, four past campaigns. What is planted stands in data/SHOP/current/truth.json, which no
report reads. `crm import --shop demo` does the same as `crm demo`.
"""

_PRUNE_EXAMPLES = """
examples:
  crm prune --keep 30
  crm prune --keep 5 --reports /srv/reports

Kept for each shop and report: the newest good runs, the last failed run, and what `latest` leads
to. A report that is being run is left alone.
"""

_LIST_EXAMPLES = """
examples:
  crm list
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: As on the command line; what the process was given where none are passed.
    """
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except ParameterError as error:
        return _complain(error, Outcome.bad_request)
    except DataError as error:
        return _complain(error, Outcome.data_error)
    except AnalysisError as error:
        return _complain(error, Outcome.notebook_error)
    except BrokenPipeError:
        # The reader of our output has gone, as in `crm list | head`; nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _complain(error: Exception, outcome: Outcome) -> int:
    sys.stderr.write(f"crm: {error}\n")
    return outcome.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="crm", description=__doc__, epilog=_EPILOG)
    verbs = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    _add_run(verbs)
    _add_list(verbs)
    _add_prune(verbs)
    _add_import(verbs)
    _add_check(verbs)
    _add_demo(verbs)
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser whose examples keep their lines, and that takes no shortened options."""

    def __init__(self, **options: object) -> None:
        options["formatter_class"] = argparse.RawDescriptionHelpFormatter
        options["allow_abbrev"] = False
        super().__init__(**options)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"crm: {message}. See `{self.prog} --help`.\n")


def _add_run(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    run = verbs.add_parser(
        "run",
        help="run notebooks and publish their pages",
        description="Run notebooks for shops and publish a page for each.",
        epilog=_RUN_EXAMPLES + _EPILOG,
    )
    run.set_defaults(command=commands.run)
    add = run.add_argument
    add(
        "notebooks",
        nargs="*",
        metavar="NOTEBOOK",
        help="name, unique part of a name, or path; without one, what the shop's file names",
    )
    add("--shop", action="append", default=[], metavar="NAME", help="shop; may be repeated")
    add(
        "--as-of",
        default="",
        metavar="DATE",
        help="day to report on: ISO date, `yesterday` or `last_order` (default: the shop's own)",
    )
    add(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of a notebook parameter; may be repeated",
    )
    add(
        "--jobs",
        type=_at_least(int, 1),
        metavar="N",
        help="reports to run side by side (default: one per core)",
    )
    _add_reports(run)
    for name, seconds, of in (("--cell-timeout", 600, "one cell"), ("--timeout", 3600, "a report")):
        add(
            name,
            type=_at_least(float, 0),
            default=seconds,
            metavar="S",
            help=f"seconds allowed for {of}, 0 for any (default: {seconds})",
        )


def _add_list(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    listing = verbs.add_parser(
        "list",
        help="show notebooks with their parameters, and shops",
        description="Show each notebook's question and parameters, and the shops.",
        epilog=_LIST_EXAMPLES,
    )
    listing.set_defaults(command=commands.show_list)


def _add_prune(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    prune = verbs.add_parser(
        "prune",
        help="remove old runs",
        description="Remove old runs of every report.",
        epilog=_PRUNE_EXAMPLES,
    )
    prune.set_defaults(command=commands.prune)
    prune.add_argument(
        "--keep",
        type=_at_least(int, 1),
        required=True,
        metavar="N",
        help="how many of the newest good runs to keep for each shop and report",
    )
    _add_reports(prune)


def _add_import(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    importing = verbs.add_parser(
        "import",
        help="turn a shop's export into the canonical tables",
        description="Read a shop's export files, or else the source that its file names, "
        "and write its canonical tables.",
        epilog=_IMPORT_EXAMPLES,
    )
    importing.set_defaults(command=commands.import_shops)
    importing.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="export file; without one, the source that the shop's file names",
    )
    importing.add_argument(
        "--format",
        default="",
        metavar="NAME",
        help="format of the files (default: told by their headers; `mapping`: the shop's own)",
    )
    importing.add_argument(
        "--shop", action="append", default=[], metavar="NAME", help="shop; may be repeated"
    )


def _add_check(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    checking = verbs.add_parser(
        "check",
        help="tell what a shop's data cover, lack, and what looks wrong",
        description="Tell what a shop's data cover, what they lack, and what looks wrong.",
        epilog=_CHECK_EXAMPLES,
    )
    checking.set_defaults(command=commands.check)
    checking.add_argument(
        "--shop", action="append", default=[], metavar="NAME", help="shop; may be repeated"
    )


def _add_demo(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    demo = verbs.add_parser(
        "demo",
        help="generate a shop whose truth is known",
        description="Generate the tables of a shop in which the answers are planted.",
        epilog=_DEMO_EXAMPLES,
    )
    demo.set_defaults(command=commands.demo)
    add = demo.add_argument
    add(
        "--shop",
        default="demo",
        metavar="NAME",
        help="shop to generate; its file must say `importer: demo` (default: demo)",
    )
    size = demo.add_mutually_exclusive_group()
    size.add_argument(
        "--customers",
        type=_at_least(int, 1),
        metavar="N",
        help="how many customers (default: 20000)",
    )
    size.add_argument(
        "--lines",
        type=_at_least(int, 1),
        metavar="N",
        help="as many customers as bring about this many order lines, rather more",
    )
    add(
        "--end",
        type=_iso_date,
        metavar="DATE",
        help="last day of the thirty months, ISO date (default: 2025-12-31)",
    )
    add(
        "--seed",
        type=_at_least(int, 0),
        default=1,
        metavar="N",
        help="another seed gives another shop with the same truth (default: 1)",
    )
    add("--null", action="store_true", help="plant nothing: what is found then is a false alarm")


def _add_reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reports",
        type=Path,
        metavar="DIR",
        help="folder of the published pages (default: reports/)",
    )


def _iso_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}', must be a date such as 2025-12-31") from None


def _at_least(kind: Callable[[str], float], least: float) -> Callable[[str], float]:
    def cast(text: str) -> float:
        value = kind(text)
        if not least <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text}, must be >= {least}")
        return value

    cast.__name__ = "whole number" if kind is int else "number"
    return cast
