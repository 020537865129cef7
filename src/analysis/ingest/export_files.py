"""Importing the files that a shop exported, together with what earlier imports brought."""

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from analysis import paths
from analysis.engine import Workbench, refused_by_engine, workbench
from analysis.errors import DataError
from analysis.ingest import judge_customers, judge_orders, merge
from analysis.ingest.accounts import accounts
from analysis.ingest.alarms import check_alarms
from analysis.ingest.balance import DECIDED, Balance, settle
from analysis.ingest.blank_rows import blank_rows
from analysis.ingest.cells import Cells
from analysis.ingest.given import Given
from analysis.ingest.numbering import refuse_shared_numbers
from analysis.ingest.people import customer_key, key_file, key_sign, pads, private_work
from analysis.ingest.plain_tables import count_given, judge_plain, unknown_values
from analysis.ingest.publication import publish
from analysis.ingest.regions import region_of
from analysis.ingest.source_files import Source, carts_of, read_sources
from analysis.ingest.unread import unread_columns
from analysis.money import decimals_of
from analysis.shop import ShopFile, read_shop
from analysis.versions import RECORD

# What `kept/` holds; another number where its files have other columns.
_KEPT = 2

_BROKEN = """
CREATE TABLE broken_rows (
    table_name VARCHAR, source_no INTEGER, row_no BIGINT, reason VARCHAR);
"""

_BLANK = "CREATE OR REPLACE TABLE blank AS SELECT unnest(CAST($rows AS BIGINT[])) AS row_no"

_ADD_BROKEN = """
INSERT INTO broken_rows
SELECT $table_name, $source_no, row_no, CASE
    WHEN too_long THEN 'row is longer than 2,000,000 bytes'
    ELSE 'row has another number of cells, or an open quote' END
FROM broken
"""

# A quote that is never closed makes one cell of everything after it. Where no whole row is in that,
# it is but the end of a file that was cut off within a cell.
_SWALLOWED = """
SELECT min(line) FROM reject_errors
WHERE error_message LIKE '%unterminated quote%'
    AND list_max(list_transform(string_split(csv_line, chr(10))[2:],
        lambda part: length(part) - length(replace(part, $delimiter, '')))) >= $width - 1
    AND line > (SELECT coalesce(max(row_no), 0) FROM {rows} WHERE source_no = $source_no)
"""

_SET_ASIDE = """
CREATE TABLE set_aside AS
SELECT table_name, list_extract($sources, source_no) AS source, row_no, reason,
    concat_ws(' ', order_id, content) AS content
FROM verdicts WHERE reason IS NOT NULL ORDER BY source_no, row_no
"""

_FORMER_SET_ASIDE = """
INSERT INTO set_aside
SELECT table_name, source, row_no, reason, content FROM read_parquet($file)
WHERE NOT list_contains($sources, source)
"""

_READABLE = """
SELECT (SELECT count(*) FROM versions WHERE incoming)
    + (SELECT count(*) FROM customer_versions WHERE incoming)
    + (SELECT count(*) FROM refund_rows WHERE incoming)
"""

_COUNTS = """
SELECT source_no, table_name, reason, count(*) FROM verdicts GROUP BY ALL ORDER BY ALL
"""


def import_files(
    name: str, files: Sequence[Path | Given], *, layout: str = "", accept: bool = False
) -> list[Balance]:
    """Import export files of a shop, and make them and all earlier ones its current tables.

    Args:
        name: The shop, as `shops/NAME.yaml` names it.
        files: The files; they may overlap with one another and with earlier ones.
        layout: Name of their layout; empty to go by their headers.
        accept: Whether the tables are replaced whatever alarms say.

    Returns:
        The balance of each file.

    Raises:
        ParameterError: There is no such shop or layout, or the shop's mapping is wrong.
        QuestionError: A file can be read in more ways than one.
        DataError: A file cannot be read, or its header fits no layout; nothing is changed.
        AlarmError: Too much would be set aside; nothing is changed.
    """
    shop = read_shop(name)
    folder = paths.data_folder() / name
    key = customer_key()
    given = [one if isinstance(one, Given) else Given(one, layout) for one in files]
    with _alone(folder), private_work() as work:
        record = _former_record(folder)
        _check_record(record, key, shop=name)
        sources = read_sources(shop, given, record, work=work)
        with workbench(work) as connection:
            connection.execute(merge.PREPARE + _BROKEN)
            notes = [
                _judge(connection, source, shop, number=number, key=key)
                for number, source in enumerate(sources, start=1)
            ]
            if record:
                again = [source.digest for source in sources]
                merge.add_former(connection, folder / "current", again=again)
            refuse_shared_numbers(connection, carts_of(sources, record))
            also = merge.merge(connection)
            balances = _balances(connection, sources, notes, also=also)
            check_alarms(
                balances,
                record.get("balance", []),
                shop,
                layouts={source.name: source.layout for source in sources},
                accept=accept,
            )
            _publish(connection, sources, record, balances, folder=folder, key=key)
            return balances


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one import of a shop wait for another: each builds on the tables of the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _former_record(folder: Path) -> dict[str, Any]:
    file = folder / "current" / RECORD
    record = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    # Tables of a sample importer do not mix with exports: the first export begins anew.
    return record if "files" in record else {}


