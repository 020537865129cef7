"""Small files of real shapes: what an import of each has to hold, read off the file by hand."""

import re
import shutil
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from tests.ingest.world.command import Imported, crm, read_tables

HERE = Path(__file__).parent
ALARM = 12
REFUSED = (2, 3)


class Right(NamedTuple):
    """What is right of a case.

    Attributes:
        orders: How many were sold.
        net: What they brought less what went back, in minor units.
        lines: Lines of goods.
        customers: Who ordered; customers of a list where there are no orders.
        refunded: What went back on days that are known.
        alarm: Words of the alarm, where it leaves out more than an import may without `--accept`;
            the other numbers are those of an import that was told to accept.
        says: Words that have to be said.
    """

    orders: int
    net: int
    lines: int
    customers: int
    refunded: int = 0
    alarm: str = ""
    says: str = ""


class Refused(NamedTuple):
    """A case that cannot be read without asking, and words that a sentence has to hold.

    Attributes:
        words: What the sentence says.
        never: What it does not say.
        or_right: What is as good as a refusal.
    """

    words: str
    never: str = "Rakuten"
    or_right: Right | None = None


SHORTENED = r"spreadsheet"
RETAIL = Right(3, 32_400 - 3_540, 6, 2, refunded=3_540, alarm="no customer")
CASES: dict[str, Right | Refused] = {
    "cp1252_customer": Right(1, 1_990, 1, 1),
    "cp1252_names": Right(3, 3_970, 3, 3),
    "cp1252_pound": Right(2, 2_980, 2, 2),
    "eccube_no_scientific": Refused(SHORTENED),
    "eccube_own_status": Right(1, 1_600, 1, 1, alarm=r"対応状況\(ID\).*10"),
    "epoch_dates": Right(40, 0, 0, 0, alarm=r"date"),
    "excel_scientific_ids": Refused(SHORTENED),
    "excel_scientific_orders": Refused(SHORTENED),
    "excel_sep_line": Right(1, 1_000, 1, 1),
    "lines_only_default_rows": RETAIL,
    "lines_only_repeated": RETAIL,
    "mapping_decimal_comma": Right(3, 126_190, 0, 3),
    "mapping_us_dates": Right(6, 6_000, 0, 6),
    "negatives_rows": Right(1360, 4_790_000, 0, 0, refunded=2_010_000),
    "rakuten_tax_excluded": Right(1, 1_100, 1, 1),
    "shopify_appstle_tags": Right(2, 4_000, 2, 1),
    "shopify_cod_pending": Refused(r"pending"),
    "shopify_created_at_repeats": Right(3, 5_200, 5, 3),
    "shopify_customers_2019": Right(0, 0, 0, 1),
    "shopify_customers_2022": Right(0, 0, 0, 1),
    "shopify_customers_2022_mapping": Right(0, 0, 0, 1),
    "shopify_decimal_comma": Right(2, 127_949, 2, 2),
    "shopify_email_forms": Right(5, 5_000, 5, 1),
    "shopify_gift_card": Right(1, 10_000, 1, 1),
    "shopify_gift_line_lost": Right(1, 1_000, 2, 1),
    "shopify_half_kilo": Right(1, 1_000, 1, 1),
    "shopify_iso_dates": Right(1, 1_000, 1, 1),
    "shopify_phone_only": Right(3, 12_000, 3, 2),
    "shopify_removed_line": Right(1, 1_000, 1, 1),
    "shopify_serial_dates": Right(1, 1_000, 1, 1),
    "shopify_test_gateway": Right(1, 2_000, 1, 1),
    "shopify_tip": Right(2, 4_200, 2, 2),
    "shopify_two_currencies": Right(1, 1_000, 1, 1, alarm=r"currency"),
    "title_rows": Right(1, 1_000, 1, 1),
    "totals_row": Right(2, 2_000, 2, 1),
    "woo_advanced_export_mapping": Right(1, 2_500, 2, 1),
    "woo_advanced_export_unknown": Right(1, 2_500, 2, 1),
    "woo_analytics": Refused(r"customer|columns"),
    "woo_one_row_per_item": Right(2, 4_000, 3, 2),
    "woo_skyverge_refund": Right(2, 2_500, 2, 2, refunded=500),
    "woo_webtoffee_2digit_year": Refused(r"day_first"),
    "woo_webtoffee_excel_italian": Right(1, 1_650, 1, 1),
    "woo_webtoffee_ok": Right(1, 1_600, 1, 1),
    "woo_webtoffee_us_dates": Refused(r"day_first"),
}
# Judged by tests of their own below.
OTHERS = {"ab_bool_strings", "ab_duplicates", "ab_three_arms", "mapping_odd_numbers"}


