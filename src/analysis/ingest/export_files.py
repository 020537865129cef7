"""Importing the files that a shop exported, together with what earlier imports brought."""

import fcntl
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from analysis import paths
from analysis.engine import Workbench, refused_by_engine, workbench
from analysis.errors import DataError, ParameterError
from analysis.ingest import judge_customers, judge_orders
from analysis.ingest.balance import Balance, settle
from analysis.ingest.blank_rows import blank_rows
from analysis.ingest.cells import Cells
from analysis.ingest.layout_files import list_layouts
from analysis.ingest.layouts import Layout
from analysis.ingest.merge import add_former, earliest_change, merge, write_kept
from analysis.ingest.numbering import refuse_shared_numbers
from analysis.ingest.people import customer_key, key_file, key_sign, pads, private_work
from analysis.ingest.publication import publish
from analysis.ingest.recognize import choose_layout
from analysis.ingest.text import Text, read_text
from analysis.money import decimals_of
from analysis.shop import ShopFile, read_shop
from analysis.versions import RECORD

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

_AMBIGUOUS = """
SELECT count(*) FROM (SELECT {cell} AS cell FROM {source})
WHERE regexp_matches(cell, '^\\d{{1,2}}/\\d{{1,2}}/\\d{{4}}')
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
"""

_COUNTS = """
SELECT source_no, table_name, reason, count(*) FROM verdicts GROUP BY ALL ORDER BY ALL
"""


# BLAKE2b, which takes half the time of SHA-256 where the processor has no help for that.
_digest = partial(hashlib.blake2b, digest_size=32)


class Source(NamedTuple):
    """A file of this import.

    Attributes:
        name: What it is called in balances: its name, with digits of its content where another
            file of that name was imported before.
        digest: Digest of its content.
        text: Its text.
        layout: Its layout.
    """

    name: str
    digest: str
    text: Text
    layout: Layout


def import_files(name: str, files: Sequence[Path], *, layout: str = "") -> list[Balance]:
    """Import export files of a shop, and make them and all earlier ones its current tables.

    Args:
        name: The shop, as `shops/NAME.yaml` names it.
        files: The files; they may overlap with one another and with earlier ones.
        layout: Name of their layout; empty to go by their headers.

    Returns:
        The balance of each file.

    Raises:
        ParameterError: There is no such shop or layout, or the shop's mapping is wrong.
        DataError: A file cannot be read, or its header fits no layout; nothing is changed.
    """
    shop = read_shop(name)
    folder = paths.data_folder() / name
    key = customer_key()
    with _alone(folder), private_work() as work:
        record = _former_record(folder)
        _check_key(record, key)
        sources = _sources(shop, files, record, layout=layout, work=work)
        with workbench(work) as connection:
            connection.execute(judge_orders.PREPARE + judge_customers.PREPARE + _BROKEN)
            for number, source in enumerate(sources, start=1):
                _judge(connection, source, shop, number=number, key=key)
            if record:
                again = [source.digest for source in sources]
                add_former(connection, folder / "current", again=again)
            refuse_shared_numbers(connection, _order_formats(sources, record))
            merge(connection)
            return _finish(connection, sources, record, folder=folder, key=key)


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
    for entry in record.get("files", []):
        # As records called it before the digest was another one: such a file reads as a new one.
        entry.setdefault("digest", entry.pop("sha256", ""))
    # Tables of a sample importer do not mix with exports: the first export begins anew.
    return record if "files" in record else {}


def _check_key(record: dict[str, Any], key: bytes) -> None:
    if record and record.get("key") != key_sign(key):
        raise DataError(
            f"{key_file()} is not the key of the earlier imports, so the same address would become "
            "another customer: restore that key, or remove the shop's folder in data/ and import "
            "all its files again."
        )


def _sources(
    shop: ShopFile, files: Sequence[Path], record: dict[str, Any], *, layout: str, work: Path
) -> list[Source]:
    known = {entry["digest"]: entry["source"] for entry in record.get("files", [])}
    sources: dict[str, Source] = {}
    for number, file in enumerate(files):
        folder = work / f"{number}"
        folder.mkdir()
        text = read_text(file, folder=folder)
        chosen = choose_layout(text, wanted=layout, mapping=shop.mapping, shop=shop.name)
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, _digest).hexdigest()
        taken = {*known.values(), *(source.name for source in sources.values())}
        fresh = f"{file.name} ({digest[:8]})" if file.name in taken else file.name
        if digest not in sources:
            sources[digest] = Source(known.get(digest, fresh), digest, text, chosen)
    return list(sources.values())


