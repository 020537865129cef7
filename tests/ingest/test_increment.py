"""A refresh from the first changed day on gives the files of a rebuild, byte for byte."""

import itertools
import json
import os
import random
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from analysis.engine import open_engine, workbench
from analysis.ingest import export_files
from analysis.ingest.publication import publish
from analysis.schema import DERIVED_TABLES

# Whether so much may be set aside is another question: see test_alarms.
import_files = partial(export_files.import_files, accept=True)

START = datetime(2024, 1, 20)


class Order(NamedTuple):
    customer: str
    at: datetime
    amount: int
    kind: str | None
    lines: tuple[tuple[str, int], ...]


Orders = dict[str, Order]


def draw_order(rng: random.Random, first: datetime, days: int) -> Order:
    lines = tuple((rng.choice("pqrstu"), rng.randint(1, 3)) for _ in range(rng.randint(0, 3)))
    at = first + timedelta(days=rng.randrange(days), hours=rng.randrange(24))
    kind = rng.choice([None, "one_off", "subscription"])
    return Order(f"c{rng.randrange(12)}", at, rng.randint(1, 90), kind, lines)


def change(rng: random.Random, orders: Orders, numbers: itertools.count) -> Orders:
    """What the next export may bring: new orders, late ones, corrections, cancellations."""
    changed = dict(orders)
    last = max((order.at for order in orders.values()), default=START)
    for _ in range(rng.randint(0, 4)):
        changed[f"o{next(numbers)}"] = draw_order(rng, last, 20)
    kind = rng.choice(["none", "none", "late", "cancel", "line", "move", "customer", "amount"])
    if kind == "late":
        changed[f"o{next(numbers)}"] = draw_order(rng, START, (last - START).days + 1)
    elif kind != "none" and orders:
        order_id = rng.choice(list(orders))
        order = changed.pop(order_id)
        if kind == "line":
            changed[order_id] = order._replace(lines=(*order.lines, ("late", 1)))
        if kind == "move":
            changed[order_id] = order._replace(at=draw_order(rng, START, 90).at)
        if kind == "customer":
            changed[order_id] = order._replace(customer="somebody else")
        if kind == "amount":
            changed[order_id] = order._replace(amount=order.amount + 1)
    return changed


def changed_from(before: Orders, after: Orders) -> date:
    differing = set(before.items()) ^ set(after.items())
    return min((order.at.date() for _, order in differing), default=date.max)


def publish_orders(
    folder: Path, orders: Orders, *, since: date | None = None, monthly_from: int = 1
) -> dict[str, Path]:
    """Publish orders in any order, and return the files of the derived tables by name."""
    rows = [(number, *order[:4]) for number, order in orders.items()]
    lines = [
        (order_id, line_no, product, quantity, quantity * 5)
        for order_id, order in orders.items()
        for line_no, (product, quantity) in enumerate(order.lines, start=1)
    ]
    with workbench() as connection:
        columns = ["order_id", "customer_id", "ordered_at", "amount_minor", "purchase_type"]
        connection.register("given", pd.DataFrame(rows, columns=columns))
        connection.execute(
            "CREATE TABLE orders AS SELECT order_id, customer_id, "
            "CAST(ordered_at AS TIMESTAMP) AS ordered_at, amount_minor, "
            "CAST(purchase_type AS VARCHAR) AS purchase_type FROM given"
        )
        if lines:
            columns = ["order_id", "line_no", "product_id", "quantity", "amount_minor"]
            connection.register("given", pd.DataFrame(lines, columns=columns))
            connection.execute("CREATE TABLE order_lines AS FROM given")
        connection.unregister("given")
        publish(connection, [], folder, changed_from=since, monthly_from_orders=monthly_from)
    return files(folder)


def files(folder: Path) -> dict[str, Path]:
    current = (folder / "current").resolve()
    found = (file for file in current.rglob("*.parquet") if file.is_file())
    named = {str(file.relative_to(current)): file for file in found}
    return {
        name: file for name, file in named.items() if name.split(".parquet")[0] in DERIVED_TABLES
    }


def contents(named: dict[str, Path]) -> dict[str, bytes]:
    return {name: file.read_bytes() for name, file in named.items()}


