"""`crm run --all` with export files that come, change, break and are still on their way."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from analysis.cli import main

SHOP = """\
title: {name}
currency: USD
time_zone: America/New_York
as_of: last_order
source:
  files: {name}/*.csv
mapping:
  order_id: Order
  customer_id: Client
  ordered_at: Date
  amount_plus: [Paid]
  status: [{{column: State, keep: [paid], drop: {{void: cancelled}}}}]
reports:
  good:
"""
DAYS = [f"2024-05-{day:02}" for day in range(1, 21)]


@pytest.fixture
def two_shops(small: Path) -> Path:
    """A home of two shops whose exports lie in folders of their names, with a file each."""
    for name in ("left", "right"):
        (small / name).mkdir()
        (small / "shops" / f"{name}.yaml").write_text(SHOP.format(name=name))
        leave(small / name / "may.csv", [f"{day},a,{day},10.00,paid" for day in DAYS])
    return small


def leave(file: Path, orders: list[str], *, age: int = 60) -> None:
    file.write_text("\n".join(["Order,Client,Date,Paid,State", *orders]) + "\n")
    os.utime(file, (time.time() - age,) * 2)


def summary_of(home: Path) -> dict:
    return json.loads((home / "reports" / "summary.json").read_text())


def shops_of(home: Path) -> dict[str, dict]:
    return {shop["shop"]: shop for shop in summary_of(home)["shops"]}


def orders_on(home: Path, shop: str) -> int:
    page = home / "reports" / shop / "good" / "latest" / "run.json"
    return json.loads(page.read_text())["data"]["orders"]


def test_new_files_come_in_before_the_reports_and_old_ones_cost_nothing(two_shops: Path, capsys):
    assert main(["run", "--all"]) == 0
    out = capsys.readouterr().out
    assert "left  orders from may.csv: 20 rows read = 20 accepted + 0 set aside" in out
    assert shops_of(two_shops)["left"]["imported"] == ["left/may.csv"]
    assert (orders_on(two_shops, "left"), orders_on(two_shops, "right")) == (20, 20)
    leave(two_shops / "left" / "june.csv", ["j,b,2024-06-01,5.00,paid"])
    assert main(["run", "--all"]) == 0
    shops = shops_of(two_shops)
    assert (shops["left"]["imported"], shops["right"]["imported"]) == (["left/june.csv"], [])
    assert (shops["left"]["done_before"], shops["right"]["done_before"]) == (0, 1)
    assert orders_on(two_shops, "left") == 21
    assert main(["run", "--all"]) == 0
    assert summary_of(two_shops)["verdict"] == "nothing_due"


def test_an_alarm_stops_the_reports_of_its_shop_and_no_other(two_shops: Path, capsys):
    leave(two_shops / "left" / "may.csv", [f"{day},a,{day},10.00,sent" for day in DAYS])
    assert main(["run", "--all"]) == 10
    shops = shops_of(two_shops)
    assert shops["left"]["refused"] == "alarm"
    assert "None of the 20 rows of may.csv is accepted" in shops["left"]["message"]
    assert "State says sent (20): if these count, add to" in shops["left"]["message"]
    assert [run["shop"] for run in summary_of(two_shops)["reports"]] == ["right"]
    assert not (two_shops / "data" / "left" / "current").exists()
    assert re.search(r"alarm +left  Nothing is imported into shop", capsys.readouterr().out)
    # The line that the alarm names is the one that helps.
    file = two_shops / "shops" / "left.yaml"
    file.write_text(file.read_text().replace("keep: [paid]", "keep: [paid, sent]"))
    assert main(["run", "--all"]) == 0
    assert orders_on(two_shops, "left") == 20


def test_what_a_person_accepted_is_no_alarm_again(two_shops: Path):
    leave(two_shops / "left" / "odd.csv", [f"o{day},b,{day},1.00,sent" for day in DAYS])
    assert main(["run", "--all"]) == 10
    assert main(["import", "--shop", "left"]) == 12
    assert main(["import", "--shop", "left", "--accept"]) == 0
    assert main(["run", "--all"]) == 0
    assert orders_on(two_shops, "left") == 20


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("Something,Else\n1,2\n", "may.csv has the columns Something, Else"),
        ("", "may.csv is empty"),
    ],
)
def test_a_file_that_cannot_be_read_stops_the_reports_of_its_shop_and_no_other(
    two_shops: Path, content: str, why: str
):
    assert main(["run", "--all"]) == 0
    (two_shops / "left" / "may.csv").write_text(content)
    os.utime(two_shops / "left" / "may.csv", (time.time() - 30,) * 2)
    leave(two_shops / "right" / "june.csv", ["j,b,2024-06-01,5.00,paid"])
    assert main(["run", "--all"]) == 10
    shops = shops_of(two_shops)
    assert (shops["left"]["refused"], shops["right"]["refused"]) == ("data_error", "")
    assert why in shops["left"]["message"]
    assert (orders_on(two_shops, "left"), orders_on(two_shops, "right")) == (20, 21)


def test_a_file_on_its_way_is_named_and_holds_nothing_up(two_shops: Path, capsys):
    leave(two_shops / "left" / "june.csv", ["j,b,2024-06-01,5.00,paid"], age=-3)
    assert main(["run", "--all"]) == 0
    shop = shops_of(two_shops)["left"]
    assert (shop["imported"], shop["waiting"]) == (["left/may.csv"], ["left/june.csv"])
    assert "left  left/june.csv is being written: the next run reads it" in capsys.readouterr().out
    assert orders_on(two_shops, "left") == 20


def test_a_shop_whose_files_were_moved_away_keeps_its_reports(two_shops: Path):
    assert main(["run", "--all"]) == 0
    (two_shops / "left" / "may.csv").unlink()
    assert main(["run", "--all", "--fresh"]) == 0
    assert shops_of(two_shops)["left"]["refused"] == ""
