import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from analysis.cli import main
from analysis.demo.export import files
from analysis.shop import open_shop

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def shop(home: Path) -> Path:
    shutil.copy(CHECKOUT / "shops" / "demo.yaml", home / "shops")
    return home


def test_command_generates_a_shop_that_opens(shop: Path, capsys) -> None:
    assert main(["demo", "--customers", "300", "--end", "2024-02-29", "--seed", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "demo: customers, 300 rows generated" in lines
    opened = open_shop("demo")
    assert opened.as_of <= date(2024, 2, 29)
    assert {balance["table"] for balance in opened.record["balance"]} >= {"orders", "costs"}
    planted = json.loads((shop / "data/demo/current/truth.json").read_text())
    assert planted["hazards"]["surplus"][2] == 0.16


def test_null_plants_nothing(shop: Path) -> None:
    assert main(["demo", "--customers", "50", "--null"]) == 0
    planted = json.loads((shop / "data/demo/current/truth.json").read_text())
    assert planted["next_products"] == []
    assert {campaign["surplus_factor"] for campaign in planted["campaigns"]} == {1.0}
    assert len({source["r"] for source in planted["sources"]}) == 1


def test_future_end_is_refused(shop: Path, capsys) -> None:
    assert main(["demo", "--end", "2999-01-01"]) == 2
    assert "--end 2999-01-01: must not lie in the future" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--customers", "100000000"], "customers == 100000000, must be from 1 to 99999999"),
        (["--end", "1999-12-31"], "end == 1999-12-31, must be 2000-01-01 or later"),
    ],
)
def test_impossible_sizes_are_refused(shop: Path, capsys, arguments: list[str], why: str) -> None:
    assert main(["demo", *arguments]) == 2
    assert why in capsys.readouterr().err
    assert not (shop / "data" / "demo" / "current").exists()


def test_lines_choose_the_size(shop: Path) -> None:
    assert main(["demo", "--lines", "20000"]) == 0
    rows = {b["table"]: b["rows_accepted"] for b in open_shop("demo").record["balance"]}
    assert 20_000 <= rows["order_lines"] < 23_000


def test_import_generates_the_shop_everybody_gets(samples: Path) -> None:
    record = open_shop("demo").record
    rows = {balance["table"]: balance["rows_accepted"] for balance in record["balance"]}
    assert rows["customers"] == 20_000
    assert open_shop("demo").as_of == date(2025, 12, 31)


def test_reports_never_read_the_truth() -> None:
    for folder in ("src/analysis/ltv", "src/analysis/report", "notebooks"):
        for file in (CHECKOUT / folder).rglob("*"):
            if file.suffix in (".py", ".ipynb", ".sql"):
                assert "truth.json" not in file.read_text(), file


def test_an_export_is_written_into_a_new_folder(home: Path, capsys, tmp_path: Path) -> None:
    folder = tmp_path / "exports" / "new"
    wanted = ["demo", "--export", "rakuten_orders", str(folder), "--customers", "30"]
    assert main([*wanted, "--months", "2", "--end", "2024-03-15"]) == 0
    names = ["expected.json", "orders_2024-02.csv", "orders_2024-03.csv"]
    assert sorted(file.name for file in folder.iterdir()) == names
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 3
    assert "orders_2024-03.csv" in said[1]
    assert "crm import --shop NAME" in said[2]
    assert not (home / "data" / "demo").exists()
    assert main(wanted) == 2
    assert "is not empty: name a new folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--export", "shopfy", "DIR"], "cannot be exported as 'shopfy': did you mean 'shopify'?"),
        (["--export", "x", "DIR"], "known carts: shopify, shopify_appstle, eccube, "),
        (["--export", "shopify", "FILE/DIR"], "cannot be made: Not a directory"),
        (["--export", "shopify", "DIR", "--months", "31"], "months == 31, must be at most 30"),
        (["--export", "shopify", "DIR", "--end", "2999-01-01"], "must not lie in the future"),
        (["--months", "2"], "--months 2 is given without --export"),
    ],
)
def test_wrong_exports_get_one_line(
    shop: Path, tmp_path: Path, capsys, arguments: list[str], why: str
) -> None:
    (tmp_path / "FILE").touch()
    arguments = [str(tmp_path / word) if "DIR" in word else word for word in arguments]
    assert main(["demo", *arguments]) == 2
    said = capsys.readouterr()
    assert why in said.err
    assert len(said.err.splitlines()) == 1
    assert said.out == ""
    assert not (tmp_path / "DIR").exists()


def test_an_interrupted_export_leaves_an_empty_folder(tmp_path: Path, monkeypatch) -> None:
    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "expect", interrupted)
    assert main(["demo", "--export", "shopify", str(tmp_path / "DIR"), "--customers", "20"]) == 130
    assert list((tmp_path / "DIR").iterdir()) == []
