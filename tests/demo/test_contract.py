"""The demo shop keeps the contract, to the last column, and contradicts itself nowhere.

Nothing goes back in it, and it tells itself how its subscriptions are.
"""

import json
import re

import duckdb
import pandas as pd
import pytest

from analysis.demo import Plan, customers_for_lines, generate_shop
from analysis.schema import SQL_TYPES, TABLES

# How sure an import is of what it made out of orders.
_MADE_OUT = {"derived", "cycle_certainty", "start_certainty", "first_wait_days"}
DRAWN = {
    table: [column for column in columns if column.name not in _MADE_OUT]
    for table, columns in TABLES.items()
    if table != "refunds"
}


def test_every_column_of_the_contract_is_filled(demo) -> None:
    shop = demo()
    assert {file.stem for file in shop.folder.glob("*.parquet")} == set(DRAWN)
    for table, columns in DRAWN.items():
        kinds = shop.ask(f"DESCRIBE {table}").set_index("column_name")["column_type"]
        assert dict(kinds) == {column.name: SQL_TYPES[column.kind] for column in columns}
        for column in columns:
            filled = shop.ask(
                f'SELECT count(*) AS n, count("{column.name}") AS filled FROM {table}'
            )
            (n, some) = filled.loc[0]
            assert some > 0, f"{table}.{column.name}"
            assert some == n or not column.required, f"{table}.{column.name}"


@pytest.mark.parametrize("planted", [True, False])
def test_tables_agree_with_each_other(demo, planted: bool) -> None:
    shop = demo(planted=planted)
    for broken in (
        "SELECT order_id FROM orders GROUP BY ALL HAVING count(*) > 1",
        "SELECT order_id, line_no FROM order_lines GROUP BY ALL HAVING count(*) > 1",
        "SELECT customer_id FROM customers GROUP BY ALL HAVING count(*) > 1",
        "SELECT campaign_id, customer_id FROM assignments GROUP BY ALL HAVING count(*) > 1",
        """SELECT order_id FROM orders o LEFT JOIN (
               SELECT order_id, sum(amount_minor) AS amount FROM order_lines GROUP BY ALL
           ) USING (order_id) WHERE amount IS DISTINCT FROM o.amount_minor""",
        "FROM order_lines WHERE amount_minor <= 0 OR quantity < 1",
        "FROM orders WHERE discount_minor < 0 OR (coupon_code IS NOT NULL AND discount_minor = 0)",
        "FROM order_lines ANTI JOIN orders USING (order_id)",
        "FROM order_lines ANTI JOIN products USING (product_id)",
        "FROM orders ANTI JOIN customers USING (customer_id)",
        "FROM customers ANTI JOIN orders USING (customer_id)",
        "FROM orders JOIN customers c USING (customer_id) WHERE ordered_at <= c.registered_at",
        "FROM orders WHERE (purchase_type = 'subscription') <> (subscription_id IS NOT NULL)",
        "SELECT subscription_order_no AS told, row_number() OVER ("
        "PARTITION BY subscription_id ORDER BY ordered_at) AS counted FROM orders "
        "WHERE purchase_type = 'subscription' QUALIFY told IS DISTINCT FROM counted",
        "FROM orders WHERE purchase_type = 'one_off' AND subscription_order_no IS NOT NULL",
        "FROM orders o JOIN subscriptions s USING (subscription_id) "
        "WHERE o.customer_id <> s.customer_id OR ordered_at < started_at "
        "OR ordered_at >= cancelled_at",
        "FROM subscriptions s LEFT JOIN (SELECT subscription_id, min(ordered_at) AS first "
        "FROM orders GROUP BY ALL) USING (subscription_id) WHERE first IS DISTINCT FROM started_at",
        "FROM subscriptions s FULL JOIN (FROM subscription_events WHERE event = 'cancel') e "
        "USING (subscription_id) WHERE cancelled_at IS DISTINCT FROM event_at "
        "OR cancel_reason IS DISTINCT FROM reason",
        "FROM subscription_events JOIN subscriptions USING (subscription_id) "
        "WHERE event_at <= started_at OR event_at > cancelled_at",
        "FROM subscriptions WHERE cancelled_at IS NULL AND cancel_reason IS NOT NULL",
        "FROM contacts WHERE opened_at <= sent_at OR clicked_at <= opened_at "
        "OR (opened_at IS NULL AND clicked_at IS NOT NULL)",
        "FROM contacts JOIN customers USING (customer_id) "
        "WHERE NOT CASE channel WHEN 'email' THEN email_optin ELSE line_optin END",
        "FROM products p ANTI JOIN products u ON p.upgrade_product_id = u.product_id "
        "WHERE p.upgrade_product_id IS NOT NULL",
        "FROM costs WHERE cost_minor <= 0 OR month <> date_trunc('month', month)",
    ):
        assert shop.ask(broken).empty, broken


