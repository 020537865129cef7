"""A shop by hand, with a campaign file that can be changed key by key."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from analysis.campaigns import Campaign, read_campaign
from analysis.shop import open_shop

LAST_DAY = date(2024, 6, 30)


def put(home: Path, table: str, rows: list[tuple], columns: str) -> None:
    """Write one table of the shop `hand`, time stamps as the contract has them."""
    frame = pd.DataFrame(rows, columns=columns.split(","))
    for column in frame:
        if column.endswith("_at"):
            frame[column] = pd.to_datetime(frame[column])
        if column.endswith("_optin"):
            frame[column] = frame[column].astype("boolean")
    file = home / "data" / "hand" / "current" / f"{table}.parquet"
    duckdb.sql("SELECT * FROM frame").write_parquet(str(file))


@pytest.fixture
def hand(home: Path, make_shop: Callable) -> Path:
    """A shop of 100 customers whose last orders lie 0 to 99 days back, all with consent to e-mail.

    Of c050 on nobody allows e-mail, and of c090 on nothing is recorded.
    """
    names = [f"c{number:03d}" for number in range(100)]
    make_shop(
        "hand",
        [
            *((name, LAST_DAY - timedelta(days=place), 10.0) for place, name in enumerate(names)),
            *((name, LAST_DAY - timedelta(days=200 + place), 5.0)
              for place, name in enumerate(names)),
        ],
    )  # fmt: skip
    consent = [(name, name < "c050" if name < "c090" else None, None, None) for name in names]
    put(home, "customers",
        [(name, "web", "Tokyo", *given) for name, *given in consent],
        "customer_id,source,region,email_optin,line_optin,sms_optin")  # fmt: skip
    return home


@pytest.fixture
def write_campaign(hand: Path) -> Callable[..., Campaign]:
    """Write and read a campaign file of the shop `hand`; None takes a key away."""

    def write(name: str = "one", **changes: object) -> Campaign:
        day = LAST_DAY + timedelta(days=1)
        content = {
            "title": f"Campaign {name}",
            "hypothesis": "None.",
            "owner": "CRM",
            "segment": {"days_since_order": {"at_most": 59}},
            "starts_on": day,
            "readout_on": day + timedelta(days=40),
            "steps": [{"day": 2, "channel": "email", "message": "Hello"}],
            "contact_cost_minor": 1,
            "margin_share": 0.5,
            "primary": {"metric": "purchase", "window_days": 30, "value_minor": 100},
            "expected_effect": 0.05,
            "holdout_share": 0.5,
            "salt": f"2024-07-{name}",
        } | changes
        folder = hand / "campaigns" / "hand"
        folder.mkdir(parents=True, exist_ok=True)
        kept = {key: value for key, value in content.items() if value is not None}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(kept))
        return read_campaign("hand", name)

    return write


@pytest.fixture
def today() -> Callable:
    """Open the shop `hand`."""
    return lambda as_of="": open_shop("hand", as_of=as_of)


@pytest.fixture
def put_table(hand: Path) -> Callable[..., None]:
    """Write a table of the shop `hand`."""
    return lambda table, rows, columns: put(hand, table, rows, columns)
