"""The conditions that all reports share can fail, and say what they compared."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from analysis import trust
from analysis.errors import CheckError, ParameterError
from analysis.findings import require
from analysis.shop import open_shop


def test_stale_data_stops_the_report(home: Path, make_shop: Callable) -> None:
    make_shop("stale", [("a", date(2024, 1, 1), 1.0)])
    fresh = trust.data_is_fresh(open_shop("stale", as_of="2024-01-15"), max_stale_days=14)
    stale = trust.data_is_fresh(open_shop("stale", as_of="2024-01-16"), max_stale_days=14)
    assert (fresh.passed, stale.passed) == (True, False)
    with pytest.raises(CheckError, match="last order is of 1 January 2024, 15 days before"):
        require([fresh, stale])


def test_broken_balance_stops_the_report() -> None:
    entry = {"rows_read": 10, "rows_accepted": 8, "rows_set_aside": 2}
    assert trust.import_balances([entry]).passed
    with pytest.raises(CheckError, match="11 rows read, 8 accepted and 2 set aside"):
        require([trust.import_balances([entry | {"rows_read": 11}])])
    assert not trust.import_balances([]).passed


def test_impossible_limit_is_refused() -> None:
    with pytest.raises(ParameterError, match="max_stale_days == -1, must be >= 0"):
        trust.data_is_fresh(None, max_stale_days=-1)