def record(folder: Path) -> dict:
    return json.loads((folder / "current" / "import.json").read_text())


def refresh_and_rebuild(folder: Path, seed: int, *, monthly_from: int) -> None:
    """Publish a random history of changes step by step, and every step from nothing beside it."""
    rng, numbers = random.Random(seed), itertools.count(1)
    one, other = folder / "refreshed", folder / "rebuilt"
    orders: Orders = {f"o{next(numbers)}": draw_order(rng, START, 60) for _ in range(8)}
    publish_orders(one, orders, monthly_from=monthly_from)
    for _ in range(4):
        former, orders = orders, change(rng, orders, numbers)
        since = changed_from(former, orders)
        refreshed = publish_orders(one, orders, since=since, monthly_from=monthly_from)
        rebuilt = publish_orders(other, orders, monthly_from=monthly_from)
        assert contents(refreshed) == contents(rebuilt)
        assert digests(one) == digests(other)


def digests(folder: Path) -> dict[str, str]:
    written = record(folder)["derived"]["files"]
    return {name: entry["sha256"] for name, entry in written.items()}


@pytest.mark.parametrize("monthly_from", [1, 12, 10_000])
@pytest.mark.parametrize("seed", [0, 1])
def test_changes_give_the_files_of_a_rebuild(tmp_path: Path, seed: int, monthly_from: int) -> None:
    refresh_and_rebuild(tmp_path, seed, monthly_from=monthly_from)


@pytest.mark.slow
@pytest.mark.parametrize("monthly_from", [1, 12, 10_000])
@pytest.mark.parametrize("seed", range(100, 140))
def test_any_changes_give_the_files_of_a_rebuild(
    tmp_path: Path, seed: int, monthly_from: int
) -> None:
    refresh_and_rebuild(tmp_path, seed, monthly_from=monthly_from)


@pytest.fixture
def history(tmp_path: Path) -> tuple[Path, Orders]:
    """Four months of published orders, one file a month."""
    rng = random.Random(5)
    orders = {f"o{number}": draw_order(rng, START, 100) for number in range(200)}
    folder = tmp_path / "shop"
    publish_orders(folder, orders)
    return folder, orders


def same_file(one: Path, other: Path) -> bool:
    return one.stat().st_ino == other.stat().st_ino


LATER = Order("c1", START + timedelta(days=99, hours=23), 5, None, (("new", 1),))


def test_months_before_the_change_are_the_same_files(history: tuple[Path, Orders]) -> None:
    folder, orders = history
    former = files(folder)
    latest = publish_orders(folder, {**orders, "new": LATER}, since=LATER.at.date())
    kept = {name for name in former if same_file(former[name], latest[name])}
    months = {f"2024-{month:02}" for month in (1, 2, 3)}
    assert kept == {f"{table}.parquet/{m}.parquet" for table in ("customer_day", "baskets")
                    for m in months}  # fmt: skip
    rebuilt = publish_orders(folder.with_name("other"), {**orders, "new": LATER})
    assert contents(latest) == contents(rebuilt)


def test_nothing_new_rewrites_no_day(history: tuple[Path, Orders]) -> None:
    folder, orders = history
    former = files(folder)
    latest = publish_orders(folder, orders, since=date.max)
    assert contents(latest) == contents(former)
    assert all(
        same_file(former[name], latest[name])
        for name in former
        if not name.endswith("keys.parquet")
    )


def test_a_day_named_too_late_is_noticed(history: tuple[Path, Orders]) -> None:
    folder, orders = history
    first = min(orders, key=lambda number: orders[number].at)
    for wrong in (
        {number: order for number, order in orders.items() if number != first},
        {**orders, first: orders[first]._replace(amount=1_000)},
    ):
        latest = publish_orders(folder, wrong, since=LATER.at.date())
        assert contents(latest) == contents(publish_orders(folder.with_name("other"), wrong))
        publish_orders(folder, orders)


