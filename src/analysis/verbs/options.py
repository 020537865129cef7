"""What the verbs share: how options are read, which ones recur, how a verb speaks."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn, TypeAlias

from analysis import paths
from analysis.errors import AlarmError, DataError, ParameterError
from analysis.report.outcome import Outcome

EXIT_CODES = """
exit codes of a run:
  0 complete   1 a cell failed   2 wrong request, nothing was run   3 the data allow no answer
  4 a cell left early   5 the kernel died   6 out of time   7 could not write (disk full)
  8 the page cannot be rendered   12 the import leaves out too much   75 already running
  130 interrupted   143 terminated
With several reports, the most severe one gives the exit code.
"""


class Parser(argparse.ArgumentParser):
    """A parser whose examples keep their lines, and that takes no shortened options."""

    def __init__(self, **options: object) -> None:
        options["formatter_class"] = argparse.RawDescriptionHelpFormatter
        options["allow_abbrev"] = False
        super().__init__(**options)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, without the usage."""
        self.exit(2, f"crm: {message}. See `{self.prog} --help`.\n")


Verbs: TypeAlias = "argparse._SubParsersAction[Parser]"


def add_shop(parser: argparse.ArgumentParser) -> None:
    """Add `--shop`, which may be repeated."""
    parser.add_argument(
        "--shop", action="append", default=[], metavar="NAME", help="shop; may be repeated"
    )


def add_reports(parser: argparse.ArgumentParser) -> None:
    """Add `--reports`, the folder of the pages."""
    parser.add_argument(
        "--reports",
        type=Path,
        metavar="DIR",
        help="folder of the published pages (default: reports/)",
    )


def iso_date(text: str) -> date:
    """Read a date, for the `type` of an option."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}', must be a date such as 2025-12-31") from None


def at_least(kind: Callable[[str], float], least: float) -> Callable[[str], float]:
    """Return a reader of numbers no smaller than `least`, for the `type` of an option."""

    def cast(text: str) -> float:
        value = kind(text)
        if not least <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text}, must be >= {least}")
        return value

    cast.__name__ = "whole number" if kind is int else "number"
    return cast


def require_shops(names: Sequence[str]) -> None:
    """Refuse a request that names no shop.

    Raises:
        ParameterError: There is no name.
    """
    from analysis.shop import list_shops, no_shops

    if not names:
        known = ", ".join(list_shops())
        raise ParameterError(f"Name a shop with --shop: {known}." if known else no_shops())


def for_each_shop(names: Sequence[str], act: Callable[[str], object]) -> int:
    """Do something for each shop; one that does not allow it does not keep the others from it.

    Returns:
        The exit code: 0 where all went well, 2 where every request is wrong and so nothing was
        done, 12 where nothing worse than an alarm came of it, 3 otherwise.
    """
    codes = set()
    for name in dict.fromkeys(names):
        try:
            act(name)
            codes.add(0)
        except (ParameterError, DataError) as error:
            sys.stderr.write(f"crm: {error}\n")
            codes.add(_refusal_code(error))
    if codes - {0} == {Outcome.alarm.exit_code}:
        return Outcome.alarm.exit_code
    return codes.pop() if len(codes) == 1 else 3


def _refusal_code(error: Exception) -> int:
    """Return the exit code that tells a refusal of one shop."""
    if isinstance(error, AlarmError):
        return Outcome.alarm.exit_code
    return 2 if isinstance(error, ParameterError) else 3


def reports_folder(folder: Path | None) -> Path:
    """Return the folder of the pages: the one asked for, or else the project's own."""
    return (folder or paths.reports_folder()).expanduser().resolve()


def say(lines: Iterable[str]) -> None:
    """Write lines at once, so that they come in order with what others write."""
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
