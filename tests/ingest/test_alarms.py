"""When an import has to be looked at: by hand-made balances, and by files through the command."""

from pathlib import Path

import duckdb
import pytest
import yaml

from analysis.cli import main
from analysis.errors import ParameterError
from analysis.ingest.alarms import find_alarms
from analysis.ingest.balance import Balance
from analysis.shop import ShopFile, read_shop

AGAIN = "the order was exported again later"
SHOP = ShopFile("s", "S", "USD", "UTC", {}, {})


def balance(
    accepted: int,
    *,
    source: str = "orders.csv",
    table: str = "orders",
    gross: int | None = None,
    decided: tuple[str, ...] = ("cancelled", "unpaid"),
    money: dict[str, int] | None = None,
    months: dict[str, tuple[int, int]] | None = None,
    **reasons: int,
) -> Balance:
    """Return a balance whose orders are worth 10.00 each; reasons have _ where they have blanks."""
    named = {reason.replace("_", " "): rows for reason, rows in reasons.items()}
    worth = {reason: 1000 * rows for reason, rows in named.items()}
    aside = sum(named.values())
    return Balance(
        table,
        source,
        accepted + aside,
        accepted,
        aside,
        named,
        gross_minor=1000 * accepted if gross is None else gross,
        money_set_aside=worth if money is None else money,
        decided=decided,
        months=months or {},
    )


def alarms(*now: Balance, before: tuple[Balance, ...] = (), shop: ShopFile = SHOP) -> list[str]:
    return find_alarms(now, [one._asdict() for one in before], shop)


def test_a_few_rows_that_nobody_decided_are_none():
    assert alarms(balance(98, no_customer=2)) == []
    assert alarms(balance(97, no_customer=3)) == [
        "3.0% of the rows and 3.0% of the money of orders would be set aside, which no rule of the "
        "format decided; no more than 2.0% is expected."
    ]


def test_one_order_may_be_worth_more_than_many():
    large = balance(999, no_customer=1, money={"no customer": 100_000})
    assert alarms(large) == [
        "9.1% of the money of orders would be set aside, which no rule of the format decided; no "
        "more than 2.0% is expected."
    ]


def test_a_shop_says_how_much_is_usual_for_all_tables_or_for_one():
    odd = balance(90, no_customer=10)
    people = balance(5, table="customers", source="people.csv", gross=0, money={}, no_customer=5)
    assert alarms(odd, shop=SHOP._replace(expected_set_aside=0.1)) == []
    assert len(alarms(odd, people, shop=SHOP._replace(expected_set_aside=0.1))) == 1
    shares = {"orders": 0.1, "customers": 0.5}
    assert alarms(odd, people, shop=SHOP._replace(expected_set_aside=shares)) == []
    assert len(alarms(odd, shop=SHOP._replace(expected_set_aside={"customers": 0.5}))) == 1


def test_nothing_accepted_is_always_one():
    (said,) = alarms(balance(100), balance(0, source="b.csv", unpaid=6))
    assert said == "None of the 6 rows of b.csv is accepted (unpaid)."
    for usual in (0.5, 0.99):
        assert alarms(balance(0, no_customer=6), shop=SHOP._replace(expected_set_aside=usual))


def test_what_is_known_already_and_a_file_without_a_row_are_none():
    assert alarms(balance(0, **{AGAIN.replace(" ", "_"): 500})) == []
    assert alarms(balance(10, **{AGAIN.replace(" ", "_"): 500})) == []
    assert alarms(balance(0)) == []


def test_rules_may_set_aside_much_but_not_most():
    assert alarms(balance(750, cancelled=150, unpaid=100)) == []
    (said,) = alarms(balance(600, cancelled=300, unpaid=100))
    assert said == (
        "40.0% of the rows and 40.0% of the money of orders would be set aside by rules of the "
        "format."
    )
    # One order more or less is chance.
    assert alarms(balance(2, cancelled=1)) == []
    assert alarms(balance(5, cancelled=4)) == []


def test_rules_may_not_set_aside_much_more_than_before():
    before = (balance(980, cancelled=20),)
    assert alarms(balance(850, cancelled=150), before=before) == []
    (said,) = alarms(balance(740, cancelled=260), before=before)
    assert "26.0% of the rows (2.0% before)" in said


def test_what_a_person_let_pass_before_is_no_news():
    before = (balance(600, cancelled=400),)
    assert alarms(balance(580, cancelled=420), before=before) == []
    assert alarms(balance(300, cancelled=700), before=before) != []


FULL = {"2024-01": (500, 0), "2024-02": (90_000, 0), "2024-03": (80_000, 0)}


def test_a_file_that_covers_what_the_last_one_did_has_to_bring_as_much_of_it():
    before = (balance(170, months=FULL),)
    longer = FULL | {"2024-03": (85_000, 0), "2024-04": (10_000, 0)}
    assert alarms(balance(180, source="orders.csv (0a1b2c3d)", months=longer), before=before) == []
    cut = FULL | {"2024-02": (30_000, 0)}
    (said,) = alarms(balance(110, source="orders.csv (0a1b2c3d)", months=cut), before=before)
    assert said == (
        "orders.csv (0a1b2c3d) holds USD 1,100.00 of 2024-02 to 2024-03, of which orders.csv held "
        "USD 1,700.00."
    )
    # Names that differ by their date are of one making.
    dated = balance(110, source="orders_2024-05-02.csv", months=cut)
    first = balance(170, source="orders_2024-05-01.csv", months=FULL)
    assert len(alarms(dated, before=(first,))) == 1


