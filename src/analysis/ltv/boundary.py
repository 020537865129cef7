"""What it means when a model fits best at an edge of what its parameters can be.

Small or unusual shops often do not tell customers apart in one respect: they all buy at one rate,
or leave with one chance, or never leave. The most likely parameters are then infinite or zero.
Other fitters stop there with an error; here the fit is kept, and the edge is named.
"""

from typing import Literal

import numpy as np

from analysis.language import _

Boundary = Literal[
    "one_rate",
    "few_rates",
    "nobody_leaves",
    "everybody_leaves",
    "one_chance_of_leaving",
    "leave_at_once_or_never",
    "own_amount_is_fixed",
    "one_mean_amount",
    "no_mean_amount",
]

_LARGE = 1e4
# A customer's amounts then vary by 3%.
_FIXED = 1e3
_SMALL = 1e-3
_NEVER = 1e-4


def purchase_boundaries(parameters: np.ndarray) -> tuple[Boundary, ...]:
    """Name the edges at which r, alpha, a and b of a purchase model lie.

    >>> purchase_boundaries([0.24, 4.4, 0.8, 2.4])
    ()
    >>> purchase_boundaries([0.24, 4.4, 1e6, 8e6])
    ('one_chance_of_leaving',)
    """
    r, _alpha, a, b = parameters
    named: list[Boundary] = []
    if r > _LARGE:
        named.append("one_rate")
    if r < _SMALL:
        named.append("few_rates")
    if a < _NEVER * b:
        named.append("nobody_leaves")
    elif b < _NEVER * a:
        named.append("everybody_leaves")
    elif a + b > _LARGE:
        named.append("one_chance_of_leaving")
    elif a + b < _SMALL:
        named.append("leave_at_once_or_never")
    return tuple(named)


def spend_boundaries(parameters: np.ndarray) -> tuple[Boundary, ...]:
    """Name the edges at which p, q and v of a spend model lie."""
    p, q, _v = parameters
    named: list[Boundary] = []
    if p > _FIXED:
        named.append("own_amount_is_fixed")
    if q > _LARGE:
        named.append("one_mean_amount")
    if q <= 1:
        named.append("no_mean_amount")
    return tuple(named)


def unidentified(boundaries: tuple[Boundary, ...], names: list[str]) -> np.ndarray:
    """Return which parameters the data cannot tell, of those named.

    Where two grow without end together, their ratio is known, so only one of them is unknown.
    """
    unknown = {
        "one_rate": {"alpha"},
        "few_rates": {"r"},
        "nobody_leaves": {"a", "b"},
        "everybody_leaves": {"a", "b"},
        "one_chance_of_leaving": {"b"},
        "leave_at_once_or_never": {"b"},
        "own_amount_is_fixed": {"p"},
        "one_mean_amount": {"q"},
        "no_mean_amount": set(),
    }
    lost = set().union(*(unknown[name] for name in boundaries))
    return np.array([name in lost for name in names])


def boundary_sentence(boundary: Boundary) -> str:
    """Say what an edge means for the reader of a report."""
    return {
        "one_rate": _(
            "Customers do not differ in how often they buy, as far as this history tells: the "
            "model gives all of them one rate."
        ),
        "few_rates": _(
            "Almost nobody buys again, and the few who do buy often: the model cannot tell how "
            "the others would buy."
        ),
        "nobody_leaves": _(
            "This history shows nobody leaving for good: the model takes every customer for alive, "
            "however long the silence. A longer history may tell."
        ),
        "everybody_leaves": _(
            "As far as this history tells, every customer leaves at the first chance: the model "
            "expects next to nothing of customers who have bought again."
        ),
        "one_chance_of_leaving": _(
            "Customers do not differ in their chance of leaving, as far as this history tells: the "
            "model gives all of them one chance at each purchase."
        ),
        "leave_at_once_or_never": _(
            "Customers either leave at the first chance or stay for good, as far as this history "
            "tells: the model knows only how many do either."
        ),
        "own_amount_is_fixed": _(
            "Every customer pays nearly the same amount each time: own past amounts predict the "
            "next one almost exactly."
        ),
        "one_mean_amount": _(
            "Customers do not differ in what they pay on average, as far as this history tells: "
            "the model gives all of them one mean amount."
        ),
        "no_mean_amount": _(
            "Amounts differ so much between customers that the model gives them no mean."
        ),
    }[boundary]
