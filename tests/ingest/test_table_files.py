"""Every table of the contract comes out of files: as data/README.md shows, and up to the pages."""

import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml

from analysis.demo import Plan, generate_shop
from analysis.ingest import import_files
from analysis.schema import DERIVED_TABLES, TABLES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
SECTION = TEXT[TEXT.index("\n## An example file for every table") :]
EXAMPLES = re.findall(r"### (.*?)\n\n```yaml\n(.*?)```\n\n```csv\n(.*?)```", SECTION, re.DOTALL)
SHOP = {"title": "Own", "currency": "JPY", "time_zone": "Asia/Tokyo", "as_of": "last_order",
        "source": {}, "reports": {}}  # fmt: skip


def test_every_table_has_an_example() -> None:
    named = {name for title, *_ in EXAMPLES for name in re.findall(r"`(\w+)`", title)}
    assert named == set(TABLES) - set(DERIVED_TABLES)
    for title, _mapping, lines in EXAMPLES:
        assert len(lines.strip().splitlines()) == 3, f"{title}: a header and two rows"


def test_the_examples_are_read_as_they_stand(shop: Path) -> None:
    layouts = [yaml.safe_load(mapping) for _title, mapping, _lines in EXAMPLES]
    text = yaml.safe_dump({**SHOP, "mapping": layouts}, allow_unicode=True)
    (shop / "shops" / "own.yaml").write_text(text)
    files = []
    for layout, (*_, lines) in zip(layouts, EXAMPLES, strict=True):
        files.append(shop / "files" / f"{layout['table']}.csv")
        files[-1].write_text(lines)
    balances = import_files("own", files)
    assert [balance.table for balance in balances] == [layout["table"] for layout in layouts]
    for balance in balances:
        assert (balance.rows_read, balance.rows_accepted) == (2, 2), balance.table
    for table in set(TABLES) - set(DERIVED_TABLES):
        rows = duckdb.sql(f"FROM '{shop}/data/own/current/{table}.parquet'")
        assert rows.count("*").fetchall() == [(2,)], table
        # Each optional column of the contract is filled by one of the two rows.
        empty = {name for name in rows.columns if rows.count(name).fetchall() == [(0,)]}
        assert empty <= {"derived", "cycle_certainty", "start_certainty", "first_wait_days"}, table


# The demo shop's tables as files of a shop's own.

CUSTOMERS = 4_000
_ORDERS = """
SELECT order_id AS 注文番号, customer_id AS 顧客番号, ordered_at AS 注文日時,
    orders.amount_minor AS 合計, subscription_id AS 定期番号, subscription_order_no AS 回数,
    source AS 流入元, coupon_code AS クーポン, discount_minor AS 値引, channel AS 経路,
    product_id AS 商品番号, product_name AS 商品名, CAST(quantity AS BIGINT) AS 個数,
    lines.amount_minor AS 小計
FROM '{0}/orders.parquet' AS orders
JOIN '{0}/order_lines.parquet' AS lines USING (order_id)
JOIN '{0}/products.parquet' USING (product_id)
ORDER BY ordered_at, order_id, line_no
"""
_OWN = ("products", "subscriptions", "subscription_events", "contacts", "costs")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the demo shop, and a shop that was imported from files that say the same."""
    home = tmp_path_factory.mktemp("copied")
    for name in ("shops", "files"):
        (home / name).mkdir()
    for name in ("demo", "own", "bare"):
        (home / "campaigns" / name).mkdir(parents=True)
        for file in (ROOT / "campaigns" / "demo").glob("*.yaml"):
            (home / "campaigns" / name / file.name).write_text(file.read_text(encoding="utf-8"))
    (home / "notebooks").symlink_to(ROOT / "notebooks")
    shop = yaml.safe_load((ROOT / "shops" / "demo.yaml").read_text(encoding="utf-8"))
    (home / "shops" / "demo.yaml").write_text(yaml.safe_dump(shop))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(home))
        generate_shop("demo", Plan(customers=CUSTOMERS, seed=1))
        tables = home / "data" / "demo" / "current"
        mapping = [yaml.safe_load(text) for _t, text, _l in EXAMPLES[:2]]
        mapping[1] = {"table": "customers", "birth_day": "生年月日", "granted": ["true"],
                      "refused": ["false"]} | {
            column.name: column.name for column in TABLES["customers"]
            if column.name != "birth_year"
        }  # fmt: skip
        duckdb.sql(_ORDERS.format(tables)).write_csv(str(home / "files" / "orders.csv"))
        years = "*, birth_year || '-01-01' AS 生年月日"
        duckdb.sql(f"SELECT {years} FROM '{tables}/customers.parquet'").write_csv(
            str(home / "files" / "customers.csv")
        )
        sold, files = [home / "files" / name for name in ("orders.csv", "customers.csv")], []
        for table in ("assignments", *_OWN):
            rows = duckdb.sql(f"FROM '{tables}/{table}.parquet'")
            files.append(home / "files" / f"{table}.csv")
            rows.write_csv(str(files[-1]))
            mapping.append({"table": table, **{name: name for name in rows.columns}})
        bare = {**shop, "source": {}, "mapping": mapping}
        (home / "shops" / "bare.yaml").write_text(yaml.safe_dump(bare, allow_unicode=True))
        # Who was in which test, and nothing of who subscribed to what.
        import_files("bare", [*sold, files[0]])
        own = {**bare, "mapping": mapping}
        (home / "shops" / "own.yaml").write_text(yaml.safe_dump(own, allow_unicode=True))
        import_files("own", [*sold, *files])
    return home


@pytest.fixture
def pages(copied: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the copied shop, in force for one test."""
    monkeypatch.setenv("ANALYSIS_HOME", str(copied))
    return copied


