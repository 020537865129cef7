"""Files of the derived tables: cut in parts, so that an import rewrites only those that changed.

A table of one part is one file, `TABLE.parquet`; one of several is a folder of that name, as other
tools read and write them too. How a table is cut depends on its rows alone, so a refresh and a
rebuild write the same files, byte for byte.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from analysis.engine import Workbench
from analysis.ingest.derived import DEFINITION, Before, Former
from analysis.schema import DERIVED_TABLES

# Below so many orders a table is one file: deriving it takes a second or two.
MONTHLY_FROM_ORDERS = 250_000
_CUSTOMERS_A_PART = 100_000

_LAST_NUMBER = 2**63 - 1
# By the first column a table is cut.
_ORDERED_BY = {
    "customer_day": ("day", "customer_no", "purchase_type"),
    "baskets": ("day", "order_no", "product_no"),
    "customer_keys": ("customer_no",),
    "product_keys": ("product_no",),
}

_BEFORE_THE_CHANGE = """
SELECT
    (SELECT count(*) FROM orders WHERE ordered_at < $since),
    (SELECT coalesce(sum(amount_minor), 0) FROM orders WHERE ordered_at < $since),
    coalesce(sum(orders), 0),
    coalesce(sum(amount_minor), 0),
    coalesce(max(customer_no), 0)
