import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from analysis.cli import main
from analysis.errors import DataError, ParameterError
from analysis.shop import (
    TABLES_VARIABLE,
    describe,
    list_shops,
    open_shop,
    read_shop,
    tables_folder,
)

ONE_ORDER = [("a", date(2024, 1, 5), 10.0)]


def test_shop_file_is_read(samples: Path) -> None:
    assert list_shops() == ["cdnow", "cdnow_sample", "demo", "groceries"]
    shop = read_shop("cdnow")
    assert (shop.title, shop.currency, shop.as_of) == ("CDNOW", "USD", "last_order")
    assert list(shop.reports) == [
        "01_customer_analysis",
        "02_churn_points",
        "03_lifetime_value",
    ]


def test_unknown_shop_gets_a_suggestion(home: Path) -> None:
    with pytest.raises(ParameterError, match="no shop 'tinny': did you mean 'tiny'"):
        open_shop("tinny")
    with pytest.raises(ParameterError, match="no shop 'zzz': known shops: tiny"):
        open_shop("zzz")


def test_a_folder_without_shops_is_named_with_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    sentence = f"There are no shops: {tmp_path / 'shops'} holds no YAML file. Set ANALYSIS_HOME to"
    with pytest.raises(ParameterError, match=re.escape(sentence)):
        open_shop("tiny")
    assert main(["check"]) == 2
    assert sentence in capsys.readouterr().err
    assert main(["list"]) == 0
    assert sentence in capsys.readouterr().out


@pytest.mark.parametrize("name", ["../tiny", "", "/etc/passwd"])
def test_shop_name_is_no_path(home: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="There is no shop"):
        open_shop(name)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("curency: USD", "unknown key 'curency': did you mean 'currency'"),
        ("currency: dollars", "currency of shops/tiny.yaml == 'dollars', must be an ISO 4217"),
        ("time_zone: Tokyo", "time_zone of shops/tiny.yaml == 'Tokyo', must be an IANA name"),
        ("time_zone: ../../etc/passwd", "must be an IANA name"),
        ("reports: 03_lifetime_value", "reports of shops/tiny.yaml == .*, must be notebook names"),
        ("source: cdnow", "source of shops/tiny.yaml == 'cdnow', must be keys and values"),
        ("language: fr", "language of shops/tiny.yaml == 'fr', must be one of en, ja"),
        ("title: [", "shops/tiny.yaml is no valid YAML: line 9: expected the node content, but "),
        ("reports: {02_churn_points: [a]}", r"reports: 02_churn_points of .* == \['a'\], must be"),
    ],
)
def test_mistakes_in_a_shop_file_are_named(home: Path, line: str, sentence: str) -> None:
    file = home / "shops" / "tiny.yaml"
    key = line.split(":")[0]
    kept, skipping = [], False
    for old in file.read_text().splitlines():
        if not old.startswith(" "):
            skipping = old.split(":")[0] == key
        if not skipping:
            kept.append(old)
    file.write_text("\n".join([*kept, line]))
    with pytest.raises(ParameterError, match=sentence):
        read_shop("tiny")


def test_missing_key_is_named(home: Path) -> None:
    file = home / "shops" / "tiny.yaml"
    file.write_text(file.read_text().replace("currency: USD\n", ""))
    with pytest.raises(ParameterError, match=r"shops/tiny\.yaml lacks the key 'currency'"):
        read_shop("tiny")


def test_empty_shop_file_is_refused(home: Path) -> None:
    (home / "shops" / "tiny.yaml").write_text("")
    with pytest.raises(ParameterError, match="lacks the key 'title'"):
        read_shop("tiny")


def test_shop_without_data_says_how_to_import(home: Path) -> None:
    (home / "data" / "tiny" / "current").unlink()
    with pytest.raises(DataError, match="'tiny' has no data yet: import it with `crm import"):
        open_shop("tiny")