class Case:
    """A home with one shop, whose files are those of a case."""

    def __init__(self, home: Path, name: str, *, more: str = "") -> None:
        self.home = home
        (home / "shops").mkdir()
        (home / "data").mkdir()
        shop = (HERE / name / "shop.yaml").read_text(encoding="utf-8")
        (home / "shops" / "case.yaml").write_text(shop + more, encoding="utf-8")
        (file,) = [path for path in (HERE / name).iterdir() if path.suffix == ".csv"]
        self.file = home / file.name
        shutil.copy(file, self.file)

    def run(self, *options: str) -> tuple[int, str]:
        exit_code, said, crashed = crm(
            self.home, "import", "--shop", "case", str(self.file), *options
        )
        assert not crashed, crashed
        return exit_code, said

    @property
    def tables(self) -> Imported | None:
        return read_tables(self.home, "case")

    def rows(self, table: str, columns: str) -> list[tuple]:
        file = self.home / "data" / "case" / "current" / f"{table}.parquet"
        if not file.exists():
            return []
        with duckdb.connect() as connection:
            return connection.execute(f"SELECT {columns} FROM '{file}'").fetchall()


def test_every_case_is_judged() -> None:
    folders = {path.name for path in HERE.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert folders == CASES.keys() | OTHERS


@pytest.mark.parametrize(
    "name", [name for name, right in CASES.items() if isinstance(right, Right)]
)
def test_what_comes_in(name: str, tmp_path: Path) -> None:
    right = CASES[name]
    assert isinstance(right, Right)
    case = Case(tmp_path, name)
    exit_code, said = case.run()
    if right.alarm:
        assert exit_code == ALARM, said
        assert re.search(right.alarm, said), said
        assert case.tables is None
        exit_code, said = case.run("--accept")
    assert exit_code == 0, said
    assert re.search(right.says, said), said
    tables = case.tables
    assert tables is not None
    back = {order for order, _, _, _ in tables.refunds}
    sold = {number: row for number, row in tables.orders.items() if row[2] > 0 or number in back}
    untied = sum(amount for order, _, _, amount in tables.refunds if not order)
    found = Right(
        orders=len(sold),
        net=sum(amount for _, _, amount in tables.orders.values()) - untied,
        lines=sum(lines.total() for lines in tables.lines.values()),
        customers=len({customer for customer, _, _ in sold.values()})
        or len(case.rows("customers", "customer_id")),
        refunded=sum(amount for _, _, _, amount in tables.refunds),
        alarm=right.alarm,
        says=right.says,
    )
    want = right
    if name in COUNTED_BY_SQL:
        want = right._replace(**COUNTED_BY_SQL[name](case.file))
    assert found == want, said


def _counted(where: str) -> object:
    """Count orders that a plain query finds in a file that is too long to count by hand."""

    def count(file: Path) -> dict[str, int]:
        with duckdb.connect() as connection:
            ((orders, customers, cents),) = connection.execute(
                "SELECT count(*), count(DISTINCT Client), sum(round(Paid * 100)) "
                f"FROM read_csv($1, all_varchar = false) WHERE {where}",
                [str(file)],
            ).fetchall()
        return {"orders": orders, "customers": customers} | (
            {"net": int(cents)} if "1995" in where else {}
        )

    return count


COUNTED_BY_SQL = {
    "epoch_dates": _counted("Date >= DATE '1995-01-01'"),
    "negatives_rows": _counted("Paid > 0"),
}


@pytest.mark.parametrize(
    "name", [name for name, right in CASES.items() if isinstance(right, Refused)]
)
def test_what_is_refused(name: str, tmp_path: Path) -> None:
    right = CASES[name]
    assert isinstance(right, Refused)
    case = Case(tmp_path, name)
    exit_code, said = case.run()
    assert exit_code in (*REFUSED, ALARM), said
    assert re.search(right.words, said), said
    assert not re.search(right.never, said), said
    assert case.tables is None


def test_moments(tmp_path: Path) -> None:
    case = Case(tmp_path, "mapping_us_dates")
    assert case.run()[0] == 0
    tables = case.tables
    assert tables is not None
    assert {number: at for number, (_, at, _) in tables.orders.items()} == {
        "1": datetime(2024, 3, 2),
        "2": datetime(2024, 3, 15, 14, 5),
        "3": datetime(2024, 3, 3),
        "4": datetime(2024, 3, 4, 5),
        "5": datetime(2024, 3, 4, 10),
        "6": datetime(2024, 3, 4),
    }


@pytest.mark.parametrize("name", ["shopify_iso_dates", "shopify_serial_dates"])
def test_the_moment_of_an_order(name: str, tmp_path: Path) -> None:
    case = Case(tmp_path, name)
    assert case.run()[0] == 0
    ((at,),) = case.rows("orders", "ordered_at")
    assert abs(at - datetime(2024, 3, 2, 10, 0, 4)) < timedelta(seconds=2)


def test_tags_of_a_subscription_app(tmp_path: Path) -> None:
    case = Case(tmp_path, "shopify_appstle_tags")
    assert case.run()[0] == 0
    assert sorted(case.rows("orders", "order_id, purchase_type, subscription_order_no")) == [
        ("#1001", "subscription", 1),
        ("#1002", "subscription", None),
    ]


def test_cash_on_delivery_counts_where_the_shop_says_so(tmp_path: Path) -> None:
    more = """\
mapping:
  extends: shopify_orders
  status: [{column: Financial Status, keep: [pending]}]
"""
    case = Case(tmp_path, "shopify_cod_pending", more=more)
    exit_code, said = case.run()
    assert exit_code == 0, said
    tables = case.tables
    assert tables is not None
    assert [amount for _, _, amount in tables.orders.values()] == [150_000] * 6


@pytest.mark.parametrize(
    ("name", "email", "sms"),
    [
        ("shopify_customers_2019", True, None),
        ("shopify_customers_2022", True, False),
        ("shopify_customers_2022_mapping", True, False),
    ],
)
def test_consent_of_customers(name: str, email: bool, sms: bool | None, tmp_path: Path) -> None:
    case = Case(tmp_path, name)
    assert case.run()[0] == 0
    assert case.rows("customers", "region, email_optin, sms_optin") == [("ON", email, sms)]


def test_half_a_kilo(tmp_path: Path) -> None:
    case = Case(tmp_path, "shopify_half_kilo")
    assert case.run()[0] == 0
    assert case.rows("order_lines", "quantity, amount_minor") == [(Decimal("0.5"), 1_000)]


def test_a_line_that_is_worth_all_its_pieces(tmp_path: Path) -> None:
    case = Case(tmp_path, "lines_only_default_rows")
    assert case.run("--accept")[0] == 0
    assert sorted(case.rows("orders", "order_id, customer_id, amount_minor")) == [
        ("489434", "13085", 24_540),
        ("489435", "13085", 6_120),
        ("489439", "12682", 1_740),
    ]
    assert case.rows("refunds", "customer_id, refunded_at::DATE::VARCHAR, amount_minor") == [
        ("16321", "2009-12-01", 3_540)
    ]


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("cp1252_names", {"Crème brûlée", "Thé vert", "Käsekuchen"}),
        ("cp1252_pound", {"Mug", "Mug £1"}),
        ("eccube_own_status", {"商品"}),
    ],
)
def test_names_keep_their_letters(name: str, names: set[str], tmp_path: Path) -> None:
    case = Case(tmp_path, name)
    assert case.run("--accept")[0] == 0
    assert {text for (text,) in case.rows("products", "product_name")} == names


