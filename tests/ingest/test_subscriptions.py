"""Subscriptions derived from orders: hand-worked cases, and the demo shop's planted truth."""

from datetime import date, timedelta
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis.churn.hazard import order_hazards
from analysis.churn.peak import churn_points, peak_tests
from analysis.churn.people import is_running
from analysis.demo import Plan
from analysis.demo.portion import draw_portion
from analysis.demo.tables import day_end, visible_tables
from analysis.engine import reduction
from analysis.ingest.subscriptions import derive_subscriptions
from analysis.schema import SQL_TYPES, TABLES

START = date(2024, 1, 1)
GRACE = 14


class Orders:
    """Orders written down by hand: days count from the first of January 2024."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []

    def add(
        self,
        days: list[int],
        *,
        customer: str = "C1",
        subscription: str | None = None,
        numbers: list[int | None] | None = None,
        product: str | list[str] = "tea",
        kind: str = "subscription",
    ) -> "Orders":
        for place, day in enumerate(days):
            order = f"O{len(self.rows):04d}"
            self.rows.append(
                {
                    "order_id": order,
                    "customer_id": customer,
                    "ordered_at": pd.Timestamp(START) + pd.Timedelta(days=day, hours=6),
                    "amount_minor": 1000,
                    "purchase_type": kind,
                    "subscription_id": subscription,
                    "subscription_order_no": numbers[place] if numbers else None,
                }
            )
            name = product if isinstance(product, str) else product[place]
            self.lines.append(
                {"order_id": order, "line_no": 1, "product_id": name, "quantity": 1,
                 "amount_minor": 1000}
            )  # fmt: skip
        return self

    def crowd(self, *, cycle: int = 30, size: int = 40) -> "Orders":
        """Others, so that the shop's usual cycle is known."""
        for number in range(size):
            first = number % 20
            self.add([first + cycle * n for n in range(5)], customer=f"X{number}",
                     subscription=f"X{number}", numbers=[1, 2, 3, 4, 5])  # fmt: skip
        return self

    def derive(self) -> tuple[duckdb.DuckDBPyConnection, tuple[str, ...]]:
        connection = duckdb.connect(":memory:")
        for table, rows in (("orders", self.rows), ("order_lines", self.lines)):
            fill(connection, table, pd.DataFrame(rows))
        return connection, derive_subscriptions(connection)

    def found(self) -> pd.DataFrame:
        connection, _notes = self.derive()
        return subscriptions_in(connection)


def fill(connection: duckdb.DuckDBPyConnection, table: str, rows: pd.DataFrame | pa.Table) -> None:
    columns = ", ".join(f"{column.name} {SQL_TYPES[column.kind]}" for column in TABLES[table])
    connection.execute(f"CREATE TABLE {table} ({columns})")
    if len(rows):
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM rows")


