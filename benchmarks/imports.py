"""Importing an order export in Shopify's layout, against DuckDB only reading the same file.

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
from pathlib import Path
from statistics import median

from benchmarks.timing import Comparison, command_cpu_seconds

BYTES = int(os.environ.get("BENCHMARK_CSV_BYTES", 250_000_000))

_HEADER = Path(__file__).parents[1] / "tests" / "ingest" / "headers" / "shopify_orders.csv"
_SHOP = "title: T\ncurrency: USD\ntime_zone: Asia/Tokyo\nsource: {}\nreports: {}\n"
_OURS = """
import resource, sys
from pathlib import Path
from analysis.ingest import import_files
(balance,) = import_files("bench", [Path(sys.argv[1])])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
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


def run() -> list[Comparison]:
    """Time both in turns on one file, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "shops").mkdir()
        (home / "shops" / "bench.yaml").write_text(_SHOP)
        file = home / "orders.csv"
        _write(file)
        environment = {**os.environ, "ANALYSIS_HOME": folder}
        ours, theirs, loading = [], [], []
        for _ in range(3):
            for code, seconds in ((_OURS, ours), (_THEIRS, theirs), (_LOADING, loading)):
                command = [sys.executable, "-c", code, str(file)]
                seconds.append(command_cpu_seconds(command, env=environment))
        rows, aside, peak = file.with_suffix(".said").read_text().split()
        megabytes = file.stat().st_size / 1e6
    ours_seconds, theirs_seconds, loading_seconds = map(median, (ours, theirs, loading))
    return [
        Comparison(
            f"import of a {megabytes:,.0f} MB order export",
            "import_files",
            "DuckDB reading every cell of it",
            ours_seconds,
            theirs_seconds,
            f"{int(rows):,} rows, {int(aside):,} set aside, {ours_seconds / theirs_seconds:.1f} "
            f"times the reading, {ours_seconds / loading_seconds:.1f} times loading a table, "
            f"peak memory {int(peak):,} MB",
        )
    ]


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
            target.write(head.format(n=number, c=number * 7919 % 200_003, m=number % 12 + 1,
                                     d=number % 28 + 1, s=number % 500, t=lines * 20))  # fmt: skip
            for other in range(1, lines):
                target.write(line.format(n=number, s=(number + other) % 500))


def _templates(columns: list[str]) -> tuple[str, str]:
    line = {"Name": "#{n}", "Lineitem quantity": "2", "Lineitem name": '"Tea, no. {s}"',
            "Lineitem price": "10.00", "Lineitem sku": "SKU-{s}", "Lineitem discount": "0.00",
            "Vendor": "Maker", "Lineitem requires shipping": "true"}  # fmt: skip
    order = {"Email": "buyer{c}@example.com", "Financial Status": "paid", "Currency": "USD",
             "Paid at": "2024-{m:02d}-{d:02d} 09:58:12 +0000", "Subtotal": "{t}.00",
             "Total": "{t}.00", "Created at": "2024-{m:02d}-{d:02d} 09:58:12 +0000",
             "Refunded Amount": "0.00", "Id": "55000{n}", "Source": "web",
             "Tags": '"a, b"'}  # fmt: skip
    person = {column: "Somebody of Somewhere" for column in columns if "ing " in column}
    orders = {**person, **order, **line}
    return tuple(
        ",".join(cells.get(column, "") for column in columns) + "\r\n" for cells in (orders, line)
    )  # type: ignore[return-value]