def test_as_of_words(home: Path, make_shop: Callable) -> None:
    today = datetime.now(ZoneInfo("America/New_York")).date()
    make_shop("recent", [("a", today - timedelta(days=9), 1.0), ("a", today, 1.0)])
    for text, day in (
        ("last_order", today),
        ("", today),  # the shop's own rule is last_order
        ("yesterday", today - timedelta(days=1)),
        (f"{today - timedelta(days=3)}", today - timedelta(days=3)),
    ):
        assert open_shop("recent", as_of=text).as_of == day


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2023-12-31", "as_of == 2023-12-31, must be 2024-01-05 or later: .* first order"),
        ("2999-01-01", "as_of == 2999-01-01, must not lie in the future"),
        ("2024-02-30", "as_of == '2024-02-30', must be a date such as 2024-01-05"),
        ("last week", "as_of == 'last week', must be a date"),
    ],
)
def test_impossible_days_are_refused(
    home: Path, make_shop: Callable, text: str, sentence: str
) -> None:
    make_shop("one", ONE_ORDER)
    with pytest.raises(ParameterError, match=sentence):
        open_shop("one", as_of=text)


def test_nothing_after_the_day_is_read(samples: Path) -> None:
    early = open_shop("cdnow_sample", as_of="1997-09-30")
    assert early.last_day == date(1997, 9, 30)
    late = open_shop("cdnow_sample")
    for name, parameters in {
        "btyd_summary": {},
        "btyd_cells": {},
        "spend_cells": {},
        "observed_value": {"window_days": 365},
        "purchases_by_day": {"acquired_by": date(1997, 6, 30)},
        "btyd_holdout": {"calibration_end": date(1997, 6, 30)},
    }.items():
        then = early.reduce(name, **parameters)
        now = late.reduce(name, as_of=date(1997, 9, 30), **parameters)
        assert then.equals(now), name
        assert not late.reduce(name, **parameters).equals(now), name


def test_description_counts_up_to_the_day(samples: Path) -> None:
    whole = describe(open_shop("cdnow"))
    assert (whole["orders"], whole["customers"]) == (69_659, 23_570)
    assert (whole["first_day"], whole["last_day"]) == ("1997-01-01", "1998-06-30")
    assert len(whole["fingerprint"]) == 64
    part = describe(open_shop("cdnow", as_of="1997-01-01"))
    assert part["orders"] < whole["orders"]
    assert part["fingerprint"] == whole["fingerprint"]


def test_empty_orders_are_refused(home: Path) -> None:
    folder = tables_folder("tiny")
    for table in ("orders", "customer_day"):
        file = folder / f"{table}.parquet"
        rows = duckdb.sql(f"SELECT * FROM '{file}' LIMIT 0").arrow().read_all()  # noqa: F841
        duckdb.sql("SELECT * FROM rows").write_parquet(str(file))
    with pytest.raises(DataError, match="'tiny' has no orders: its table 'orders' is empty"):
        open_shop("tiny")


def test_missing_column_is_refused(home: Path) -> None:
    file = tables_folder("tiny") / "orders.parquet"
    rows = duckdb.sql(f"SELECT * EXCLUDE (amount_minor) FROM '{file}'").arrow().read_all()  # noqa: F841
    duckdb.sql("SELECT * FROM rows").write_parquet(str(file))
    with pytest.raises(DataError, match="'orders' of shop 'tiny' lacks .* column 'amount_minor'"):
        open_shop("tiny")


def test_a_run_reads_the_version_that_it_began_with(home, make_shop, monkeypatch) -> None:
    began_with = tables_folder("tiny")
    orders = describe(open_shop("tiny"))["orders"]
    monkeypatch.setenv(TABLES_VARIABLE, str(began_with))
    make_shop("tiny", ONE_ORDER)
    assert describe(open_shop("tiny"))["orders"] == orders != 1
    make_shop("tiny", [("b", date(2024, 1, 6), 10.0)])
    make_shop("other", ONE_ORDER)
    with pytest.raises(DataError, match="were replaced under the run: run it again"):
        open_shop("tiny")
    assert describe(open_shop("other"))["orders"] == 1
