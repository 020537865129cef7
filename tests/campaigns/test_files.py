"""Campaign files: what ships passes the check, and every mistake is told with file, key and fix."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.assignment import arms
from analysis.campaigns import (
    assigned_arms,
    condition_names,
    list_campaigns,
    matches,
    read_campaign,
    read_campaigns,
    segment_in_words,
)
from analysis.campaigns.rules import products_of, read_rule
from analysis.demo.truth import planted
from analysis.errors import ParameterError
from analysis.experiments.evaluation import stakes_of
from analysis.experiments.trust import sample_ratio_p_value

CHECKOUT = Path(__file__).resolve().parents[2]
TEMPLATE = CHECKOUT / "campaigns" / "templates" / "churn_point.yaml"


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYSIS_HOME", str(CHECKOUT))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write the churn-point template with some keys changed; None takes a key away."""
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    folder = tmp_path / "campaigns" / "tiny"
    folder.mkdir(parents=True)

    def write(name: str = "stay", **changes: object) -> None:
        content = yaml.safe_load(TEMPLATE.read_text()) | changes
        kept = {key: value for key, value in content.items() if value is not None}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(kept, sort_keys=False))

    return write


def test_templates_pass_the_check(shipped: None) -> None:
    templates = {campaign.campaign_id: campaign for campaign in read_campaigns("templates")}
    assert set(templates) == {
        "churn_point",
        "cross_sell",
        "win_back",
        "high_value_month",
        "gold_members",
        "dormant_60_days",
    }
    assert templates["churn_point"].primary.order_no == 3
    assert templates["cross_sell"].primary.product_ids == ("P002",)
    assert [arm for arm, _share in templates["dormant_60_days"].arms] == ["coupon", "reminder"]
    assert templates["churn_point"].arms == (("treatment", 0.5),)


def test_demo_files_are_the_campaigns_that_are_planted(shipped: None) -> None:
    files = {campaign.campaign_id: campaign for campaign in read_campaigns("demo")}
    past = {campaign.campaign_id for campaign in planted().campaigns}
    assert past < set(files), "and others that are due on the shop's last day"
    for campaign in planted().campaigns:
        assert files[campaign.campaign_id].salt == campaign.campaign_id
        assert files[campaign.campaign_id].holdout_share == 1 - campaign.treated_share


def test_break_even_is_cost_over_value(write: Callable) -> None:
    write()
    assert stakes_of(read_campaign("tiny", "stay")).break_even == 6 / 3000
    write(primary={"metric": "revenue", "window_days": 60})
    assert stakes_of(read_campaign("tiny", "stay")).break_even == pytest.approx(6 / 0.45)
    write(primary={"metric": "margin", "window_days": 60})
    assert stakes_of(read_campaign("tiny", "stay")).break_even == 6
    write(contact_cost_minor=0)
    assert stakes_of(read_campaign("tiny", "stay")).break_even == 0


def test_orders_that_are_worth_more_may_be_watched_but_do_not_decide(write: Callable) -> None:
    """300 more an order at 0.5 orders a customer are 150 a customer, not 300."""
    value = {"metric": "average_order_value", "window_days": 60}
    write(secondary=[value], guardrails=[value | {"non_inferiority_margin": 100}])
    assert read_campaign("tiny", "stay").secondary[0].metric == "average_order_value"
    write(primary=value)
    with pytest.raises(ParameterError, match="must be revenue or margin, which are per customer"):
        read_campaign("tiny", "stay")


