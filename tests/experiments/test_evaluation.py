"""Campaigns from ledger to verdict: planted truth, cases worked by hand, and broken ledgers."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.campaigns import Campaign, Guardrail, Kpi, read_campaign, read_campaigns
from analysis.demo import Plan, generate_shop
from analysis.demo.truth import planted
from analysis.experiments import Evaluation, answers, evaluate_all, figures, sentences, tables
from analysis.experiments.effects import Effect
from analysis.experiments.reasons import reason_effects
from analysis.ledger import append_ledger
from analysis.shop import open_shop

CHECKOUT = Path(__file__).resolve().parents[2]
START = date(2024, 3, 1)
# The others begin when the shop ends.
PAST = [campaign.campaign_id for campaign in planted().campaigns]


@pytest.fixture(scope="module", params=[(1, True), (3, True), (4, False)])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A demo shop's tests, by campaign, and whether anything was planted."""
    seed, planted = request.param
    home = tmp_path_factory.mktemp("demo")
    for name in ("campaigns", "shops"):
        (home / name).symlink_to(CHECKOUT / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(home))
        generate_shop("demo", Plan(customers=20_000, seed=seed, planted=planted))
        shop = open_shop("demo")
        found = evaluate_all(shop, read_campaigns("demo", PAST), grace_days=14)
        yield shop, {each.name: each for each in found}, planted


def verdict(test: Evaluation) -> str:
    (result,) = test.results
    return result.verdict


def is_near(effect: Effect, truth: float) -> bool:
    """Whether a truth lies within 3.3 standard errors: by chance it does not once in a thousand."""
    return abs(effect.difference - truth) < 3.3 * effect.standard_error


def test_verdicts_are_what_was_planted(demo) -> None:
    _shop, tests, planted = demo
    assert all(test.state == "judged" for test in tests.values())
    primary = {name: test.results[0].primary for name, test in tests.items()}
    assert is_near(primary["brand-story"], 0)
    assert verdict(tests["brand-story"]) in ("drop", "test_further")
    ratio = {name: check_of(test, "ratio_is_as_planned") for name, test in tests.items()}
    assert all(ratio[name].passed for name in ratio if name != "line-coupon")
    if not planted:
        assert all(verdict(test) != "adopt" for test in tests.values())
        assert ratio["line-coupon"].passed
        return
    # Of those who took order 2 about 86% take order 3, whose surplus hazard of 16% falls by 85%.
    assert is_near(primary["skip-guide"], 0.86 * 0.16 * 0.85 * 0.91)
    assert verdict(tests["skip-guide"]) in ("adopt", "test_further")
    # There it becomes 24%, and any other reason 22.5% instead of 9%.
    harm = 0.86 * ((1 - 0.24) * (1 - 0.225) - (1 - 0.16) * (1 - 0.09))
    assert is_near(primary["bulk-upsell"], harm)
    assert verdict(tests["bulk-upsell"]) == "drop"
    assert not ratio["line-coupon"].passed
    assert verdict(tests["line-coupon"]) == "cannot_be_judged"


def test_reasons_move_by_their_own_incidence(demo) -> None:
    shop, tests, planted = demo
    found = {effect.label: effect for effect in reason_effects(shop, tests["skip-guide"])}
    surplus = found["product left over"]
    assert (surplus.difference < -0.04) is planted
    assert surplus.sign == -1
    assert all(
        abs(effect.difference) < 3.5 * effect.standard_error
        for reason, effect in found.items()
        if reason != "product left over"
    )
    # All reasons together are the cancellations of each arm.
    cancelled = (
        evaluate_all(
            shop,
            [
                read_campaign("demo", "skip-guide")._replace(
                    primary=Kpi("cancellation", 240, value_minor=3000)
                )
            ],
            grace_days=14,
        )[0]
        .results[0]
        .primary
    )
    assert sum(effect.treated_sum for effect in found.values()) == cancelled.treated_sum
    assert sum(effect.control_sum for effect in found.values()) == cancelled.control_sum
    only = Kpi("cancellation", 240, reasons=("surplus",))
    rails = (Guardrail(only, 0.05),)
    again = evaluate_all(
        shop, [read_campaign("demo", "skip-guide")._replace(guardrails=rails)], grace_days=14
    )
    assert again[0].results[0].guardrails[0].effect.treated_sum == surplus.treated_sum