FROM read_parquet($files)
WHERE day < $since
"""

# Numbers in order are kept as differences: half the size, and half the time to read.
_WRITE = "COPY part TO $file (FORMAT parquet, PARQUET_VERSION V2)"


class Part(NamedTuple):
    """Rows that lie in one file: from `low` on, below `end`, by the column the table is cut by."""

    file: Path
    low: date | int
    end: date | int


def files_of(folder: Path, table: str) -> list[Path]:
    """Return the files of a table in their order; none if the folder does not hold the table."""
    file = folder / f"{table}.parquet"
    if file.is_dir():
        return sorted(file.glob("*.parquet"))
    return [file] if file.exists() else []


def still_true(
    connection: Workbench, folder: Path, record: dict[str, Any], *, changed_from: date | None
) -> Former | None:
    """Return the derived tables of the current version, if it is known until when they are true.

    Args:
        connection: Holds the canonical tables of the new version.
        folder: The current version.
        record: What its import recorded.
        changed_from: The first day whose orders differ; None if that is not known.

    Returns:
        None where everything must be derived: another version of this program or of the engine
        wrote the tables, a file was touched since, they lack a table, or the orders before the
        first changed day are not as many or not worth as much as the tables say.
    """
    written = record.get("derived", {})
    found = {
        str(file.relative_to(folder)): stamp(file)
        for table in DERIVED_TABLES
        for file in files_of(folder, table)
    }
    known = {name: entry["stamp"] for name, entry in written.get("files", {}).items()}
    with_lines = "order_lines" in _present(connection)
    tables = DERIVED_TABLES if with_lines else ("customer_day", "customer_keys")
    files = {table: files_of(folder, table) for table in tables}
    if (
        changed_from is None
        or written.get("definition") != _definition(connection)
        or found != known
        or not all(files.values())
    ):
        return None
    values = {"since": changed_from, "files": [str(file) for file in files["customer_day"]]}
    ((orders, amount, *told, customers),) = connection.execute(
        _BEFORE_THE_CHANGE, values
    ).fetchall()
    same = [orders, amount] == told
    return Former(files, changed_from, orders, customers) if same else None


def write_derived(
    connection: Workbench,
    version: Path,
    former: Former | None,
    before: Before,
    *,
    monthly_from_orders: int = MONTHLY_FROM_ORDERS,
) -> None:
    """Write the derived tables of a connection, and link the parts of former ones that stay.

    Args:
        connection: Holds `orders`, and the derived tables from `former.since` on.
        version: The folder to write into.
        former: What the tables of the connection continue, if anything.
        before: What is numbered in it already.
        monthly_from_orders: A shop of fewer orders has one file a table.
    """
    since = former.since if former else date.min
    cuts = {"customer_keys": before.customers + 1, "product_keys": before.products + 1}
    months = _months(connection, monthly_from_orders)
    present = _present(connection)
    for table in (name for name in DERIVED_TABLES if name in present):
        cut = cuts.get(table, since)
        spans = months if _ORDERED_BY[table][0] == "day" else _numbers(connection, table, cut)
        old = former.files[table] if former else []
        for part in _parts(table, spans):
            kept = [file for file in old if file.parts[-len(part.file.parts) :] == part.file.parts]
            (version / part.file).parent.mkdir(exist_ok=True)
            if kept and part.end <= cut:
                _link(kept[0], version / part.file)
            else:
                _write(connection, table, part, version / part.file, old=kept or old, cut=cut)


def record_of(connection: Workbench, version: Path, digests: dict[str, str]) -> dict[str, Any]:
    """Return what the next import has to know of the derived tables.

    Args:
        connection: The connection that wrote them.
        version: The folder that they are in.
        digests: Digest of each file of the version, by its name in it.
    """
    files = {
        str(file.relative_to(version)): file
        for table in DERIVED_TABLES
        for file in files_of(version, table)
    }
    return {
        "definition": _definition(connection),
        "files": {
            name: {"sha256": digests[name], "stamp": stamp(file)} for name, file in files.items()
        },
    }


def _months(connection: Workbench, monthly_from_orders: int) -> list[tuple[str, date, date]]:
    ((orders, first, last),) = connection.execute(
        "SELECT count(*), min(ordered_at), max(ordered_at) FROM orders"
    ).fetchall()
    if orders < max(monthly_from_orders, 1):
        return [("", date.min, date.max)]
    months, day = [], first.date().replace(day=1)
    while day <= last.date():
        following = (day + timedelta(days=31)).replace(day=1)
        months.append((f"{day:%Y-%m}", day, following))
        day = following
    return months


def _numbers(connection: Workbench, table: str, cut: int) -> list[tuple[str, int, int]]:
    ((added,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608
    ends = range(1, cut + added, _CUSTOMERS_A_PART)
    if len(ends) <= 1:
        return [("", 1, _LAST_NUMBER)]
    return [(f"{low:011d}", low, low + _CUSTOMERS_A_PART) for low in ends]


def _parts(table: str, spans: list[tuple[str, Any, Any]]) -> Iterator[Part]:
    for name, low, end in spans:
        whole = Path(f"{table}.parquet")
        yield Part(whole / f"{name}.parquet" if name else whole, low, end)


def _write(
    connection: Workbench,
    table: str,
    part: Part,
    target: Path,
    *,
    old: list[Path],
    cut: date | int,
) -> None:
    """Write a part: former rows below the cut, then those of the connection, which follow them."""
    column = _ORDERED_BY[table][0]
    rows, values = f"FROM {table} WHERE {_between(column, part.low, part.end)}", {}
    if old and part.low < cut:
        former = _between(column, part.low, min(part.end, cut))
        rows = f"FROM read_parquet($old) WHERE {former} UNION ALL {rows}"
        values = {"old": [str(file) for file in old]}
    # The row groups of a file depend on how its rows come; from a sorted table they come alike.
    order = ", ".join(_ORDERED_BY[table])
    connection.execute(f"CREATE TABLE part AS FROM ({rows}) ORDER BY {order}", values)
    whole = part.file.name == f"{table}.parquet"
    if whole or connection.table("part").limit(1).fetchall():
        connection.execute(_WRITE, {"file": str(target)})
    connection.execute("DROP TABLE part")


def _between(column: str, low: date | int, end: date | int) -> str:
    kind = "DATE" if isinstance(low, date) else "BIGINT"
    return f"{column} >= CAST('{low}' AS {kind}) AND {column} < CAST('{end}' AS {kind})"


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)


def stamp(file: Path) -> list[int]:
    """Return size and time of the last change: a file that keeps both was not touched."""
    facts = file.stat()
    return [facts.st_size, facts.st_mtime_ns]


def _definition(connection: Workbench) -> str:
    """Return digits that differ where tables were made in another way, or written by another."""
    ((engine,),) = connection.execute("SELECT version()").fetchall()
    return hashlib.sha256(f"{engine}\n{DEFINITION}{_WRITE}".encode()).hexdigest()


def _present(connection: Workbench) -> set[str]:
    return {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