def test_nothing_lies_after_the_end(demo) -> None:
    shop = demo()
    end = pd.Timestamp(shop.plan.end) + pd.Timedelta(days=1)
    for table, columns in DRAWN.items():
        for column in columns:
            if column.kind in ("timestamp", "date"):
                (last,) = shop.ask(f"SELECT max({column.name}) FROM {table}").loc[0]
                assert pd.Timestamp(last) < end, f"{table}.{column.name}"
    (last,) = shop.ask("SELECT max(ordered_at) FROM orders").loc[0]
    assert last.date() == shop.plan.end
    (days,) = shop.ask("SELECT date_diff('day', min(ordered_at), max(ordered_at)) FROM orders").loc[
        0
    ]
    assert days >= 730


def test_ledger_is_written_before_anything_is_sent(demo) -> None:
    shop = demo()
    sent = shop.ask(
        "SELECT arm, assigned_at < sent_at AS before "
        "FROM contacts LEFT JOIN assignments USING (campaign_id, customer_id)"
    )
    assert set(sent["arm"]) == {"treatment"}
    assert sent["before"].all()
    late = shop.ask(
        "SELECT s.subscription_id FROM assignments JOIN subscriptions s USING (customer_id) "
        "WHERE cancelled_at <= assigned_at"
    )
    assert late.empty, "nobody is assigned after leaving"


def test_no_personal_data(demo) -> None:
    shop = demo()
    for table in DRAWN:
        frame = shop.ask(f"FROM {table}").select_dtypes(["object", "str"])
        for name in frame:
            for value in frame[name].dropna().unique():
                assert "@" not in value, f"{table}.{name}"
                assert not re.search(r"\d{2,4}-\d{2,4}-\d{3,4}", value), f"{table}.{name}"


def test_same_seed_gives_the_same_shop_and_another_seed_another(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    prints = []
    for plan in (Plan(500), Plan(500), Plan(500, seed=2), Plan(500, planted=False)):
        generate_shop("demo", plan)
        record = json.loads((tmp_path / "data/demo/current/import.json").read_text())
        assert record["balance"][0]["rows_accepted"] > 500
        prints.append(record["fingerprint"])
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["demo"], "nothing left behind"


def test_first_orders_are_the_ones_everybody_gets(tmp_path, monkeypatch) -> None:
    """What a seed gives is the same on every machine: these rows were written down once."""
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    generate_shop("demo", Plan(500))
    orders = duckdb.sql(
        f"SELECT order_id, CAST(ordered_at AS VARCHAR), amount_minor "
        f"FROM '{tmp_path}/data/demo/current/orders.parquet' LIMIT 3"
    ).fetchall()
    assert orders == [
        ("D00000283-1", "2023-07-03 10:10:15", 2706),
        ("D00000357-1", "2023-07-05 22:10:57", 1551),
        ("D00000328-1", "2023-07-05 22:14:45", 1788),
    ]


def test_portions_make_one_shop(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    monkeypatch.setattr("analysis.demo.portion.PORTION_CUSTOMERS", 200)
    balances = {balance.table: balance for balance in generate_shop("demo", Plan(500))}
    assert balances["customers"].rows_accepted == 500
    folder = tmp_path / "data/demo/current"
    customers, amounts = duckdb.sql(
        f"SELECT count(DISTINCT customer_id), count(DISTINCT amount_minor) "
        f"FROM '{folder}/orders.parquet'"
    ).fetchall()[0]
    assert customers == 500
    assert amounts > 500, "portions are not copies of each other"
    twice = f"SELECT 1 FROM '{folder}/costs.parquet' GROUP BY source, month HAVING count(*) > 1"
    assert duckdb.sql(twice).fetchall() == []


def test_portions_may_lack_anything(tmp_path, monkeypatch) -> None:
    """One customer a portion: some have no subscription, no one-off order or no campaign."""
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    monkeypatch.setattr("analysis.demo.portion.PORTION_CUSTOMERS", 1)
    rows = {balance.table: balance.rows_accepted for balance in generate_shop("demo", Plan(20))}
    assert rows["customers"] == 20
    assert 0 < rows["subscriptions"] < 20


def test_lines_bring_customers_enough(demo) -> None:
    (lines,) = demo().ask("SELECT count(*) FROM order_lines").loc[0]
    wanted = 50_000
    per_customer = lines / demo().plan.customers
    assert wanted <= customers_for_lines(wanted) * per_customer <= 1.15 * wanted
