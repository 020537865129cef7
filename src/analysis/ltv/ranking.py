"""Does a prediction put the right customers first? Gini, top-decile capture, and what differs.

The level of a prediction and its ranking are two things: a naive rate may be far off in total and
still put the same customers first.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import DataError

TOP_SHARE = 0.1
REPLICATES = 200


class RankingGain(NamedTuple):
    """How much better one prediction ranks customers, and how much closer it comes, than another.

    All three with the 95% interval of a bootstrap over customers.

    Attributes:
        gini: Difference of the normalized Ginis, above 0 if the first ranks better.
        gini_low: Lower end.
        gini_high: Upper end.
        capture: Difference of the shares of all purchases made by the predicted top tenth.
        capture_low: Lower end.
        capture_high: Upper end.
        error: Difference of the mean absolute errors, below 0 if the first comes closer.
        error_low: Lower end.
        error_high: Upper end.
        customers: Customers compared.
    """

    gini: float
    gini_low: float
    gini_high: float
    capture: float
    capture_low: float
    capture_high: float
    error: float
    error_low: float
    error_high: float
    customers: int


class _Order(NamedTuple):
    """Rows put in order of a prediction, equal ones together: what a ranking needs to know."""

    codes: np.ndarray
    size: int


def normalized_gini(predicted: np.ndarray, actual: np.ndarray) -> float:
    r"""Return how well a prediction ranks: 1 as well as the outcome itself, 0 as chance does.

    $$G = \frac{\sum_i y_i F(\hat y_i)}{\sum_i y_i F(y_i)}$$

    with F a value's mid-rank among all, from -1 to 1; equal predictions share theirs.

    Raises:
        DataError: The outcome is the same for everybody.

    >>> normalized_gini(np.array([3.0, 2.0, 1.0]), np.array([9, 5, 0]))
    1.0
    """
    actual = np.asarray(actual, dtype=float)
    weights = np.ones(len(actual))
    best = _concentration(_order(actual), actual, weights)
    if best <= 0:
        raise DataError("Everybody bought equally often in the holdout period: nothing to rank.")
    return _concentration(_order(predicted), actual, weights) / best


def top_capture(
    predicted: np.ndarray, actual: np.ndarray, *, top_share: float = TOP_SHARE
) -> float:
    """Return which share of what was bought came from the customers who were predicted to be best.

    Where equal predictions lie across the edge of the top, they count in part.

    >>> top_capture(np.arange(10.0), np.arange(10), top_share=0.2)
    0.37777777777777777
    """
    actual = np.asarray(actual, dtype=float)
    return _capture(_order(predicted), actual, np.ones(len(actual)), top_share)


def ranking_gain(
    predicted: pd.DataFrame,
    first: str,
    other: str,
    *,
    actual: str = "holdout_frequency",
    replicates: int = REPLICATES,
    seed: int = 1,
) -> RankingGain:
    """Compare two predictions of the same customers, with a bootstrap over customers.

    Customers with equal histories and outcomes are drawn together, as often as chance would have
    it (Poisson), which is the same and faster.

    Args:
        predicted: One row a customer: the outcome and the two predictions.
        first: Column of the first prediction.
        other: Column of the other.
        actual: Column of the outcome.
        replicates: Bootstrap samples.
        seed: Seed of the draws.

    Raises:
        DataError: Nobody bought in the holdout period, or everybody equally often.
    """
    cells = predicted.groupby([first, other, actual], as_index=False).size()
    outcome = cells[actual].to_numpy(float)
    pair = [cells[name].to_numpy(float) for name in (first, other)]
    orders = [*map(_order, pair), _order(outcome)]
    counts = cells["size"].to_numpy(float)
    if not np.ptp(outcome):
        raise DataError("Everybody bought equally often in the holdout period: nothing to rank.")

    def differences(weights: np.ndarray) -> tuple[float, float, float]:
        ginis = [_concentration(order, outcome, weights) for order in orders]
        tops = [_capture(order, outcome, weights, TOP_SHARE) for order in orders[:2]]
        errors = [np.einsum("i,i->", np.abs(one - outcome), weights) for one in pair]
        return (
            (ginis[0] - ginis[1]) / ginis[2],
            tops[0] - tops[1],
            (errors[0] - errors[1]) / weights.sum(),
        )

    rng = np.random.default_rng(seed)
    estimate = differences(counts)
    drawn = np.array([differences(rng.poisson(counts).astype(float)) for _ in range(replicates)])
    low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    ends = [float(end) for kind in range(3) for end in (estimate[kind], low[kind], high[kind])]
    return RankingGain(*ends, len(predicted))


def _order(values: np.ndarray) -> _Order:
    distinct, codes = np.unique(np.asarray(values, dtype=float), return_inverse=True)
    return _Order(codes, len(distinct))


def _concentration(order: _Order, actual: np.ndarray, weights: np.ndarray) -> float:
    at = np.bincount(order.codes, weights, order.size)
    below = np.cumsum(at)
    rank = (2 * below - at) / below[-1] - 1
    bought = np.bincount(order.codes, weights * actual, order.size)
    return float(np.einsum("i,i->", bought, rank))


def _capture(order: _Order, actual: np.ndarray, weights: np.ndarray, top_share: float) -> float:
    best_first = slice(None, None, -1)
    at = np.cumsum(np.bincount(order.codes, weights, order.size)[best_first])
    bought = np.cumsum(np.bincount(order.codes, weights * actual, order.size)[best_first])
    if bought[-1] <= 0:
        return float("nan")
    edge = np.interp(top_share * at[-1], np.append(0.0, at), np.append(0.0, bought))
    return float(edge / bought[-1])
