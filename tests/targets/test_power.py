"""What a list can tell: baselines counted by hand, and effects that are told four times in five."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from analysis.campaigns import Condition, read_campaign
from analysis.experiments import Measure, Sample
from analysis.experiments.effects import effect_of
from analysis.experiments.power import detectable_rate
from analysis.shop import open_shop
from analysis.targets import Facts, answers, figures, plan_actions, sentences, tables, trust
from analysis.targets.power import MIN_CUSTOMERS, baseline_of, prospect

LAST_DAY = date(2024, 6, 30)


def buyers(again: int, *, people: int = 200) -> list[tuple[str, date, float]]:
    """People whose first order lies 40 days back; some order again within the last 30 days."""
    first = [(f"p{number:03d}", LAST_DAY - timedelta(days=40), 10.0) for number in range(people)]
    second = [(f"p{number:03d}", LAST_DAY - timedelta(days=5), 20.0) for number in range(again)]
    return [*first, *second, ("x", LAST_DAY - timedelta(days=300), 1.0), ("x", LAST_DAY, 1.0)]


def test_a_baseline_is_what_customers_of_the_rule_did_since(
    write_campaign: Callable, make_shop: Callable
) -> None:
    make_shop("hand", buyers(50))
    rule = {"segment": {"days_since_order": {"at_least": 10, "at_most": 10}}}
    shop = open_shop("hand")
    found = baseline_of(shop, write_campaign(**rule))
    assert (found.mean, found.customers, found.unit) == (50 / 200, 200, "share")
    money = {"metric": "revenue", "window_days": 30}
    found = baseline_of(shop, write_campaign(primary=money, **rule))
    spent = np.repeat([2000.0, 0.0], [50, 150])
    assert (found.mean, found.deviation) == (500, pytest.approx(spent.std(ddof=1)))
    orders = {"metric": "orders", "window_days": 30, "value_minor": 9}
    assert baseline_of(shop, write_campaign(primary=orders, **rule)).mean == 0.25


def test_too_few_customers_or_events_say_nothing(
    write_campaign: Callable, make_shop: Callable
) -> None:
    rule = {"segment": {"days_since_order": {"at_least": 10, "at_most": 10}}}
    make_shop("hand", buyers(9))
    assert baseline_of(open_shop("hand"), write_campaign(**rule)) is None
    make_shop("hand", buyers(50, people=MIN_CUSTOMERS - 1))
    assert baseline_of(open_shop("hand"), write_campaign(**rule)) is None
    make_shop("hand", [(f"p{n:03d}", LAST_DAY - timedelta(days=3), 1.0) for n in range(300)])
    assert baseline_of(open_shop("hand"), write_campaign()) is None


def test_the_smallest_effect_is_told_four_times_in_five() -> None:
    """Lists of the size and baseline of the demo's follow-up, with the effect that can be told."""
    effect = float(detectable_rate(0.1, 1500, holdout_share=0.3))
    rng = np.random.default_rng(8)
    told = []
    for _ in range(400):
        arm = (rng.random(1500) < 0.7).astype(np.int64)
        value = (rng.random(1500) < 0.1 + effect * arm).astype(float)
        sample = Sample(("control", "treatment"), arm, before={}, groups={})
        found = effect_of(Measure("x", "x", "rate", "share", value), sample, "treatment")
        told.append(found.low > 0)
    assert abs(np.mean(told) - 0.8) < 4 * np.sqrt(0.8 * 0.2 / 400)


def test_a_rule_about_a_calendar_month_is_asked_on_the_same_day_of_a_month(samples: Path) -> None:
    shop = open_shop("demo")
    found = baseline_of(shop, read_campaign("demo", "december-thanks"))
    # As of 30 September, the last day of a month whose 90 days are over.
    facts = Facts(open_shop("demo", as_of="2025-09-30"), as_of=date(2025, 9, 30))
    paid = facts.customers["amount_this_month_minor"]
    assert found.customers == (paid >= 10_000).sum()


def test_a_campaign_of_several_days_counts_whom_it_will_take_in(samples: Path) -> None:
    shop = open_shop("demo")
    campaign = read_campaign("demo", "usage-follow-up")
    facts = Facts(shop, as_of=shop.as_of)
    told = prospect(shop, campaign, facts, assigned=0, today=300)
    remaining = (campaign.ends_on - date(2026, 1, 1)).days
    assert told.customers == 300 + round(remaining * told.per_day)
    assert 2 < told.per_day < 15
    once = prospect(
        shop, campaign._replace(ends_on=campaign.starts_on), facts, assigned=0, today=300
    )
    assert (once.customers, once.per_day) == (300, 0)
    assert once.detectable > told.detectable
    assert told.needed < once.needed * 1.01