PRIMARY = {"metric": "continuation", "order_no": 3, "window_days": 120, "value_minor": 3000}
MISTAKES = [
    ({"salt": None}, "campaigns/tiny/stay.yaml lacks the key 'salt': add it."),
    ({"holdout": 0.5}, "has the unknown key 'holdout': did you mean 'holdout_share'?"),
    ({"holdout_share": 0}, "holdout_share == 0, must be a number > 0 and <= 0.95."),
    ({"holdout_share": "half"}, "holdout_share == 'half', must be a number > 0 and <= 0.95."),
    ({"readout_on": date(2026, 1, 1)}, "readout_on == 2026-01-01, must be after starts_on"),
    ({"readout_on": date(2026, 7, 1)}, "readout_on == 2026-07-01, must be after 2026-07-28:"),
    ({"readout_on": "soon"}, "readout_on == 'soon', must be a date such as 2026-01-31."),
    ({"ends_on": date(2026, 1, 1)}, "ends_on == 2026-01-01, must be >= starts_on (2026-02-01)."),
    ({"margin_share": 1.2}, "margin_share == 1.2, must be a number > 0 and <= 1."),
    ({"contact_cost_minor": 1.5}, "contact_cost_minor == 1.5, must be a whole number >= 0."),
    ({"expected_effect": 0}, "expected_effect == 0, must be another number than 0"),
    ({"steps": None}, "lacks the key 'steps'"),
    ({"steps": [{"day": 0, "channel": "fax", "message": "x"}]}, "channel == 'fax': it must be one"),
    ({"primary": PRIMARY | {"metric": "continuaton"}}, "did you mean 'continuation'?"),
    ({"primary": {"metric": "continuation", "window_days": 9}}, "lacks the key 'order_no'"),
    ({"primary": {"metric": "bought_product", "window_days": 9}}, "lacks the key 'product_ids'"),
    ({"primary": PRIMARY | {"product_ids": ["P1"]}}, "'product_ids', which only the metric"),
    ({"primary": PRIMARY | {"value_minor": None}}, "lacks the key 'value_minor' under primary"),
    ({"primary": {"metric": "revenue", "window_days": 9, "value_minor": 3}}, "is money itself"),
    ({"guardrails": [{"metric": "revenue", "window_days": 9}]}, "'non_inferiority_margin': add"),
    ({"guardrails": {"metric": "revenue"}}, "must be a list, each item after a dash."),
    ({"arms": {"a": 0.3, "b": 0.3}}, "arms and holdout_share add up to 1.1, must be 1."),
    ({"arms": {"control": 0.5}}, "must name the arms that are treated"),
    ({"split_by": ["sorce"]}, "split_by == 'sorce': did you mean 'source'?"),
    ({"segment": {"orderz": 3}}, "segment has the unknown key 'orderz': did you mean 'orders'?"),
    ({"segment": {"orders": 3, "rank": "gold"}}, "has 2 keys, must have one: join conditions"),
    ({"segment": {"all": []}}, "'all' has no conditions under it."),
    ({"segment": {"not": {"consent": "email"}}}, "segment.not[1] asks for consent under 'not'"),
    (
        {"segment": {"any": [{"orders": 5}, {"all": [{"orders": 2}, {"consent": "email"}]}]}},
        "segment.any[2].all[2] asks for consent under 'any': nobody is written to without it",
    ),
    ({"segment": {"all": [{"orders": {"min": 3}}]}}, "segment.all[1].orders has the unknown key"),
    ({"segment": {"orders": {"at_least": 3, "at_most": 2}}}, "at_least 3 above at_most 2"),
    ({"segment": {"orders": {}}}, "needs at_least or at_most"),
    ({"segment": {"consent": "e-mail"}}, "consent == 'e-mail': did you mean 'email'?"),
    ({"segment": ["orders"]}, "segment == ['orders'], must hold keys and values."),
]


@pytest.mark.parametrize(("changes", "message"), MISTAKES)
def test_mistakes_are_told(write: Callable, changes: dict, message: str) -> None:
    write(**changes)
    with pytest.raises(ParameterError) as refusal:
        read_campaigns("tiny")
    assert str(refusal.value).startswith("campaigns/tiny/stay.yaml")
    assert message in str(refusal.value)
    assert str(refusal.value).endswith((".", "?"))


def test_two_campaigns_with_one_salt_are_refused(write: Callable) -> None:
    write("one")
    write("two")
    with pytest.raises(
        ParameterError, match=r"two.yaml: salt == 'template-churn-point' is that of"
    ):
        read_campaigns("tiny")
    write("two", salt="another")
    assert [campaign.campaign_id for campaign in read_campaigns("tiny")] == ["one", "two"]


def test_broken_yaml_and_unknown_names(write: Callable, tmp_path: Path) -> None:
    write()
    with pytest.raises(ParameterError, match=r"no campaign 'sta' of shop 'tiny': did you mean"):
        read_campaign("tiny", "sta")
    (tmp_path / "campaigns" / "tiny" / "stay.yaml").write_text("title: [")
    with pytest.raises(ParameterError, match=r"stay\.yaml is no valid YAML: line \d+: "):
        read_campaign("tiny", "stay")
    shutil.rmtree(tmp_path / "campaigns")
    assert list_campaigns("tiny") == []


