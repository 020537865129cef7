"""Every way from one order to the next, by hand: what counts when, and what does not."""

from datetime import timedelta

import pandas as pd
import pytest

from analysis.churn.transitions import balance, count_transitions, mean_order_minor
from analysis.errors import DataError, ParameterError
from analysis.shop import open_shop

from .conftest import START

GRACE = 14


def test_an_early_cancellation_waits_for_its_peers(book) -> None:
    """Known on day 5, it counts from day 44 on, when the continuations of its peers are known."""
    book.add([0], cancelled=5)
    book.add([0, 30])
    assert book.ways(as_of=43) == {(1, "not_yet_due"): 2, (2, "not_yet_due"): 1}
    assert book.ways(as_of=44) == {
        (1, "cancelled"): 1,
        (1, "continued"): 1,
        (2, "not_yet_due"): 1,
    }


def test_nothing_after_the_day_is_read(book) -> None:
    book.add([0, 30, 60], cancelled=75, reason="price", events=[(15, "skip"), (70, "pause")])
    cells = book.cells(as_of=20)
    assert set(cells["order_no"]) == {1}
    assert set(cells["standing"].dropna()) == {"open"}
    assert cells["cancel_reason"].isna().all()


def test_cancelled_on_the_first_day(book) -> None:
    book.add([0], cancelled=0)
    assert book.ways(as_of=44) == {(1, "cancelled"): 1}


def test_cancelled_before_the_first_order_is_no_transition(book) -> None:
    book.add([], cancelled=3)
    book.add([0])
    assert book.ways(as_of=10) == {(1, "not_yet_due"): 1}


def test_cancelled_after_the_last_order_before_the_next_is_due(book) -> None:
    book.add([0, 30], cancelled=50)
    assert book.ways(as_of=55) == {(1, "continued"): 1, (2, "not_yet_due"): 1}
    assert book.ways(as_of=74) == {(1, "continued"): 1, (2, "cancelled"): 1}
    assert book.active(as_of=55).empty, "cancelled is not active"


def test_running_subscriptions_are_those_that_bring_orders(book) -> None:
    """Older than the data, come back, and committed ones run too; those long overdue do not."""
    book.add([0, 30, 60], started=-90)
    book.add([0, 60], times=2)
    book.add([60], commitment=3)
    book.add([0], commitment=3)
    ways = book.ways(as_of=80)
    assert (ways[3, "began_before"], ways[2, "came_back"]) == (1, 2)
    assert book.active(as_of=80).to_numpy().tolist() == [[1, 1, 0, 1], [2, 2, 0, 0], [3, 1, 0, 0]]
    assert book.active(as_of=80, grace=0)["active"].sum() == 4
    assert book.active(as_of=104)["active"].sum() == 4, "due on day 90, expected until day 104"
    assert book.active(as_of=105)["active"].sum() == 0


def test_cancellation_that_takes_effect_after_one_more_order(book) -> None:
    book.add([0, 30], cancelled=25)
    assert book.ways(as_of=90) == {(1, "continued"): 1, (2, "cancelled"): 1}


def test_no_order_and_no_cancellation_is_a_lapse(book) -> None:
    book.add([0])
    assert book.ways(as_of=43) == {(1, "not_yet_due"): 1}
    assert book.ways(as_of=44) == {(1, "lapsed"): 1}


def test_an_order_within_the_grace_continues(book) -> None:
    book.add([0, 44])
    book.add([0, 45])
    assert book.ways(as_of=60) == {
        (1, "continued"): 1,
        (1, "lapsed"): 1,
        (2, "not_yet_due"): 1,
        (2, "came_back"): 1,
    }


def test_skips_move_the_due_day(book) -> None:
    book.add([0, 60], events=[(15, "skip")])
    book.add([0, 90], events=[(15, "skip"), (45, "skip")])
    assert book.ways(as_of=73)[1, "not_yet_due"] == 2
    assert book.ways(as_of=110)[1, "continued"] == 2


