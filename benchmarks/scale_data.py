"""Shops of a million order lines and more: the demo generator's, as parquet files.

Portions of 50,000 customers follow one another, so a smaller shop is the beginning of a larger one.
"""

import tempfile
from pathlib import Path
from typing import NamedTuple

from analysis.demo import Plan, customers_for_lines
from analysis.demo.portion import DEFAULT_END, PORTION_CUSTOMERS
from analysis.demo.writing import write_portion
from analysis.engine import workbench
from analysis.importing.derived import derive_tables
from analysis.importing.parts import write_derived

AS_OF = DEFAULT_END
_TABLES = ("orders", "order_lines")


class Data(NamedTuple):
    """A shop on disk.

    Attributes:
        lines: Order lines in it.
        orders: Its orders, in files of a portion each.
        order_lines: Its lines, likewise.
        derived: Folder of `customer_day`, `baskets` and the tables of keys.
    """

    lines: int
    orders: list[str]
    order_lines: list[str]
    derived: Path


def make_data(folder: Path, lines: int) -> Data:
    """Return a shop of about so many lines, generated unless the folder holds it."""
    portions = -(-customers_for_lines(lines) // PORTION_CUSTOMERS)
    _write_portions(folder, portions)
    files = {
        table: [str(folder / f"{table}-{number:05d}.parquet") for number in range(portions)]
        for table in _TABLES
    }
    derived = folder / f"derived-{portions}"
    with workbench(folder) as bench:
        for table in _TABLES:
            bench.read_parquet(files[table]).create_view(table)
        ((exact,),) = bench.table("order_lines").aggregate("count(*)").fetchall()
        if not derived.exists():
            bench.execute("SET memory_limit = '8GB'")
            with tempfile.TemporaryDirectory(dir=folder) as work:
                unfinished = Path(work) / "derived"
                unfinished.mkdir()
                write_derived(bench, unfinished, None, derive_tables(bench))
                unfinished.rename(derived)
    return Data(exact, files["orders"], files["order_lines"], derived)


def _write_portions(folder: Path, portions: int) -> None:
    plan = Plan(customers=portions * PORTION_CUSTOMERS, end=AS_OF)
    with workbench() as bench:
        for number in range(portions):
            if all((folder / f"{table}-{number:05d}.parquet").exists() for table in _TABLES):
                continue
            with tempfile.TemporaryDirectory(dir=folder) as work:
                write_portion(bench, Path(work), plan, number)
                for table in _TABLES:
                    file = Path(work) / f"{table}-{number:05d}.parquet"
                    file.rename(folder / file.name)


def days_of(data: Data) -> str:
    """Return where `customer_day` lies, as other tools name it."""
    return _glob(data.derived / "customer_day.parquet")


def baskets_of(data: Data) -> str:
    """Return where `baskets` lies, as other tools name it."""
    return _glob(data.derived / "baskets.parquet")


def _glob(file: Path) -> str:
    return str(file / "*.parquet" if file.is_dir() else file)