def subscriptions_in(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return connection.sql("FROM subscriptions ORDER BY subscription_id").df().set_index(
        "subscription_id"
    )  # fmt: skip


def day(number: int) -> pd.Timestamp:
    return pd.Timestamp(START) + pd.Timedelta(days=number, hours=6)


def ask(connection: duckdb.DuckDBPyConnection, name: str, **values: Any) -> pd.DataFrame:
    present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    if "subscription_events" not in present:
        fill(connection, "subscription_events", pd.DataFrame())
    return connection.execute(reduction(name), values).df()


def ways(connection: duckdb.DuckDBPyConnection, subscription: str, *, as_of: int) -> list[str]:
    """What became of each order of one subscription, in their order."""
    connection.execute("CREATE OR REPLACE TEMP TABLE every AS FROM subscriptions")
    connection.execute("DELETE FROM subscriptions WHERE subscription_id <> $1", [subscription])
    cells = ask(
        connection, "subscription_transitions", as_of=START + timedelta(days=as_of),
        grace_days=GRACE,
    )  # fmt: skip
    connection.execute("INSERT INTO subscriptions FROM every ANTI JOIN subscriptions USING "
                       "(subscription_id)")  # fmt: skip
    return cells[cells["cut"] == "cohort"].sort_values("order_no")["outcome"].tolist()


# By hand.


def test_one_row_per_subscription_number() -> None:
    orders = Orders().crowd()
    orders.add([10, 40, 70, 100], customer="C1", subscription="S1", numbers=[1, 2, 3, 4],
               product=["tea", "tea", "tea", "mint"])  # fmt: skip
    row = orders.found().loc["S1"]
    assert row["customer_id"] == "C1"
    assert row["started_at"] == day(10)
    assert row["cycle_days"] == 30
    assert row["product_id"] == "mint", "the latest main product"
    assert pd.isna(row["cancelled_at"])
    assert row["derived"]
    assert (row["cycle_certainty"], row["start_certainty"]) == ("certain", "seen")


def test_a_shop_of_one_off_buyers_has_no_subscriptions() -> None:
    orders = Orders()
    for number in range(50):
        orders.add([number, number + 30, number + 60], customer=f"C{number}", kind="one_off")
    connection, notes = orders.derive()
    assert notes == ()
    assert "subscriptions" not in {row[0] for row in connection.execute("SHOW TABLES").fetchall()}


def test_one_off_orders_of_subscribers_stay_out() -> None:
    orders = Orders().crowd()
    orders.add([10, 40, 70], subscription="S1", numbers=[1, 2, 3])
    orders.add([12, 33, 90], kind="one_off")
    found = orders.found()
    assert len(found) == 41
    assert found.loc["S1", "cycle_days"] == 30


def test_began_before_the_data_with_a_number_is_counted_back() -> None:
    row = Orders().crowd().add([10, 40, 70], subscription="S1", numbers=[4, 5, 6]).found().loc["S1"]
    assert row["start_certainty"] == "counted"
    assert row["started_at"] == day(10 - 90)


def test_began_before_the_data_without_numbers_is_not_known() -> None:
    orders = Orders().crowd()
    orders.add([5, 35, 65], customer="C1", subscription="S1")
    orders.add([100, 130], customer="C2", subscription="S2")
    found = orders.found()
    assert found.loc["S1", "start_certainty"] == "unknown"
    assert found.loc["S2", "start_certainty"] == "seen", "long after the data begin"
    connection, _notes = orders.derive()
    assert set(ways(connection, "S1", as_of=300)) == {"began_before"}
    assert ways(connection, "S2", as_of=300) == ["continued", "lapsed"]


def test_missing_numbers_do_not_lengthen_the_cycle() -> None:
    """Orders 2 and 4 were set aside: two cycles between those that are there."""
    orders = Orders().crowd().add([0, 60, 120], subscription="S1", numbers=[1, 3, 5])
    assert orders.found().loc["S1", "cycle_days"] == 30


def test_parcels_of_an_order_are_no_waits() -> None:
    orders = Orders().crowd()
    orders.add([0, 2, 30, 31, 60, 90], subscription="S1", numbers=[1, 1, 2, 2, 3, 4])
    orders.add([0, 2, 30, 31, 60, 90], customer="C2", subscription="S2")
    found = orders.found()
    assert found.loc["S1", "cycle_days"] == found.loc["S2", "cycle_days"] == 30
    assert found.loc["S1", "cycle_certainty"] == "certain"


def test_without_subscription_numbers_a_customer_has_one() -> None:
    orders = Orders().crowd()
    orders.add([0, 30, 60, 90], product=["tea", "mint", "tea", "rose"])
    connection, notes = orders.derive()
    assert "C1/1" in subscriptions_in(connection).index
    assert "4 subscription orders have no number of a subscription" in notes[1]
    numbered = connection.sql(
        "SELECT DISTINCT subscription_id FROM orders WHERE customer_id = 'C1'"
    )
    assert numbered.fetchall() == [("C1/1",)], "reductions find the orders of the subscription"


def test_without_subscription_numbers_products_side_by_side_are_two() -> None:
    orders = Orders().crowd()
    orders.add([0, 30, 60], product="tea").add([5, 35, 65], product="rice")
    found = orders.found()
    assert {"C1/tea/1", "C1/rice/1"} <= set(found.index)
    assert found.loc["C1/rice/1", "started_at"] == day(5)


def test_without_subscription_numbers_a_first_order_begins_anew() -> None:
    orders = Orders().crowd().add([0, 30, 60, 200, 230], numbers=[1, 2, 3, 1, 2])
    orders.add([0, 30, 200, 230], customer="C2", numbers=[1, None, 1, None])
    found = orders.found()
    assert found.loc["C1/2", "started_at"] == found.loc["C2/2", "started_at"] == day(200)
    assert found.loc[["C1/1", "C1/2", "C2/1", "C2/2"], "start_certainty"].tolist() == ["seen"] * 4


def test_skips_and_pauses_are_no_losses_and_ends_are() -> None:
    orders = Orders().crowd()
    orders.add([0, 30, 90, 120], customer="A", subscription="skipped", numbers=[1, 2, 3, 4])
    orders.add([0, 30, 145, 175], customer="B", subscription="paused", numbers=[1, 2, 3, 4])
    orders.add([0, 30], customer="C", subscription="left", numbers=[1, 2])
    connection, _notes = orders.derive()
    assert ways(connection, "skipped", as_of=170) == ["continued"] * 3 + ["not_yet_due"]
    assert ways(connection, "paused", as_of=220)[:3] == ["continued"] * 3
    assert ways(connection, "left", as_of=400) == ["continued", "lapsed"]


def test_an_end_is_told_once_a_skip_would_have_ended() -> None:
    """Order 2 on day 30: due on day 60, skipped until day 90, and the grace."""
    orders = Orders().crowd().add([0, 30], subscription="left", numbers=[1, 2])
    connection, _notes = orders.derive()
    last = 30 + 2 * 30 + GRACE
    assert ways(connection, "left", as_of=last - 1) == ["continued", "not_yet_due"]
    assert ways(connection, "left", as_of=last) == ["continued", "lapsed"]


def test_after_the_first_order_all_wait_for_the_longest_usual_cycle() -> None:
    orders = Orders().crowd(cycle=30)
    for number in range(20):
        orders.add([number + 90 * n for n in range(4)], customer=f"Q{number}",
                   subscription=f"Q{number}", numbers=[1, 2, 3, 4])  # fmt: skip
    orders.add([0], subscription="once", numbers=[1])
    connection, _notes = orders.derive()
    assert subscriptions_in(connection).loc["once", "first_wait_days"] == 90
    assert ways(connection, "once", as_of=90 + GRACE - 1) == ["not_yet_due"]
    assert ways(connection, "once", as_of=90 + GRACE) == ["lapsed"]


def test_a_long_silence_ends_one_spell_and_the_next_is_no_order_of_it() -> None:
    orders = Orders().crowd().add([0, 30, 230, 260], subscription="S1", numbers=[1, 2, 3, 4])
    connection, _notes = orders.derive()
    assert ways(connection, "S1", as_of=400) == ["continued", "lapsed", "came_back", "came_back"]


def listed(orders: Orders, rows: list[dict[str, Any]]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """What becomes of a list of the shop's own, which may have gaps."""
    connection = duckdb.connect(":memory:")
    for table, each in (("orders", orders.rows), ("order_lines", orders.lines)):
        fill(connection, table, pd.DataFrame(each))
    fill(connection, "subscriptions", pd.DataFrame(rows))
    notes = derive_subscriptions(connection)
    return subscriptions_in(connection), notes


def test_rows_of_the_shop_stand_and_others_are_added() -> None:
    orders = Orders().crowd(size=20).add([0, 30, 60], subscription="S1", numbers=[1, 2, 3])
    row = {"subscription_id": "S1", "customer_id": "C1", "started_at": day(-5), "cycle_days": 45,
           "cancel_reason": "enough"}  # fmt: skip
    found, _notes = listed(orders, [row])
    assert len(found) == 21
    assert found.loc["S1", ["cycle_days", "cancel_reason"]].tolist() == [45, "enough"]
    assert pd.isna(found.loc["S1", "derived"])
    assert found.drop("S1")["derived"].all()


def test_gaps_of_the_shops_list_are_filled_from_orders() -> None:
    """A list of cancellations: numbers, days and reasons, and nothing else."""
    orders = Orders().crowd(size=20).add([0, 30, 60], subscription="S1", numbers=[1, 2, 3])
    gone = {"subscription_id": "S1", "cancelled_at": day(70), "cancel_reason": "enough"}
    nobody = {"subscription_id": "S9", "cancelled_at": day(70), "cancel_reason": "who?"}
    found, _notes = listed(orders, [gone, nobody])
    assert "S9" not in found.index
    row = found.loc["S1"]
    assert (row["customer_id"], row["started_at"], row["cycle_days"]) == ("C1", day(0), 30)
    assert (row["cancelled_at"], row["cancel_reason"]) == (day(70), "enough")
    assert (row["cycle_certainty"], row["start_certainty"]) == ("likely", "seen")
    assert pd.isna(row["derived"])


def test_orders_without_a_number_find_their_subscription_in_the_list() -> None:
    orders = Orders().crowd()
    orders.add([0, 30, 60], customer="C1", product="mint")
    orders.add([10, 40], customer="C2", product="tea").add([12, 42], customer="C2", product="rice")
    orders.add([100, 130], customer="C3")
    rows = [
        {"subscription_id": number, "customer_id": customer, "started_at": day(began),
         "cycle_days": 30, "product_id": product, "cancelled_at": ended}
        for number, customer, began, product, ended in (
            ("L1", "C1", 0, "tea", None), ("L2", "C2", 10, "tea", None),
            ("L3", "C2", 12, "rice", None), ("L4", "C3", 0, "tea", day(50)),
            ("L5", "C3", 99, "tea", None),
        )
    ]  # fmt: skip
    found, notes = listed(orders, rows)
    assert not found.loc[["L1", "L2", "L3", "L4", "L5"], "derived"].any()
    assert found["derived"].sum() == 40, "the others; of these five, nobody has a second one"
    assert not any("have no number" in note for note in notes)


def test_a_list_without_skips_waits_longer_where_orders_skip() -> None:
    orders = Orders()
    rows = []
    for number in range(50):
        days = [0, 30, 90, 120] if number % 10 == 0 else [0, 30, 60, 90]
        orders.add(days, customer=f"C{number}", subscription=f"S{number}", numbers=[1, 2, 3, 4])
        rows.append({"subscription_id": f"S{number}", "customer_id": f"C{number}",
                     "started_at": day(0), "cycle_days": 30})  # fmt: skip
    found, notes = listed(orders, rows)
    assert set(found["first_wait_days"]) == {60}
    assert notes[-1].startswith("3.3% of the orders of listed subscriptions came a cycle late")
    orders.rows = [row for row in orders.rows if int(row["customer_id"][1:]) % 10]
    found, notes = listed(orders, [row for row in rows if int(row["customer_id"][1:]) % 10])
    assert found["first_wait_days"].isna().all()
    assert notes == ()


def test_nothing_of_the_rows_order_matters() -> None:
    orders = Orders().crowd()
    orders.add([0, 30, 60, 90], product=["tea", "mint", "tea", "rose"])
    orders.add([3, 33, 68], customer="C2").add([7, 37], customer="C2", product="rice")
    one = orders.found()
    orders.rows.reverse()
    orders.lines.reverse()
    pd.testing.assert_frame_equal(orders.found(), one)


# The demo shop.

SEEDS = (1, 2, 3)
LAST_DAY = Plan().end
Shop = duckdb.DuckDBPyConnection
_TABLES = {
    "orders": "SELECT *, concat('O', number, '-', order_no) AS order_id, concat('C', number) AS "
    "customer_id, CASE WHEN purchase_type = 'subscription' THEN concat('S', number) END AS "
    "subscription_id FROM part",
    "order_lines": "SELECT *, concat('O', number, '-', order_no) AS order_id FROM part",
    "subscriptions": "SELECT *, concat('S', number) AS subscription_id, concat('C', number) AS "
    "customer_id FROM part",
    "subscription_events": "SELECT *, concat('S', number) AS subscription_id FROM part",
}
# What a cart's export tells of a subscription order.
FORGET = {
    "number and count": "SELECT 1",
    "count": "UPDATE orders SET subscription_id = NULL",
    "first or not": "UPDATE orders SET subscription_id = NULL, subscription_order_no = "
    "CASE WHEN subscription_order_no = 1 THEN 1 END",
    "that it is one": "UPDATE orders SET subscription_id = NULL, subscription_order_no = NULL",
}


@cache
def drawn(seed: int, planted: bool) -> dict[str, pa.Table]:
    """The tables of a demo shop, once for all tests."""
    plan = Plan(seed=seed, planted=planted)
    campaigns = tuple(campaign.campaign_id for campaign in plan.truth.campaigns)
    frames = visible_tables(
        draw_portion(plan, 0), clock=plan.clock, until=day_end(plan.clock), truth=plan.truth,
        campaign_ids=campaigns,
    )  # fmt: skip
    found = {}
    for table, question in _TABLES.items():
        part = frames[table]  # noqa: F841
        rows = duckdb.sql(question)
        names = ", ".join(c.name for c in TABLES[table] if c.name in rows.columns)
        subscribed = "WHERE purchase_type = 'subscription'" if table == "orders" else ""
        found[table] = duckdb.sql(f"SELECT {names} FROM rows {subscribed}").to_arrow_table()
    return found


def demo(seed: int, told: str = "", *, planted: bool = True) -> Shop:
    """A demo shop's subscriptions; with what the export tells, those that are derived from it."""
    connection = duckdb.connect(":memory:")
    for table, part in drawn(seed, planted).items():
        fill(connection, table, part)
    if told:
        connection.execute("ALTER TABLE subscriptions RENAME TO truth")
        connection.execute("DELETE FROM subscription_events")
        connection.execute(FORGET[told])
        derive_subscriptions(connection)
    return connection


def hazards(connection: Shop, *, as_of: date = LAST_DAY) -> pd.DataFrame:
    cells = ask(connection, "subscription_transitions", as_of=as_of, grace_days=GRACE)
    return order_hazards(cells[cells["cut"] == "cohort"])


@cache
def true_hazards(seed: int, as_of: date = LAST_DAY) -> pd.DataFrame:
    return hazards(demo(seed, planted=False), as_of=as_of)


@pytest.mark.parametrize("told", list(FORGET))
def test_the_churn_point_is_that_of_the_true_tables(told: str) -> None:
    for seed in SEEDS[:2]:
        found = churn_points(peak_tests(hazards(demo(seed, told)), min_excess_share=0.02))
        assert [point.order_no for point in found] == [3], seed
        assert found[0].low > 0.08


@pytest.mark.parametrize("told", list(FORGET))
def test_where_nothing_is_planted_hazards_are_those_of_the_true_tables(told: str) -> None:
    """Within a point: pauses without an end are told from leaving by events alone, half a point."""
    gaps = []
    for seed in SEEDS:
        ours, true = hazards(demo(seed, told, planted=False)), true_hazards(seed)
        assert churn_points(peak_tests(ours, min_excess_share=0.02)) == []
        gaps.append((ours["hazard"] - true["hazard"]).head(7).to_numpy())
    assert np.abs(np.mean(gaps, axis=0)).max() < 0.012
    assert np.mean(gaps) == pytest.approx(0.004, abs=0.004)


@pytest.mark.slow
@pytest.mark.parametrize("day", [LAST_DAY, date(2024, 12, 31)])
def test_rates_out_of_orders_are_unbiased_over_many_shops(day: date) -> None:
    """The bias that remains is that of pauses without an end, which are half a point an order."""
    gaps = []
    for seed in range(11, 23):
        shop = demo(seed, "number and count", planted=False)
        true = true_hazards(seed, day)
        gaps.append((hazards(shop, as_of=day)["hazard"] - true["hazard"]).head(6).to_numpy())
    bias, error = np.mean(gaps, axis=0), np.std(gaps, axis=0, ddof=1) / np.sqrt(len(gaps))
    assert (np.abs(bias) < 0.008 + 2 * error).all(), bias
    assert 0 < bias.mean() < 0.007, bias


def test_a_younger_shop_is_not_biased_either() -> None:
    """A year of history, where whoever only looks late counts most wrongly."""
    gaps = []
    for seed in SEEDS:
        true = true_hazards(seed, date(2024, 6, 30))
        shop = demo(seed, "number and count", planted=False)
        # What the shop knew then, and not what later orders told of its cycles.
        shop.execute("DELETE FROM orders WHERE ordered_at >= DATE '2024-07-01'")
        shop.execute("DROP TABLE subscriptions")
        derive_subscriptions(shop)
        gap = hazards(shop, as_of=date(2024, 6, 30))["hazard"] - true["hazard"]
        gaps.append(gap.head(5).to_numpy())
    assert np.abs(np.mean(gaps, axis=0)).max() < 0.015


def test_counting_skips_as_ends_would_be_wrong() -> None:
    """The rule for lists of subscriptions, on derived ones: what this module has to prevent."""
    shop = demo(1, "number and count", planted=False)
    shop.execute("UPDATE subscriptions SET first_wait_days = NULL")
    gap = hazards(shop)["hazard"] - true_hazards(1)["hazard"]
    assert gap.head(6).min() > 0.06


def test_a_list_without_skips_gives_the_hazards_of_one_with_them() -> None:
    gaps = []
    for seed in SEEDS:
        shop = demo(seed, planted=False)
        shop.execute("DELETE FROM subscription_events")
        late = hazards(shop)["hazard"] - true_hazards(seed)["hazard"]
        assert late.head(6).min() > 0.05, "a skip without a trace looks like an end"
        derive_subscriptions(shop)
        gaps.append((hazards(shop)["hazard"] - true_hazards(seed)["hazard"]).head(6).to_numpy())
    assert np.abs(np.mean(gaps, axis=0)).max() < 0.012


def test_cycles_products_and_starts_are_the_true_ones() -> None:
    shop = demo(1, "number and count")
    rows = shop.sql("""
        SELECT s.*, t.cycle_days AS true_days, t.product_id AS true_product, t.started_at AS began
        FROM subscriptions AS s JOIN truth AS t USING (subscription_id)""").df()
    assert len(rows) == shop.sql("FROM truth").count("*").fetchall()[0][0]
    assert (rows["started_at"] == rows["began"]).all()
    assert (rows["product_id"] == rows["true_product"]).all()
    right = (rows["cycle_days"] == rows["true_days"]).groupby(rows["cycle_certainty"]).mean()
    assert right["certain"] > 0.995
    assert right["likely"] > 0.95
    # Nobody has a second order: the most usual cycle is the best that can be said.
    assert right["assumed"] == pytest.approx(0.55, abs=0.06)


def test_who_still_runs_is_nearly_who_does() -> None:
    values = {"as_of": LAST_DAY, "known_by": LAST_DAY}
    true = ask(demo(2), "running_subscriptions", **values)
    ours = ask(demo(2, "number and count"), "running_subscriptions", **values)
    true, ours = (set(one.loc[is_running(one, grace_days=GRACE), "customer_id"])
                  for one in (true, ours))  # fmt: skip
    # Who cancels between two orders is among them until the next one is overdue.
    assert len(true & ours) > 0.9 * len(true)
    assert len(ours) == pytest.approx(len(true), rel=0.15)
