"""A report of a past day knows of no later refund: on every engine, whatever it is asked."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from conftest import CHECKOUT, Home, home_on
from engine_registry import reductions, runs
from engine_servers import READER, Server

from analysis.engine import Engine, open_engine, workbench
from analysis.engine.connections import Connection
from analysis.engine.loading import load_shop
from analysis.engine.optional import EMPTY_IF_ABSENT
from analysis.ingest.publication import publish
from analysis.schema import DERIVED_TABLES
from analysis.shop import open_shop, tables_folder

D = datetime
DAY = date(2024, 2, 10)

# (order, customer, day, what was paid), and what went back of it.
ORDERS = [
    ("o1", "ann", D(2024, 1, 5, 9), 1000),
    ("o2", "ann", D(2024, 2, 1, 9), 500),
    ("o3", "bob", D(2024, 2, 10, 23), 800),
    ("o4", "bob", D(2024, 2, 10, 8), 300),
    ("o5", "eve", D(2024, 3, 1, 9), 900),
]
REFUNDS = [
    ("o1", "ann", D(2024, 1, 20, 12), 100),  # before the day, in part
    ("o1", "ann", D(2024, 2, 10, 23, 59), 50),  # on the day
    ("o1", "ann", D(2024, 2, 11, 0), 200),  # after it, of the same order
    ("o1", "ann", D(2024, 3, 5, 9), 30),
    ("o3", "bob", D(2024, 2, 12, 9), 800),  # the whole order
    (None, "ann", D(2024, 2, 9, 9), 40),  # of no order of the data
    (None, "zoe", D(2024, 2, 20, 9), 60),
]


def records(frame: pd.DataFrame) -> list[tuple]:
    return [tuple(row) for row in frame.itertuples(index=False)]


def publish_by_hand(folder: Path, refunds: list[tuple]) -> None:
    """Publish the orders as an import leaves them: each net of all of its refunds."""
    back = {order: sum(r[3] for r in refunds if r[0] == order) for order, *_ in ORDERS}
    with workbench() as bench:
        bench.execute(
            "CREATE TABLE orders (order_id VARCHAR, customer_id VARCHAR, ordered_at TIMESTAMP, "
            "amount_minor BIGINT, purchase_type VARCHAR)"
        )
        bench.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?, 'one_off')",
            [(order, who, at, paid - back[order]) for order, who, at, paid in ORDERS],
        )
        bench.execute(
            "CREATE TABLE refunds (order_id VARCHAR, customer_id VARCHAR, refunded_at TIMESTAMP, "
            "amount_minor BIGINT)"
        )
        if refunds:
            bench.executemany("INSERT INTO refunds VALUES (?, ?, ?, ?)", refunds)
        publish(bench, [], folder)


@pytest.fixture
def by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    (home / "shops").mkdir(parents=True)
    (home / "shops" / "hand.yaml").write_text(
        "{title: Hand, currency: JPY, time_zone: Asia/Tokyo, source: {}, reports: {}}\n"
    )
    monkeypatch.setenv("ANALYSIS_HOME", str(home))
    return home / "data" / "hand"


def test_a_past_day_by_hand(by_hand: Path) -> None:
    publish_by_hand(by_hand, REFUNDS)
    shop = open_shop("hand", as_of=f"{DAY}")
    values = {"dormancy_days": 90, "subscription_days": 90, "period_days": 10}
    balance = shop.reduce("customer_balance", **values).iloc[0]
    # 1 to 10 February: o2, o3 and o4 are whole on that day; 40 went back that belongs to no order.
    assert balance["amount_minor"] == 500 + 800 + 300 - 40
    assert records(shop.reduce("btyd_summary").drop(columns="first_day")) == [
        ("ann", 1, 27, 36, 500, 1350),
        ("bob", 0, 0, 0, 0, 1100),
    ]
    assert records(shop.reduce("order_values", step_minor=1)) == [
        (False, 500, 1),
        (False, 800, 1),
        (True, 300, 1),
        (True, 850, 1),
    ]
    revenue = shop.reduce("revenue_by_purchase")
    assert records(revenue.assign(day=revenue["day"].dt.strftime("%m-%d"))) == [
        ("01-05", 1, 1, 850),
        ("02-01", 2, 1, 500),
        ("02-09", -1, 0, -40),
        ("02-10", 1, 1, 1100),
    ]
    assert shop.engine.scalar("period", as_of=DAY)["amount_minor"] == 850 + 500 + 1100
    shop.engine.close()


def test_the_latest_day_knows_of_all_refunds(by_hand: Path) -> None:
    publish_by_hand(by_hand, REFUNDS)
    shop = open_shop("hand", as_of="2024-03-31")
    assert shop.engine.refunds_until is None, "nothing is to be added back, and nothing is done"
    frame = shop.reduce("btyd_summary").drop(columns=["first_day", "age_days", "recency_days"])
    assert records(frame) == [
        ("ann", 1, 500, 620 + 500),
        ("bob", 0, 0, 300),
        ("eve", 0, 0, 900),
    ]
    assert shop.reduce("revenue_by_purchase")["amount_minor"].sum() == 620 + 500 + 300 + 900 - 100
    shop.engine.close()


def test_what_went_back_within_a_window_by_hand(by_hand: Path) -> None:
    publish_by_hand(by_hand, REFUNDS)
    # Old enough in February is o1 alone; its refund of 10 February came after 36 days.
    shop = open_shop("hand", as_of=f"{DAY}")
    assert shop.engine.scalar("refunds_within", as_of=DAY, window_days=30) == {
        "orders": 1, "paid_minor": 1_000, "refunded_orders": 1, "refunded_minor": 100,
    }  # fmt: skip
    shop.engine.close()
    shop = open_shop("hand", as_of="2024-03-31")
    assert shop.engine.scalar("refunds_within", as_of=shop.as_of, window_days=30) == {
        "orders": 5, "paid_minor": 3_500, "refunded_orders": 2, "refunded_minor": 900,
    }  # fmt: skip
    shop.engine.close()


def test_each_day_says_again_what_it_said(by_hand: Path) -> None:
    """Imported day by day: whatever comes later, a report of a day can be made again."""
    days = [date(2024, 1, 20), date(2024, 2, 9), DAY, date(2024, 2, 15), date(2024, 3, 31)]

    def told(day: date) -> dict[str, list[tuple]]:
        shop = open_shop("hand", as_of=f"{day}")
        values = {"dormancy_days": 40, "subscription_days": 90, "period_days": 30}
        found = {
            "customer_balance": records(shop.reduce("customer_balance", **values)),
            "revenue_by_purchase": records(shop.reduce("revenue_by_purchase")),
            "target_customers": records(shop.reduce("target_customers", window_days=30)),
            "order_values": records(shop.reduce("order_values", step_minor=10)),
        }
        shop.engine.close()
        return found

    said: dict[date, dict] = {}
    for day in days:
        publish_by_hand(by_hand, [refund for refund in REFUNDS if refund[2].date() <= day])
        said[day] = told(day)
        for earlier in said:
            assert told(earlier) == said[earlier], f"asked on {day} of {earlier}"
    assert len({str(each) for each in said.values()}) == len(days)


# What went back of the demo shop: of one order in five, some of it twice, some of no order at all.
_BACK = """
CREATE TEMP TABLE back AS
WITH chosen AS (
    SELECT *, CAST(hash(order_id) % 1000 AS BIGINT) AS draw FROM '{orders}' WHERE amount_minor > 90
)
SELECT order_id, customer_id, ordered_at + INTERVAL 2 DAY AS refunded_at,
    CASE WHEN draw < 20 THEN amount_minor ELSE amount_minor // 3 END AS amount_minor