def test_the_page_says_what_was_found(demo) -> None:
    shop, tests, planted = demo
    everything = list(tests.values())
    said = {one.name: one for one in answers.findings(everything, currency="JPY")}
    assert set(said) == {f"{name}_treatment" for name in tests}
    metrics = {one.name: one.value for one in answers.headline(everything)}
    assert sum(metrics.values()) == 4
    (chart,) = figures.interval_charts(everything, currency="JPY")
    assert "スキップ方法の案内" in chart.alt
    frame = tables.record_table(everything, currency="JPY").frame
    assert len(frame) == 4
    assert tables.sold_table(everything, currency="JPY").frame.shape[1] == 6
    checks = sentences.trust_checks(everything, shop, max_stale_days=14)
    assert len(checks) == 5
    if planted:
        coupon = said["line-coupon_treatment"]
        assert "cannot be judged. Found control" in coupon.sentence
        assert coupon.value is None
        assert not next(one for one in checks if one.name.startswith("line-coupon")).passed
        row = frame[frame["test"] == "3回目のお届けのクーポン"].iloc[0]
        assert (row["found"], row["interval"]) == ("\N{EN DASH}", "\N{EN DASH}")
        assert "Drop '3か月分のまとめ買い'." in said["bulk-upsell_treatment"].sentence
        harm = said["bulk-upsell_treatment"]
        assert harm.money_minor > 0 > harm.value
        assert harm.money.startswith("\N{MINUS SIGN}¥")


def test_a_run_for_a_past_day_says_what_could_be_said_then(demo) -> None:
    _shop, tests, _planted = demo
    early = {
        each.name: each
        for each in evaluate_all(
            open_shop("demo", as_of="2025-06-30"), read_campaigns("demo", PAST), grace_days=14
        )
    }
    assert early["skip-guide"].results == tests["skip-guide"].results
    assert early["brand-story"].state == "waiting"
    assert early["brand-story"].results == ()
    assert early["line-coupon"].sizes != tests["line-coupon"].sizes
    (text, *_rest) = sentences.waiting_sentences(
        [early["brand-story"]], look="none", currency="JPY"
    )
    assert "read on 1 September 2025, not before" in text
    look = evaluate_all(
        open_shop("demo", as_of="2025-06-30"),
        [read_campaign("demo", "brand-story")],
        grace_days=14,
        look="always_valid",
    )
    assert look[0].state == "interim"
    (result,) = look[0].results
    assert result.primary.treated_customers < tests["brand-story"].sizes["treatment"]
    once = tests["brand-story"].results[0].primary
    assert result.primary.high - result.primary.low > once.high - once.low


def check_of(test: Evaluation, name: str):
    return next(check for check in test.checks if check.name == name)


# One shop by hand: customers assigned on 1 March 2024, ten of them described in the table.


def campaign_file(home: Path, name: str = "hand", **changes: object) -> Campaign:
    content = {
        "title": "By hand",
        "hypothesis": "None.",
        "owner": "CRM",
        "segment": {"orders": {"at_least": 1}},
        "starts_on": START,
        "readout_on": date(2024, 6, 10),
        "steps": [{"day": 0, "channel": "email", "message": "Hello"}],
        "contact_cost_minor": 1,
        "margin_share": 0.5,
        "primary": {"metric": "purchase", "window_days": 30, "value_minor": 100},
        "expected_effect": 0.05,
        "holdout_share": 0.5,
        "salt": name,
    } | changes
    folder = home / "campaigns" / "hand"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return read_campaign("hand", name)


