"""Random subscriptions, judged in the engine and by a plain loop over days."""

from collections import Counter
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

GRACE = 10


def judge(one: dict, *, as_of: int) -> Counter:
    """Count (order number, outcome) of one subscription, event by event."""
    cycle, cancelled = one["cycle"], one["cancelled"]
    if cancelled is not None and cancelled > as_of:
        cancelled = None
    parcels = sorted(day for day in one["orders"] if day <= as_of)
    days = [
        day
        for place, day in enumerate(parcels)
        if place == 0 or 4 * (day - parcels[place - 1]) >= min(cycle, 28)
    ]
    events = [(day, what) for day, what in one["events"] if day <= as_of]
    ways, over = Counter(), False
    for place, day in enumerate(days):
        number = place + 1
        following = days[place + 1] if place + 1 < len(days) else None
        inside = [
            (when, what)
            for when, what in events
            if when >= day and (following is None or when < following)
        ]
        cancels = [when for when, what in inside if what == "cancel"]
        ends = min(cancels, default=None)
        if cancelled is not None and (following is None or day <= cancelled < following):
            ends = cancelled
        skips = sum(what == "skip" for _when, what in inside)
        pauses = [when for when, what in inside if what == "pause"]
        resumes = [when for when, what in inside if what == "resume"]
        wait, waiting_pause = cycle * (1 + skips), False
        if len(pauses) == len(resumes):
            wait += max(sum(resumes) - sum(pauses), 0)
        elif len(pauses) == len(resumes) + 1:
            waiting_pause = following is None and ends is None
            close = following if following is not None else ends if ends is not None else as_of
            wait += max(sum(resumes) + close - sum(pauses), 0)
        again = following is not None and bool(ends is not None and resumes and max(resumes) > ends)
        late = following is not None and following - day > wait + GRACE
        if over:
            ways[number, "came_back"] += 1
        elif number < one["commitment"]:
            ways[number, "committed"] += 1
        elif waiting_pause:
            ways[number, "paused"] += 1
        elif as_of < day + wait + GRACE:
            ways[number, "not_yet_due"] += 1
        elif following is not None and not late and not again:
            ways[number, "continued"] += 1
        elif any(what == "payment_failure" for _when, what in inside):
            ways[number, "payment_failed"] += 1
        elif ends is not None:
            ways[number, "cancelled"] += 1
        else:
            ways[number, "lapsed"] += 1
        over = over or late or again
    return ways


days = st.integers(0, 200)
a_subscription = st.fixed_dictionaries(
    {
        "orders": st.lists(days, min_size=1, max_size=6),
        "cycle": st.sampled_from([7, 30, 60]),
        "cancelled": st.none() | days,
        "commitment": st.integers(1, 3),
        "events": st.lists(
            st.tuples(
                days, st.sampled_from(["skip", "pause", "resume", "cancel", "payment_failure"])
            ),
            max_size=5,
        ),
    }
)


@settings(max_examples=20, deadline=None)
@given(subscriptions=st.lists(a_subscription, min_size=6, max_size=40), as_of=st.integers(0, 260))
def test_the_engine_counts_what_a_plain_loop_counts(
    new_book: Callable, subscriptions: list[dict], as_of: int
) -> None:
    book, expected = new_book(), Counter()
    for one in subscriptions:
        book.add(
            sorted(one["orders"]),
            cycle=one["cycle"],
            cancelled=one["cancelled"],
            commitment=one["commitment"],
            events=one["events"],
        )
        if min(one["orders"]) <= as_of:
            expected += judge(one, as_of=as_of)
    found = book.ways(as_of=as_of, grace=GRACE)
    assert found == dict(expected)


@settings(max_examples=6, deadline=None)
@given(subscriptions=st.lists(a_subscription, min_size=1, max_size=8), as_of=st.integers(0, 260))
def test_every_cut_counts_everybody_once(
    new_book: Callable, subscriptions: list[dict], as_of: int
) -> None:
    book = new_book()
    for place, one in enumerate(subscriptions):
        book.add(
            sorted(one["orders"]),
            cycle=one["cycle"],
            cancelled=one["cancelled"],
            source="ab"[place % 2],
            offer="xy"[place % 2],
            product="pq"[place % 2],
        )
    cells = book.cells(as_of=as_of)
    totals = cells.groupby(["cut", "order_no", "outcome"])["subscriptions"].sum()
    for cut in ("source", "product", "offer"):
        if len(cells):
            assert totals[cut].equals(totals["cohort"])
