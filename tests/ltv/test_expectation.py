"""Expectations against 40-digit integrals, against slow integration, and at their edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ltv import expectation
from analysis.ltv.expectation import expected_while_alive, leaving

# r, a, stay, x, o and the integral, taken by mpmath 1.4.1 with 40 digits over the log odds of p.
EXACT = [
    (0.2426, 0.7929, 2.4259, 0, 8.8, 1.19173622064948276),
    (0.2426, 0.7929, 2.4259, 2, 1.0036, 1.84760581901565156),
    (0.05, 0.3, 0.5, 0, 50.0, 0.908982943487176765),
    (0.25, 1.0, 2.0, 0, 12.0, 1.24938802388691015),
    (0.4, 0.4, 0.6, 0, 100.0, 7.88066557316212017),
    (2.0, 0.03, 0.05, 0, 400.0, 413.513121677573247),
    (0.25, 3.5, 0.2, 1, 0.5, 0.441278352130822103),
    (0.7, 20.0, 300.0, 40, 2.0, 18.4488303730435316),
    (5.0, 0.02, 0.1, 200, 1.5, 304.210097330646956),
    (0.1, 8.0, 0.05, 0, 0.01, 0.000994571919932841357),
]


@pytest.mark.parametrize(("r", "a", "stay", "x", "ratio", "exact"), EXACT)
def test_expectations_to_the_last_digits(r, a, stay, x, ratio, exact) -> None:
    ours = expected_while_alive(r, a, stay, np.array([x]), np.array([ratio]))[0, 0]
    assert ours == pytest.approx(exact, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    log_r=st.floats(-2, 1),
    log_a=st.floats(-1.5, 1.3),
    log_stay=st.floats(-1.3, 2.5),
    x=st.sampled_from([0, 1, 5, 50, 300]),
    log_low=st.floats(-3, -1),
    decades=st.floats(0.3, 3.5),
)
def test_curve_between_its_points_is_the_integral(
    log_r, log_a, log_stay, x, log_low, decades
) -> None:
    r, a, stay = 10.0**log_r, 10.0**log_a, 10.0**log_stay
    ratio = np.geomspace(10**log_low, 10 ** (log_low + decades), 400)
    curve = expected_while_alive(r, a, stay, np.full(400, x), ratio, slopes=True)
    points = leaving(a, np.array([stay + x]), largest=float((r + x) * ratio.max()))
    row = expectation.Leaving(*(part[0] for part in points))
    integral = expectation._at(r + x, ratio, row, slopes=True)
    assert np.allclose(curve[0], integral[0], rtol=1e-11)
    scale = np.abs(integral).max(axis=1, keepdims=True)
    assert (np.abs(curve - integral) <= 1e-9 * scale).all()
    assert (np.diff(curve[0]) > 0).all()


@settings(max_examples=40, deadline=None)
@given(
    r=st.floats(0.05, 5),
    a=st.floats(0.05, 8),
    stay=st.floats(0.05, 50),
    x=st.integers(0, 30),
    ratio=st.floats(0.01, 50),
)
def test_slopes_are_those_of_the_expectation(r, a, stay, x, ratio) -> None:
    def value(r: float, ratio: float, a: float, stay: float) -> float:
        return expected_while_alive(r, a, stay, np.array([x]), np.array([ratio]))[0, 0]

    at = np.array([r, ratio, a, stay])
    exact = expected_while_alive(r, a, stay, np.array([x]), np.array([ratio]), slopes=True)[1:, 0]
    for place, slope in enumerate(exact):
        step = np.zeros(4)
        step[place] = 1e-5 * at[place]
        difference = (value(*(at + step)) - value(*(at - step))) / (2 * step[place])
        assert slope == pytest.approx(difference, rel=1e-5, abs=1e-8)


def test_no_time_no_purchases() -> None:
    assert expected_while_alive(1, 1, 1, np.arange(3), np.zeros(3)).tolist() == [[0, 0, 0]]
    many = np.concatenate([[0.0], np.geomspace(0.01, 10, 500)])
    assert expected_while_alive(1, 1, 1, np.zeros(501), many)[0, 0] == 0


def test_without_leaving_purchases_go_on_at_the_mean_rate() -> None:
    forever = expected_while_alive(0.3, 1e-6, 1e6, np.array([4]), np.array([2.0]))
    assert forever[0, 0] == pytest.approx(4.3 * 2, rel=1e-9)


def test_one_chance_of_leaving_for_all_is_the_limit() -> None:
    """With p the same for all, E = (1 - (1 + p o) ** -(r + x)) / p."""
    at_edge = expected_while_alive(0.5, 1e8, 9e8, np.array([3]), np.array([1.5]))[0, 0]
    assert at_edge == pytest.approx((1 - 1.15**-3.5) / 0.1, rel=1e-7)


def test_weights_of_chances_are_those_of_the_beta_distribution() -> None:
    for a, stay in ((0.02, 0.05), (0.8, 2.4), (30.0, 4.0), (1e4, 9e4)):
        points = leaving(a, np.array([stay]), largest=10.0)
        assert points.weight.sum() == pytest.approx(1)
        assert (points.weight * points.chance).sum() == pytest.approx(a / (a + stay), rel=1e-12)
