"""Whom a rule means, step by step, in cases worked by hand; and every reason why nobody is left."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.experiments.baseline import Baseline
from analysis.ledger import append_ledger, ledger_files
from analysis.shop import open_shop
from analysis.targets import Facts, answers, plan_actions, sentences, state_of, tables
from analysis.targets.acting import Action
from analysis.targets.power import Prospect
from analysis.targets.ranks import ranks, scores

LAST_DAY = date(2024, 6, 30)


def plan(*campaigns: object, share: float = 0.0, as_of: str = "") -> list[Action]:
    return plan_actions(open_shop("hand", as_of=as_of), campaigns, global_holdout_share=share)


def steps(action: Action) -> tuple[int, ...]:
    one = action.selection
    assert one is not None, action.problem
    return one.matched, one.consenting, one.rested, one.free, len(one.customers)


def test_customers_are_counted_after_each_step(
    hand: Path, write_campaign: Callable, put_table: Callable
) -> None:
    put_table("contacts",
        [("x", f"c{number:03d}", "2024-06-20 10:00") for number in range(10)]
        + [("x", f"c{number:03d}", "2024-06-10 10:00") for number in range(10, 20)],
        "campaign_id,customer_id,sent_at")  # fmt: skip
    running = write_campaign("earlier", segment={"orders": 99}, readout_on=date(2024, 8, 30))
    rows = pd.DataFrame(
        {
            "campaign_id": "earlier",
            "customer_id": [f"c{number:03d}" for number in range(5, 25)],
            "arm": "control",
            "assigned_at": pd.Timestamp("2024-06-25"),
        }
    )
    append_ledger("hand", rows)
    one = write_campaign(quiet_days=11)
    earlier, found = plan(running, one)
    # 60 are due by days, 50 of them allow e-mail, 10 were written to within 11 days, and of the
    # 40 others 15 are in the other test.
    assert steps(found) == (60, 50, 40, 25, 25)
    assert set(found.selection.customers) == {f"c{number:03d}" for number in range(25, 50)}
    assert sum(found.arms.values()) == 25
    assert earlier.problem == "Nobody matches the rule as of 2024-06-30: is a condition too narrow?"
    # A test that has been read out keeps nobody any more.
    read = write_campaign("earlier", segment={"orders": 99}, starts_on=date(2024, 5, 1),
                          readout_on=date(2024, 6, 30))  # fmt: skip
    assert steps(plan(read, one)[1]) == (60, 50, 40, 40, 40)


def test_an_earlier_campaign_of_the_same_morning_chooses_first(
    write_campaign: Callable,
) -> None:
    first = write_campaign("first", segment={"days_since_order": {"at_most": 9}})
    second = write_campaign("second")
    one, two = plan(first, second)
    assert steps(one) == (10, 10, 10, 10, 10)
    assert steps(two) == (60, 50, 50, 40, 40)


def test_the_global_holdout_is_left_alone_by_all(write_campaign: Callable) -> None:
    campaigns = [
        write_campaign("first", segment={"days_since_order": {"at_most": 29}}),
        write_campaign("second", segment={"days_since_order": {"at_least": 30}}),
    ]
    chosen = np.concatenate([one.selection.customers for one in plan(*campaigns, share=0.3)])
    everybody = np.concatenate([one.selection.customers for one in plan(*campaigns)])
    assert set(chosen) < set(everybody)
    again = np.concatenate([one.selection.customers for one in plan(*campaigns[::-1], share=0.3)])
    assert set(again) == set(chosen)


def test_consent_is_asked_by_the_channel_and_by_the_rule(write_campaign: Callable) -> None:
    letter = {"steps": [{"day": 0, "channel": "post", "message": "A letter"}]}
    assert steps(plan(write_campaign(**letter))[0])[:2] == (60, 60)
    asked = {"segment": {"all": [{"days_since_order": {"at_most": 59}}, {"consent": "email"}]}}
    assert steps(plan(write_campaign(**letter, **asked))[0])[:2] == (60, 50)
    line = {"steps": [{"day": 0, "channel": "line", "message": "Hello"}]}
    (found,) = plan(write_campaign(**line))
    assert steps(found) == (60, 0, 0, 0, 0)
    assert "the shop's customers hold no consent to line. Import an export" in found.problem
    (found,) = plan(write_campaign(segment={"days_since_order": {"at_least": 60, "at_most": 70}}))
    assert found.problem == "Nobody who matches the rule allows a channel of this campaign."


def test_few_people_are_told_of_nowhere(write_campaign: Callable) -> None:
    """Of ten who match five allow e-mail; the share or the money of five would tell how many."""
    one = write_campaign(segment={"days_since_order": {"at_least": 45, "at_most": 54}})
    (found,) = plan(one)
    assert steps(found)[:2] == (10, 5)
    said = sentences.steps_sentence([found])
    assert said.startswith("Of 10 matches, most are lost to consent: under 10. Someone")
    (finding,) = answers.findings([found], currency="USD")
    assert "can write to under 10 customers and leaves under 10 alone" in finding.sentence
    assert (finding.money, finding.money_minor) == ("", None)
    rate = Baseline("bought", "share", 0.2, 0.4, 200, None, 30)
    told = found._replace(prospect=Prospect(one, 5, 0.0, rate, 0.9, 4000))
    assert "with under 10 customers in all it tells" in answers.power_sentence(told, "USD")
    row = tables.power_table([told], currency="USD").frame.iloc[0]
    assert row["customers in all"] == "under 10"
    # Where they are many, both are told.
    (found,) = plan(write_campaign(segment={"days_since_order": {"at_least": 10}}))
    assert "most are lost to consent: 50 (55.6%)." in sentences.steps_sentence([found])
    assert answers.findings([found], currency="USD")[0].money.endswith("if the hope comes true")


def test_days_of_assignment_decide_what_is_due(write_campaign: Callable) -> None:
    rolling = write_campaign(ends_on=date(2024, 7, 5), readout_on=date(2024, 9, 1))
    for day, assigned, state in (
        (date(2024, 6, 29), 0, "planned"),
        (date(2024, 6, 30), 0, "due"),
        (date(2024, 7, 4), 9, "due"),
        (date(2024, 7, 5), 9, "over"),
        (date(2024, 7, 5), 0, "missed"),
    ):
        assert state_of(rolling, as_of=day, assigned=assigned) == state
    (action,) = plan(rolling, as_of="2024-06-20")
    assert (action.state, action.selection) == ("planned", None)


def test_a_rule_is_asked_as_of_the_day(hand: Path) -> None:
    then = Facts(open_shop("hand"), as_of=LAST_DAY - timedelta(days=50))
    frame = then.customers.set_index("customer_id")
    assert frame.loc["c060", "days_since_order"] == 10
    assert frame.loc["c040", "days_since_order"] == 190
    assert frame["amount_this_month_minor"].loc[["c050", "c060", "c069"]].tolist() == [
        1000,
        1000,
        0,
    ]
    assert (frame["orders"] <= 2).all()


MISTAKES = [
    ({"salt": "template-win-back"}, "one.yaml is still the template: salt == 'template-win-back'"),
    ({"salt": "global-holdout-2024-2"}, "is that of the global holdout"),
    ({"segment": {"rank": "platinum"}}, "rank == 'platinum', must be one of gold, silver, bronze,"),
    ({"segment": {"bought": "P9"}}, "asks for 'bought', for which shop 'hand' lacks the table"),
    ({"segment": {"subscription_orders": 2}}, "lacks the table 'subscriptions': import it"),
    ({"segment": {"alive_probability": {"at_least": 0.5}}}, None),
]


@pytest.mark.parametrize(("changes", "message"), MISTAKES)
def test_what_is_wrong_with_one_campaign_does_not_keep_the_others(
    write_campaign: Callable, changes: dict, message: str | None
) -> None:
    wrong, right = plan(write_campaign(**changes), write_campaign("right"))
    if message:
        assert message in wrong.problem
        assert wrong.selection is None
    else:
        assert wrong.selection is not None
    assert right.selection is not None


def test_a_product_that_nobody_bought_is_named(samples: Path) -> None:
    with pytest.raises(DataError, match="Nobody had bought the product 'P9999' by 2025-12-31"):
        Facts(open_shop("demo"), as_of=date(2025, 12, 31)).bought("P9999")


def test_missing_columns_of_consent_are_named(
    write_campaign: Callable, put_table: Callable
) -> None:
    put_table("customers", [("c000", "web")], "customer_id,source")
    (found,) = plan(write_campaign())
    assert "lacks the column 'email_optin' of the table 'customers'" in found.problem


def test_an_edited_ledger_keeps_its_campaign_from_assigning(write_campaign: Callable) -> None:
    one = write_campaign(ends_on=date(2024, 7, 5), readout_on=date(2024, 9, 1))
    rows = {"campaign_id": "one", "customer_id": ["c000"], "arm": "control"}
    append_ledger("hand", pd.DataFrame(rows | {"assigned_at": pd.Timestamp("2024-06-30")}))
    (file,) = ledger_files("hand", "one")
    seal = file.with_name(f"{file.name}.sha256")
    seal.write_text(seal.read_text().replace(seal.read_text()[:4], "beef"))
    (found,) = plan(one)
    assert "was changed after it was written (one.0001.parquet)" in found.problem
    assert found.selection is None


def test_subscriptions_stand_as_the_evaluation_counts_them(samples: Path) -> None:
    """For whoever is asked of order 3 by the evaluation, both count the same orders before."""
    shop = open_shop("demo", as_of="2025-06-30")
    standing = shop.reduce("target_subscriptions").set_index("customer_id")
    assert standing.index.is_unique
    assert set(standing["subscription_state"]) == {"between_orders", "paused", "cancelled"}
    for campaign in ("skip-guide", "bulk-upsell"):
        assigned = shop.reduce("target_assigned", campaign_id=campaign).set_index("customer_id")
        for day, people in assigned.groupby("assigned_day"):
            if len(people) < 9:
                continue
            then = shop.reduce("target_subscriptions", as_of=day.date()).set_index("customer_id")
            asked = shop.reduce(
                "campaign_continuation", campaign_id=campaign, order_no=4, grace_days=14,
                as_of=day.date(),
            ).set_index("customer_id")  # fmt: skip
            both = people.index.intersection(asked.index)
            assert (
                then.loc[both, "subscription_orders"] == asked.loc[both, "order_no_before"]
            ).all()
            assert len(both) > 0


def test_cancelled_and_waiting_subscriptions_by_hand(put_table: Callable, hand: Path) -> None:
    put_table(
        "orders",
        [
            ("o1", "a", "2024-05-01", 1, "A"),
            ("o2", "a", "2024-06-01", 1, "A"),
            ("o3", "a", "2024-06-03", 1, "A"),
            ("o4", "b", "2024-05-20", 1, "B"),
            ("o5", "c", "2024-06-10", 1, "C"),
            ("o6", "d", "2024-04-01", 1, "D1"),
            ("o7", "d", "2024-06-20", 1, "D2"),
        ],
        "order_id,customer_id,ordered_at,amount_minor,subscription_id",
    )
    put_table(
        "subscriptions",
        [
            ("A", "a", "2024-05-01", 30, None, None),
            ("B", "b", "2024-05-20", 30, "2024-06-15", "余り"),
            ("C", "c", "2024-06-10", 30, None, None),
            ("D1", "d", "2024-04-01", 30, "2024-06-25", "x"),
            ("D2", "d", "2024-06-20", 30, None, None),
            ("E", "e", "2024-06-01", 30, "2024-07-02", "y"),
        ],
        "subscription_id,customer_id,started_at,cycle_days,cancelled_at,cancel_reason",
    )
    put_table(
        "subscription_events",
        [("A", "2024-06-10", "skip"), ("C", "2024-06-20", "pause"), ("A", "2024-05-15", "skip")],
        "subscription_id,event_at,event",
    )
    found = open_shop("hand").reduce("target_subscriptions").set_index("customer_id")
    none = {"days_since_cancellation": None}
    # Two parcels are one order; the skip before the last order does not move the next one.
    assert found.loc["a"].to_dict() | none == {
        "subscription_state": "between_orders", "subscription_orders": 2,
        "days_until_next_order": 31, "cancel_reason": "", **none,
    }  # fmt: skip
    assert found.loc[
        "b", ["subscription_state", "days_since_cancellation", "cancel_reason"]
    ].tolist() == ["cancelled", 15, "余り"]
    assert found.loc["c", "subscription_state"] == "paused"
    assert found.loc["d", ["subscription_state", "days_until_next_order"]].tolist() == [
        "between_orders", 20,
    ]  # fmt: skip
    # What is cancelled only later runs as of today.
    assert found.loc["e", "subscription_state"] == "between_orders"


def test_scores_and_ranks_give_equal_values_equal_places() -> None:
    some = pd.DataFrame(
        {
            "days_since_order": [0, 0, 400, 30, 60],
            "window_purchases": [2, 2, 0, 1, 1],
            "window_amount_minor": [90, 90, 0, 50, 10],
        }
    )
    found = scores(some)
    assert found.iloc[0].equals(found.iloc[1])
    assert found.iloc[2].isna().all()
    assert ranks(some).tolist() == ["gold", "gold", "none", "regular", "regular"]


def test_a_rank_that_is_known_is_no_mistake(write_campaign: Callable) -> None:
    (found,) = plan(write_campaign(segment={"rank": ["gold", "silver"]}))
    assert found.selection is not None
    assert "global_holdout_share == 0.7, must be" in plan(write_campaign(), share=0.7)[0].problem