def test_customers_keep_their_letters(tmp_path: Path) -> None:
    case = Case(tmp_path, "cp1252_customer")
    assert case.run()[0] == 0
    assert case.rows("orders", "customer_id") == [("Zoé Martin",)]


def test_a_column_of_odd_numbers_is_never_misread(tmp_path: Path) -> None:
    """Real, pesos and rupees stand among dollars: what is taken is what a person reads."""
    case = Case(tmp_path, "mapping_odd_numbers")
    exit_code, said = case.run("--accept")
    assert exit_code in (0, *REFUSED), said
    read = {"2": 12_000, "4": 1_200, "5": 123_400, "6": 123_450, "7": 120_000}
    if exit_code == 0:
        tables = case.tables
        assert tables is not None
        taken = {number: amount for number, (_, _, amount) in tables.orders.items()}
        assert taken == {number: read[number] for number in taken}
        assert [refund[3] for refund in tables.refunds] in ([], [1_990])
    else:
        assert re.search(r"decimal|amount|number|currency", said), said


def test_the_day_of_a_refund_in_a_packed_cell(tmp_path: Path) -> None:
    case = Case(tmp_path, "woo_skyverge_refund")
    assert case.run()[0] == 0
    assert sorted(case.rows("orders", "order_id, amount_minor")) == [("501", 1_500), ("502", 1_000)]
    assert case.rows("refunds", "order_id, refunded_at::DATE::VARCHAR, amount_minor") == [
        ("501", "2024-03-05", 500)
    ]