def test_what_is_to_fall_is_told_as_what_is_to_rise(samples: Path) -> None:
    from analysis.campaigns import Kpi

    shop = open_shop("demo")
    campaign = read_campaign("demo", "usage-follow-up")._replace(
        primary=Kpi("cancellation", 90), segment=Condition("subscription_orders", at_least=1)
    )
    facts = Facts(shop, as_of=shop.as_of)
    fall = prospect(shop, campaign, facts, assigned=0, today=2000)
    mirrored = detectable_rate(1 - fall.baseline.mean, fall.customers)
    assert fall.detectable == pytest.approx(float(mirrored))


def test_products_without_a_table_of_numbers_keep_their_ids(samples: Path) -> None:
    from analysis.campaigns import read_campaigns, with_product_names

    shop = open_shop("demo")
    plain = read_campaigns("demo", ["boots-for-shirts"])
    named = with_product_names(shop, plain)
    assert named[0].product_names == (("P001", "Cotton T-shirt"), ("P002", "Ankle boots"))
    tables = {name: kept for name, kept in shop.engine.tables.items() if name != "product_keys"}
    lacking = shop._replace(engine=shop.engine._replace(tables=tables))
    assert with_product_names(lacking, plain) == plain


def test_the_page_of_the_demo_shop(samples: Path) -> None:
    from analysis.campaigns import read_campaigns

    shop = open_shop("demo")
    actions = plan_actions(shop, read_campaigns("demo"), global_holdout_share=0.05)
    found = {metric.name: metric.value for metric in answers.headline(actions)}
    assert found["campaigns_due"] == 5
    assert found["treated_customers"] > found["control_customers"] > 500
    said = {one.name: one for one in answers.findings(actions, currency="JPY")}
    assert set(said) == {
        "after-60-days", "boots-for-shirts", "december-thanks", "usage-follow-up", "win-back",
    }  # fmt: skip
    assert "The test cannot answer" in said["boots-for-shirts"].sentence
    assert "That would need about" in said["boots-for-shirts"].sentence
    (chart,) = figures.power_charts(actions, currency="JPY")
    assert "Tシャツ購入者へのブーツの案内 hopes for +2.0 points" in chart.alt
    (chart,) = figures.steps_charts(actions)
    assert "Win" not in chart.alt
    frame = tables.steps_table(actions).frame
    assert len(frame) == 5
    assert "What if" not in sentences.answer(shop, actions, write_lists=True)
    assert "nothing is written" in sentences.answer(shop, actions, write_lists=False)
    rules = tables.rules_table(actions, currency="JPY").frame.to_string()
    decides = tables.power_table(actions, currency="JPY").frame.to_string()
    assert "has bought: Cotton T-shirt and has not bought: Ankle boots" in rules
    assert "bought Ankle boots within 60 days" in decides
    assert "P002" not in rules + decides
    caption = tables.power_table(actions, currency="JPY").caption
    assert caption.endswith("two-sided 5% divided by the number of treatment arms")
    others = tables.others_table(actions).frame
    assert len(others) == 5
    assert "begins on 1 February 2026" in set(others["state"])
    checks = trust.checks(shop, actions, max_stale_days=7)
    assert [check.name for check in checks if not check.passed] == []
    for each in (
        tables.rules_table(actions, currency="JPY"),
        tables.power_table(actions, currency="JPY"),
        tables.arms_table(actions),
        tables.sending_table(shop, actions),
    ):
        assert len(each.frame) >= 5
        assert "C0000" not in each.frame.to_string(), "counts, never people"


def test_a_day_without_campaigns(home: Path) -> None:
    shop = open_shop("tiny")
    assert plan_actions(shop, [], global_holdout_share=0.05) == []
    assert answers.headline([])[0].value == 0
    assert "no campaign files yet" in sentences.answer(shop, [], write_lists=False)
    assert figures.power_charts([], currency="USD") == figures.steps_charts([]) == []
    assert sentences.steps_sentence([]) == "No rule matches anybody new."
