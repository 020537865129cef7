"""Importing what lies where a shop's exports lie, before its reports are planned."""

import time
from typing import NamedTuple

from analysis.errors import AlarmError, ParameterError
from analysis.ingest.balance import sentence
from analysis.ingest.sources import import_sources
from analysis.report.outcome import Outcome
from analysis.schedule.secrets import tell_error
from analysis.shop import read_shop


class Imported(NamedTuple):
    """What became of the export files of a shop.

    Attributes:
        shop: Name of the shop.
        files: The files that were imported.
        balances: A sentence on each: how many rows were accepted and set aside.
        waiting: Files that somebody may still be writing; they wait for the next run.
        seconds: How long it took.
        refused: What kept them from being imported, or None.
    """

    shop: str
    files: tuple[str, ...] = ()
    balances: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    seconds: float = 0.0
    refused: tuple[Outcome, str] | None = None


def import_due(name: str) -> Imported:
    """Import the new and changed files of a shop; whatever is wrong with them ends as a refusal.

    A shop whose file names no files, or whose reports read a database, has nothing to import.
    """
    began = time.monotonic()
    try:
        file = read_shop(name)
        if file.engine or not file.patterns:
            return Imported(name)
        brought = import_sources(name)
    except ParameterError as error:
        return Imported(name, refused=(Outcome.bad_request, str(error)))
    except AlarmError as error:
        return Imported(name, refused=(Outcome.alarm, str(error)))
    except Exception as error:  # of one shop; the others go on
        return Imported(
            name, refused=(Outcome.data_error, f"Cannot be imported: {tell_error(error)}")
        )
    return Imported(
        name,
        brought.files,
        tuple(map(sentence, brought.balances)),
        brought.waiting,
        round(time.monotonic() - began, 1),
    )