def ledger(customers: list[str], arms: list[str], name: str = "hand") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "campaign_id": name,
            "customer_id": customers,
            "arm": arms,
            "assigned_at": datetime(2024, 3, 1, 10),
        }
    )


@pytest.fixture
def hand(home: Path, make_shop: Callable) -> Path:
    """200 customers in two arms; in control every fifth buys in the window, treated every second.

    The purchases lie on the first and the last day of the window, and just outside of it.
    """
    purchases = [("early", date(2024, 1, 1), 1.0), ("late", date(2024, 7, 1), 1.0)]
    for number in range(200):
        name, treated = f"c{number:03d}", number % 2
        purchases.append((name, START - timedelta(days=1), 10.0))
        purchases.append((name, START + timedelta(days=30), 10.0))
        if (number // 2) % (2 if treated else 5) == 0:
            purchases.append((name, START + timedelta(days=29 * (number % 4 // 2)), 25.0))
    make_shop("hand", purchases)
    names = [f"c{number:03d}" for number in range(200)]
    append_ledger("hand", ledger(names, ["control", "treatment"] * 100))
    return home


def evaluate_hand(*campaigns: Campaign, **options: object) -> list[Evaluation]:
    return evaluate_all(open_shop("hand"), campaigns, grace_days=14, **options)


def test_windows_begin_with_the_assignment_and_end_on_their_last_day(hand: Path) -> None:
    campaign = campaign_file(
        hand,
        secondary=[
            {"metric": "revenue", "window_days": 30},
            {"metric": "margin", "window_days": 30},
            {"metric": "orders", "window_days": 30},
            {"metric": "average_order_value", "window_days": 31},
        ],
        guardrails=[{"metric": "margin", "window_days": 30, "non_inferiority_margin": 10}],
    )
    (test,) = evaluate_hand(campaign)
    assert [check.name for check in test.checks if not check.passed] == []
    (result,) = test.results
    effect = result.primary
    assert (effect.control_sum, effect.treated_sum) == (20, 50)
    assert (effect.control_customers, effect.treated_customers) == (100, 100)
    revenue, margin, orders, order_value = result.secondary
    assert (revenue.control, revenue.treated) == (500, 1250)
    assert (margin.control, margin.treated) == (250, 625)
    assert (orders.control, orders.treated) == (0.2, 0.5)
    assert order_value.control == pytest.approx((20 * 2500 + 100 * 1000) / 120)
    assert result.guardrails[0].standing == "holds"
    assert result.verdict == "adopt"
    assert result.profit.estimate == pytest.approx(1000 * (0.3 * 100 - 1))
    assert result.revenue.treated_sum == 50 * 2500
    # Of a customer in two tests the sales are in both: they are told of by test, never added up.
    said = sentences.sold_sentence([test, test])
    assert "Of 2 treatments 2 made customers buy for more than chance explains, and 0" in said
    worse = result.revenue._replace(low=-9.0, high=-1.0)
    (loss, vague) = (
        test._replace(results=(result._replace(revenue=effect),))
        for effect in (worse, worse._replace(high=1.0))
    )
    assert "Of 3 treatments 1 made" in (said := sentences.sold_sentence([test, loss, vague]))
    assert "and 1 for less" in said
    assert "No revenue" in sentences.sold_sentence([])


def test_amounts_are_cut_only_where_the_file_says_so(hand: Path) -> None:
    """Every second customer who bought paid 25 more on one day; what was sold stays as it was."""
    primary = {"metric": "revenue", "window_days": 31}
    (plain,) = evaluate_hand(campaign_file(hand, primary=primary))
    (cut,) = evaluate_hand(campaign_file(hand, primary=primary, winsorize_share=0.5))
    assert plain.results[0].primary.treated == 1000 + 0.5 * 2500
    assert cut.results[0].primary.treated == 1000
    assert cut.results[0].revenue.treated_sum == plain.results[0].revenue.treated_sum


def test_the_cost_decides_between_adopt_further_and_drop(hand: Path) -> None:
    """One result, three costs: break-even at 1, at 30 and at 60 points."""
    found = [
        verdict(evaluate_hand(campaign_file(hand, contact_cost_minor=cost))[0])
        for cost in (1, 30, 60)
    ]
    assert found == ["adopt", "test_further", "drop"]


def test_a_violated_guardrail_drops_what_would_pay(hand: Path) -> None:
    rail = {"metric": "revenue", "window_days": 30, "non_inferiority_margin": 1}
    (test,) = evaluate_hand(campaign_file(hand, guardrails=[rail]))
    assert verdict(test) == "adopt"
    for file in (hand / "data" / "private" / "ledgers" / "hand").iterdir():
        file.unlink()
    flipped = [f"c{number:03d}" for number in range(200)]
    append_ledger("hand", ledger(flipped, ["treatment", "control"] * 100, "flipped"))
    (test,) = evaluate_hand(campaign_file(hand, "flipped", guardrails=[rail]))
    assert test.results[0].guardrails[0].standing == "violated"
    assert verdict(test) == "drop"


BROKEN = [
    ("unknown arm", ["control", "mial"] * 50, {}, "holds the arm 'mial', must be one of"),
    ("no control", ["treatment"] * 100, {}, "has no customer in the arm 'control'"),
    ("no treatment", ["control"] * 100, {}, "has no customer in the arm 'treatment'"),
    ("three an arm", ["control", "treatment"] * 3, {}, "An arm with fewer than 30"),
    ("nobody buys", ["control", "treatment"] * 50, {}, "control 0, treatment 0; fewer than 20"),
    ("lost rows", ["control"] * 80 + ["treatment"] * 40, {}, "Below 0.001 this is not chance"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arms", "changes", "message"), BROKEN)
def test_broken_tests_are_not_judged(
    hand: Path, name: str, arms: list[str], changes: dict, message: str
) -> None:
    campaign_id = name.replace(" ", "-")
    letter = "z" if name == "nobody buys" else "c"
    customers = [f"{letter}{number:03d}" for number in range(len(arms))]
    append_ledger("hand", ledger(customers, arms, campaign_id))
    (test,) = evaluate_hand(campaign_file(hand, campaign_id, **changes))
    assert not test.can_be_judged
    assert any(message in check.sentence for check in test.checks if not check.passed)
    assert answers.headline([test])[3].value == 1
    assert "cannot be judged" in answers.findings([test], currency="USD")[0].sentence
    assert all(result.verdict == "cannot_be_judged" for result in test.results)


def test_a_customer_who_stands_in_the_ledger_twice(hand: Path) -> None:
    customers = [f"c{number:03d}" for number in range(100)]
    first = ledger(customers, ["control", "treatment"] * 50, "twice")
    rows = pd.concat([first, ledger(["c000"], ["treatment"], "twice")])  # noqa: F841
    target = hand / "data" / "hand" / "current" / "assignments.parquet"
    duckdb.sql(
        "SELECT * REPLACE (CAST(assigned_at AS TIMESTAMP) AS assigned_at) FROM rows"
    ).write_parquet(str(target))
    (test,) = evaluate_hand(campaign_file(hand, "twice"))
    check = check_of(test, "assigned_once")
    assert not check.passed
    assert "1 customers stand in the ledger more than once, 1 of them in two arms" in check.sentence


def test_an_edited_ledger_is_not_judged(hand: Path) -> None:
    file = hand / "data" / "private" / "ledgers" / "hand" / "hand.0001.parquet"
    rows = duckdb.sql(f"SELECT * FROM '{file}' WHERE customer_id <> 'c007'").df()  # noqa: F841
    duckdb.sql("SELECT * FROM rows").write_parquet(str(file))
    (test,) = evaluate_hand(campaign_file(hand))
    assert (
        "changed after it was written (hand.0001.parquet)"
        in check_of(test, "ledger_is_as_written").sentence
    )
    assert verdict(test) == "cannot_be_judged"


def test_orders_that_end_before_the_readout_are_not_read_as_nobody_buying(
    home: Path, make_shop: Callable
) -> None:
    make_shop("hand", [(f"c{number:03d}", START, 5.0) for number in range(100)])
    names = [f"c{number:03d}" for number in range(100)]
    append_ledger("hand", ledger(names, ["control", "treatment"] * 50))
    shop = open_shop("hand", as_of="2024-06-10")
    (test,) = evaluate_all(shop, [campaign_file(home)], grace_days=14)
    assert not check_of(test, "orders_reach_readout").passed


def test_two_campaigns_that_divided_customers_alike(hand: Path) -> None:
    names = [f"c{number:03d}" for number in range(200)]
    append_ledger("hand", ledger(names, ["control", "treatment"] * 100, "copy"))
    tests = evaluate_hand(campaign_file(hand), campaign_file(hand, "copy"))
    for test in tests:
        check = check_of(test, "overlaps_are_independent")
        assert not check.passed
        assert "200 of 200 customers were in another campaign" in check.sentence


def test_a_customer_of_two_other_campaigns_counts_once(hand: Path) -> None:
    names = [f"c{number:03d}" for number in range(200)]
    arms = np.resize(["control", "control", "treatment", "treatment"], 150).tolist()
    for other, people in (("before", names[:150]), ("after", names[50:])):
        append_ledger("hand", ledger(people, arms, other))
    (test,) = evaluate_hand(campaign_file(hand))
    check = check_of(test, "overlaps_are_independent")
    assert check.passed
    assert check.sentence.startswith("200 of 200 customers were in another campaign")
    assert "below 0.0005 that campaign" in check.sentence


def test_a_shop_without_ledger_plans_only(home: Path, make_shop: Callable) -> None:
    make_shop("hand", [("a", START, 1.0)])
    (test,) = evaluate_all(open_shop("hand"), [campaign_file(home)], grace_days=14)
    assert test.state == "planned"
    assert (
        "nobody is assigned yet"
        in sentences.waiting_sentences([test], look="none", currency="USD")[0]
    )
    assert answers.findings([test], currency="USD") == []
    assert figures.interval_charts([test], currency="USD") == []


# Subscriptions by hand: cycle of 30 days, order 2 on the day of the assignment, order 3 waited for.


def subscriptions(home: Path, rows: dict[str, dict]) -> None:
    """Write orders and events of subscriptions; days count from the assignment."""
    orders, terms, events = [], [], []

    def at(day: int) -> datetime:
        return datetime(2024, 3, 1, 6) + timedelta(days=day)

    for name, row in rows.items():
        terms.append((name, name, at(-30), 30, None if "cancel" not in row else at(row["cancel"])))
        for place, day in enumerate((-30, 0, *row.get("orders", ()))):
            number = row["first"] + place if "first" in row else None
            orders.append((f"{name}-{place}", name, at(day), 100, "subscription", name, number))
        for event in ("skip", "pause", "resume"):
            events += [(name, at(day), event) for day in row.get(event, ())]
    folder = home / "data" / "hand" / "current"
    columns = {
        "orders": "order_id,customer_id,ordered_at,amount_minor,purchase_type,subscription_id,"
        "subscription_order_no",
        "subscriptions": "subscription_id,customer_id,started_at,cycle_days,cancelled_at",
        "subscription_events": "subscription_id,event_at,event",
    }
    for table, content in zip(columns, (orders, terms, events), strict=True):
        frame = pd.DataFrame(content, columns=columns[table].split(","))
        for column in frame.columns:
            if column.endswith("_at"):
                frame[column] = pd.to_datetime(frame[column])
            if column.endswith("_no"):
                frame[column] = frame[column].astype("Int64")
        duckdb.sql("SELECT * FROM frame").write_parquet(str(folder / f"{table}.parquet"))


CASES = {
    # name: what happened, (reached, is open) as of day 101 with 14 days of grace
    "in-time": ({"orders": (30,)}, (1, 0)),
    "on-last-day": ({"orders": (44,)}, (1, 0)),
    "too-late": ({"orders": (45,)}, (0, 0)),
    "skipped": ({"orders": (74,), "skip": (15,)}, (1, 0)),
    "skipped-too-late": ({"orders": (75,), "skip": (15,)}, (0, 0)),
    "paused": ({"orders": (64,), "pause": (10,), "resume": (30,)}, (1, 0)),
    "paused-on": ({"pause": (10,)}, (0, 1)),
    "skips-on": ({"skip": (15, 45)}, (0, 1)),
    "cancelled": ({"cancel": 20}, (0, 0)),
    "silent": ({}, (0, 0)),
    "parcel": ({"orders": (3,)}, (0, 0)),
    "parcel-then-order": ({"orders": (3, 33)}, (1, 0)),
}


def test_continuation_by_hand(home: Path, make_shop: Callable) -> None:
    make_shop("hand", [("x", date(2024, 1, 1), 1.0)])
    late = {"began-before": {"orders": (30,), "first": 4}}
    subscriptions(home, {name: case for name, (case, _found) in CASES.items()} | late)
    names = [*CASES, "no-subscription", "began-before"]
    append_ledger("hand", ledger(names, ["control"] * len(names)))
    shop = open_shop("hand")
    asked = {"campaign_id": "hand", "order_no": 3, "grace_days": 14}
    frame = shop.reduce("campaign_continuation", as_of=START + timedelta(days=101), **asked)
    found = {row.customer_id: (row.reached, row.is_open) for row in frame.itertuples(index=False)}
    assert found == {name: expected for name, (_case, expected) in CASES.items()}
    # What is known only later does not show: on day 40 nobody without an order 3 is decided.
    early = shop.reduce("campaign_continuation", as_of=START + timedelta(days=40), **asked)
    early = early.set_index("customer_id")
    assert early.loc["too-late"].tolist()[1:] == [0, 1]
    assert early.loc["cancelled"].tolist()[1:] == [0, 0]
    # Order 2 has been reached by everybody before: nobody can be asked.
    none = shop.reduce("campaign_continuation", as_of=START, **asked | {"order_no": 2})
    assert none.empty
    # Whose data begin with order 4 has had order 5, awaits order 6, and is not asked for order 3.
    sixth = shop.reduce(
        "campaign_continuation", as_of=START + timedelta(days=101), **asked | {"order_no": 6}
    ).set_index("customer_id")
    assert sixth.loc["began-before"].tolist() == [5, 1, 0]


def test_several_arms_are_compared_with_wider_intervals(hand: Path) -> None:
    names = [f"c{number:03d}" for number in range(200)]
    arms = np.resize(["control", "mail", "control", "call"], 200).tolist()
    append_ledger("hand", ledger(names, arms, "arms"))
    (test,) = evaluate_hand(campaign_file(hand, "arms", arms={"mail": 0.25, "call": 0.25}))
    assert [result.arm for result in test.results] == ["mail", "call"]
    assert {result.primary.confidence for result in test.results} == {0.975}
    assert all(result.primary.p_adjusted >= result.primary.p_value for result in test.results)
    assert tables.record_table([test], currency="USD").frame["test"].tolist() == [
        "By hand, arm mail",
        "By hand, arm call",
    ]


def test_a_list_with_hardly_any_subscriber_is_not_asked_about_their_orders(hand: Path) -> None:
    """Five of the treated have a subscription, and nobody in control."""
    subscribers = {f"c{number:03d}": {"orders": (30,)} for number in range(1, 11, 2)}
    subscriptions(hand, subscribers | {"x": {"orders": (30, 60, 100), "skip": (70,)}})
    third = {"metric": "continuation", "order_no": 3, "window_days": 60}
    rail = third | {"non_inferiority_margin": 0.1}
    (test,) = evaluate_hand(campaign_file(hand, secondary=[third], guardrails=[rail]))
    (result,) = test.results
    for effect in (result.secondary[0], result.guardrails[0].effect):
        assert (effect.control_customers, effect.treated_customers) == (0, 5)
        assert np.isnan([effect.difference, effect.low, effect.high]).all()
    assert result.guardrails[0].standing == "unproven"
    assert verdict(test) == "test_further"
    (frame,) = (table.frame for table in tables.effects_tables([test], currency="USD"))
    assert frame.iloc[1, 1:].tolist() == [*"–––", *["no interval"] * 2, "–"]
    assert tables.guardrail_table([test], currency="USD").frame["guardrail"].tolist() == [
        "damage not excluded"
    ]
    (test,) = evaluate_hand(campaign_file(hand, primary=third | {"value_minor": 9}))
    check = check_of(test, "arms_are_there")
    assert not check.passed
    assert "can be asked of control 0, treatment under 10. An arm where" in check.sentence
    assert test.results == ()
    assert "cannot be judged" in answers.findings([test], currency="USD")[0].sentence


def test_a_group_sequential_look_is_one_look_however_often_one_runs(
    home: Path, make_shop: Callable
) -> None:
    """Assigned on ten days from 1 March, windows of 30 days: half-way is 1 March + 4 + 29 days."""
    rng = np.random.default_rng(5)
    names = [f"c{number:04d}" for number in range(2000)]
    days = np.arange(2000) % 10
    purchases = [("early", date(2024, 1, 1), 1.0), ("late", date(2024, 7, 1), 1.0)]
    for name, place, treated in zip(names, days.tolist(), np.arange(2000) // 10 % 2, strict=True):
        purchases.append((name, date(2024, 2, 1), 10.0))
        if rng.random() < (0.5 if treated else 0.2):
            purchases.append((name, START + timedelta(days=place + 3), 25.0))
    make_shop("hand", purchases)
    rows = ledger(names, np.where(np.arange(2000) // 10 % 2, "treatment", "control").tolist())
    rows["assigned_at"] += pd.to_timedelta(days, unit="D")
    append_ledger("hand", rows)
    campaign = campaign_file(home, ends_on=date(2024, 3, 10), readout_on=date(2024, 6, 10))
    half_way = date(2024, 4, 3)

    def look_on(day: date, campaign: Campaign = campaign) -> Evaluation:
        shop = open_shop("hand", as_of=day.isoformat())
        return evaluate_all(shop, [campaign], grace_days=14, look="group_sequential")[0]

    before = look_on(half_way - timedelta(days=1))
    assert (before.state, before.results) == ("waiting", ())
    (text,) = sentences.waiting_sentences([before], look="group_sequential", currency="USD")
    assert "the one look before the readout on 10 June 2024 is taken as of 3 April 2024" in text
    first, later = look_on(half_way), look_on(half_way + timedelta(days=40))
    assert (first.state, first.as_of) == ("interim", half_way)
    effect = first.results[0].primary
    assert effect.control_customers + effect.treated_customers == 1000
    assert (effect.high - effect.difference) / effect.standard_error == pytest.approx(2.797)
    assert later.results[0].primary == effect, "a run of every night shows one look"
    (text,) = sentences.waiting_sentences([later], look="group_sequential", currency="USD")
    assert "a look as of 3 April 2024, before the readout" in text
    assert text.endswith("An effect of zero is excluded.")
    last = look_on(date(2024, 6, 10)).results[0].primary
    assert (last.high - last.difference) / last.standard_error == pytest.approx(1.977)
    # Of a campaign of one day there is no half: it is read out once, and pays for no look.
    once = campaign_file(home, readout_on=date(2024, 6, 10))
    waiting = look_on(date(2024, 5, 20), once)
    assert waiting.state == "waiting"
    (text,) = sentences.waiting_sentences([waiting], look="group_sequential", currency="USD")
    assert "there is no half-way look" in text
    plain = evaluate_all(open_shop("hand", as_of="2024-06-10"), [once], grace_days=14)[0]
    assert look_on(date(2024, 6, 10), once).results == plain.results
