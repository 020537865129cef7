"""A cancellation that only an event tells counts like one of the list, from its day on."""

from datetime import timedelta
from typing import Any

import pandas as pd

from analysis.churn.people import active_by_order

from .conftest import START, Book


def told(book: Book, name: str, *, as_of: int, **values: Any) -> pd.DataFrame:
    day = START + timedelta(days=as_of)
    return book.engine().reduce(name, as_of=day, **values)


def running(book: Book, *, as_of: int) -> int:
    rows = told(book, "running_subscriptions", as_of=as_of, known_by=START + timedelta(days=as_of))
    return int(active_by_order(rows, grace_days=14)["active"].sum()) if len(rows) else 0


def test_it_runs_no_more_from_that_day_on(book: Book) -> None:
    book.add([0, 30], events=[(40, "cancel")])
    assert running(book, as_of=39) == 1
    assert running(book, as_of=40) == 0


def test_resumed_or_ordered_since_it_runs(book: Book) -> None:
    book.add([0, 30], events=[(35, "cancel"), (41, "resume")])
    assert (running(book, as_of=40), running(book, as_of=41)) == (0, 1)
    book.add([0, 30], events=[(20, "cancel")])
    assert (running(book, as_of=25), running(book, as_of=42)) == (1, 2), "an order tells, too"


def test_a_day_that_the_list_tells_stands(book: Book) -> None:
    book.add([0, 30], cancelled=50, events=[(50, "cancel")])
    assert (running(book, as_of=49), running(book, as_of=50)) == (1, 0)


def test_it_is_a_way_to_win_back_and_a_standing(book: Book) -> None:
    book.add([0, 30], events=[(40, "cancel")])
    before, after = (told(book, "ended_subscribers", as_of=day) for day in (39, 60))
    assert before.empty
    assert after[["within_days", "customers"]].to_numpy().tolist() == [[30, 1]]
    (one,) = told(book, "target_subscriptions", as_of=60).to_dict("records")
    assert one["subscription_state"] == "cancelled"
    assert one["days_since_cancellation"] == 20
    assert pd.isna(one["days_until_next_order"])
    (one,) = told(book, "target_subscriptions", as_of=39).to_dict("records")
    assert one["subscription_state"] == "between_orders"


def test_its_reason_is_the_reason_of_the_loss(book: Book) -> None:
    book.add([0, 30], events=[(40, "cancel")], times=2)
    book.events[0]["reason"] = "too expensive"
    cells = book.cells(as_of=200)
    lost = cells[(cells["cut"] == "source") & (cells["outcome"] == "cancelled")]
    assert set(lost["cancel_reason"].dropna()) == {"too expensive"}
    ended = told(book, "ended_subscribers", as_of=60)
    assert set(ended["cancel_reason"].dropna()) == {"too expensive"}