@pytest.mark.parametrize("damage", ["gone", "changed", "strange", "definition"])
def test_former_tables_that_were_touched_are_not_built_upon(
    history: tuple[Path, Orders], damage: str
) -> None:
    folder, orders = history
    sound = contents(files(folder))
    file = folder / "current" / "baskets.parquet" / "2024-02.parquet"
    if damage == "gone":
        file.unlink()
    if damage == "changed":
        file.write_bytes(b"\0" * file.stat().st_size)
    if damage == "strange":
        shutil.copy(file, file.with_name("2023-12.parquet"))
    if damage == "definition":
        text = (folder / "current" / "import.json").read_text()
        known = record(folder)["derived"]["definition"]
        (folder / "current" / "import.json").write_text(text.replace(known, "another"))
    february = file.stat().st_ino if file.exists() else 0
    latest = publish_orders(folder, orders, since=LATER.at.date())
    assert contents(latest) == sound
    assert latest["baskets.parquet/2024-02.parquet"].stat().st_ino != february


def test_lines_that_come_for_the_first_time(tmp_path: Path) -> None:
    bare = {"o1": Order("ann", START, 5, None, ())}
    publish_orders(tmp_path / "a", bare)
    orders = {**bare, "o2": Order("ann", START + timedelta(days=2), 5, None, (("tea", 1),))}
    latest = publish_orders(tmp_path / "a", orders, since=date(2024, 1, 22))
    assert contents(latest) == contents(publish_orders(tmp_path / "b", orders))
    assert "baskets.parquet/2024-01.parquet" in latest


