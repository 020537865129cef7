from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.schedule.days import missed_days, period_end

DAYS = st.dates(date(1999, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("every", "day", "end"),
    [
        ("day", date(2024, 2, 29), date(2024, 2, 29)),
        ("week", date(2026, 11, 22), date(2026, 11, 22)),  # a Sunday
        ("week", date(2026, 11, 23), date(2026, 11, 22)),
        ("month", date(2024, 2, 28), date(2024, 1, 31)),
        ("month", date(2024, 2, 29), date(2024, 2, 29)),
        ("month", date(2026, 1, 1), date(2025, 12, 31)),
    ],
)
def test_the_last_period_that_is_over(every, day, end):
    assert period_end(every, day) == end


@given(st.sampled_from(["day", "week", "month"]), DAYS, st.integers(0, 100))
def test_missed_days_are_all_ends_of_periods_in_between(every, since, length):
    before = since + timedelta(days=length)
    between = [since + timedelta(days=n) for n in range(length)]
    ends = [day for day in between if period_end(every, day) == day]
    assert missed_days(every, since=since, before=before) == ends
