"""Runs the command on a world's files, and reads what it wrote as any other program would."""

import contextlib
import io
import json
import os
import shutil
import traceback
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from analysis.cli import main
from tests.ingest.world.expected import Lines
from tests.ingest.world.world import World


class Imported(NamedTuple):
    """The tables of an import.

    Attributes:
        orders: Number to customer, moment and amount.
        lines: Number to its lines.
        refunds: Order, customer, moment and amount.
        names: Product to its name.
        balances: What `import.json` says of every file.
    """

    orders: dict[str, tuple[str, datetime, int]]
    lines: dict[str, Lines]
    refunds: list[tuple[str, str, datetime, int]]
    names: dict[str, str]
    balances: list[dict[str, Any]]


class Run(NamedTuple):
    """What came of a command.

    Attributes:
        exit_code: As a shell sees it.
        said: All that was printed.
        tables: What stands in the shop's tables, None where there are none.
        crashed: The traceback, where it ended in one.
    """

    exit_code: int
    said: str
    tables: Imported | None
    crashed: str = ""


def run_import(world: World, home: Path, *, shop: str = "drawn") -> Run:
    """Import a world's files into a new shop of a home."""
    folder = home / "files" / shop
    files = world.write(folder)
    (home / "shops").mkdir(exist_ok=True)
    (home / "shops" / f"{shop}.yaml").write_text(world.shop_file(), encoding="utf-8")
    exit_code, said, crashed = crm(home, "import", "--shop", shop, *map(str, files))
    return Run(exit_code, said, read_tables(home, shop), crashed)


def crm(home: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the command in this process: exit code, what it said, and the traceback if any."""
    said = io.StringIO()
    former = os.environ.get("ANALYSIS_HOME")
    os.environ["ANALYSIS_HOME"] = str(home)
    crashed = ""
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            exit_code = main(list(arguments))
    except SystemExit as end:
        exit_code = end.code if isinstance(end.code, int) else 1
    except Exception:
        exit_code, crashed = 1, traceback.format_exc()
    finally:
        if former is None:
            del os.environ["ANALYSIS_HOME"]
        else:
            os.environ["ANALYSIS_HOME"] = former
    return exit_code, said.getvalue(), crashed


def forget(home: Path, shop: str = "drawn") -> None:
    """Remove all that an import of a shop left."""
    for folder in (home / "files" / shop, home / "data" / shop):
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def read_tables(home: Path, shop: str) -> Imported | None:
    """Read the tables of a shop; those that are not there are empty."""
    folder = home / "data" / shop / "current"
    if not folder.exists():
        return None

    def rows(table: str, columns: str) -> list[tuple]:
        file = folder / f"{table}.parquet"
        if not file.exists():
            return []
        where = f"{file}/**/*.parquet" if file.is_dir() else str(file)
        return _engine().execute(f"SELECT {columns} FROM read_parquet($1)", [where]).fetchall()

    lines: dict[str, Lines] = {}
    for order, *line in rows("order_lines", "order_id, product_id, quantity, amount_minor"):
        lines.setdefault(order, Counter())[tuple(line)] += 1  # type: ignore[index]
    record = json.loads((folder / "import.json").read_text())
    return Imported(
        orders={
            order: (customer, at, amount)
            for order, customer, at, amount in rows(
                "orders", "order_id, customer_id, ordered_at, amount_minor"
            )
        },
        lines=lines,
        refunds=[
            (order or "", customer, at, amount)
            for order, customer, at, amount in rows(
                "refunds", "order_id, customer_id, refunded_at, amount_minor"
            )
        ],
        names=dict(rows("products", "product_id, product_name")),
        balances=record["balance"],
    )
