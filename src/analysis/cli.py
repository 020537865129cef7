"""The command `crm`: import or generate a shop, run its reports, list and prune them."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.errors import AlarmError, AnalysisError, DataError, ParameterError
from analysis.report.outcome import Outcome
from analysis.verbs import check, demo, import_shop, new, prune, repeat, run, show_list
from analysis.verbs.options import EXIT_CODES, Parser

# In the order of `crm --help`.
_VERBS = (new, run, repeat, show_list, prune, import_shop, check, demo)


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
    except AlarmError as error:
        return _complain(error, Outcome.alarm)
    except DataError as error:
        return _complain(error, Outcome.data_error)
    except AnalysisError as error:
        return _complain(error, Outcome.notebook_error)
    except BrokenPipeError:
        # The reader of our output has gone, as in `crm list | head`; nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except PermissionError as error:
        return _complain(_forbidden(error), Outcome.disk_full)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}.", Outcome.disk_full)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _complain(error: Exception | str, outcome: Outcome) -> int:
    sys.stderr.write(f"crm: {error}\n")
    return outcome.exit_code


def _forbidden(error: PermissionError) -> str:
    file = Path(str(error.filename or "A file"))
    # What was to be made there does not exist: its folder is what may not be written.
    place = file if file.exists() else file.parent
    return (
        f"{place} may not be written: let this user write there, or set ANALYSIS_HOME to another "
        "folder."
    )


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="crm", description=__doc__, epilog=EXIT_CODES)
    verbs = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for verb in _VERBS:
        verb.add(verbs)
    return parser
