"""What the report says, in words: findings with people and money, and silence."""

from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.churn import answers, conversion_sentences, people_tables, sentences, tables
from analysis.churn.conversion import Conversion, conversions
from analysis.churn.hazard import order_hazards
from analysis.churn.peak import ChurnPoint, churn_points, peak_tests, smallest_excess
from analysis.churn.people import active_by_order, between_orders, win_back
from analysis.churn.projection import project, remaining_by_order
from analysis.churn.ranking import rank_orders
from analysis.churn.reasons import at_risk_by_source, losses_by_reason, reason_totals, reasons_at
from analysis.churn.transitions import balance, mean_order_minor
from analysis.churn.wall import first_order_wall
from analysis.demo import Plan
from analysis.errors import ParameterError
from analysis.ltv.subscriptions import running
from analysis.shop import open_shop
from analysis.style import NOTHING

from .test_planted import REASONS

POINT = ChurnPoint(3, 0.257, 0.133, 0.124, 0.108, 0.14, 1e-9, 3906, 1005)


@pytest.fixture
def said(demo_cells: Callable, demo_engine: Callable):
    """Everything that is said of the first demo shop's churn point."""
    cells = demo_cells(1)
    hazards = order_hazards(cells[cells["cut"] == "cohort"])
    tested = peak_tests(hazards, min_excess_share=0.02)
    points = churn_points(tested)
    remaining = remaining_by_order(hazards, project(hazards), horizon_orders=12)
    ranked = rank_orders(cells, hazards, tested, remaining, order_minor=mean_order_minor(cells))
    at_risk, losses = at_risk_by_source(cells), losses_by_reason(cells, REASONS)
    reasons = {3: reasons_at(losses, at_risk, order_no=3)}
    rows = demo_engine(1).reduce("running_subscriptions", as_of=Plan().end, known_by=Plan().end)
    active = active_by_order(rows, grace_days=14)
    waiting = {3: between_orders(active, order_no=2)}
    return points, ranked, reasons, waiting


def test_the_planted_surplus_at_order_3_is_the_top_finding_in_words(said) -> None:
    points, ranked, reasons, waiting = said
    (top,) = answers.findings(points, ranked, reasons, waiting, currency="JPY")
    assert top.name == "churn_point_order_3_surplus"
    assert "After order 3, 25.7% of 3,906 subscriptions leave" in top.sentence
    assert "The reason is \N{LEFT DOUBLE QUOTATION MARK}product left over" in top.sentence
    assert "Offer a longer interval or a skipped delivery before order 3" in top.sentence
    assert "between order 2 and order 3" in top.sentence
    assert f"Write to the {waiting[3]:,} subscriptions" in top.sentence
    assert 200 < top.n < 400
    assert 5_000_000 < top.money_minor < 12_000_000
    assert top.low < top.value < top.high
    assert top.money.endswith("a year at stake")


def test_both_reports_count_the_same_running_subscriptions(demo_engine: Callable) -> None:
    rows = demo_engine(1).reduce("running_subscriptions", as_of=Plan().end, known_by=Plan().end)
    active = active_by_order(rows, grace_days=14)
    counts = active[["active", "paused", "overdue"]].sum()
    assert counts["active"] == len(running(rows, grace_days=14))
    assert counts.sum() == len(rows)
    assert counts["paused"] > 0


def test_three_rankings_differ(said) -> None:
    points, ranked, _reasons, _waiting = said
    orders = ranked.set_index("order_no")
    assert orders["rate_rank"].idxmin() == 3
    assert orders["lost_rank"].idxmin() == 1, "most people are lost after the first order"
    assert orders["kept_rank"].idxmin() == 3
    assert "most people are lost after order 1" in sentences.ranking_sentence(ranked, points)
    assert orders["kept_minor_low"][3] < orders["kept_minor"][3] < orders["kept_minor_high"][3]
    assert pd.isna(orders["kept_orders"][1]), "order 1 has no order before it"


def test_the_order_where_most_can_be_kept_is_that_of_the_table(said) -> None:
    """By all times order 5 may lose more than order 3; of the last year, order 3 is worth more."""
    points, ranked, _reasons, _waiting = said
    later = points[0]._replace(order_no=5)
    text = sentences.ranking_sentence(ranked, [later, *points])
    assert "Most orders can be kept after order 3." in text


