"""An import on trial: in a home of its own, which is gone once a person has seen what comes in."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

from analysis import paths
from analysis.engine import workbench
from analysis.errors import DataError, ParameterError, QuestionError
from analysis.ingest.advice import is_dropped_whole, values_by_column
from analysis.ingest.balance import Balance
from analysis.ingest.export_files import import_files
from analysis.ingest.guessing.questions import Answers
from analysis.ingest.layouts import OWN, Layout
from analysis.ingest.new_shop import NewFile
from analysis.ingest.recognize import fitting, layouts_of
from analysis.ingest.shown_orders import rows_of, shown_orders
from analysis.locked_folder import locked_folder
from analysis.shop import ShopFile, read_shop
from analysis.whole_files import write_whole

_WORK = ".new-"

_MONTHS = """
SELECT strftime(ordered_at, '%Y-%m') AS month, count(*) FROM read_parquet($file) GROUP BY month
"""
_LAST_DAY = "SELECT CAST(max(ordered_at) AS DATE) FROM read_parquet($file)"


class Trial(NamedTuple):
    """What an import would bring.

    Attributes:
        shop: What the shop's file would say.
        balances: The balance of each file.
        layouts: The layout of each file, in the same order.
        orders: Lines that show orders as they are read, beside their cells.
        months: Month, number of orders, and gross, refunds and net in minor units.
        last_day: Day of the last order; None where there is none.
    """

    shop: ShopFile
    balances: tuple[Balance, ...]
    layouts: tuple[Layout, ...]
    orders: tuple[str, ...]
    months: tuple[tuple[str, int, int, int, int], ...]
    last_day: date | None


@contextmanager
def trial_home() -> Iterator[Path]:
    """Give a folder for trials, gone after the block; it may hold what names people.

    Raises:
        ParameterError: The home is not there, or nothing can be written into it.
    """
    home = paths.home()
    if not home.is_dir():
        raise ParameterError(
            f"{home} is no folder: set ANALYSIS_HOME to the one that holds shops/."
        )
    with locked_folder(home, prefix=_WORK) as folder:
        yield folder


def try_import(name: str, text: str, files: Sequence[NewFile], *, home: Path) -> Trial:
    """Import files into a home that is none, and tell what came of it.

    Args:
        name: Name of the shop.
        text: What its file would say.
        files: The files.
        home: A folder of `trial_home`.

    Raises:
        QuestionError: A file can be read in more ways than one.
        DataError: A file cannot be read.
        AlarmError: Nothing can be read of any.
    """
    home = Path(tempfile.mkdtemp(dir=home))
    with _at(home):
        write_whole(home / "shops" / f"{name}.yaml", text)
        shop = read_shop(name)
        balances = _import(name, [file.text.file for file in files])
        known = layouts_of(shop.mapping, shop=name)
    layouts = [fitting(file.text.header, known) for file in files]
    folder = home / "data" / name / "current"
    with workbench() as connection:
        counts = dict(rows_of(connection, _MONTHS, folder / "orders.parquet"))
        ((last_day,),) = rows_of(connection, _LAST_DAY, folder / "orders.parquet") or [(None,)]
        shown = [
            line
            for file, layout in zip(files, layouts, strict=True)
            if layout and layout.table == "orders"
            for line in shown_orders(connection, file.text, layout, folder, shop.currency)
        ]
    return Trial(
        shop, tuple(balances), tuple(layouts), tuple(shown), _months(balances, counts), last_day
    )


def _import(name: str, files: Sequence[Path]) -> list[Balance]:
    """Import files whatever they leave out; where that is all, an alarm says why."""
    try:
        return import_files(name, files, accept=True)
    except QuestionError:
        raise
    except DataError:
        import_files(name, files)
        raise


def _months(
    balances: Sequence[Balance], counts: Mapping[str, int]
) -> tuple[tuple[str, int, int, int, int], ...]:
    money: dict[str, list[int]] = {month: [0, 0] for month in counts}
    for balance in balances:
        for month, (gross, refunds) in balance.months.items():
            so_far = money.setdefault(month, [0, 0])
            so_far[0] += gross
            so_far[1] += refunds
    return tuple(
        (month, counts.get(month, 0), gross, refunds, gross - refunds)
        for month, (gross, refunds) in sorted(money.items())
    )


@contextmanager
def _at(home: Path) -> Iterator[None]:
    """Let a folder be the home within a block."""
    before = os.environ.get("ANALYSIS_HOME")
    os.environ["ANALYSIS_HOME"] = str(home)
    try:
        yield
    finally:
        if before is None:
            del os.environ["ANALYSIS_HOME"]
        else:
            os.environ["ANALYSIS_HOME"] = before


def states_to_ask(
    trial: Trial, files: Sequence[NewFile], answers: Answers
) -> dict[tuple[str, str], dict[str, int]]:
    """Return the states that a person has to decide on: format and column, to state and its rows.

    Those are states that nobody knows; of a file of which nothing comes in, those for which a
    format sets its orders aside; and those of which a person has spoken already.
    """
    said = answers.keep | answers.drop
    found: dict[tuple[str, str], dict[str, int]] = {}
    for balance, layout, file in zip(trial.balances, trial.layouts, files, strict=True):
        name = file.layout.name if file.layout else OWN
        for reason, values in balance.unknown.items():
            is_open = reason not in balance.decided or not balance.rows_accepted
            for column, rows in values_by_column(values, layout).items():
                asked = {value: many for value, many in rows.items() if is_open or value in said}
                if asked and not is_dropped_whole(column, layout):
                    found.setdefault((name, column), {}).update(asked)
    return found
