"""Scores, segments, states and movement by hand, and rules that must hold for any customers."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from analysis import customers, ltv
from analysis.customers import figures, rfm, segments, sentences, tables
from analysis.customers.movement import NOT_YET, rank_of
from analysis.customers.states import Stages
from analysis.errors import ParameterError
from analysis.suppression import MIN_SHOWN, hidden

CUTS = rfm.Thresholds((120, 60, 30, 14), (2, 3, 5, 9), (1000, 2000, 3000, 4000), is_fixed=True)


def ranks(**columns: list[int]) -> pd.DataFrame:
    names = (
        "age_days recency_days purchases amount_minor quiet_ago_days window_purchases "
        "window_amount_minor then_age_days then_recency_days then_window_purchases "
        "then_window_amount_minor"
    )
    length = len(next(iter(columns.values())))
    return pd.DataFrame({name: columns.get(name, [0] * length) for name in names.split()})


def test_scores_by_hand() -> None:
    people = ranks(
        recency_days=[14, 15, 60, 121, 500],
        window_purchases=[9, 8, 1, 3, 0],
        window_amount_minor=[4000, 3999, 0, 2000, 0],
    )
    assert rfm.scores(people, CUTS).to_numpy().tolist() == [
        [5, 5, 5],
        [4, 4, 4],
        [3, 1, 1],
        [1, 3, 3],
        [0, 0, 0],
    ]


def test_fifths_keep_equal_customers_together() -> None:
    once = [1] * 60 + [2] * 20 + [3] * 15 + [40] * 5
    people = ranks(
        recency_days=list(range(100)), window_purchases=once, window_amount_minor=[5] * 100
    )
    cuts = rfm.thresholds(people, currency="JPY")
    assert not cuts.is_fixed
    assert cuts.recency_days == (79, 59, 39, 19)
    assert cuts.purchases == (2, 2, 2, 3)
    scored = rfm.scores(people, cuts)
    assert scored.groupby(people["window_purchases"])["f_score"].nunique().max() == 1
    assert scored["f_score"].tolist() == [1] * 60 + [4] * 20 + [5] * 20
    assert set(scored["m_score"]) == {1}, "who pays all the same is neither best nor worst"
    assert scored["r_score"].value_counts().tolist() == [20] * 5


def test_fixed_limits_are_given_whole_and_in_order() -> None:
    people = ranks(recency_days=[1], window_purchases=[1], window_amount_minor=[1])
    cuts = rfm.thresholds(
        people,
        recency_days="120 60 30 14",
        purchases="2 3 5 9",
        amounts="10 20 30 40.5",
        currency="USD",
    )
    assert cuts == (*CUTS[:2], (1000, 2000, 3000, 4050), True)
    with pytest.raises(ParameterError, match="rfm_amounts == '', must be given too"):
        rfm.thresholds(people, recency_days="4 3 2 1", purchases="1 2 3 4", currency="USD")
    for wrong in ("14 30 60 120", "120 60 30", "120 60 x 14"):
        with pytest.raises(ParameterError, match="must be four falling numbers"):
            rfm.thresholds(
                people, recency_days=wrong, purchases="1 2 3 4", amounts="1 2 3 4", currency="USD"
            )


def test_segments_by_hand() -> None:
    people = ranks(
        purchases=[9, 9, 1, 2, 9, 2, 2, 7],
        recency_days=[10, 50, 20, 20, 90, 50, 90, 900],
        window_purchases=[9, 6, 1, 2, 5, 2, 2, 0],
        window_amount_minor=[9000, 100, 50, 50, 100, 50, 50, 0],
    )
    named = customers.segment(people, rfm.scores(people, CUTS))
    assert named.tolist() == [
        "best",
        "loyal",
        "new",
        "growing",
        "slipping",
        "occasional",
        "cooling",
        "lapsed",
    ]
    sizes = customers.segment_sizes(people, named)
    assert sizes["customers"].tolist() == [1] * 8
    assert sizes["amount_share"].sum() == pytest.approx(1)
    for name in segments.SEGMENTS:
        assert segments.segment_label(name)
        assert "{" not in segments.segment_rule(name, CUTS, currency="USD")


PEOPLE = st.lists(
    st.tuples(
        st.integers(0, 400),  # recency
        st.integers(0, 400),  # tenure
        st.integers(1, 12),
        st.integers(0, 9999),
        st.integers(0, 12),
        st.integers(0, 9999),
    ),
    min_size=1,
    max_size=60,
)


def drawn(people: list[tuple[int, ...]]) -> pd.DataFrame:
    recency, tenure, purchases, amount, then_purchases, then_amount = zip(*people, strict=True)
    return ranks(
        recency_days=list(recency),
        age_days=list(np.add(recency, tenure)),
        purchases=list(purchases),
        amount_minor=list(amount),
        quiet_ago_days=list(np.subtract(recency, 90)),
        window_purchases=list(purchases),
        window_amount_minor=list(amount),
        then_age_days=[0 if bought else -1 for bought in then_purchases],
        then_window_purchases=list(then_purchases),
        then_window_amount_minor=[
            a if n else 0 for a, n in zip(then_amount, then_purchases, strict=True)
        ],
    )


@settings(max_examples=60, deadline=None)
@given(people=PEOPLE, data=st.data())
def test_everybody_is_counted_once_in_any_order(
    people: list[tuple[int, ...]], data: st.DataObject
) -> None:
    frame = drawn(people)
    shuffled = drawn(data.draw(st.permutations(people)))
    results = []
    for given_frame in (frame, shuffled):
        cuts = rfm.thresholds(given_frame, currency="JPY")
        scored = rfm.scores(given_frame, cuts)
        limits = customers.rank_limits(given_frame)
        stages = customers.stages(given_frame, tenure_days=180, currency="JPY")
        moved = customers.movement(given_frame, limits)
        sizes = customers.segment_sizes(given_frame, customers.segment(given_frame, scored))
        states = customers.cpm_states(given_frame, stages)
        assert scored.to_numpy().min() >= 1
        assert scored.to_numpy().max() <= 5
        for counted in (sizes["customers"], states["customers"], moved.to_numpy()):
            assert counted.sum() == len(people)
        assert len(states) == 10
        assert states["amount_minor"].sum() == given_frame["amount_minor"].sum()
        results.append((cuts, limits, sizes.to_dict(), states.to_dict(), moved.to_dict()))
    assert results[0] == results[1]


def sizes_of(counts: list[int]) -> pd.DataFrame:
    numbers = np.array(counts)
    return pd.DataFrame(
        {
            "segment": list(segments.SEGMENTS[: len(counts)]),
            "customers": numbers,
            "customer_share": numbers / numbers.sum(),
            "amount_minor": numbers,
            "amount_share": numbers / numbers.sum(),
        }
    )


def test_few_people_are_told_neither_by_their_shares_nor_by_the_rest() -> None:
    # 1,000 in all: without the 40, the seven would be what is left.
    table = tables.segment_table(sizes_of([953, 40, 7]), CUTS, currency="USD")
    assert table.frame.iloc[:, 2:].to_numpy().tolist() == [
        ["953", "95.3%", "95.3%"],
        ["–", "–", "–"],
        ["<10", "–", "–"],
    ]
    assert "fewer than 10 people is hidden" in table.caption
    open_table = tables.segment_table(sizes_of([900, 60, 40]), CUTS, currency="USD")
    assert open_table.frame.iloc[2, 2:].tolist() == ["40", "4.0%", "4.0%"]
    assert "hidden" not in open_table.caption


@given(st.lists(st.one_of(st.integers(0, 12), st.integers(10, 500)), min_size=1, max_size=9))
def test_what_is_hidden_is_enough_together(counts: list[int]) -> None:
    chosen = hidden(counts)
    assert all(chosen[at] for at, count in enumerate(counts) if 0 < count < MIN_SHOWN)
    together = sum(count for at, count in enumerate(counts) if chosen[at])
    others = any(count >= MIN_SHOWN for at, count in enumerate(counts) if not chosen[at])
    assert together == 0 or together >= MIN_SHOWN or not others
    if not any(0 < count < MIN_SHOWN for count in counts):
        assert together == 0, "nothing is hidden without need"


def labels_of(chart) -> list[str]:
    return [text.get_text() for text in chart.fig.axes[0].texts]


def test_charts_do_not_say_in_words_what_they_hide() -> None:
    states = customers.cpm_states(
        ranks(purchases=[3] * 5, age_days=[400] * 5, amount_minor=[9] * 5, quiet_ago_days=[-1] * 5),
        Stages(180, 9, is_fixed=True),
    )
    chart = figures.state_chart(states)
    assert "fewer than 10 are active and 0 gone quiet" in chart.alt
    assert sorted(labels_of(chart)) == ["0"] * 9 + ["<10"]
    # Neither does the length of a bar tell how few.
    assert max(bar.get_width() for bar in chart.fig.axes[0].patches) == MIN_SHOWN / 2
    cells = pd.DataFrame(
        [(r, f, 3 if r == f == 5 else 20) for r in range(1, 6) for f in range(1, 6)],
        columns=["r_score", "f_score", "customers"],
    )
    best = figures.score_chart(cells)
    assert "fewer than 10 customers have the best of both" in best.alt
    assert sorted(labels_of(best)) == ["20"] * 24 + ["<10"]
    moved = pd.DataFrame(np.diag([50, 50, 50, 50, 50]), columns=range(5))
    moved = pd.concat([moved, pd.DataFrame([[0] * 5])], ignore_index=True)
    moved.loc[0, 1] = 4
    said = figures.movement_chart(moved, compared_on=date(2025, 1, 1)).alt
    assert "0 customers rose and fewer than 10 fell" in said


def test_tenths_of_few_buyers_are_not_formed() -> None:
    few = ranks(window_purchases=[1] * 99 + [0] * 50, window_amount_minor=[5] * 149)
    assert customers.buyer_deciles(few) is None
    assert "Fewer than 100 customers paid" in sentences.deciles_sentence(None)
    enough = ranks(window_purchases=[1] * 100, window_amount_minor=[5] * 100)
    assert customers.buyer_deciles(enough)["customers"].tolist() == [10] * 10
    assert customers.buyer_deciles(enough.assign(window_amount_minor=0)) is None


def test_states_by_hand() -> None:
    people = ranks(
        purchases=[1, 2, 2, 3, 3, 1],
        age_days=[10, 20, 300, 30, 400, 500],
        recency_days=[10, 10, 100, 20, 5, 500],
        amount_minor=[900, 100, 100, 5000, 5000, 50],
        quiet_ago_days=[-80, -80, 10, -70, -85, 410],
    )
    stages = customers.stages(people, tenure_days=180, amount=50, currency="USD")
    assert stages == (180, 5000, True)
    counted = customers.cpm_states(people, stages)
    found = {(row.stage, row.is_active): row.customers for row in counted.itertuples()}
    assert {state: n for state, n in found.items() if n} == {
        ("first", True): 1,
        ("first", False): 1,
        ("starting", True): 1,
        ("steady", False): 1,
        ("burst", True): 1,
        ("top", True): 1,
    }
    with pytest.raises(ParameterError, match="cpm_tenure_days == 0"):
        customers.stages(people, tenure_days=0, currency="USD")


def test_movement_by_hand() -> None:
    then = [100, 90, 80, 70, 60, 50, 40, 30, 20, 10]
    people = ranks(
        then_window_purchases=[1] * 10 + [0, 0],
        then_window_amount_minor=[*then, 0, 0],
        then_age_days=[50] * 10 + [50, -1],
        window_purchases=[1, 0, *[1] * 10],
        window_amount_minor=[95, 0, 100, *then[3:], 150, 5],
    )
    limits = customers.rank_limits(people)
    assert limits == (100, 80, 50)
    assert rank_of(people["window_amount_minor"], people["window_purchases"], limits).tolist() == [
        1,
        4,
        0,
        2,
        2,
        2,
        3,
        3,
        3,
        3,
        0,
        3,
    ]
    moved = customers.movement(people, limits)
    assert moved.loc[0].tolist() == [0, 1, 0, 0, 0], "the only top customer fell"
    assert moved.loc[NOT_YET].tolist() == [0, 0, 0, 1, 0]
    change = customers.top_change(people, limits)
    assert (change.before, change.now, change.fell, change.rose) == (1, 2, 1, 2)
    assert (change.lost_minor, change.gained_minor) == (5, 20 + 150)


def test_balance_of_top_customers_agrees_with_mcnemar() -> None:
    for fell, rose in ((30, 60), (40, 52), (25, 26)):
        stay = 400
        people = ranks(
            then_window_purchases=[1] * (fell + rose + stay),
            then_window_amount_minor=[9] * fell + [1] * rose + [1] * stay,
            window_purchases=[1] * (fell + rose + stay),
            window_amount_minor=[1] * fell + [9] * rose + [1] * stay,
        )
        change = customers.top_change(people, (9, 5, 3))
        theirs = mcnemar([[0, fell], [rose, stay]], exact=False, correction=False)
        assert (change.fell, change.rose) == (fell, rose)
        assert (change.low > 0) == (theirs.pvalue < 0.05)


def test_both_days_look_back_equally_far() -> None:
    first, last = date(2025, 1, 1), date(2025, 12, 31)
    assert customers.comparison(first, last) == (date(2025, 10, 2), 275)
    assert customers.comparison(first, last, window_days=90).window_days == 90
    chosen = customers.comparison(first, last, compared_on="2025-03-31", window_days=180)
    assert chosen == (date(2025, 3, 31), 90)
    assert customers.comparison(first, first) == (first, 1)
    with pytest.raises(ParameterError, match="compared_on == 2026-01-01"):
        customers.comparison(first, last, compared_on="2026-01-01")
    with pytest.raises(ParameterError, match="rank_window_days == 0"):
        customers.comparison(first, last, window_days=0)


def test_deciles_take_ranks_as_they_are() -> None:
    people = ranks(window_purchases=[1] * 200, window_amount_minor=list(range(1, 201)))
    tenths = ltv.deciles(people.rename_axis("customer_id").reset_index(), "window_amount_minor")
    assert tenths["value_minor"].tolist()[0] == sum(range(181, 201))
