"""From the lifetime-value report to a campaign: whoever slips away there is assigned here."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis import ltv
from analysis.campaigns import read_campaign
from analysis.campaigns.words import segment_in_words
from analysis.errors import ParameterError
from analysis.shop import Shop, open_shop
from analysis.targets import Facts, plan_actions


@pytest.fixture
def valuable(home: Path, make_shop: Callable, simulate_purchases: Callable) -> Shop:
    make_shop("valuable", simulate_purchases(customers=1500, days=500, seed=3))
    return open_shop("valuable")


def campaign(home: Path, shop: Shop, segment: dict):
    day = shop.as_of + timedelta(days=1)
    content = {
        "title": "Before they are gone", "hypothesis": "A letter keeps them.", "owner": "CRM",
        "segment": segment, "starts_on": day, "readout_on": day + timedelta(days=70),
        "steps": [{"day": 0, "channel": "post", "message": "A letter"}],
        "contact_cost_minor": 100, "margin_share": 0.5,
        "primary": {"metric": "purchase", "window_days": 60, "value_minor": 2000},
        "expected_effect": 0.05, "holdout_share": 0.3, "salt": "slipping-away-1",
    }  # fmt: skip
    folder = home / "campaigns" / "valuable"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "slipping.yaml").write_text(yaml.safe_dump(content))
    return read_campaign("valuable", "slipping")


def standing(shop: Shop) -> pd.DataFrame:
    """What the report computes."""
    purchases = ltv.fit_purchases(shop.reduce("btyd_cells"))
    spend = ltv.fit_spend(shop.reduce("spend_cells"))
    return ltv.score_standing(shop.reduce("btyd_summary"), purchases, spend)


def test_campaigns_reach_whom_the_report_counts(home: Path, valuable: Shop) -> None:
    one = campaign(home, valuable, {"value_standing": "at_risk"})
    (action,) = plan_actions(valuable, [one], global_holdout_share=0.0)
    expected = standing(valuable).query("value_standing == 'at_risk'")
    assert len(expected) >= 10
    assert set(action.selection.customers) == set(expected["customer_id"])
    assert sum(action.arms.values()) == len(expected)
    assert segment_in_words(one.segment, currency="USD") == "value: high, and slipping away"


def test_conditions_of_value_are_those_of_the_report(home: Path, valuable: Shop) -> None:
    one = campaign(
        home, valuable,
        {"all": [{"expected_value_minor": {"at_least": 5000}},
                 {"alive_probability_fall": {"at_least": 0.03}}]},
    )  # fmt: skip
    (action,) = plan_actions(valuable, [one], global_holdout_share=0.0)
    scored = standing(valuable)
    meant = (scored["expected_value_minor"] >= 5000) & (scored["alive_probability_fall"] >= 0.03)
    assert set(action.selection.customers) == set(scored.loc[meant, "customer_id"])
    assert 0 < meant.sum() < len(scored)
    assert "fall of that chance within 28 days: 3% or more" in segment_in_words(
        one.segment, currency="USD"
    )


def test_facts_are_the_same_in_any_order(valuable: Shop) -> None:
    first, second = (Facts(valuable, as_of=valuable.as_of) for _ in range(2))
    one = first.frame(["alive_probability", "value_standing"])
    other = second.frame(["value_standing", "alive_probability"])
    np.testing.assert_allclose(one["alive_probability"], other["alive_probability"])
    assert (one["value_standing"] == other["value_standing"]).all()


def test_unknown_standings_are_refused(home: Path, valuable: Shop) -> None:
    with pytest.raises(ParameterError, match="value_standing == 'at-risk'"):
        campaign(home, valuable, {"value_standing": "at-risk"})