def _check_record(record: dict[str, Any], key: bytes, *, shop: str) -> None:
    if record and record.get("key") != key_sign(key):
        raise DataError(
            f"{key_file()} is not the key of the earlier imports, so the same address would become "
            "another customer: restore that key, or remove the shop's folder in data/ and import "
            "all its files again."
        )
    if record and record.get("kept") != _KEPT:
        raise DataError(
            f"The tables of shop '{shop}' are of an earlier version of this program, which read "
            "files otherwise: remove the shop's folder in data/ and import all its files again."
        )


def _judge(
    connection: Workbench, source: Source, shop: ShopFile, *, number: int, key: bytes
) -> tuple[str, ...]:
    """Judge every row of a file, and return how its cells were read."""
    layout = source.layout
    settings = {
        "source_no": number,
        "origin": source.digest,
        "now": datetime.now(ZoneInfo(shop.time_zone)).replace(tzinfo=None),
        "earliest": layout.earliest,
        "currency": shop.currency,
        "minor_units": 1 if layout.unit == "minor" else 10 ** decimals_of(shop.currency),
        "key": key,
        "region": region_of(shop.time_zone),
    }
    own = {"orders": judge_orders.judge_orders, "customers": judge_customers.judge_customers}
    judge = own.get(layout.table, judge_plain)
    connection.execute(_BLANK, {"rows": blank_rows(source.text.utf8, skip=source.text.skip)})
    with refused_by_engine(source.text.file.name):
        cells = Cells(
            connection,
            source.text,
            layout,
            time_zone=shop.time_zone,
            currency=shop.currency,
            shop=shop.name,
        )
        cells.parameters.update(pads(key))
        judge(connection, cells, layout, settings)
    _refuse_open_quote(connection, source, number=number)
    connection.execute(_ADD_BROKEN, {"table_name": layout.table, "source_no": number})
    connection.execute("DELETE FROM reject_errors")
    return tuple(cells.notes)


def _refuse_open_quote(connection: Workbench, source: Source, *, number: int) -> None:
    table = source.layout.table
    own = {"orders": "order_rows", "customers": "customer_versions"}
    rows = own.get(table, f"given_{table}")
    statement = _SWALLOWED.format(rows=rows)
    shape = {"delimiter": source.text.delimiter, "width": len(source.text.header)}
    (line,) = connection.execute(statement, {"source_no": number, **shape}).fetchall()[0]
    if line:
        raise DataError(
            f"{source.text.file.name} opens a quote in row {line} that is never closed, so all "
            f"that follows would be read as one cell: correct that row, or export the file again."
        )


def _balances(
    connection: Workbench,
    sources: list[Source],
    notes: list[tuple[str, ...]],
    *,
    also: tuple[str, ...],
) -> list[Balance]:
    counted: dict[int, dict[str | None, int]] = {}
    for number, _, reason, rows in connection.execute(_COUNTS).fetchall():
        counted.setdefault(number, {})[reason] = rows
    money, unknown = accounts(connection), unknown_values(connection)
    last = max(
        (n for n, one in enumerate(sources, 1) if one.layout.table == "orders"),
        default=len(sources),
    )
    balances = []
    for number, source in enumerate(sources, start=1):
        reasons = counted.get(number, {})
        ruled = {why for status in source.layout.status for why in status.drop.values()}
        balances.append(
            settle(
                table=source.layout.table,
                source=source.name,
                rows_read=sum(reasons.values()),
                rows_accepted=reasons.pop(None, 0),
                reasons={str(reason): rows for reason, rows in reasons.items()},
                decided=tuple(str(why) for why in reasons if why in ruled or why in DECIDED),
                notes=(*notes[number - 1], *(also if number == last else ())),
                unread=unread_columns(connection, source.text, source.layout),
                **(money[number]._asdict() if number in money else {}),
                **({"unknown": unknown[number]} if number in unknown else {}),
            )
        )
    return balances


def _publish(
    connection: Workbench,
    sources: list[Source],
    record: dict[str, Any],
    balances: list[Balance],
    *,
    folder: Path,
    key: bytes,
) -> None:
    names = [source.name for source in sources]
    # An order that is set aside is news too: it may take back what an older export said of it.
    rows_read = sum(balance.rows_read for balance in balances)
    readable = connection.execute(_READABLE).fetchall()[0][0] + count_given(connection)
    # A day without an order is none, where there are tables already.
    if not readable and (rows_read or not record):
        raise DataError(
            f"No order or customer can be read from {', '.join(names)} "
            f"({rows_read} rows read): the former tables stay."
        )
    connection.execute(_SET_ASIDE, {"sources": names})
    former = folder / "current" / "set_aside.parquet"
    if record:
        connection.execute(_FORMER_SET_ASIDE, {"file": str(former), "sources": names})
    entries = [
        {"source": one.name, "digest": one.digest, "format": one.layout.name} for one in sources
    ]
    files = [entry for entry in record.get("files", []) if entry["source"] not in names]
    earlier = [entry for entry in record.get("balance", []) if entry["source"] not in names]
    # Files that are imported again may be read in another way than before: all is derived anew.
    fresh = record and not {one.digest for one in sources} & {
        entry["digest"] for entry in record["files"]
    }
    publish(
        connection,
        [*earlier, *(balance._asdict() for balance in balances)],
        folder,
        facts={"files": [*files, *entries], "key": key_sign(key), "kept": _KEPT},
        also=merge.write_kept,
        changed_from=merge.earliest_change(connection) if fresh else None,
    )