def _order_formats(sources: list[Source], record: dict[str, Any]) -> dict[str, str]:
    former = {entry["digest"]: entry["format"] for entry in record.get("files", [])}
    formats = former | {source.digest: source.layout.name for source in sources}
    known = list_layouts()
    return {
        origin: name
        for origin, name in formats.items()
        if name not in known or known[name].table == "orders"
    }


def _judge(
    connection: Workbench, source: Source, shop: ShopFile, *, number: int, key: bytes
) -> None:
    layout = source.layout
    if layout.day_first == "ask":
        _refuse_ambiguous(connection, source, shop)
    cells = Cells(source.text, layout, time_zone=shop.time_zone)
    cells.parameters.update(pads(key))
    settings = {
        "source_no": number,
        "origin": source.digest,
        "now": datetime.now(ZoneInfo(shop.time_zone)).replace(tzinfo=None),
        "currency": shop.currency,
        "minor_units": 1 if layout.unit == "minor" else 10 ** decimals_of(shop.currency),
    }
    judge = {"orders": judge_orders.judge_orders, "customers": judge_customers.judge_customers}
    connection.execute(_BLANK, {"rows": blank_rows(source.text.utf8)})
    with refused_by_engine(source.text.file.name):
        judge[layout.table](connection, cells, layout, settings)
    _refuse_open_quote(connection, source, number=number)
    connection.execute(_ADD_BROKEN, {"table_name": layout.table, "source_no": number})
    connection.execute("DELETE FROM reject_errors")


def _refuse_open_quote(connection: Workbench, source: Source, *, number: int) -> None:
    rows = {"orders": "order_rows", "customers": "customer_versions"}[source.layout.table]
    statement = _SWALLOWED.format(rows=rows)
    shape = {"delimiter": source.text.delimiter, "width": len(source.text.header)}
    (line,) = connection.execute(statement, {"source_no": number, **shape}).fetchall()[0]
    if line:
        raise DataError(
            f"{source.text.file.name} opens a quote in row {line} that is never closed, so all "
            f"that follows would be read as one cell: correct that row, or export the file again."
        )


def _refuse_ambiguous(connection: Workbench, source: Source, shop: ShopFile) -> None:
    cells = Cells(source.text, source.layout, time_zone=shop.time_zone)
    statement = _AMBIGUOUS.format(cell=cells.text(source.layout.ordered_at), source=cells.source())
    found = connection.execute(statement, cells.used(statement)).fetchall()
    if found[0][0]:
        raise ParameterError(
            f"{source.text.file.name} has {found[0][0]:,} dates such as 03/04/2024, which mean "
            f"March or April: say `day_first: true` or `false` under `mapping:` in "
            f"shops/{shop.name}.yaml."
        )


def _finish(
    connection: Workbench,
    sources: list[Source],
    record: dict[str, Any],
    *,
    folder: Path,
    key: bytes,
) -> list[Balance]:
    names = [source.name for source in sources]
    balances = _balances(connection, sources)
    # An order that is set aside is news too: it may take back what an older export said of it.
    if not connection.execute(_READABLE).fetchall()[0][0]:
        raise DataError(
            f"No order or customer can be read from {', '.join(names)} "
            f"({sum(balance.rows_read for balance in balances)} rows read): the former tables stay."
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
        facts={"files": [*files, *entries], "key": key_sign(key)},
        also=write_kept,
        changed_from=earliest_change(connection) if fresh else None,
    )
    return balances


def _balances(connection: Workbench, sources: list[Source]) -> list[Balance]:
    counted: dict[int, dict[str | None, int]] = {}
    for number, _, reason, rows in connection.execute(_COUNTS).fetchall():
        counted.setdefault(number, {})[reason] = rows
    balances = []
    for number, source in enumerate(sources, start=1):
        reasons = counted.get(number, {})
        balances.append(
            settle(
                table=source.layout.table,
                source=source.name,
                rows_read=sum(reasons.values()),
                rows_accepted=reasons.pop(None, 0),
                reasons={str(reason): rows for reason, rows in reasons.items()},
            )
        )
    return balances