def test_arms_follow_salt_and_shares(write: Callable) -> None:
    customers = [f"C{number:06d}" for number in range(20_000)]
    write(salt="2026-07-winback", holdout_share=0.2)
    one = assigned_arms(read_campaign("tiny", "stay"), customers)
    assert (one == arms("2026-07-winback", customers, treated_share=0.8)).all()
    write(salt="2026-07-winback", holdout_share=0.2, arms={"mail": 0.5, "call": 0.3})
    several = assigned_arms(read_campaign("tiny", "stay"), customers)
    assert ((several == "control") == (one == "control")).all()
    counts = [int((several == arm).sum()) for arm in ("mail", "call", "control")]
    assert sample_ratio_p_value(counts, (0.5, 0.3, 0.2)) > 0.001
    # The vector of the first customer: .891087981770 lies beyond 0.8.
    assert several[1] == "control"


FACTS = pd.DataFrame(
    {
        "orders": [1, 2, 3, 4],
        "days_since_order": [10.0, 70.0, np.nan, 90.0],
        "rank": ["gold", None, "gold", "silver"],
        "region": ["Tokyo", None, "Osaka", ""],
        "days_since_cancellation": [10.0, np.nan, 40.0, np.nan],
        "cancel_reason": ["price", "", "surplus", ""],
        "email_optin": pd.array([True, None, False, True], dtype="boolean"),
        "line_optin": pd.array([False, True, None, None], dtype="boolean"),
    }
)
BOUGHT = {"P1": [True, True, False, False], "P2": [False, True, False, True]}


@pytest.mark.parametrize(
    ("rule", "held"),
    [
        ({"orders": {"at_least": 2}}, [0, 1, 1, 1]),
        ({"orders": 2}, [0, 1, 0, 0]),
        ({"days_since_order": {"at_most": 80}}, [1, 1, 0, 0]),
        ({"not": {"days_since_order": {"at_most": 80}}}, [0, 0, 0, 1]),
        ({"not": {"not": {"days_since_order": {"at_most": 80}}}}, [1, 1, 0, 0]),
        ({"not": [{"days_since_order": {"at_most": 80}}, {"orders": 3}]}, [0, 0, 0, 1]),
        ({"not": {"all": [{"days_since_order": 5}, {"orders": 4}]}}, [1, 1, 1, 1]),
        ({"any": [{"days_since_order": {"at_most": 80}}, {"orders": 3}]}, [1, 1, 1, 0]),
        ({"rank": ["gold", "silver"]}, [1, 0, 1, 1]),
        ({"not": {"rank": "gold"}}, [0, 0, 0, 1]),
        ({"not": {"region": "Tokyo"}}, [0, 0, 1, 0]),
        # Whoever has no subscription has not cancelled one, and gave no reason.
        ({"not": {"days_since_cancellation": {"at_most": 30}}}, [0, 1, 1, 1]),
        ({"not": {"cancel_reason": "price"}}, [0, 1, 1, 1]),
        ({"consent": "email"}, [1, 0, 0, 1]),
        ({"consent": ["email", "line"]}, [1, 1, 0, 1]),
        ({"all": [{"bought": "P1"}, {"not_bought": "P2"}]}, [1, 0, 0, 0]),
        ({"any": [{"rank": "silver"}, {"bought": ["P1", "P2"]}]}, [1, 1, 0, 1]),
    ],
)
def test_rules_hold_for_whom_they_should(rule: dict, held: list[int]) -> None:
    found = matches(
        read_rule(rule, where="x"), FACTS, bought=lambda product: np.array(BOUGHT[product])
    )
    assert found.astype(int).tolist() == held


def test_segments_are_said_in_words(shipped: None) -> None:
    rule = read_campaign("templates", "dormant_60_days").segment
    words = segment_in_words(rule, currency="JPY")
    assert words == (
        "days since the last order: 60 to 365 and (orders so far: 2 or more or paid so far: "
        "¥5,000 or more) and not (subscription: between two orders or paused) and allows messages "
        "by: email"
    )
    assert condition_names(rule) == (
        "days_since_order",
        "orders",
        "amount_minor",
        "subscription_state",
        "consent",
    )
    assert products_of(read_campaign("templates", "cross_sell").segment) == ("P001", "P002")
