"""What a new user gets wrong ends in one clear sentence, and published pages stay as they were."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

CRM = Path(sys.executable).with_name("crm")
START = date(2024, 1, 1)


def crm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([CRM, *arguments], capture_output=True, text=True, check=False)


def published(home: Path) -> dict[str, str]:
    """Return what `latest` points to, of every report."""
    return {str(link.parent): str(link.readlink()) for link in home.glob("reports/*/*/latest")}


def failed_run(home: Path, shop: str) -> tuple[dict, str]:
    """Return the record and the page of the only run of a shop."""
    (record,) = (home / "reports" / shop).glob("*/*/run.json")
    return json.loads(record.read_text()), record.with_name("index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--shop", "tinny"], "There is no shop 'tinny': did you mean 'tiny'?"),
        ([], "--shop"),
        (["--shop", "tiny", "--as-of", "2023-12-31"], "as_of == 2023-12-31, must be 2024-01-"),
        (["--shop", "tiny", "--as-of", "2999-01-01"], "must not lie in the future"),
        (["--shop", "tiny", "--as-of", "31.12.2024"], "as_of == '31.12.2024', must be a date"),
        (["--shop", "tiny", "--param", "horizon_days=-5"], "horizon_days == -5, must be"),
        (["--shop", "tiny", "--param", "horizon_days=soon"], "horizon_days == 'soon', must be"),
        (["--shop", "tiny", "--param", "horizn_days=5"], "did you mean 'horizon_days'?"),
        (["--shop", "tiny", "--param", "horizon_days"], "horizon_days"),
        (["--shop", "tiny", "--param", "calibration_end=soon"], "calibration_end == 'soon'"),
        (["lifetme", "--shop", "tiny"], "did you mean '03_lifetime_value'?"),
    ],
)
def test_wrong_requests_run_nothing(home: Path, arguments: list[str], sentence: str) -> None:
    done = crm("run", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not list((home / "reports").glob("*/*/*/run.json"))


def test_shop_that_was_never_imported(home: Path) -> None:
    (home / "data" / "tiny" / "current").unlink()
    done = crm("run", "--shop", "tiny")
    assert done.returncode in (2, 3)
    assert "Shop 'tiny' has no data yet: import it with `crm import --shop tiny`." in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_package_data(home: Path) -> None:
    file = home / "shops" / "tiny.yaml"
    file.write_text(file.read_text().replace("  file: tiny.txt", "  package: nowhere\n  file: a"))
    done = crm("import", "--shop", "tiny")
    assert done.returncode != 0
    assert "'nowhere', which is not installed: install it with `pip install nowhere`" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("tables", "columns", "rows", "sentence"),
    [
        (
            ("orders", "customer_day"),
            "*",
            "LIMIT 0",
            "Shop 'tiny' has no orders: its table 'orders' is empty.",
        ),
        (
            ("orders",),
            "* EXCLUDE (amount_minor)",
            "",
            "lacks the required column 'amount_minor' (BIGINT)",
        ),
        (
            ("customer_day",),
            "* EXCLUDE (customer_no)",
            "",
            "as an earlier version of this program wrote it: import again with `crm import --shop "
            "tiny`",
        ),
    ],
)
def test_broken_tables(
    home: Path, tables: tuple[str, ...], columns: str, rows: str, sentence: str
) -> None:
    for table in tables:
        file = home / "data" / "tiny" / "current" / f"{table}.parquet"
        kept = duckdb.sql(f"SELECT {columns} FROM '{file}' {rows}").to_arrow_table()  # noqa: F841
        duckdb.sql("SELECT * FROM kept").write_parquet(str(file))
    done = crm("run", "--shop", "tiny")
    assert done.returncode == 3
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def bought_once() -> list[tuple[str, date, float]]:
    return [(f"c{number}", START + timedelta(days=number % 90), 9.0) for number in range(200)]


REFUSALS = {
    "free": (
        {"customers": 400, "days": 400, "seed": 3},
        "0 customers paid for a repeat purchase, must be at least 30",
    ),
    "once": (bought_once(), "0 of 200 customers bought on more than one day, must be at least 30"),
    "alone": ([("a", START, 5.0)], "0 of 1 customers bought on more than one day"),
}


@pytest.mark.parametrize("shop", REFUSALS)
def test_shops_that_allow_no_answer_say_why_on_the_page(
    home: Path, make_shop: Callable, simulate_purchases: Callable, shop: str
) -> None:
    purchases, sentence = REFUSALS[shop]
    if shop == "free":
        purchases = [(who, day, 0.0) for who, day, _ in simulate_purchases(**purchases)]
    make_shop(shop, purchases)
    done = crm("run", "--shop", shop)
    assert done.returncode == 3
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    record, page = failed_run(home, shop)
    assert record["outcome"] == "data_error"
    assert sentence in record["message"]
    assert sentence in page
    assert published(home) == {}


def test_some_zero_values_are_no_obstacle(
    home: Path, make_shop: Callable, simulate_purchases: Callable
) -> None:
    purchases = simulate_purchases(customers=400, days=400, seed=3)
    make_shop("zeros", [*purchases, ("c00001", START, 0.0), ("free", START, 0.0)])
    done = crm("run", "--shop", "zeros")
    assert done.returncode == 0, done.stderr


def test_published_page_survives_a_later_failure(home: Path, make_shop: Callable) -> None:
    assert crm("run", "--shop", "tiny").returncode == 0
    before = published(home)
    assert len(before) == 1
    page = next((home / "reports").glob("tiny/*/latest/index.html")).read_bytes()
    # The shop's own today: for hours of each day it is another date than this machine's.
    today = datetime.now(ZoneInfo("America/New_York")).date()
    late = crm("run", "--shop", "tiny", "--as-of", f"{today}")
    assert late.returncode == 3
    assert "days before the day of this report; the limit is 14" in late.stdout + late.stderr
    assert published(home) == before
    assert next((home / "reports").glob("tiny/*/latest/index.html")).read_bytes() == page
