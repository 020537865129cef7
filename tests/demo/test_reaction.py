"""The demo shop reacts: controls live on as if nothing had happened, the treated as was planted."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from analysis.assignment import arms
from analysis.demo import Effect, Plan, Response, extend_shop, generate_shop
from analysis.errors import DataError, ParameterError
from analysis.schema import TABLES

PLAN = Plan(customers=12_000, seed=4)
DAYS = 90
SENT = pd.Timestamp("2026-01-05 10:00:00")
CAMPAIGN = "2026-01-boots"

EFFECT = Effect(
    order_no=3, surplus_factor=0.1, other_factor=0.5, purchase_chance=0.05, product_id="P002"
)


def table(home: Path, shop: str, name: str) -> pd.DataFrame:
    with duckdb.connect(":memory:") as connection:
        file = home / "data" / shop / "current" / f"{name}.parquet"
        return connection.execute(
            "SELECT * FROM read_parquet($file)", {"file": f"{file}"}
        ).fetch_df()


def write_ledger(customers: pd.Series, campaign: str = CAMPAIGN) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "campaign_id": campaign,
            "customer_id": customers,
            "arm": arms(campaign, customers, treated_share=0.5),
            "assigned_at": SENT,
        }
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    """The shop on its last day, later without campaign, with one, and with one that does nothing.

    Also with a campaign that makes the treated buy half as often again.
    """
    folder = tmp_path_factory.mktemp("reaction")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(folder))
        generate_shop("now", PLAN)
        ledger = write_ledger(table(folder, "now", "customers")["customer_id"])
        extend_shop("later", PLAN, days=DAYS)
        for shop, effects in (
            ("treated", {CAMPAIGN: EFFECT}),
            ("idle", {}),
            ("faster", {CAMPAIGN: Effect(purchase_factor=1.5)}),
            ("slower", {CAMPAIGN: Effect(purchase_factor=0.5)}),
        ):
            extend_shop(shop, PLAN, days=DAYS, response=Response(ledger, effects))
    return folder


def rows_of(home: Path, shop: str, name: str, arm: str) -> pd.DataFrame:
    """The rows of a table about the customers of one arm."""
    ledger = table(home, "treated", "assignments")
    chosen = ledger.loc[(ledger["campaign_id"] == CAMPAIGN) & (ledger["arm"] == arm), "customer_id"]
    rows = table(home, shop, name)
    if "customer_id" not in rows:
        owner = "subscription_id" if "subscription_id" in rows else "order_id"
        owners = table(home, shop, "subscriptions" if owner == "subscription_id" else "orders")
        chosen = owners.loc[owners["customer_id"].isin(chosen), owner]
        return rows[rows[owner].isin(chosen)].reset_index(drop=True)
    return rows[rows["customer_id"].isin(chosen)].reset_index(drop=True)


@pytest.mark.parametrize(
    ("shop", "name"),
    [
        ("treated", "orders"),
        ("treated", "subscriptions"),
        ("treated", "subscription_events"),
        ("faster", "orders"),
        ("faster", "order_lines"),
        ("slower", "orders"),
    ],
)
def test_controls_do_what_they_would_have_done(home: Path, shop: str, name: str) -> None:
    without, with_campaign = (rows_of(home, where, name, "control") for where in ("later", shop))
    assert len(without) > 1_000
    pd.testing.assert_frame_equal(with_campaign, without)


@pytest.mark.parametrize("shop", ["treated", "faster", "slower"])
def test_treated_do_something_else(home: Path, shop: str) -> None:
    without, with_campaign = (
        rows_of(home, where, "orders", "treatment") for where in ("later", shop)
    )
    assert not with_campaign.equals(without)


def test_campaign_without_effect_changes_nothing(home: Path) -> None:
    for name in ("orders", "order_lines", "subscriptions", "subscription_events", "costs"):
        pd.testing.assert_frame_equal(table(home, "idle", name), table(home, "later", name))


@pytest.mark.parametrize("shop", ["later", "treated", "faster"])
def test_the_past_stays(home: Path, shop: str) -> None:
    now, then = table(home, "now", "orders"), table(home, shop, "orders")
    old = then[then["ordered_at"] < "2026-01-01"].reset_index(drop=True)
    pd.testing.assert_frame_equal(old, now)
    assert len(then) > 1.03 * len(now)
    assert then["ordered_at"].max() < pd.Timestamp("2026-04-01")
    known = table(home, shop, "subscriptions").set_index("subscription_id")["cancelled_at"]
    before = table(home, "now", "subscriptions").set_index("subscription_id")["cancelled_at"]
    pd.testing.assert_series_equal(
        known[before.dropna().index], before.dropna(), check_index_type=False
    )
    assert known[before.index[before.isna()]].dropna().min() >= pd.Timestamp("2026-01-01")


def test_treated_take_order_4_more_often_by_the_known_effect(home: Path) -> None:
    """Among subscribers whose decision after order 3 falls into the campaign, on both shops."""
    numbered = table(home, "later", "orders").dropna(subset="subscription_id")
    numbered = numbered.sort_values("ordered_at", kind="stable")
    numbered["n"] = numbered.groupby("subscription_id").cumcount() + 1
    third = numbered[(numbered["n"] == 3) & (numbered["ordered_at"] > SENT)]
    subscriptions = table(home, "later", "subscriptions").set_index("subscription_id")
    offer = subscriptions["offer"].reindex(third["subscription_id"])
    third = third[(offer != "commitment").to_numpy()]
    third = third[third["ordered_at"] < pd.Timestamp("2026-03-01")]
    cycle = subscriptions["cycle_days"].reindex(third["subscription_id"]).to_numpy()
    third = third[cycle == 30].merge(table(home, "treated", "assignments").query(
        "campaign_id == @CAMPAIGN"
    )[["customer_id", "arm"]], on="customer_id")  # fmt: skip
    after = table(home, "treated", "subscriptions").set_index("subscription_id")["cancelled_at"]
    left = (
        after.reindex(third["subscription_id"]).to_numpy()
        < (third["ordered_at"] + pd.Timedelta(days=30)).to_numpy()
    )
    share = pd.Series(left).groupby(third["arm"].to_numpy()).mean()
    size = third["arm"].value_counts()
    error = np.sqrt((share * (1 - share) / size).sum())
    surplus, other = PLAN.truth.hazards.surplus[2], PLAN.truth.hazards.other[2]
    known = (1 - (1 - surplus * 0.1) * (1 - other * 0.5)) - (1 - (1 - surplus) * (1 - other))
    assert abs(share["treatment"] - share["control"] - known) < 3.5 * error
    assert share["treatment"] - share["control"] < -1.96 * error


def test_treated_buy_boots_more_often_by_the_known_chance(home: Path) -> None:
    orders = {shop: rows_of(home, shop, "orders", "treatment") for shop in ("later", "treated")}
    one_off = {shop: (rows["purchase_type"] == "one_off").sum() for shop, rows in orders.items()}
    ledger = table(home, "treated", "assignments").query("campaign_id == @CAMPAIGN")
    people = (ledger["arm"] == "treatment").sum()
    more = (one_off["treated"] - one_off["later"]) / people
    assert abs(more - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / people)


@pytest.mark.parametrize(("shop", "factor"), [("faster", 1.5), ("slower", 0.5)])
def test_treated_buy_at_the_known_rate(home: Path, shop: str, factor: float) -> None:
    def bought(where: str) -> int:
        rows = rows_of(home, where, "orders", "treatment")
        return ((rows["purchase_type"] == "one_off") & (rows["ordered_at"] > SENT)).sum()

    before, after = bought("later"), bought(shop)
    assert abs(after - factor * before) < 4 * np.sqrt(abs(factor - 1) * before)


def test_messages_follow_the_ledger(home: Path) -> None:
    ledger = table(home, "treated", "assignments").query("campaign_id == @CAMPAIGN")
    assert len(ledger) == PLAN.customers
    sent = table(home, "treated", "contacts").query("campaign_id == @CAMPAIGN")
    joined = sent.merge(ledger, on=["campaign_id", "customer_id"])
    assert set(joined["arm"]) == {"treatment"}
    assert (joined["assigned_at"] < joined["sent_at"]).all()
    assert 0.3 < sent["opened_at"].notna().mean() < 0.4


def test_extended_tables_keep_the_contract(home: Path) -> None:
    lines = table(home, "faster", "order_lines").groupby("order_id")["amount_minor"].sum()
    orders = table(home, "faster", "orders").set_index("order_id")["amount_minor"]
    assert (lines.reindex(orders.index) == orders).all()
    assert orders.index.is_unique
    for name, columns in TABLES.items():
        if name == "refunds":  # of what a generated shop sells, nothing goes back
            continue
        written = list(table(home, "faster", name))
        # What is only told of derived subscriptions stands behind all else.
        assert written == [column.name for column in columns][: len(written)]
        assert {column.name for column in columns if column.required} <= set(written)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"arm": "holdout"}, "arm == 'holdout' in the ledger, must be 'treatment' or 'control'"),
        ({"customer_id": "C99999999"}, "customer 'C99999999', whom the shop does not have"),
        ({"customer_id": "C00000002"}, "assigns customer 'C00000002' twice"),
        ({"campaign_id": "skip-guide"}, "had a campaign 'skip-guide' before"),
    ],
)
def test_impossible_ledgers_are_refused(change: dict[str, str], why: str) -> None:
    ledger = write_ledger(pd.Series(["C00000001", "C00000002"]))
    ledger.loc[0, list(change)] = list(change.values())
    with pytest.raises(DataError, match=why):
        extend_shop("x", PLAN, days=1, response=Response(ledger, {}))


def test_other_mistakes_are_refused() -> None:
    ledger = write_ledger(pd.Series(["C00000001"]))
    with pytest.raises(ParameterError, match="days == 181, must be from 0 to 180"):
        extend_shop("x", PLAN, days=181)
    with pytest.raises(DataError, match="lacks the column 'arm'"):
        extend_shop("x", PLAN, days=1, response=Response(ledger.drop(columns="arm"), {}))
    effects = {CAMPAIGN: Effect(product_id="P999")}
    with pytest.raises(DataError, match="product_id == 'P999' is no product"):
        extend_shop("x", PLAN, days=1, response=Response(ledger, effects))
