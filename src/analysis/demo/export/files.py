"""Writing the demo shop as the files of a cart, and what an import has to make of them."""

import difflib
import tempfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from analysis.demo.export.appstle import APPSTLE
from analysis.demo.export.eccube import ECCUBE
from analysis.demo.export.ecforce import ECFORCE
from analysis.demo.export.expectation import Expectation, expect, write_expected
from analysis.demo.export.rakuten import RAKUTEN
from analysis.demo.export.sales import load_portion, prepare
from analysis.demo.export.sheets import Cart, Sheet, statement
from analysis.demo.export.shopify import SHOPIFY
from analysis.demo.export.skyverge import SKYVERGE
from analysis.demo.export.woocommerce import WOOCOMMERCE
from analysis.demo.portion import Plan
from analysis.demo.writing import check_plan
from analysis.engine import Workbench, workbench
from analysis.errors import ParameterError

CARTS = {
    cart.name: cart for cart in (SHOPIFY, APPSTLE, ECCUBE, ECFORCE, RAKUTEN, WOOCOMMERCE, SKYVERGE)
}
BROKEN = "row has another number of cells, or an open quote"
# Days that a month's file has in common with that of the month before.
OVERLAP_DAYS = 7
# As long as a demo shop has been open.
MOST_MONTHS = 30
_BLOCK = 4 * 1024 * 1024


class Written(NamedTuple):
    """A file that was written.

    Attributes:
        file: Where it is.
        good: Rows that an import accepts.
        faulty: Rows that it sets aside.
    """

    file: Path
    good: int
    faulty: int


class Window(NamedTuple):
    """The orders of one file: those from a moment on, as they were known at another.

    Attributes:
        file: Name of the file.
        start: Its first moment.
        end: When it was exported; nothing later is in it.
        again: From when on its orders are in the next file, too.
    """

    file: str
    start: datetime
    end: datetime
    again: datetime


# What is known at the moment of the export: what was cancelled or paid back later is an order like
# any other.
_ROWS = """
CREATE OR REPLACE TABLE rows AS
SELECT * REPLACE (
    CASE WHEN shipped_at < $end THEN shipped_at END AS shipped_at,
    CASE WHEN cancelled_at >= $end AND list_contains($later, fault) THEN '' ELSE fault END
        AS fault),
    ordered_at >= $again AS again
FROM sales WHERE ordered_at >= $start AND ordered_at < $end
"""
# Faults of orders that are in order until a day later.
_LATER = ["cancelled", "paid back", "paid back in part", "refunded"]
_OTHERS = {
    "customers": "CREATE OR REPLACE TABLE rows AS FROM customer_rows WHERE {}",
    "subscriptions": "CREATE OR REPLACE TABLE rows AS FROM subscription_rows WHERE {}",
}
_ORDER = {
    "orders": "ordered_at, serial, fault, position",
    "customers": "number, copy",
    "subscriptions": "number",
}


def export_shop(cart: str, folder: Path, plan: Plan, *, months: int = 0) -> list[Written]:
    """Write a demo shop as a cart exports it, with rows that an import has to set aside.

    Beside the files, `expected.json` says what an import of all of them has to find.

    Args:
        cart: One of `CARTS`.
        folder: Where to; it must be empty or not there yet.
        plan: What shop.
        months: How many of the last months to write, orders in a file each that repeats the last
            week of the month before as it looks by then; 0 for all orders in one file.

    Returns:
        Each file, and how many of its rows an import has to accept and to set aside.

    Raises:
        ParameterError: There is no such cart, the folder holds something, or the shop cannot be.
    """
    chosen = _find_cart(cart)
    check_plan(plan)
    if not 0 <= months <= MOST_MONTHS:
        raise ParameterError(f"months == {months}, must be at most {MOST_MONTHS}")
    _make_empty(folder)
    with tempfile.TemporaryDirectory(dir=folder) as work, workbench(Path(work)) as bench:
        found = _write(bench, chosen, Path(work), plan, months=months)
        # Only now: what is interrupted leaves nothing that looks like an export.
        for name in found:
            (Path(work) / name).rename(folder / name)
    write_expected(chosen, folder, found)
    return [
        Written(folder / name, reasons[""], reasons.total() - reasons[""])
        for name, (_table, reasons, *_money) in sorted(found.items())
    ]