def test_files_of_other_days_or_other_makings_may_bring_less():
    before = (balance(170, months=FULL),)
    june = balance(3, months={"2024-06": (3000, 0)})
    assert alarms(june, before=before) == []
    # What changed since yesterday: the newest month, and an old order that was paid back.
    changed = {"2024-01": (100, 100), "2024-03": (9000, 0)}
    assert alarms(balance(10, months=changed), before=before) == []
    rolling = balance(90, months={"2024-02": (30_000, 0), "2024-03": (80_000, 0)})
    assert alarms(rolling, before=before) == []
    other = balance(11, source="store.csv", months=dict.fromkeys(FULL, (100, 0)))
    assert alarms(other, before=before) == []
    stale = balance(11, months=dict.fromkeys(FULL, (100, 0)), **{AGAIN.replace(" ", "_"): 80})
    assert alarms(stale, before=before) == []
    day = balance(40, source="2024-05-01.csv", months={"2024-05": (40_000, 0)})
    sunday = balance(4, source="2024-05-05.csv", months={"2024-05": (4000, 0)})
    assert alarms(sunday, before=(day,)) == []


def test_records_of_earlier_versions_know_no_money_and_raise_none():
    old = {"table": "orders", "source": "a.csv", "rows_read": 100, "rows_accepted": 70,
           "rows_set_aside": 30, "reasons": {"cancelled": 30}}  # fmt: skip
    assert find_alarms([balance(75, cancelled=25)], [old], SHOP) == []


FILE = """\
title: Alarms
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
HEADER = "Order,Client,Date,Paid,State"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("shops", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "shops" / "s.yaml").write_text(FILE)
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    return tmp_path


def write(home: Path, name: str, states: dict[str, int]) -> str:
    every = [state for state, count in states.items() for _ in range(count)]
    lines = [f"{name}{n},c{n},2024-05-02,10.00,{state}" for n, state in enumerate(every)]
    (home / name).write_text("\n".join([HEADER, *lines]) + "\n")
    return str(home / name)


def orders(home: Path) -> int:
    file = home / "data" / "s" / "current" / "orders.parquet"
    return duckdb.sql(f"SELECT count(*) FROM '{file}'").fetchall()[0][0]


def test_an_alarm_has_an_exit_code_and_changes_nothing_until_it_is_accepted(home: Path, capsys):
    assert main(["import", "--shop", "s", write(home, "a.csv", {"paid": 50, "void": 5})]) == 0
    version = (home / "data" / "s" / "current").resolve()
    odd = write(home, "b.csv", {"paid": 40, "on its way": 9, "lost": 1})
    capsys.readouterr()
    assert main(["import", "--shop", "s", odd]) == 12
    out, err = capsys.readouterr()
    assert out == ""
    assert (home / "data" / "s" / "current").resolve() == version
    lines = err.splitlines()
    assert lines[0].startswith(
        "crm: Nothing is imported into shop 's', its tables stay as they are"
    )
    assert "  orders from b.csv: 40 of 50 rows would come in, USD 400.00, 2024-05" in err
    assert "set aside: status is not known: 10 rows, USD 100.00" in err
    assert "State says on its way (9), lost (1): if these count, add to shops/s.yaml:" in err
    assert "The same command with --accept takes it as it is." in err
    assert main(["import", "--shop", "s", odd, "--accept"]) == 0
    assert orders(home) == 90


def test_the_lines_that_an_alarm_names_work_as_they_stand(home: Path, capsys):
    odd = write(home, "b.csv", {"paid": 40, "on its way": 9, "lost: twice": 1})
    assert main(["import", "--shop", "s", odd]) == 12
    lines = capsys.readouterr().err.splitlines()
    begin = next(n for n, line in enumerate(lines) if line.strip() == "status:")
    # An own mapping has its states already: those named are added to them.
    added = yaml.safe_load("\n".join(line[8:] for line in lines[begin : begin + 3]))
    content = yaml.safe_load(FILE)
    assert added["status"][0]["column"] == "State"
    content["mapping"]["status"][0]["keep"] += added["status"][0]["keep"]
    (home / "shops" / "s.yaml").write_text(yaml.safe_dump(content))
    assert main(["import", "--shop", "s", odd]) == 0
    assert orders(home) == 50


def test_the_lines_for_a_format_that_comes_along_work_as_they_stand(home: Path, capsys):
    case = home / "shopify.csv"
    header = "Name,Email,Financial Status,Total,Currency,Created at,Lineitem quantity,Lineitem name"
    row = "#{n},p{n}@example.com,pending,15.00,USD,2024-03-02 10:00:04 -0500,1,Tea"
    case.write_text("\n".join([header, *(row.format(n=n) for n in range(6))]) + "\n")
    shop = home / "shops" / "s.yaml"
    shop.write_text(FILE.split("mapping:")[0] + "reports: {}\n")
    assert main(["import", "--shop", "s", str(case)]) == 12
    err = capsys.readouterr().err
    assert "None of the 6 rows of shopify.csv is accepted (unpaid)." in err
    assert "Financial Status says pending (6): if these count, add to shops/s.yaml" in err
    begin = err.index("mapping:")
    lines = err[begin:].splitlines()[:5]
    indent = len(err[:begin]) - err[:begin].rindex("\n") - 1
    shop.write_text(
        shop.read_text() + "\n".join([lines[0], *(line[indent:] for line in lines[1:])])
    )
    assert main(["import", "--shop", "s", str(case)]) == 0
    assert orders(home) == 6


@pytest.mark.parametrize("share", ["5%", "2", "-0.1", "true", "{orders: 7}"])
def test_a_share_that_is_none_is_refused(home: Path, share: str):
    with (home / "shops" / "s.yaml").open("a") as file:
        file.write(f"expected_set_aside: {share}\n")
    with pytest.raises(ParameterError, match="expected_set_aside of shops/s.yaml == .*0.05"):
        read_shop("s")
