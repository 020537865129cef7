"""Writing a demo shop: portion by portion to parquet, then published like any import."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.demo.portion import Plan, Portion, draw_portion
from analysis.demo.tables import costs, day_end, new_customers, products, visible_tables
from analysis.engine import Workbench, workbench
from analysis.importing.balance import Balance, settle
from analysis.importing.publication import publish
from analysis.schema import SQL_TYPES, TABLES

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


def generate_shop(
    name: str,
    plan: Plan,
    *,
    days_ahead: int = 0,
    change: Callable[[int, Portion], Portion] | None = None,
    campaign_ids: tuple[str, ...] = (),
) -> list[Balance]:
    """Generate a demo shop and make it the current tables of a shop.

    Args:
        name: The shop whose tables it becomes.
        plan: What to generate.
        days_ahead: Days after the plan's end that are known as well.
        change: What happens to each portion, given its number, before it is written.
        campaign_ids: Campaigns in the ledger beside those of the past.

    Returns:
        Rows generated for each table.
    """
    data = paths.data_folder()
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".demo-", dir=data) as folder, workbench() as bench:
        counts: list[pd.Series] = []
        for number in range(plan.portions):
            portion = draw_portion(plan, number)
            if change:
                portion = change(number, portion)
            frames = visible_tables(
                portion,
                clock=plan.clock,
                until=day_end(plan.clock, days_ahead),
                truth=plan.truth,
                campaign_ids=(*_past_ids(plan), *campaign_ids),
            )
            counts.append(new_customers(frames["customers"], frames["orders"]))
            for table, frame in frames.items():
                _write_part(bench, table, frame, Path(folder) / f"{table}-{number:05d}.parquet")
        total = pd.concat(counts).groupby(level=["source", "month"]).sum()
        for table, frame in (
            ("products", products()),
            ("costs", costs(total, sources=plan.truth.sources)),
        ):
            _write_part(bench, table, frame, Path(folder) / f"{table}-00000.parquet")
        balances = list(_assemble(bench, Path(folder), source=f"the generator, seed {plan.seed}"))
        publish(bench, balances, data / name, beside={"truth.json": plan.truth.to_json()})
    return balances


def _past_ids(plan: Plan) -> tuple[str, ...]:
    return tuple(campaign.campaign_id for campaign in plan.truth.campaigns)


def _write_part(bench: Workbench, table: str, frame: pd.DataFrame, file: Path) -> None:
    ids = _ORDERS_IDS if table == "orders" else _IDS
    columns = ", ".join(
        f"CAST({_expression(column.name, ids, frame)} AS {SQL_TYPES[column.kind]}) AS {column.name}"
        for column in TABLES[table]
    )
    bench.register("part", frame)
    bench.sql(f"SELECT {columns} FROM part").write_parquet(str(file))  # noqa: S608 our own names
    bench.unregister("part")


def _expression(name: str, ids: dict[str, str], frame: pd.DataFrame) -> str:
    return name if name in frame.columns else ids[name]


def _assemble(bench: Workbench, folder: Path, *, source: str) -> Iterator[Balance]:
    """Make each table a view of its parts and count its rows."""
    for table in TABLES:
        parts = sorted(str(file) for file in folder.glob(f"{table}-*.parquet"))
        if parts:
            bench.read_parquet(parts).create_view(table)
            ((rows,),) = bench.table(table).aggregate("count(*)").fetchall()
            yield settle(table=table, source=source, rows_read=rows, rows_accepted=rows, reasons={})