def _find_cart(name: str) -> Cart:
    """Return a cart by its name.

    Raises:
        ParameterError: There is no such cart.
    """
    # The formats of `crm import` are named for their tables, too.
    cart = CARTS.get(name.removesuffix("_orders"))
    if cart is None:
        close = difflib.get_close_matches(name, CARTS, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known carts: {', '.join(CARTS)}."
        raise ParameterError(f"The demo shop cannot be exported as '{name}': {hint}")
    return cart


def _make_empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        empty = not any(folder.iterdir())
    except OSError as error:
        raise ParameterError(f"{folder} cannot be made: {error.strerror}.") from error
    if not empty:
        raise ParameterError(f"{folder} is not empty: name a new folder for the export.")


def _write(
    bench: Workbench, cart: Cart, folder: Path, plan: Plan, *, months: int
) -> dict[str, Expectation]:
    """Write all files portion by portion, and say what has to become of them."""
    prepare(bench)
    windows = _months(plan.end, months) if months else [_everything(plan.end)]
    faults = {sheet.table: list(sheet.faults) for sheet in cart.sheets}
    found: dict[str, Expectation] = {}
    for number in range(plan.portions):
        load_portion(bench, plan, number, faults=faults)
        for sheet in cart.sheets:
            for window in windows if sheet.table == "orders" else [None]:
                file = folder / (window.file if window else f"{sheet.table}.csv")
                _choose_rows(bench, sheet, window)
                _append(bench, cart, sheet, file, folder / "part")
                expected = expect(bench, sheet)
                before = found.get(file.name)
                found[file.name] = before.plus(expected) if before else expected
    last = folder / windows[-1].file
    with last.open("ab") as target:
        # A blank line, which nobody counts, and a row that was cut off.
        target.write(f'{cart.line_end}"cut off{cart.line_end}'.encode(_plain(cart)))
    found[last.name].reasons[BROKEN] += 1
    return found


def _everything(end: date) -> Window:
    after = datetime.combine(end + timedelta(days=1), time())
    return Window("orders.csv", datetime.min, after, after)


def _months(end: date, number: int) -> list[Window]:
    """Return the last months of a shop, the very last one up to its last day."""
    stop = datetime.combine(end + timedelta(days=1), time())
    overlap = timedelta(days=OVERLAP_DAYS)
    this = end.year * 12 + end.month - 1
    windows = []
    for month in range(this - number + 1, this + 1):
        first, following = _first_day(month), _first_day(month + 1)
        after = stop if month == this else following
        again = after if month == this else after - overlap
        windows.append(Window(f"orders_{first:%Y-%m}.csv", first - overlap, after, again))
    return windows


def _first_day(month: int) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1)


def _choose_rows(bench: Workbench, sheet: Sheet, window: Window | None) -> None:
    if window:
        moments = {"start": window.start, "end": window.end, "again": window.again}
        bench.execute(_ROWS, {**moments, "later": _LATER})
    else:
        bench.execute(_OTHERS[sheet.table].format(sheet.where))


def _append(bench: Workbench, cart: Cart, sheet: Sheet, file: Path, part: Path) -> None:
    query = f"{statement(sheet)} FROM ({sheet.source}) ORDER BY {_ORDER[sheet.table]}"
    bench.sql(query).write_csv(str(part), header=False)
    fresh = not file.exists()
    with part.open(encoding="utf-8", newline="") as source, file.open("ab") as target:
        if fresh:
            target.write((",".join(sheet.header) + cart.line_end).encode(cart.encoding))
        while text := source.read(_BLOCK):
            target.write(text.replace("\n", cart.line_end).encode(_plain(cart)))


def _plain(cart: Cart) -> str:
    """Return the encoding of all but the first characters, which alone carry a byte order mark."""
    return cart.encoding.removesuffix("-sig")
