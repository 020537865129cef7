"""A change beyond uncertainty, one within, and none where a number was computed otherwise."""

import math
from datetime import date

import numpy as np
import pytest

from analysis.findings import Metric
from analysis.intervals import wilson
from analysis.report.front.history import read_history
from analysis.report.front.lines import Point, compare, last_change, lines, moves, points
from analysis.report.front.trends import trend

from .conftest import metric


def point(day, value, low=None, high=None, fingerprint="a"):
    return Point(
        date.fromisoformat(day), Metric("m", "M", "", value, low, high, 1, "", fingerprint)
    )


def test_newcombes_interval_of_a_difference_of_shares():
    """Newcombe (1998), Statistics in Medicine 17, 873-890, table II, example (a), method 10."""
    shares = []
    for events, trials in ((56, 70), (48, 80)):
        low, high = wilson(events, trials)
        shares.append(point("2026-01-31", events / trials, float(low), float(high)))
    change = compare(*shares)
    assert (round(change.low, 4), round(change.high, 4)) == (0.0524, 0.3339)
    assert change.direction == "rose"


@pytest.mark.parametrize(
    ("value", "direction"), [(13.0, "rose"), (12.0, "within"), (8.0, "within"), (7.0, "fell")]
)
def test_a_change_counts_only_beyond_both_uncertainties(value, direction):
    now, before = point("2026-02-28", value, value - 2, value + 2), point("2026-01-31", 10, 8, 12)
    change = compare(now, before)
    assert change.direction == direction
    assert change.high - change.low == pytest.approx(2 * math.hypot(2, 2))
    assert (change.p < 0.05) == (direction != "within")


def test_without_an_interval_nothing_is_claimed():
    assert compare(point("2026-02-28", 20), point("2026-01-31", 10, 9, 11)).direction == "unknown"


def test_equal_values_without_spread_are_no_change():
    now, before = point("2026-02-28", 1, 1, 1), point("2026-01-31", 1, 1, 1)
    assert (compare(now, before).direction, compare(now, before).p) == ("within", 1.0)


def test_a_metric_computed_otherwise_starts_a_new_line(tmp_path, put):
    put("2026-01-31", [metric("a", 10, spread=1)])
    put("2026-02-28", [metric("a", 11, spread=1)])
    put("2026-03-31", [metric("a", 50, spread=1, fingerprint="bbbb")])
    found = points(read_history(tmp_path, "tiny")["01_customers"], "a")
    assert [[one.metric.value for one in line] for line in lines(found)] == [[10, 11], [50]]
    assert last_change(found) is None
    told = trend(read_history(tmp_path, "tiny")["01_customers"], "a")
    assert told.since == "Computed differently from 31 March 2026 on: a new line begins here."
    assert told.chart.count('class="line') == 1, "nothing leads from one line to the other"
    assert "2 lines" in told.chart


def test_earlier_days_run_again_join_the_new_line(tmp_path, put):
    put("2026-01-31", [metric("a", 10, spread=1)])
    put("2026-02-28", [metric("a", 50, spread=1, fingerprint="bbbb")])
    put("2026-01-31", [metric("a", 40, spread=1, fingerprint="bbbb")])
    change = last_change(points(read_history(tmp_path, "tiny")["01_customers"], "a"))
    assert (change.before.metric.value, change.direction) == (40, "rose")


def test_the_reference_is_a_month_before_or_else_the_last_run(tmp_path, put):
    for day, value in (("2026-01-31", 1), ("2026-02-27", 2), ("2026-02-28", 3), ("2026-03-01", 4)):
        put(day, [metric("a", value, spread=9)])
    records = read_history(tmp_path, "tiny")["01_customers"]
    assert last_change(points(records, "a")).before.day == date(2026, 1, 31)
    assert last_change(points(records[1:], "a")).before.day == date(2026, 2, 28)


def test_within_and_beyond_are_said(tmp_path, put):
    put("2026-01-31", [metric("a", 0.299, spread=0.01, text="29.9% [28.9% to 30.9%]")])
    put("2026-02-28", [metric("a", 0.312, spread=0.01, text="31.2% [30.2% to 32.2%]")])
    told = trend(read_history(tmp_path, "tiny")["01_customers"], "a")
    assert (told.text, told.interval) == ("31.2%", "30.2% to 32.2%")
    assert told.since == "29.9% on 31 January 2026: change within uncertainty"
    put("2026-02-28", [metric("a", 0.412, spread=0.01, text="41.2% [40.2% to 42.2%]")])
    told = trend(read_history(tmp_path, "tiny")["01_customers"], "a")
    assert told.since == "29.9% on 31 January 2026: it rose, by more than its uncertainty"


def test_a_metric_that_the_last_run_lacks_is_silent(tmp_path, put):
    put("2026-01-31", [metric("a", 1)])
    put("2026-02-28", [metric("b", 1)])
    assert trend(read_history(tmp_path, "tiny")["01_customers"], "a") is None


def test_what_moved_is_named_and_what_stayed_is_not(tmp_path, put):
    steady = [metric(f"m{n}", 10, spread=1) for n in range(30)]
    put("2026-01-31", [*steady, metric("a", 10, spread=1), metric("a_before", 0, spread=1)])
    put("2026-02-28", [*steady, metric("a", 20, spread=1), metric("a_before", 10, spread=1)])
    found = moves(read_history(tmp_path, "tiny"), back="run")
    assert found.compared == 31
    assert [change.now.metric.name for change in found.changes] == ["a"]
    assert found.since == date(2026, 1, 31)
    assert moves(read_history(tmp_path, "tiny"), back="month") is None, "told once"


def test_a_month_of_small_steps_is_told_where_no_step_is(tmp_path, put):
    for day in range(1, 31):
        put(f"2026-01-{day:02d}", [metric("a", 10 + day / 10, spread=1)])
    history = read_history(tmp_path, "tiny")
    assert moves(history, back="run").changes == ()
    (change,) = moves(history, back="month").changes
    assert (change.before.day, change.direction) == (date(2026, 1, 2), "rose")


def test_one_false_alarm_in_twenty_runs_where_nothing_moves(tmp_path, put):
    """Of 400 simulated pairs of runs with 25 numbers each, about a twentieth names one."""
    rng = np.random.default_rng(11)
    alarms = 0
    for _round in range(400):
        pairs = rng.normal(size=(25, 2))
        p = [
            compare(
                point("2026-02-28", now, now - 1.96, now + 1.96),
                point("2026-01-31", before, before - 1.96, before + 1.96),
            ).p
            for now, before in pairs
        ]
        alarms += min(p) < 0.05 / len(p)
    assert 8 <= alarms <= 34
