"""Wilson intervals against statsmodels and at their edges."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from analysis.errors import ParameterError
from analysis.intervals import wilson


def test_equals_statsmodels() -> None:
    rng = np.random.default_rng(5)
    trials = rng.integers(1, 3000, size=400)
    events = rng.binomial(trials, rng.uniform(size=400))
    for confidence in (0.8, 0.95, 0.99):
        low, high = wilson(events, trials, confidence=confidence)
        expected = proportion_confint(events, trials, alpha=1 - confidence, method="wilson")
        np.testing.assert_allclose(low, expected[0], atol=1e-12)
        np.testing.assert_allclose(high, expected[1], atol=1e-12)


def test_edges() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 10).low == 0.0
    assert wilson(10, 10).high == 1.0


def test_covers_where_the_textbook_interval_does_not() -> None:
    rng = np.random.default_rng(8)
    events = rng.binomial(30, 0.05, size=20_000)
    low, high = wilson(events, 30)
    textbook = 1.96 * np.sqrt(events / 30 * (1 - events / 30) / 30)
    assert np.mean((low <= 0.05) & (high >= 0.05)) > 0.93
    assert np.mean(np.abs(events / 30 - 0.05) <= textbook) < 0.85


@pytest.mark.parametrize(("events", "trials"), [(2, 1), (-1, 5)])
def test_impossible_counts_are_refused(events: int, trials: int) -> None:
    with pytest.raises(ParameterError, match="events must be"):
        wilson(events, trials)


def test_impossible_confidence_is_refused() -> None:
    with pytest.raises(ParameterError, match="confidence == 95, must lie between 0 and 1"):
        wilson(1, 2, confidence=95)