@pytest.mark.parametrize(
    ("cheap", "other", "said"),
    [
        (180, 100, "The loss after order 1 goes with the step in price"),
        (100, 180, "does not go with the step in price"),
        (101, 100, "That could be chance."),
    ],
)
def test_the_step_in_price_is_named_only_where_more_leave(
    cheap: int, other: int, said: str
) -> None:
    """Of 500 each after a first order at half the price or at the full one."""
    rows = [
        (offer, order, outcome, count, count * (500 if (offer, order) == ("half", 1) else 1000))
        for offer, lost in (("half", cheap), ("plain", other))
        for order, outcome, count in (
            (1, "cancelled", lost), (1, "continued", 500 - lost), (2, "continued", 300),
        )
    ]  # fmt: skip
    cells = pd.DataFrame(
        rows, columns=["offer", "order_no", "outcome", "subscriptions", "amount_minor"]
    ).assign(cut="offer", is_commitment_end=0)
    wall = first_order_wall(cells)
    assert wall.discounted_offers == 1
    assert said in sentences.wall_sentence(wall)


def test_without_known_reasons_the_finding_says_so(said) -> None:
    points, ranked, _reasons, waiting = said
    (top,) = answers.findings(points, ranked, {}, waiting, currency="JPY")
    assert top.name == "churn_point_order_3"
    assert "Why cannot be told: too few gave a reason." in top.sentence


def test_a_clear_reason_is_named_behind_a_larger_one_that_is_not() -> None:
    tested = pd.DataFrame(
        {"reason": ["price", "surplus"], "excess": [0.05, 0.04], "p_holm": [0.2, 0.001],
         "low": [-0.01, 0.02]}
    )  # fmt: skip
    assert answers.top_reason(tested)["reason"] == "surplus"


def test_a_reason_that_is_not_clear_is_not_named() -> None:
    tested = pd.DataFrame({"reason": ["price"], "p_holm": [0.2], "low": [-0.01]})
    assert answers.top_reason(tested) is None
    assert answers.top_reason(None) is None


def test_no_churn_point_says_what_would_have_been_found(demo_cells: Callable) -> None:
    cells = demo_cells(1, planted=False)
    hazards = order_hazards(cells[cells["cut"] == "cohort"])
    tested = peak_tests(hazards, min_excess_share=0.02)
    text = sentences.answer_sentence([], smallest_excess(tested, min_excess_share=0.02))
    assert "No order stands out" in text
    assert "points would have been found four times out of five" in text
    assert "too few subscriptions to test" in sentences.answer_sentence([], float("nan"))
    names = [metric.name for metric in answers.headline(hazards, [], None, 5)]
    assert names == ["churn_point_excess_share", "reach_order_6_share", "active_subscriptions"]


def test_unknown_reasons_silence_the_ranking() -> None:
    totals = pd.DataFrame({"reason": ["unknown"], "lost": [100]})
    text = sentences.reason_sentence(totals, 1.0, max_unknown_share=0.3)
    assert "more than 30%, so reasons are not ranked" in text


def test_free_text_is_never_written(demo_cells: Callable) -> None:
    cells = demo_cells(1)
    totals = reason_totals(losses_by_reason(cells, REASONS))
    assert not totals["reason"].str.contains("[ぁ-んァ-ン一-龯]").any()


def ended(*customers: int) -> pd.DataFrame:
    """Former subscribers of one reason: those since 30 and 90 days, and of none, for longer."""
    return pd.DataFrame(
        {"within_days": [30, 90, 0], "cancel_reason": ["高い", "高い", None],
         "customers": customers}
    )  # fmt: skip


def test_win_back_hides_few_people_and_what_would_tell_them() -> None:
    """81 in all and 10 and 67 shown would leave 4: the 10 are hidden too."""
    counts = win_back(ended(4, 10, 67), {"price": ["高い"]})
    assert counts.loc["price", [30, 90]].isna().all()
    assert counts.loc["unknown", 0] == 67
    table = people_tables.win_back_table(counts)
    assert table.frame.iloc[1, 1:3].tolist() == [NOTHING, NOTHING]
    assert "one to nine, or hidden" in table.caption
    assert win_back(ended(10, 10, 67), {"price": ["高い"]}).notna().all(axis=None)
    assert "hidden" not in people_tables.win_back_table(win_back(ended(10, 10, 67), {})).caption


@given(st.lists(st.integers(0, 40), min_size=3, max_size=3))
def test_few_people_never_follow_from_the_total(customers: list[int]) -> None:
    counts = win_back(ended(*customers), {"price": ["高い"]})
    shown = counts.sum(axis=None)
    assert counts.isna().sum(axis=None) in ({0} if min(customers) >= 10 else {0, 1, 2, 3})
    unseen = sum(customers) - shown
    few = [count for count in customers if 0 < count < 10]
    assert unseen >= sum(few)
    if few and sum(customers) >= 10 and sum(count > 0 for count in customers) > 1:
        assert unseen >= 10
        assert counts.isna().sum(axis=None) > 1
    said = sentences.people_sentence([], pd.DataFrame(), sum(customers))
    assert ("under 10" in said) == (0 < sum(customers) < 10)


