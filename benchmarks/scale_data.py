"""Shops of a million order lines and more: the demo generator's, as parquet files.

Portions of 50,000 customers follow one another, so a smaller shop is the beginning of a larger one.
A very large shop is ten times a smaller one, each customer beside nine others who do the same on
the same days: generating it would take half an hour.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from analysis.demo import Plan, customers_for_lines
from analysis.demo.portion import DEFAULT_END, PORTION_CUSTOMERS
from analysis.demo.writing import write_portion
from analysis.engine import Workbench, workbench
from analysis.ingest.derived import derive_tables
from analysis.ingest.parts import files_of, write_derived
from analysis.schema import DERIVED_TABLES

AS_OF = DEFAULT_END
MIN_CUSTOMERS = 10
_TABLES = ("orders", "order_lines")

_COPIES = 10
_COPIED_FROM = 50_000_000
# Copies of a customer, and of an order, are numbered one after another, so that numbers still tell
# who came first, and rows stay in the order of the tables.
_COPIED = {
    "customer_day": """
        SELECT * REPLACE ((customer_no - 1) * $copies + copy AS customer_no)
        FROM read_parquet($file), range(1, $copies + 1) AS copies (copy)
        ORDER BY day, customer_no, purchase_type
    """,
    "baskets": """
        SELECT * REPLACE (
            (order_no - 1) * $copies + copy AS order_no,
            (customer_no - 1) * $copies + copy AS customer_no
        )
        FROM read_parquet($file), range(1, $copies + 1) AS copies (copy)
        ORDER BY order_no, product_no
    """,
    "customer_keys": """
        SELECT (customer_no - 1) * $copies + copy AS customer_no, customer_id || '-' || copy
            AS customer_id
        FROM read_parquet($file), range(1, $copies + 1) AS copies (copy)
        ORDER BY customer_no
    """,
    "product_keys": "SELECT * FROM read_parquet($file) WHERE $copies > 0",
    "orders": """
        SELECT * REPLACE (order_id || '-' || copy AS order_id,
            customer_id || '-' || copy AS customer_id)
        FROM read_parquet($file), range(1, $copies + 1) AS copies (copy)
    """,
}


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


# A side prepares what is not measured, and returns the work that is.
Side = Callable[[Data], Callable[[], Any]]


def make_data(folder: Path, lines: int) -> Data:
    """Return a shop of about so many lines, generated unless the folder holds it."""
    if lines >= _COPIED_FROM:
        return _copy(folder, make_data(folder, lines // _COPIES))
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


def _copy(folder: Path, one: Data) -> Data:
    """Return a shop of ten times as many customers; of its lines there are the baskets alone."""
    derived = folder / f"{one.derived.name}-copied"
    orders = [str(Path(file).with_suffix(".copied.parquet")) for file in one.orders]
    if not derived.exists():
        with workbench(folder) as bench, tempfile.TemporaryDirectory(dir=folder) as work:
            bench.execute("SET memory_limit = '6GB'")
            for file, copied in zip(one.orders, orders, strict=True):
                _write_copy(bench, "orders", file, copied)
            for table in DERIVED_TABLES:
                for file in files_of(one.derived, table):
                    target = Path(work) / "derived" / file.relative_to(one.derived)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    _write_copy(bench, table, str(file), str(target))
            (Path(work) / "derived").rename(derived)
    return Data(one.lines * _COPIES, orders, [], derived)


def _write_copy(bench: Workbench, table: str, file: str, target: str) -> None:
    bench.execute(
        f"COPY ({_COPIED[table]}) TO $target (FORMAT parquet, PARQUET_VERSION V2)",
        {"file": file, "target": target, "copies": _COPIES},
    )


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


def keys_of(data: Data) -> str:
    """Return where `customer_keys` lies, as other tools name it."""
    return _glob(data.derived / "customer_keys.parquet")


def _glob(file: Path) -> str:
    return str(file / "*.parquet" if file.is_dir() else file)
