"""Which product leads to which? Pairs that chance does not explain, among all that were tested."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import betainc

from analysis.errors import ParameterError
from analysis.intervals import wilson
from analysis.products.expected import Margins, chance_factors, read_margins, without_repeats

MIN_CUSTOMERS = 10
MIN_BUYERS = 30


class Pairs(NamedTuple):
    """What a search for pairs found.

    Attributes:
        reliable: One row per reliable pair, the one that moves most customers first: product_no,
            other_product_no, customers (who bought both), buyers (who bought the first), waiting
            (lately, without a following order yet), first_buyers (buyers and whoever was not
            followed by an order), confidence = customers / buyers, base (the same by
            chance), lift = confidence / base, lift_low, lift_high, extra = customers - those
            expected by chance, extra_low, p_value, q_value.
        tested: How many pairs were tested; those too rare to be shown count too.
        false_share: Which share of the reliable pairs is false on average, at most.
        min_lift: The lift that a pair had to exceed.
        confidence: Coverage of the intervals, widened because the pairs were chosen.
    """

    reliable: pd.DataFrame
    tested: int
    false_share: float
    min_lift: float
    confidence: float


def find_pairs(
    counts: pd.DataFrame,
    margins: pd.DataFrame,
    *,
    min_lift: float = 1.2,
    false_share: float = 0.05,
) -> Pairs:
    r"""Find pairs of products that go together more often than chance and `min_lift` explain.

    Every customer counts once for the first of a pair, so counts are binomial under chance. With
    $x$ of $n$ buyers and $E$ expected (`chance_factors`), the p-value is
    $P(X \ge x)$ for $X \sim \mathrm{Binomial}(n, \text{min\_lift} \cdot E / n)$. Reliable pairs are
    those that Benjamini and Hochberg's rule keeps among all ordered pairs of products that were
    frequent enough to be tested; pairs that the engine left out as too rare count as tested with
    p = 1. Intervals of the chosen have the coverage $1 - R q / m$ for $R$ of $m$ chosen at $q$, so
    that on average no more than a share $q$ of them misses the truth.

    Args:
        counts: Columns product_no, other_product_no, customers (`next_product`, `basket_pairs`).
        margins: Columns product_no, month, customers, other_products, times_other
            (`next_product_margins`, `basket_pairs_margins`, same `min_customers`).
        min_lift: Lift that a pair must exceed to be of use, at least 1.
        false_share: Share of the reliable pairs that is false on average at most, between 0 and 1.

    Raises:
        ParameterError: `min_lift` is below 1, or `false_share` not between 0 and 1.

    Source:
        Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300;
        Benjamini and Yekutieli (2005), Journal of the American Statistical Association 100, 71-81.
    """
    if min_lift < 1:
        raise ParameterError(f"min_lift == {min_lift}, must be >= 1.")
    if not 0 < false_share < 1:
        raise ParameterError(f"false_share == {false_share}, must lie between 0 and 1.")
    table = read_margins(margins)
    own = counts["product_no"] == counts["other_product_no"]
    table = _repeats_out(table, counts[own])
    can_lead = table.customers >= MIN_BUYERS
    can_follow = table.columns.sum(axis=1) >= MIN_CUSTOMERS
    tested = int(can_lead.sum() * can_follow.sum() - (can_lead & can_follow).sum())
    pairs = _measured(counts[~own & (counts["customers"] >= MIN_CUSTOMERS)], table, can_lead)
    if pairs.empty:
        return Pairs(_with_intervals(pairs, 0.95), tested, false_share, min_lift, 0.95)
    pairs["p_value"] = upper_tail(
        pairs["customers"], pairs["buyers"], min_lift * pairs["base"].to_numpy()
    )
    pairs["q_value"] = false_discovery(pairs["p_value"].to_numpy(), tested=tested)
    chosen = pairs[pairs["q_value"] <= false_share]
    confidence = 1 - max(len(chosen), 1) * false_share / max(tested, 1)
    reliable = _with_intervals(chosen, confidence).sort_values(
        ["extra_low", "product_no", "other_product_no"], ascending=[False, True, True]
    )
    return Pairs(reliable.reset_index(drop=True), tested, false_share, min_lift, confidence)


def _repeats_out(table: Margins, own: pd.DataFrame) -> Margins:
    repeats = np.zeros(len(table.product_no))
    repeats[table.place(own["product_no"])] = own["customers"]
    return without_repeats(table, repeats) if repeats.any() else table


def _measured(counts: pd.DataFrame, table: Margins, can_lead: np.ndarray) -> pd.DataFrame:
    """Return the pairs that were tested with what was counted and what chance explains."""
    first, other = table.place(counts["product_no"]), table.place(counts["other_product_no"])
    counts, first, other = (part[can_lead[first]] for part in (counts, first, other))
    left, right = chance_factors(table)
    expected = np.einsum("pm,pm->p", left[first], right[other])
    buyers = table.customers[first]
    customers = counts["customers"].to_numpy()
    return pd.DataFrame(
        {
            "product_no": counts["product_no"].to_numpy(),
            "other_product_no": counts["other_product_no"].to_numpy(),
            "customers": customers,
            "buyers": buyers,
            "waiting": table.waiting[first],
            "first_buyers": table.first_buyers[first],
            "confidence": customers / buyers,
            "base": np.minimum(expected / buyers, 1.0),
        }
    )


def _with_intervals(pairs: pd.DataFrame, confidence: float) -> pd.DataFrame:
    share = wilson(pairs["customers"], pairs["buyers"], confidence=confidence)
    return pairs.assign(
        lift=pairs["confidence"] / pairs["base"],
        lift_low=share.low / pairs["base"],
        lift_high=share.high / pairs["base"],
        extra=pairs["customers"] - pairs["base"] * pairs["buyers"],
        extra_low=(share.low - pairs["base"]) * pairs["buyers"],
    )


def either_way(pairs: Pairs) -> Pairs:
    """Keep of each pair of products the direction that moves more customers."""
    reliable = pairs.reliable
    ends = np.sort(reliable[["product_no", "other_product_no"]].to_numpy(), axis=1)
    first = ~pd.DataFrame(ends).duplicated().to_numpy()
    return pairs._replace(reliable=reliable[first].reset_index(drop=True))


def upper_tail(events: pd.Series, trials: pd.Series, chance: np.ndarray) -> np.ndarray:
    """Return the probability of so many events or more in binomial trials.

    >>> round(float(upper_tail(pd.Series([3]), pd.Series([3]), np.array([0.5]))[0]), 4)
    0.125
    """
    happened, possible = events.to_numpy(float), trials.to_numpy(float)
    tail = betainc(np.maximum(happened, 1), possible - happened + 1, np.minimum(chance, 1.0))
    return np.where(happened == 0, 1.0, tail)


def false_discovery(p_values: np.ndarray, *, tested: int) -> np.ndarray:
    """Return the false-discovery rate at which each hypothesis would just be kept.

    Args:
        p_values: Of the hypotheses at hand.
        tested: How many were tested in all; those not at hand have p = 1.

    >>> [round(float(q), 3) for q in false_discovery(np.array([0.001, 0.04, 0.03]), tested=4)]
    [0.004, 0.053, 0.053]
    """
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * tested / np.arange(1, len(p_values) + 1)
    kept = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    rates = np.empty_like(kept)
    rates[order] = kept
    return rates