def test_a_pause_moves_the_due_day_by_its_length(book) -> None:
    book.add([0, 70], events=[(15, "pause"), (55, "resume")])
    assert book.ways(as_of=83)[1, "not_yet_due"] == 1
    assert book.ways(as_of=84)[1, "continued"] == 1


def test_an_open_pause_is_apart(book) -> None:
    book.add([0], events=[(15, "pause")])
    assert book.ways(as_of=400) == {(1, "paused"): 1}
    assert book.active(as_of=400).to_numpy().tolist() == [[1, 0, 1, 0]]


def test_a_pause_that_ends_in_a_cancellation_counts_from_then(book) -> None:
    book.add([0], cancelled=100, events=[(15, "pause")])
    assert book.ways(as_of=99) == {(1, "paused"): 1}
    assert book.ways(as_of=128) == {(1, "not_yet_due"): 1}
    assert book.ways(as_of=129) == {(1, "cancelled"): 1}


def test_a_failed_payment_is_not_a_decision(book) -> None:
    book.add([0], cancelled=40, events=[(30, "payment_failure")])
    book.add([0, 35], events=[(30, "payment_failure")])
    assert book.ways(as_of=60) == {
        (1, "payment_failed"): 1,
        (1, "continued"): 1,
        (2, "not_yet_due"): 1,
    }


def test_who_may_not_leave_is_not_at_risk(book) -> None:
    book.add([0, 30, 60], commitment=3, cancelled=70)
    ways = book.ways(as_of=200)
    assert ways == {(1, "committed"): 1, (2, "committed"): 1, (3, "cancelled"): 1}
    cells = book.cells(as_of=200)
    ends = cells[(cells["cut"] == "cohort") & (cells["is_commitment_end"] == 1)]
    assert ends["order_no"].tolist() == [3]


def test_exchanges_and_duplicates_are_no_orders(book) -> None:
    book.add([0, 0, 3, 30, 36, 60])
    assert sorted(book.ways(as_of=80)) == [(1, "continued"), (2, "continued"), (3, "not_yet_due")]


def test_all_parcels_of_an_order_are_its_amount(book) -> None:
    """Parcels of 1000, 1010 and 1020 make the first order, 1030 and 1040 the second."""
    book.add([0, 0, 3, 30, 36, 60])
    cells = book.cells(as_of=80)
    cohort = cells[cells["cut"] == "cohort"].set_index("order_no")["amount_minor"]
    assert cohort.to_dict() == {1: 3030, 2: 2070, 3: 1050}
    assert mean_order_minor(cells) == (2070 + 1050) / 2
    day = START + timedelta(days=50)
    running = book.engine().reduce("running_subscriptions", as_of=day, known_by=day)
    assert running["amount_minor"].tolist() == [2070], "as running subscriptions have it"
    assert book.cells(as_of=34)["amount_minor"].max() == 3030, "later parcels are not known yet"


def test_weekly_orders_are_orders(book) -> None:
    book.add([0, 7, 14], cycle=7)
    assert sorted(book.ways(as_of=60, grace=3)) == [
        (1, "continued"),
        (2, "continued"),
        (3, "lapsed"),
    ]


def test_cycle_changed_midway(book) -> None:
    """The table knows the cycle of now: earlier orders came sooner, and continued all the same."""
    book.add([0, 30, 60, 120], cycle=60)
    book.add([0, 60, 120, 150], cycle=30)
    ways = book.ways(as_of=400)
    assert ways[1, "continued"] == 1
    assert ways[1, "lapsed"] == 1, "without a trace, it looks like a lapse"
    book.add([0, 60, 90], cycle=30, events=[(20, "skip")])
    assert book.ways(as_of=400)[1, "continued"] == 2


def test_resubscription_is_a_new_spell(book) -> None:
    book.add([0, 30, 150, 180], events=[(40, "cancel"), (140, "resume")])
    assert book.ways(as_of=200) == {
        (1, "continued"): 1,
        (2, "cancelled"): 1,
        (3, "came_back"): 1,
        (4, "came_back"): 1,
    }


