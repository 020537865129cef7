"""Writing a demo shop: portion by portion to parquet, then published like any import."""

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.demo.portion import DAYS_AHEAD, Plan, draw_portion
from analysis.demo.reaction import Response, check_response
from analysis.demo.tables import costs, day_end, new_customers, products, visible_tables
from analysis.engine import Workbench, workbench
from analysis.errors import ParameterError
from analysis.ingest.balance import Balance, settle
from analysis.ingest.publication import publish
from analysis.schema import SQL_TYPES, TABLES

# IDs have eight digits.
MOST_CUSTOMERS = 99_999_999
EARLIEST_END = date(2000, 1, 1)
_NUMBER = "lpad(CAST(number AS VARCHAR), 8, '0')"
_ORDER_ID = f"concat('D', {_NUMBER}, '-', order_no)"
_SUBSCRIPTION_ID = f"concat('S', {_NUMBER})"
_IDS = {
    "customer_id": f"concat('C', {_NUMBER})",
    "order_id": _ORDER_ID,
    "subscription_id": _SUBSCRIPTION_ID,
}
_ORDERS_IDS = _IDS | {
    "subscription_id": f"CASE WHEN purchase_type = 'subscription' THEN {_SUBSCRIPTION_ID} END"
}
# What customers bring in the mean, rounded down: enough customers for a wanted number of lines.
_LINES_PER_TEN_CUSTOMERS = 47


def customers_for_lines(lines: int) -> int:
    """Return how many customers bring at least so many order lines, from some thousands on."""
    return -(-lines * 10 // _LINES_PER_TEN_CUSTOMERS)


def generate_shop(name: str, plan: Plan) -> list[Balance]:
    """Generate a demo shop and make it the current tables of a shop.

    Args:
        name: The shop whose tables it becomes.
        plan: What to generate.

    Returns:
        Rows generated for each table.

    Raises:
        ParameterError: The shop would have too many customers or end too early.
    """
    return _write_shop(name, plan, days=0, response=None)


def extend_shop(
    name: str, plan: Plan, *, days: int, response: Response | None = None
) -> list[Balance]:
    """Generate what a demo shop looks like some days later, after campaigns with known effects.

    Up to each assignment the rows are those of the shop without the campaign, and those of
    customers who are not treated stay so. No new customers come after the shop's end.

    Args:
        name: The shop whose tables it becomes.
        plan: What was generated.
        days: Days after the plan's end that are known, 0 to 180.
        response: The ledger of the campaigns and what they do.

    Returns:
        Rows generated for each table.

    Raises:
        ParameterError: The days are too many.
        DataError: No shop could have written the ledger.
    """
    if not 0 <= days <= DAYS_AHEAD:
        raise ParameterError(f"days == {days}, must be from 0 to {DAYS_AHEAD}")
    if response:
        check_response(response, customers=plan.customers, past=_past_ids(plan))
    return _write_shop(name, plan, days=days, response=response)


def _write_shop(name: str, plan: Plan, *, days: int, response: Response | None) -> list[Balance]:
    check_plan(plan)
    data = paths.data_folder()
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".demo-", dir=data) as folder, workbench() as bench:
        counts = [
            write_portion(bench, Path(folder), plan, number, days=days, response=response)
            for number in range(plan.portions)
        ]
        total = pd.concat(counts).groupby(level=["source", "month"]).sum()
        spent = costs(total, sources=plan.truth.sources)
        for table, frame in (("products", products()), ("costs", spent)):
            _write_part(bench, table, frame, Path(folder) / f"{table}-00000.parquet")
        balances = list(_assemble(bench, Path(folder), source=f"the generator, seed {plan.seed}"))
        entries = [balance._asdict() for balance in balances]
        publish(bench, entries, data / name, beside={"truth.json": plan.truth.to_json()})
    return balances


def check_plan(plan: Plan) -> None:
    """Refuse a shop that cannot be.

    Raises:
        ParameterError: It would have too many customers or end too early.
    """
    if not 1 <= plan.customers <= MOST_CUSTOMERS:
        raise ParameterError(f"customers == {plan.customers}, must be from 1 to {MOST_CUSTOMERS}")
    if plan.end < EARLIEST_END:
        raise ParameterError(f"end == {plan.end}, must be {EARLIEST_END} or later")


def write_portion(
    bench: Workbench,
    folder: Path,
    plan: Plan,
    number: int,
    *,
    days: int = 0,
    response: Response | None = None,
) -> pd.Series:
    """Write a portion's part of each table, and count new customers by source and month.

    Args:
        bench: A connection to write with.
        folder: Gets `TABLE-NUMBER.parquet` of each table.
        plan: What shop.
        number: Which portion, from 0.
        days: Days after the plan's end that are known.
        response: Campaigns that change what is drawn.
    """
    frames = visible_tables(
        draw_portion(plan, number, response),
        clock=plan.clock,
        until=day_end(plan.clock, days),
        truth=plan.truth,
        campaign_ids=(*_past_ids(plan), *(response.campaign_ids if response else ())),
    )
    for table, frame in frames.items():
        _write_part(bench, table, frame, folder / f"{table}-{number:05d}.parquet")
    return new_customers(frames["customers"], frames["orders"])


def _past_ids(plan: Plan) -> tuple[str, ...]:
    return tuple(campaign.campaign_id for campaign in plan.truth.campaigns)


def _write_part(bench: Workbench, table: str, frame: pd.DataFrame, file: Path) -> None:
    ids = _ORDERS_IDS if table == "orders" else _IDS
    known = {**ids, **{name: name for name in frame.columns}}
    # What the generator does not draw is what a shop's export may lack.
    columns = ", ".join(
        f"CAST({known[column.name]} AS {SQL_TYPES[column.kind]}) AS {column.name}"
        for column in TABLES[table]
        if column.required or column.name in known
    )
    bench.register("part", frame)
    bench.sql(f"SELECT {columns} FROM part").write_parquet(str(file))  # noqa: S608 our own names
    bench.unregister("part")


def _assemble(bench: Workbench, folder: Path, *, source: str) -> Iterator[Balance]:
    """Make each table a view of its parts and count its rows."""
    for table in TABLES:
        parts = sorted(str(file) for file in folder.glob(f"{table}-*.parquet"))
        if parts:
            bench.read_parquet(parts).create_view(table)
            ((rows,),) = bench.table(table).aggregate("count(*)").fetchall()
            yield settle(table=table, source=source, rows_read=rows, rows_accepted=rows, reasons={})