def test_people_who_ended(book) -> None:
    book.add([0], cancelled=40, customer="A", reason="price")
    book.add([50], cancelled=90, customer="A", reason="surplus")
    book.add([0], cancelled=40, customer="B")
    book.add([60], customer="B")
    book.add([0], cancelled=10, customer="C")
    ended = book.engine().reduce("ended_subscribers", as_of=pd.Timestamp("2024-04-10").date())
    rows = ended.astype(object).where(ended.notna(), None).to_numpy().tolist()
    assert rows == [[30, "surplus", 1], [90, None, 1]]


def test_tables_of_a_shop_with_ten_subscriptions(book) -> None:
    book.add([0, 30], times=6)
    book.add([0], cancelled=10, times=4)
    cells = book.cells(as_of=200)
    hazards = order_hazards(cells[cells["cut"] == "cohort"])
    assert not hazards["is_shown"].any()
    assert tables.hazard_table(hazards).frame.empty
    assert people_tables.balance_table(balance(cells), hazards).frame.empty
    tested = peak_tests(hazards, min_excess_share=0.02)
    remaining = remaining_by_order(hazards, project(hazards), horizon_orders=12)
    ranked = rank_orders(cells, hazards, tested, remaining, order_minor=1000.0)
    assert ranked.empty
    assert sentences.ranking_sentence(ranked, []) == "No order has 30 subscriptions at risk."


def test_conversions_of_one_off_buyers(
    home, make_shop: Callable, simulate_purchases: Callable
) -> None:
    make_shop("young", simulate_purchases(customers=800, days=300, seed=3))
    shop = open_shop("young")
    first, *_rest = conversions(shop, window_days=60)
    assert first.order_no == 1
    assert first.low < first.share < first.high
    assert first.known <= first.customers
    assert "go from purchase 1 to 2 within 60 days" in answers.conversion_metrics([first])[0].label
    assert conversions(shop, window_days=1000) == []
    assert "No purchase is old enough" in conversion_sentences.conversion_sentence([])
    with pytest.raises(ParameterError, match="window_days == 0, must be >= 1"):
        conversions(shop, window_days=0)


def test_few_paused_are_not_told_by_another_table(book) -> None:
    """At risk after order 1 are 40 of 44: those who reached it would tell the four who paused."""
    book.add([0, 30], times=40)
    book.add([0], events=[(15, "pause")], times=4)
    active = people_tables.active_table(book.active(as_of=60)).frame
    assert active.iloc[0].tolist() == ["1", "0", "<10", "0"]
    (row,) = balance_rows(book)
    assert row == {
        "order": "1", "reached it": NOTHING, "continued": 40, "lost": 0,
        "not yet due, or paused": NOTHING, "committed": "0", "left out": "0",
    }  # fmt: skip
    book.add([58], commitment=2, times=20)
    (row,) = balance_rows(book)
    assert (row["reached it"], row["not yet due, or paused"], row["committed"]) == (
        "64", NOTHING, NOTHING,
    )  # fmt: skip
    book.add([55], times=20)
    (row,) = balance_rows(book)
    assert (row["reached it"], row["not yet due, or paused"], row["committed"]) == (
        "84", "24", "20",
    )  # fmt: skip


def balance_rows(book) -> list[dict]:
    cells = book.cells(as_of=60)
    hazards = order_hazards(cells[cells["cut"] == "cohort"])
    return people_tables.balance_table(balance(cells), hazards).frame.to_dict("records")


def test_lowest_conversion_is_named_only_where_intervals_part() -> None:
    def said(*shares: tuple[float, float, float]) -> str:
        return conversion_sentences.conversion_sentence(
            [
                Conversion(n, 100, 60, *ends, 100, 20.0, 0.3, pd.DataFrame())
                for n, ends in enumerate(shares, start=1)
            ]
        )

    alone = said((0.3, 0.2, 0.4))
    assert "After purchase 1, 30.0% [20.0% to 40.0%] buy again within 60 days. Half" in alone
    assert "fewer than after any other" in said((0.3, 0.2, 0.4), (0.6, 0.5, 0.7))
    overlap = said((0.6, 0.5, 0.7), (0.3, 0.2, 0.4), (0.5, 0.39, 0.61))
    assert "After purchase 2, 30.0% [20.0% to 40.0%]" in overlap
    assert "cannot be told yet" in overlap