FROM chosen WHERE draw < 200
UNION ALL
SELECT order_id, customer_id, ordered_at + to_days(CAST(20 + draw AS INTEGER)), amount_minor // 4
FROM chosen WHERE draw BETWEEN 100 AND 300
UNION ALL
SELECT NULL, customer_id, ordered_at + INTERVAL 9 DAY, 77 FROM chosen WHERE draw > 970
"""


def publish_returns(demo: Path, folder: Path, *, until: date) -> None:
    """Publish the demo shop with what had gone back by a day, and with goods by the half."""
    with workbench() as bench:
        bench.execute(_BACK.format(orders=demo / "orders.parquet"))
        bench.execute(
            "CREATE TABLE refunds AS FROM back WHERE CAST(refunded_at AS DATE) <= $until "
            "ORDER BY refunded_at, order_id",
            {"until": until},
        )
        bench.execute("DROP TABLE back")
        bench.execute(
            "CREATE TABLE orders AS SELECT stored.* REPLACE (CAST(stored.amount_minor - "
            "coalesce(gone.amount_minor, 0) AS BIGINT) AS amount_minor) "
            f"FROM '{demo / 'orders.parquet'}' AS stored LEFT JOIN (SELECT order_id, "
            "sum(amount_minor) AS amount_minor FROM refunds GROUP BY order_id) AS gone "
            "USING (order_id) ORDER BY ordered_at, order_id"
        )
        bench.execute(
            "CREATE TABLE order_lines AS SELECT * REPLACE (CAST(CASE WHEN hash(order_id) % 3 = 0 "
            "THEN quantity * 0.375 ELSE quantity END AS DECIMAL(18, 3)) AS quantity) "
            f"FROM '{demo / 'order_lines.parquet'}'"
        )
        for file in demo.glob("*.parquet"):
            if file.stem not in (*DERIVED_TABLES, "orders", "order_lines", "set_aside"):
                bench.execute(f"CREATE TABLE {file.stem} AS FROM '{file}'")
        publish(bench, [], folder)


@pytest.fixture(scope="module")
def returns_home(plain_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose shop `returns` is the demo shop, of which some went back until long after."""
    folder = tmp_path_factory.mktemp("returns") / "home"
    for name in ("shops", "data", "reports"):
        (folder / name).mkdir(parents=True)
    (folder / "notebooks").symlink_to(CHECKOUT / "notebooks")
    text = (CHECKOUT / "shops" / "demo.yaml").read_text()
    (folder / "shops" / "returns.yaml").write_text(text)
    demo = (plain_home.folder / "data" / "demo" / "current").resolve()
    publish_returns(demo, folder / "data" / "returns", until=date.max)
    return Home(folder, {})