def test_a_file_system_without_links(
    history: tuple[Path, Orders], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, orders = history

    def refuse(*_files: Path) -> None:
        raise PermissionError("links are not supported here")

    monkeypatch.setattr(os, "link", refuse)
    latest = publish_orders(folder, {**orders, "new": LATER}, since=LATER.at.date())
    rebuilt = publish_orders(folder.with_name("other"), {**orders, "new": LATER})
    assert contents(latest) == contents(rebuilt)
    again = publish_orders(folder, {**orders, "new": LATER}, since=date.max)
    assert contents(again) == contents(rebuilt)


def test_months_of_many_row_groups(tmp_path: Path) -> None:
    """A part that is half former, half new has the row groups of one written at once."""
    made = {}
    for folder, steps in (("refreshed", (20, 30)), ("rebuilt", (30,))):
        for step, days in enumerate(steps):
            with workbench() as connection:
                connection.execute(
                    "CREATE TABLE orders AS SELECT concat('o', n) AS order_id, "
                    "concat('c', n % 110_000) AS customer_id, "
                    "TIMESTAMP '2024-05-01' + to_seconds(n * 16) AS ordered_at, "
                    "CAST(n % 977 AS BIGINT) AS amount_minor, NULL::VARCHAR AS purchase_type "
                    "FROM range($orders) AS orders (n)",
                    {"orders": days * 5_400},
                )
                connection.execute(
                    "CREATE TABLE order_lines AS SELECT order_id, CAST(1 AS BIGINT) AS line_no, "
                    "concat('p', amount_minor) AS product_id, CAST(1 AS BIGINT) AS quantity, "
                    "amount_minor FROM orders"
                )
                since = date(2024, 5, 1 + steps[step - 1]) if step else None
                publish(
                    connection,
                    [],
                    tmp_path / folder,
                    changed_from=since,
                    monthly_from_orders=1,
                )
        made[folder] = contents(files(tmp_path / folder))
    assert made["refreshed"] == made["rebuilt"]
    assert set(made["rebuilt"]) == {
        "baskets.parquet/2024-05.parquet",
        "customer_day.parquet/2024-05.parquet",
        "customer_keys.parquet/00000000001.parquet",
        "customer_keys.parquet/00000100001.parquet",
        "product_keys.parquet",
    }


def test_readers_see_one_table(history: tuple[Path, Orders]) -> None:
    folder, orders = history
    engine = open_engine((folder / "current").resolve())
    period = engine.scalar("period", as_of=date.max)
    assert period["orders"] == len(orders)
    assert period["first_day"] == min(order.at.date() for order in orders.values())
    assert set(engine.tables) == {"orders", "order_lines", *DERIVED_TABLES}
    frame = pd.read_parquet(folder / "current" / "customer_day.parquet")
    assert frame["orders"].sum() == len(orders)


MAPPING = """\
mapping:
  rows: repeated
  order_id: Number
  customer_id: Client
  ordered_at: Date
  moments: [Changed]
  amount_plus: [Paid]
  status: [{column: State, drop: {void: cancelled}}]
  line: {product_id: Item, quantity: Pieces, price: Price}
"""


def export(orders: Orders, *, cancelled: Orders, moment: datetime) -> str:
    lines = ["Number,Client,Date,Changed,Paid,State,Item,Pieces,Price"]
    for state, some in (("ok", orders), ("void", cancelled)):
        for order_id, order in some.items():
            head = f"{order_id},{order.customer},{order.at:%Y-%m-%d %H:%M:%S}"
            for product, quantity in order.lines or (("gift", 1),):
                lines.append(f"{head},{moment:%Y-%m-%d %H:%M:%S},{order.amount},{state},"
                             f"{product},{quantity},{order.amount}")  # fmt: skip
    return "\n".join(lines) + "\n"


@pytest.fixture
def home(shop: Path) -> Path:
    """A home whose shop `yen` exports lines."""
    file = shop / "shops" / "yen.yaml"
    file.write_text(file.read_text() + MAPPING)
    return shop


@pytest.fixture
def bring(home: Path) -> Callable[..., None]:
    """Import a text as a file of its own."""
    number = itertools.count()

    def put(*texts: str) -> None:
        written = []
        for text in texts:
            written.append(home / "files" / f"{next(number)}.csv")
            written[-1].write_text(text)
        import_files("yen", written)

    return put


@pytest.mark.parametrize("seed", range(2))
def test_exports_one_by_one_give_what_all_at_once_give(
    home: Path, bring: Callable[..., None], seed: int
) -> None:
    rng, numbers = random.Random(seed), itertools.count(1)
    orders: Orders = {f"o{next(numbers)}": draw_order(rng, START, 60) for _ in range(10)}
    texts = [export(orders, cancelled={}, moment=START + timedelta(days=100))]
    bring(texts[0])
    for step in range(4):
        former, orders = orders, change(rng, orders, numbers)
        cancelled = {number: former[number] for number in former.keys() - orders.keys()}
        shown = {
            number: order
            for number, order in orders.items()
            if former.get(number) != order or rng.random() < 0.3
        }
        moment = START + timedelta(days=101 + step)
        texts.append(export(shown, cancelled=cancelled, moment=moment))
        bring(texts[-1])
    one_by_one = contents(files(home / "data" / "yen"))
    shutil.rmtree(home / "data" / "yen")
    bring(*texts)
    assert one_by_one == contents(files(home / "data" / "yen"))


def test_only_what_an_export_changes_counts(
    home: Path, bring: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    days: list[date | None] = []
    monkeypatch.setattr(
        "analysis.ingest.export_files.publish",
        lambda *things, changed_from, **more: (
            days.append(changed_from),
            publish(*things, changed_from=changed_from, **more),
        ),
    )
    base = {
        f"o{number}": Order(f"c{number % 3}", START + timedelta(days=number), 9, None, (("p", 1),))
        for number in range(8)
    }
    late = START + timedelta(days=50)

    def after(day: int, changed: Orders, cancelled: Orders | None = None) -> date | None:
        moment = late + timedelta(days=day)
        bring(export(changed, cancelled=cancelled or {}, moment=moment))
        return days[-1]

    assert after(0, base) is None, "the first import"
    assert after(1, base) == date.max, "the same orders again"
    assert after(2, {"n": base["o1"]._replace(at=late)}) == late.date(), "a new order"
    assert after(3, {}, {"o5": base["o5"]}) == base["o5"].at.date(), "a cancellation"
    assert after(4, {"o4": base["o4"]._replace(amount=8)}) == base["o4"].at.date(), "a refund"
    moved = base["o6"]._replace(at=base["o2"].at + timedelta(hours=3))
    assert after(5, {"o6": moved}) == moved.at.date(), "moved to an earlier day"
    assert after(6, {"o6": base["o6"]}) == moved.at.date(), "moved back to a later day"
    other = base["o3"]._replace(lines=(("q", 1),))
    assert after(7, {"o3": other}) == base["o3"].at.date(), "another product for the same money"
    (home / "files" / "1.csv").rename(home / "files" / "again.csv")
    import_files("yen", [home / "files" / "again.csv"])
    assert days[-1] is None, "a file that was imported before"
