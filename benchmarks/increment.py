"""A new day of orders after two years of them: refreshing the derived tables, against a rebuild.

The export that brings the new day holds the thirty days before it too, as exports overlap. What is
measured is telling what changed, deriving, and writing or linking files; `orders` and `order_lines`
are in memory already, as an import leaves them.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from analysis.engine import Workbench, workbench
from analysis.ingest import derived, merge, parts
from benchmarks.scale_data import Data, make_data
from benchmarks.timing import Comparison

LINES = int(os.environ.get("BENCHMARK_INCREMENT_LINES", 1_000_000))

_FIRST, _LAST, _END = datetime(2024, 1, 1), datetime(2025, 12, 31), datetime(2026, 1, 1)
_EXPORTED = datetime(2025, 12, 1)

# The tables of an import whose export holds the orders from `$exported` on.
_IMPORT = """
CREATE TABLE orders AS
SELECT * FROM read_parquet($orders) WHERE ordered_at >= $first AND ordered_at < $until
ORDER BY ordered_at, order_id
""", """
CREATE TABLE order_lines AS
SELECT * FROM read_parquet($order_lines) SEMI JOIN orders USING (order_id)
ORDER BY order_id, line_no
""", """
INSERT INTO versions BY NAME
SELECT * EXCLUDE (customer_id), customer_id AS customer_number, 1 AS source_no, true AS incoming,
    md5(order_id) AS content, TIMESTAMP '2026-01-01' AS horizon
FROM orders WHERE ordered_at >= $exported
""", """
INSERT INTO versions BY NAME
SELECT * EXCLUDE (customer_id), customer_id AS customer_number, 0 AS source_no, false AS incoming,
    md5(order_id) AS content
FROM orders WHERE ordered_at < $known_until
"""  # fmt: skip


def run(*, repeats: int = 3) -> list[Comparison]:
    """Publish two years without their last day; then the whole, refreshed and rebuilt in turns."""
    home = os.environ.get("BENCHMARK_SCALE_FOLDER")
    with tempfile.TemporaryDirectory(dir=home) as folder:
        data = make_data(Path(home or folder), LINES)
        return list(_compare(data, Path(folder), repeats=repeats))


def _compare(data: Data, folder: Path, *, repeats: int) -> Iterator[Comparison]:
    with workbench() as bench:
        _import(bench, data, until=_LAST, known_until=_FIRST)
        _derive(bench, folder / "former", None, {})
        known = {"derived": parts.record_of(bench, folder / "former", _Unneeded())}
    seconds: dict[str, list[float]] = {"refresh": [], "rebuild": []}
    for turn in range(repeats):
        for name, taken in seconds.items():
            with workbench() as bench:
                _import(bench, data, until=_END, known_until=_LAST)
                ((lines,),) = bench.table("order_lines").aggregate("count(*)").fetchall()
                former = folder / "former" if name == "refresh" else None
                before = time.process_time()
                _derive(bench, folder / f"{name}{turn}", former, known)
                taken.append(time.process_time() - before)
    refresh, rebuild = (statistics.median(taken) for taken in seconds.values())
    same = _contents(folder / "refresh0") == _contents(folder / "rebuild0")
    yield Comparison(
        f"a new day after two years, {lines:,} order lines",
        "refresh of the derived tables",
        "rebuild",
        refresh,
        rebuild,
        f"{refresh / rebuild:.1%} of a rebuild, {'same' if same else 'DIFFERENT'} files",
    )


class _Unneeded(dict):
    """Digests that nobody asks for here."""

    def __missing__(self, name: str) -> str:
        return ""


def _import(bench: Workbench, data: Data, *, until: datetime, known_until: datetime) -> None:
    values = {
        "orders": data.orders,
        "order_lines": data.order_lines,
        "first": _FIRST,
        "until": until,
        "exported": _EXPORTED,
        "known_until": known_until,
    }
    bench.execute(merge.PREPARE)
    for statement in _IMPORT:
        used = {name: value for name, value in values.items() if f"${name}" in statement}
        bench.execute(statement, used)
    merge.choose_versions(bench)
    # Nothing went back, and nobody is known by another name.
    bench.execute(
        "CREATE TABLE changed_refunds (order_id VARCHAR);"
        "CREATE TABLE changed_names (order_id VARCHAR);"
        "CREATE TABLE changed_links (key VARCHAR);"
        "CREATE TABLE settled_refunds (order_id VARCHAR, refunded_at TIMESTAMP, incoming BOOLEAN)"
    )


def _derive(bench: Workbench, version: Path, former: Path | None, known: dict[str, Any]) -> None:
    version.mkdir()
    changed_from: date | None = merge.earliest_change(bench) if former else None
    tables = parts.still_true(bench, former or version, known, changed_from=changed_from)
    if former and not tables:
        raise RuntimeError("the former tables were not taken for true")
    parts.write_derived(bench, version, tables, derived.derive_tables(bench, tables))


def _contents(version: Path) -> dict[str, bytes]:
    files = (file for table in parts.DERIVED_TABLES for file in parts.files_of(version, table))
    return {str(file.relative_to(version)): file.read_bytes() for file in files}
