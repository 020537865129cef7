"""How long is a subscription's cycle, where only its orders are known? Told by the waits for them.

A shop offers few cycles, so a subscription is not judged by its own waits alone: which cycles there
are is told by those with several waits, and each subscription is given the one that explains its
waits best, a skipped one and those of others with the same product taken into account.
"""

from typing import Literal, NamedTuple, get_args

import numpy as np

Certainty = Literal["certain", "likely", "assumed"]
CERTAINTIES = get_args(Certainty)

# What is taken where no subscription has a second order yet.
MONTH_DAYS = 30
_DAYS_PER_MONTH = 30.44
LONGEST_DAYS = 400

# So many waits tell a subscription's cycle by themselves, one of them skipped or not.
_ENOUGH_WAITS = 3
_ENOUGH_SUBSCRIPTIONS = 20
# A cycle that fewer have is no cycle of the shop, or of a product.
_LEAST_SHARE = 0.04
# Waits that no cycle explains, and what is a skip's share until it is counted.
_STRAY_SHARE, _SKIP_SHARE = 0.02, 0.08
# So many subscriptions weigh a product's own cycles as much as the whole shop's.
_POOLED = 20
_ROUNDS = 20


class Waits(NamedTuple):
    """The waits for orders of subscriptions, one a row: from one order number to the next.

    Attributes:
        subscription: Position of the subscription.
        days: Days waited, divided by the step where numbers are missing in between.
    """

    subscription: np.ndarray
    days: np.ndarray


class Cycles(NamedTuple):
    """The estimated cycle of each subscription.

    Attributes:
        days: Its length.
        certainty: Position in `CERTAINTIES`.
        first_wait_days: How long after a first order it cannot be told that no second one comes:
            the longest cycle that is usual with the product, and once more the most usual one, as
            the second order may be skipped.
    """

    days: np.ndarray
    certainty: np.ndarray
    first_wait_days: np.ndarray


def estimate_cycles(waits: Waits, products: np.ndarray) -> Cycles:
    """Estimate the cycle of every subscription from its waits, and those of the shop.

    Args:
        waits: All waits; a subscription may have none.
        products: Position of each subscription's product, whatever the numbers are.

    >>> waits = Waits(np.array([0, 0, 0, 1]), np.array([30.0, 61.0, 31.0, 29.0]))
    >>> cycles = estimate_cycles(waits, np.array([0, 0, 0]))
    >>> cycles.days.tolist(), [CERTAINTIES[place] for place in cycles.certainty]
    ([30, 30, 30], ['certain', 'likely', 'assumed'])
    """
    size = len(products)
    if not len(waits.days):
        assumed = np.full(size, MONTH_DAYS)
        unknown = np.full(size, CERTAINTIES.index("assumed"))
        return Cycles(assumed, unknown, 2 * assumed)
    counts = np.bincount(waits.subscription, minlength=size)
    medians = _medians(waits, size)
    usual = usual_cycles(medians, counts)
    chances, shares = _explain(waits, usual, products, counts)
    best = chances.argmax(axis=1)
    surest = chances.max(axis=1)
    certain = (counts >= _ENOUGH_WAITS) & (surest >= 0.95) & _agree(waits, usual[best], twice=True)
    # Without a wait of its own, what others keep to tells, where they are enough.
    many = (counts > 0).sum() >= _ENOUGH_SUBSCRIPTIONS
    likely = (counts > 0) & (surest >= 0.8) | many & (surest >= 0.95)
    certainty = np.where(certain, 0, np.where(likely, 1, 2))
    own = _of_their_own(waits, medians, usual)
    days = np.where(own, np.round(np.nan_to_num(medians)), usual[best]).astype(np.int64)
    first = np.maximum(
        np.where(shares >= _LEAST_SHARE, usual, 0).max(axis=1),
        2 * usual[shares.argmax(axis=1)],
    )
    return Cycles(days, np.where(own, 1, certainty), first)


