import re
from datetime import date, timedelta
from pathlib import Path

from analysis.check import check_shop
from analysis.cli import main
from analysis.ingest import import_shop

START = date(2024, 1, 1)


def daily(days: int, *, customers: int = 40, dollars: float = 20.5) -> list:
    return [
        (f"c{(day + turn) % customers}", START + timedelta(days=day), dollars)
        for day in range(days)
        for turn in range(3)
    ]


def test_a_healthy_shop_is_old_and_nothing_else(home: Path, make_shop) -> None:
    make_shop("good", daily(60))
    report = check_shop("good")
    assert report.facts[0] == "180 orders of 40 customers, 1 January 2024 to 29 February 2024"
    assert report.facts[2].startswith("orders from good.txt: 180 rows read = 180 accepted")
    assert len(report.suspicious) == 1
    assert "days old: is an export missing?" in report.suspicious[0]


def test_missing_columns_and_what_they_silence(home: Path) -> None:
    silent = check_shop("tiny").silent
    assert "no orders.source: value and churn by where customers came from" in silent
    assert "no table customers: regions, ages, and who may be written to" in silent
    assert not any("purchase_type" in line for line in silent)


def suspicious(make_shop, purchases: list) -> str:
    make_shop("odd", purchases)
    return "\n".join(check_shop("odd").suspicious)


def test_a_day_without_orders(home: Path, make_shop) -> None:
    purchases = [row for row in daily(60) if row[1] != date(2024, 1, 20)]
    assert "1 day without an order, 20 January 2024" in suspicious(make_shop, purchases)


def test_a_jump_in_volume(home: Path, make_shop) -> None:
    rush = [(f"r{number}", date(2024, 1, 15), 20.5) for number in range(57)]
    text = suspicious(make_shop, daily(60) + rush)
    assert "60 orders on 15 January 2024, 20 times the usual day" in text


def test_amounts_in_the_wrong_unit(home: Path, make_shop) -> None:
    assert "is the unit of money right" in suspicious(make_shop, daily(60, dollars=0.2))
    assert "is the unit of money right" in suspicious(make_shop, daily(60, dollars=200_000.5))
    assert "none has cents" in suspicious(make_shop, daily(60, dollars=20))


def test_a_currency_without_cents_has_none(home: Path, make_shop) -> None:
    make_shop("odd", daily(60, dollars=45_000))
    for currency, wrong in (("USD", True), ("KRW", False), ("VND", False), ("JPY", False)):
        file = home / "shops" / "odd.yaml"
        file.write_text(re.sub("currency: ...", f"currency: {currency}", file.read_text()))
        import_shop("odd")
        said = "\n".join(check_shop("odd").suspicious)
        assert ("none has cents" in said) == wrong, currency


def test_a_customer_with_a_large_share(home: Path, make_shop) -> None:
    many = [("reseller", START + timedelta(days=day % 60), 20.5) for day in range(20)]
    assert "One customer made 10% of all orders" in suspicious(make_shop, daily(60) + many)


def test_the_command_tells_all_of_it(home: Path, capsys) -> None:
    assert main(["check", "--shop", "tiny"]) == 0
    out = capsys.readouterr().out
    assert "orders of 300 customers" in out
    assert "missing, and what it silences:" in out
    assert "suspicious:" in out
    assert main(["check"]) == 2


EXPORTS = """\
title: Exports
currency: USD
time_zone: America/New_York
as_of: last_order
source: {}
mapping:
  order_id: Order
  customer_id: Client
  ordered_at: Date
  amount_plus: [Paid]
  status: [{column: State, keep: [paid], drop: {void: cancelled}}]
reports: {}
"""


def left_out(home: Path, *states: str, more: str = "") -> Path:
    (home / "shops" / "exports.yaml").write_text(EXPORTS)
    rows = [f"{n},c{n},2024-05-{n:02},10.50,{state},0.25" for n, state in enumerate(states, 1)]
    file = home / "orders.csv"
    file.write_text("\n".join(["Order,Client,Date,Paid,State,Service fee", *rows]) + f"\n{more}")
    return file


def test_money_that_was_set_aside_and_what_nobody_knows_or_reads(home: Path, capsys) -> None:
    file = left_out(home, "paid", "paid", "void", "lost at sea", "taro@example.com")
    assert main(["import", "--shop", "exports", "--accept", str(file)]) == 0
    report = check_shop("exports")
    assert "set aside: status is not known: $21.00 in 2 rows" in report.facts
    assert "set aside: cancelled: $10.50 in 1 rows" in report.facts
    text = "\n".join(report.suspicious)
    assert "orders.csv has states that nobody knows, and their orders are left out: " in text
    assert "State: lost at sea (1)" in text
    assert "taro" not in text
    assert "are not read: Service fee. Does the shop's file have to name them?" in text
    assert "void" not in text


def test_of_a_file_that_came_again_only_the_last_balance_is_told(home: Path) -> None:
    file = left_out(home, "paid", "paid", "void")
    assert main(["import", "--shop", "exports", "--accept", str(file)]) == 0
    left_out(home, "paid", "paid", "void", "paid", "void")
    assert main(["import", "--shop", "exports", "--accept", str(file)]) == 0
    facts = check_shop("exports").facts
    assert sum(fact.startswith("orders from orders.csv") for fact in facts) == 1
    assert "and 1 earlier versions of these files" in facts
    assert "set aside: cancelled: $21.00 in 2 rows" in facts