def test_resubscription_within_the_grace_is_a_new_spell_too(book) -> None:
    book.add([0, 35], events=[(10, "cancel"), (20, "resume")])
    assert book.ways(as_of=100) == {(1, "cancelled"): 1, (2, "came_back"): 1}


def test_two_subscriptions_of_one_customer_are_two(book) -> None:
    book.add([0, 30], customer="C1")
    book.add([100], customer="C1", cancelled=110)
    assert book.ways(as_of=200) == {(1, "continued"): 1, (1, "cancelled"): 1, (2, "lapsed"): 1}
    ended = book.engine().reduce("ended_subscribers", as_of=pd.Timestamp("2024-12-31").date())
    assert ended.empty, "the other subscription was never cancelled"


def test_began_before_the_data(book) -> None:
    """Without the shop's own number the first order seen may be the ninth: it is left out."""
    book.add([5, 35, 65], started=-300)
    assert {outcome for _n, outcome in book.ways(as_of=80)} == {"began_before"}
    book.add([5, 35, 65], started=-115, first_number=5)
    ways = book.ways(as_of=80)
    assert ways[5, "continued"] == ways[6, "continued"] == ways[7, "not_yet_due"] == 1


def test_outcomes_add_up_to_those_who_reached_the_order(book) -> None:
    book.add([0, 30], cancelled=50, times=3)
    book.add([0], events=[(10, "pause")], times=2)
    book.add([0, 30, 60], commitment=2)
    book.add([70])
    book.add([0, 80])
    table = balance(book.cells(as_of=80)).set_index("order_no")
    assert table["reached"].to_dict() == {1: 8, 2: 5, 3: 1}
    assert table.loc[1, ["continued", "lost", "committed", "paused", "not_yet_due"]].tolist() == [
        3, 1, 1, 2, 1,
    ]  # fmt: skip
    assert table.loc[2, ["continued", "lost", "came_back"]].tolist() == [1, 3, 1]


def test_cuts_that_disagree_are_refused(book) -> None:
    book.add([0, 30])
    cells = book.cells(as_of=80)
    with pytest.raises(DataError, match="Counted by offer, subscriptions differ"):
        balance(cells[(cells["cut"] != "offer") | (cells["order_no"] == 1)])


def test_who_went_past_an_order_has_reached_the_next(book) -> None:
    book.add([0, 30], times=9)
    book.add([65], started=-115, first_number=3)
    cells = book.cells(as_of=80)
    assert balance(cells)["reached"].tolist() == [9, 9, 1], "later ones may be older than the data"
    fewer = cells.assign(subscriptions=cells["subscriptions"].mask(cells["order_no"] == 2, 5))
    with pytest.raises(DataError, match="9 subscriptions went past order 1, but only 5 reached"):
        balance(fewer)


def test_a_shop_without_events_reads_like_one_without_any(book) -> None:
    book.add([0, 30])
    engine = book.engine()
    before = engine.reduce("subscription_transitions", as_of=pd.Timestamp(2024, 3, 1).date(),
                           grace_days=14)  # fmt: skip
    (book.folder / "subscription_events.parquet").unlink()
    from analysis.engine import open_engine

    after = open_engine(book.folder).reduce(
        "subscription_transitions", as_of=pd.Timestamp(2024, 3, 1).date(), grace_days=14
    )
    pd.testing.assert_frame_equal(after, before)


def test_negative_grace_and_no_orders_are_refused(book, home) -> None:
    shop = open_shop("tiny")._replace(engine=book.engine())
    with pytest.raises(ParameterError, match="grace_days == -1, must be >= 0"):
        count_transitions(shop, grace_days=-1)
    with pytest.raises(DataError, match="No subscription of shop 'tiny' has an order"):
        count_transitions(shop, grace_days=14)
