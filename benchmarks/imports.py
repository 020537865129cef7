"""Importing order exports: in Shopify's layout, against DuckDB only reading it, and as a workbook.

The yardstick is the cheapest way to read a CSV that leaves no cell out: every cell parsed as text
(`all_varchar`), its column's maximum kept, with as many threads and as much memory as the import.
Loading the cells into a table, as one would before any work on them, is told in the note. The file
has a quarter of a gigabyte; BENCHMARK_CSV_BYTES=1000000000 asks for another size.
"""

import csv
import io
import os
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.timing import Comparison, command_cpu_seconds

BYTES = int(os.environ.get("BENCHMARK_CSV_BYTES", 250_000_000))

_HEADER = Path(__file__).parents[1] / "tests" / "ingest" / "headers" / "shopify_orders.csv"
_SHOP = "title: T\ncurrency: USD\ntime_zone: Asia/Tokyo\nsource: {}\nreports: {}\n"
_OURS = """
import sys
from pathlib import Path
from analysis.ingest import import_files
from benchmarks.timing import peak_bytes
(balance,) = import_files("bench", [Path(sys.argv[1])])
peak = peak_bytes() // 2**20
said = f"{balance.rows_read} {balance.rows_set_aside} {peak}"
Path(sys.argv[1]).with_suffix(".said").write_text(said)
"""
_READING = """
import sys, duckdb
duckdb.connect(config={{"memory_limit": "1500MB", "temp_directory": sys.argv[1] + ".tmp"}}).execute(
    "{select} FROM read_csv($file, all_varchar = true, header = true)",
    {{"file": sys.argv[1]}}).fetchall()
"""
_THEIRS = _READING.format(select="SELECT max(COLUMNS(*))")
_LOADING = _READING.format(select="CREATE TABLE cells AS SELECT *")


# What a person would do with a workbook; the same library reads it, so this is what judging costs.
_PANDAS = """
import sys, pandas
pandas.read_excel(sys.argv[1], engine="calamine", dtype=str)
"""
_SHEET_ROWS = 100_000
_SHEET_MAPPING = """\
mapping:
  order_id: Order
  customer_id: Customer
  ordered_at: Date
  line: {product_id: Product, quantity: Quantity, price: Price}
"""


def run() -> list[Comparison]:
    """Time both sides in turns, in processes of their own, on a large file and on a workbook."""
    return [_export(), _workbook()]


def _workbook() -> Comparison:
    with tempfile.TemporaryDirectory() as folder:
        home, file = Path(folder), Path(folder) / "orders.xlsx"
        (home / "shops").mkdir()
        (home / "shops" / "bench.yaml").write_text(_SHOP + _SHEET_MAPPING)
        _write_workbook(file)
        sides = _in_turns({"ours": _OURS, "theirs": _PANDAS}, file, home)
        rows, aside, peak = file.with_suffix(".said").read_text().split()
    return Comparison(
        f"import of a workbook of {_SHEET_ROWS:,} rows",
        "import_files",
        "pandas reading its cells",
        sides["ours"],
        sides["theirs"],
        f"{int(rows):,} rows, {int(aside):,} set aside, peak memory {int(peak):,} MB",
    )


def _write_workbook(file: Path) -> None:
    """Write orders of three lines, with real dates and numbers, as spreadsheets keep them."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Orders")
    sheet.append(["Order", "Customer", "Date", "Product", "Quantity", "Price"])
    for number in range(_SHEET_ROWS):
        order = number // 3
        day = datetime(2024, 1, 1) + timedelta(minutes=7 * order)
        price = 10 + order % 9 / 4
        sheet.append([order, order % 9001, day, f"SKU-{number % 50}", 1 + number % 3, price])
    book.save(file)


def _in_turns(codes: dict[str, str], file: Path, home: Path) -> dict[str, float]:
    """Return the median CPU seconds of programs that are given a file."""
    environment = {**os.environ, "ANALYSIS_HOME": str(home)}
    seconds: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(3):
        for name, code in codes.items():
            command = [sys.executable, "-c", code, str(file)]
            seconds[name].append(command_cpu_seconds(command, env=environment))
    return {name: median(taken) for name, taken in seconds.items()}


def _export() -> Comparison:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "shops").mkdir()
        (home / "shops" / "bench.yaml").write_text(_SHOP)
        file = home / "orders.csv"
        _write(file)
        codes = {"ours": _OURS, "theirs": _THEIRS, "loading": _LOADING}
        sides = _in_turns(codes, file, home)
        rows, aside, peak = file.with_suffix(".said").read_text().split()
        megabytes = file.stat().st_size / 1e6
    return Comparison(
        f"import of a {megabytes:,.0f} MB order export",
        "import_files",
        "DuckDB reading every cell of it",
        sides["ours"],
        sides["theirs"],
        f"{int(rows):,} rows, {int(aside):,} set aside, {sides['ours'] / sides['theirs']:.1f} "
        f"times the reading, {sides['ours'] / sides['loading']:.1f} times loading a table, "
        f"peak memory {int(peak):,} MB",
    )


def _write(file: Path) -> None:
    """Write orders of one to three lines, with people in all the columns that name them."""
    columns = next(csv.reader(io.StringIO(_HEADER.read_text())))
    head, line = _templates(columns)
    with file.open("w", encoding="utf-8", newline="") as target:
        target.write(",".join(columns) + "\r\n")
        number = 0
        while target.tell() < BYTES if number % 1000 == 0 else True:
            number += 1
            lines = 1 + number % 3
            own = {"n": number, "c": number * 7919 % 200_003, "m": number % 12 + 1,
                   "d": number % 28 + 1}  # fmt: skip
            target.write(head.format(**own, s=number % 500, t=lines * 20))
            for other in range(1, lines):
                target.write(line.format(**own, s=(number + other) % 500))


def _templates(columns: list[str]) -> tuple[str, str]:
    # As real exports are: address and date stand on every row, all else of the order on the first.
    line = {"Name": "#{n}", "Email": "buyer{c}@example.com",
            "Created at": "2024-{m:02d}-{d:02d} 09:58:12 +0000",
            "Lineitem quantity": "2", "Lineitem name": '"Tea, no. {s}"',
            "Lineitem price": "10.00", "Lineitem sku": "SKU-{s}", "Lineitem discount": "0.00",
            "Vendor": "Maker", "Lineitem requires shipping": "true"}  # fmt: skip
    order = {"Financial Status": "paid", "Currency": "USD",
             "Paid at": "2024-{m:02d}-{d:02d} 09:58:12 +0000", "Subtotal": "{t}.00",
             "Total": "{t}.00",
             "Refunded Amount": "0.00", "Id": "55000{n}", "Source": "web",
             "Tags": '"a, b"'}  # fmt: skip
    person = {column: "Somebody of Somewhere" for column in columns if "ing " in column}
    orders = {**person, **order, **line}
    return tuple(
        ",".join(cells.get(column, "") for column in columns) + "\r\n" for cells in (orders, line)
    )  # type: ignore[return-value]