def answers(engine: Engine, first_day: date, day: date) -> list[tuple]:
    return [
        (name, given, engine.reduce(name, **given))
        for name, given in runs(first_day, day)
        if "refunds" in engine.tables or name not in EMPTY_IF_ABSENT
    ]


def compare(found: list[tuple], expected: list[tuple]) -> None:
    """Demand equal frames, and name every reduction that differs."""
    different = {}
    for (name, given, frame), (_name, _given, right) in zip(found, expected, strict=True):
        try:
            pd.testing.assert_frame_equal(frame, right, check_exact=True)
        except AssertionError as error:
            different[name, str(given)] = str(error)
    assert different == {}
    assert {name for name, *_ in found} == set(reductions())


@pytest.fixture(scope="module")
def as_imported_on(
    plain_home: Home, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[date], Engine]]:
    """Open a shop whose import was made on a day, when nobody knew of a later refund."""
    engines: list[Engine] = []

    def opened_on(day: date) -> Engine:
        folder = tmp_path_factory.mktemp("imported") / "returns"
        demo = (plain_home.folder / "data" / "demo" / "current").resolve()
        publish_returns(demo, folder, until=day)
        engines.append(open_engine((folder / "current").resolve()))
        return engines[-1]

    yield opened_on
    for engine in engines:
        engine.close()


def opened_as_of(home: Home, day: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANALYSIS_HOME", str(home.folder))
    for name, value in home.variables.items():
        monkeypatch.setenv(name, value)
    return open_shop("returns", as_of=day)


PAST_DAYS = ("2024-06-30", "2025-03-31")


@pytest.mark.parametrize("day", PAST_DAYS)
def test_every_reduction_of_a_past_day_is_that_of_an_import_of_the_day(
    returns_home: Home, as_imported_on: Callable, monkeypatch: pytest.MonkeyPatch, day: str
) -> None:
    shop = opened_as_of(returns_home, day, monkeypatch)
    assert shop.engine.refunds_until == shop.as_of
    found = answers(shop.engine, shop.first_day, shop.as_of)
    compare(found, answers(as_imported_on(shop.as_of), shop.first_day, shop.as_of))
    # It must be able to fail: without looking at the day, what was paid is another.
    naive = shop.engine._replace(refunds_until=None)
    assert naive.scalar("period", as_of=shop.as_of) != shop.engine.scalar(
        "period", as_of=shop.as_of
    )
    shop.engine.close()


@pytest.fixture(scope="module")
def loaded_returns(postgres: Server, returns_home: Home) -> Server:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(returns_home.folder))
        patch.setenv("CRM_CONNECTION_WRITER_READER", READER)
        for database in ("bytes", "japanese"):
            patch.setenv("CRM_CONNECTION_WRITER", postgres.url(database))
            counts = load_shop("returns", "writer", folder=tables_folder("returns"))
            assert counts["refunds"] > 100
    return postgres


@pytest.mark.parametrize("database", ["bytes", "japanese"])
def test_postgres_says_of_a_past_day_what_duckdb_says(
    returns_home: Home,
    loaded_returns: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    database: str,
) -> None:
    import psycopg

    expected = opened_as_of(returns_home, PAST_DAYS[1], monkeypatch)
    right = answers(expected.engine, expected.first_day, expected.as_of)
    url = loaded_returns.url(database, role=READER)
    home = home_on(returns_home, tmp_path / "home", "warehouse", {"CRM_CONNECTION_WAREHOUSE": url})
    shop = opened_as_of(home, PAST_DAYS[1], monkeypatch)
    assert (shop.as_of, shop.last_day) == (expected.as_of, expected.last_day)
    compare(answers(shop.engine, shop.first_day, shop.as_of), right)
    for each in (shop, expected):
        each.engine.close()
    with psycopg.connect(loaded_returns.url(database)) as link:
        ((kind,),) = link.execute(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = 'returns.order_lines'::regclass AND attname = 'quantity'"
        ).fetchall()
        assert kind == "numeric(18,3)"


def test_spark_says_of_a_past_day_what_duckdb_says(
    returns_home: Home, spark_port: str, spark_options: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analysis.engine.spark import open_spark

    expected = opened_as_of(returns_home, PAST_DAYS[1], monkeypatch)
    where = Connection("local", "spark", "local[2]", spark_options)
    folder = tables_folder("returns")
    spark = open_spark(where, shop="returns", folder=folder)
    assert spark.tables["baskets"]["quantity"] == "DECIMAL(18,3)"
    engine = Engine(spark, spark.tables, {}).as_known_on(expected.as_of)
    assert engine.refunds_until == expected.as_of
    found = answers(engine, expected.first_day, expected.as_of)
    compare(found, answers(expected.engine, expected.first_day, expected.as_of))
    expected.engine.close()