def usual_cycles(medians: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the cycles that a shop offers, shortest first: where waits of subscriptions pile up.

    Args:
        medians: Median wait of each subscription.
        counts: Its waits.

    >>> medians = np.repeat([30.0, 31.0, 28.0, 61.0, 47.0], [50, 30, 40, 20, 1])
    >>> usual_cycles(medians, np.full(len(medians), 4)).tolist()
    [28, 30, 60]
    """
    least = _ENOUGH_WAITS
    while least > 1 and (counts >= least).sum() < _ENOUGH_SUBSCRIPTIONS:
        least -= 1
    told = np.clip(medians[counts >= least], 1, LONGEST_DAYS)
    days = np.round(told).astype(np.int64)
    piles = np.bincount(days, minlength=LONGEST_DAYS + 2)
    found: list[int] = []
    for day in np.argsort(-piles, kind="stable"):
        if piles[day] < max(_LEAST_SHARE * len(told), 1):
            break
        if all(_apart(piles, int(day), other) for other in found):
            found.append(int(day))
    centers = [np.median(told[np.abs(told - day) <= 1.5]) for day in found or [np.median(told)]]
    return np.unique([_as_offered(float(center)) for center in centers])


def _apart(piles: np.ndarray, one: int, other: int) -> bool:
    """Tell whether two piles are no single one: there is a valley between them."""
    low, high = sorted((one, other))
    between = piles[low + 1 : high]
    return bool(len(between)) and between.min() < 0.5 * min(piles[low], piles[high])


def _as_offered(days: float) -> int:
    """Return a cycle as a shop would name it: months have thirty days, a year has 365.

    Four weeks are eight percent shorter than a month, so they stay what they are.

    >>> [_as_offered(days) for days in (30.4, 28.0, 61.2, 91.0, 45.4, 14.1, 365.0)]
    [30, 28, 60, 90, 45, 14, 365]
    """
    months = round(days / _DAYS_PER_MONTH)
    if months >= 1 and abs(days / (months * _DAYS_PER_MONTH) - 1) <= 0.05:
        return 365 if months == 12 else MONTH_DAYS * months
    return max(round(days), 1)


def _medians(waits: Waits, size: int) -> np.ndarray:
    """Return the median wait of each subscription, NaN without any."""
    order = np.lexsort((waits.days, waits.subscription))
    sorted_days = waits.days[order]
    counts = np.bincount(waits.subscription, minlength=size)
    first = np.cumsum(counts) - counts
    medians = np.full(size, np.nan)
    some = counts > 0
    low = first[some] + (counts[some] - 1) // 2
    high = first[some] + counts[some] // 2
    medians[some] = (sorted_days[low] + sorted_days[high]) / 2
    return medians


def _explain(
    waits: Waits, usual: np.ndarray, products: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each subscription's chance of each cycle, and how usual that is with its product."""
    fits = _log_fits(waits, usual)
    evidence = np.stack(
        [
            np.bincount(waits.subscription, weights=column, minlength=len(products))
            for column in fits.T
        ],
        axis=1,
    )
    waited = counts > 0
    shares = np.full(len(usual), 1 / len(usual))
    for _round in range(_ROUNDS):
        shares = _chances(evidence[waited], shares).mean(axis=0)
    _known, product = np.unique(products, return_inverse=True)
    chances = _chances(evidence[waited], shares)
    by_product = np.stack(
        [np.bincount(product[waited], weights=column, minlength=product.max() + 1)
         for column in chances.T], axis=1,
    )  # fmt: skip
    pooled = by_product + _POOLED * shares
    own = (pooled / pooled.sum(axis=1, keepdims=True))[product]
    return _chances(evidence, own), own


def _log_fits(waits: Waits, usual: np.ndarray) -> np.ndarray:
    """Return how well each cycle explains each wait: in time, after one skip, or astray."""
    off = waits.days[:, None] - usual
    nearest = np.abs(off).argmin(axis=1)
    near = off[np.arange(len(off)), nearest]
    within = near[np.abs(near) < 0.25 * usual[nearest]]
    spread = max(1.4826 * float(np.median(np.abs(within))) if len(within) else 0.0, 0.5)
    in_time = _bell(off, spread)
    skipped = _bell(off - usual, spread)
    return np.log(
        (1 - _SKIP_SHARE - _STRAY_SHARE) * in_time
        + _SKIP_SHARE * skipped
        + _STRAY_SHARE / LONGEST_DAYS
    )


def _bell(off: np.ndarray, spread: float) -> np.ndarray:
    """Return the density of Student's t with two degrees of freedom: late ones are no surprise."""
    return (2 + (off / spread) ** 2) ** -1.5 / spread


def _chances(evidence: np.ndarray, shares: np.ndarray) -> np.ndarray:
    weights = evidence + np.log(np.maximum(shares, 1e-12))
    weights = np.exp(weights - weights.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def _of_their_own(waits: Waits, medians: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Return which subscriptions keep a cycle that is none of the shop's usual ones."""
    counts = np.bincount(waits.subscription, minlength=len(medians))
    some = np.nan_to_num(medians, nan=usual[0])
    off = np.abs(some[:, None] - usual).min(axis=1) / some
    return (counts >= _ENOUGH_WAITS) & (off > 0.15) & _agree(waits, some)


def _agree(waits: Waits, cycles: np.ndarray, *, twice: bool = False) -> np.ndarray:
    """Return of which subscriptions most waits are a cycle long, or two, give or take a tenth."""
    cycle = cycles[waits.subscription]
    off = np.abs(waits.days - cycle)
    if twice:
        off = np.minimum(off, np.abs(waits.days - 2 * cycle))
    agreeing = np.bincount(waits.subscription, weights=off <= 0.1 * cycle, minlength=len(cycles))
    return 2 * agreeing > np.bincount(waits.subscription, minlength=len(cycles))