@pytest.mark.parametrize(
    "table", ["orders", "order_lines", "customers", "customer_day", "baskets", "assignments", *_OWN]
)
def test_tables_out_of_files_are_the_ones_that_were_written(pages: Path, table: str) -> None:
    true, found = (
        duckdb.sql(f"FROM '{pages}/data/{name}/current/{table}.parquet'")
        for name in ("demo", "own")
    )
    columns = ", ".join(true.columns)
    assert true.count("*").fetchall() == found.count("*").fetchall()
    assert true.project(columns).except_(found.project(columns)).fetchall() == []


@pytest.mark.parametrize(
    "report",
    [
        "01_customer_analysis",
        "02_churn_points",
        "03_lifetime_value",
        "04_ab_test_evaluation",
        "05_campaign_targets",
    ],
)
def test_pages_out_of_files_say_what_those_of_the_tables_say(
    pages: Path, read_page: Callable[..., str], report: str
) -> None:
    """Costs, messages, assignments, subscriptions, events: each has sections of its own."""
    true, found = (
        [line for line in read_page(report, name, language="en").splitlines()
         if "rows read" not in line]
        for name in ("demo", "own")
    )  # fmt: skip
    assert found == true
    assert not any("derived from their orders" in line for line in found)


def test_pages_say_what_rests_on_orders_alone(pages: Path, read_page: Callable[..., str]) -> None:
    derived = "The subscriptions are derived from their orders: the cycle is estimated from the"
    page = read_page("02_churn_points", "bare", language="en")
    assert "Order 3 stands out from the orders around it" in page
    assert derived in page
    assert "nothing else tells which of the derived ones have ended" in page
    assert "customers have ended their last subscription" not in page
    page = read_page("03_lifetime_value", "bare", language="en")
    assert "running subscriptions are expected to bring" in page
    assert derived in page
    page = read_page("05_campaign_targets", "bare", language="en")
    assert derived in page
    assert "No cancellation is known, so rules that ask who has cancelled match nobody." in page


def test_a_test_of_cancellations_is_not_judged_where_nobody_is_known_to_cancel(
    pages: Path, read_page: Callable[..., str]
) -> None:
    """The demo shop's campaigns: one must not raise cancellations, the others count orders."""
    said = read_page("04_ab_test_evaluation", "bare", language="en")
    assert "is judged by cancellations, of which nothing is known" in said
    assert "cancellations, of which" not in read_page("04_ab_test_evaluation", "own", language="en")


def test_pages_say_it_in_the_readers_language(pages: Path, read_page: Callable[..., str]) -> None:
    page = read_page("05_campaign_targets", "bare", language="ja")
    assert "注文から推定" in page
    assert "derived" not in page
