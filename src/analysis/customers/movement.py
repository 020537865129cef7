"""Who rose, who fell? Ranks by what customers pay in a window, on an earlier day and now."""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.intervals import z_score
from analysis.language import _

# Of the customers who bought in the earlier window, from the largest amount on.
RANK_SHARES = (0.10, 0.30, 0.60)
TOP, SECOND, THIRD, FOURTH, NONE, NOT_YET = range(6)
RANKS = (TOP, SECOND, THIRD, FOURTH, NONE)

_COMPARED_DAYS = 90


class Comparison(NamedTuple):
    """Between which days ranks are compared, and what forms them.

    Attributes:
        compared_on: The earlier day.
        window_days: Days up to either day of which purchases and amounts count.
    """

    compared_on: date
    window_days: int


class TopChange(NamedTuple):
    """How the circle of top customers changed.

    Attributes:
        before: Top customers on the earlier day.
        now: Top customers now, by the same amount.
        fell: Were top, are not now.
        rose: Were not top, are now; new customers included.
        low: Lower end of the 95% interval of rose - fell.
        high: Upper end of it.
        lost_minor: What those who fell pay less than in the earlier window.
        gained_minor: What those who rose pay more than in the earlier window.
    """

    before: int
    now: int
    fell: int
    rose: int
    low: float
    high: float
    lost_minor: int
    gained_minor: int


def comparison(
    first_day: date, as_of: date, *, compared_on: str = "", window_days: int = 365
) -> Comparison:
    """Choose the earlier day and a window that both days can look back on.

    Without a day given it is 90 days before, or halfway in a shop that is younger than twice that.
    The window is no longer than the history before the earlier day: else everybody seems to rise.

    Raises:
        ParameterError: The day does not lie in the history, or the window is shorter than a day.

    >>> comparison(date(2024, 1, 1), date(2025, 12, 31))
    Comparison(compared_on=datetime.date(2025, 10, 2), window_days=365)
    >>> comparison(date(2025, 7, 1), date(2025, 12, 31)).window_days
    94
    """
    if window_days < 1:
        raise ParameterError(f"rank_window_days == {window_days}, must be >= 1.")
    if compared_on:
        day = date.fromisoformat(compared_on)
        if not first_day <= day < as_of:
            raise ParameterError(
                f"compared_on == {day}, must lie from {first_day} to {as_of - timedelta(days=1)}."
            )
    else:
        day = as_of - timedelta(days=min(_COMPARED_DAYS, (as_of - first_day).days // 2))
    return Comparison(day, min(window_days, (day - first_day).days + 1))


def rank_limits(ranks: pd.DataFrame) -> tuple[int, ...]:
    """Return the amounts from which a customer was in the first, second or third rank.

    They divide those who bought in the earlier window, and hold for both days: so a rank grows if
    more customers pay as much as it took then.

    Args:
        ranks: Columns `then_window_purchases`, `then_window_amount_minor`
            (`sql/customer_ranks.sql`).
    """
    bought = ranks.loc[ranks["then_window_purchases"] > 0, "then_window_amount_minor"]
    ordered = np.sort(bought.to_numpy())[::-1]
    if not len(ordered):
        return (0,) * len(RANK_SHARES)
    places = [max(int(np.floor(share * len(ordered))), 1) - 1 for share in RANK_SHARES]
    return tuple(int(ordered[place]) for place in places)


def rank_of(amounts: pd.Series, purchases: pd.Series, limits: tuple[int, ...]) -> np.ndarray:
    """Return the rank of each customer: 0 the top, 3 the lowest, 4 without a purchase.

    >>> rank_of(pd.Series([50, 5, 0]), pd.Series([2, 1, 0]), (40, 30, 20)).tolist()
    [0, 3, 4]
    """
    missed = (amounts.to_numpy()[:, None] < np.array(limits)).sum(axis=1)
    return np.where(purchases.to_numpy() > 0, missed, NONE)


def movement(ranks: pd.DataFrame, limits: tuple[int, ...]) -> pd.DataFrame:
    """Count customers by rank on the earlier day and now.

    Returns:
        Rows: rank then, 0 to 4 and 5 for "not yet a customer"; columns: rank now, 0 to 4.
    """
    then, now = _both(ranks, limits)
    counts = np.zeros((NOT_YET + 1, len(RANKS)), dtype=np.int64)
    np.add.at(counts, (then, now), 1)
    return pd.DataFrame(counts, index=range(NOT_YET + 1), columns=list(RANKS))


def top_change(ranks: pd.DataFrame, limits: tuple[int, ...]) -> TopChange:
    r"""Compare who left the top rank with who entered it.

    Some of the top fall by chance alone, so only the balance tells:
    $\text{rose} - \text{fell} \pm 1.96 \sqrt{\text{rose} + \text{fell}}$ (McNemar 1947).
    """
    then, now = _both(ranks, limits)
    fell, rose = (then == TOP) & (now != TOP), (then != TOP) & (now == TOP)
    change = (ranks["window_amount_minor"] - ranks["then_window_amount_minor"]).to_numpy()
    margin = z_score(0.95) * float(np.sqrt(fell.sum() + rose.sum()))
    net = float(rose.sum()) - float(fell.sum())
    return TopChange(
        before=int((then == TOP).sum()),
        now=int((now == TOP).sum()),
        fell=int(fell.sum()),
        rose=int(rose.sum()),
        low=net - margin,
        high=net + margin,
        lost_minor=int(-change[fell].sum()),
        gained_minor=int(change[rose].sum()),
    )


def rank_label(rank: int) -> str:
    """Return the name of a rank as a reader sees it.

    >>> rank_label(1)
    'next 20%'
    """
    return (
        _("top 10%"),
        _("next 20%"),
        _("next 30%"),
        _("other 40%"),
        _("no purchase"),
        _("not yet a customer"),
    )[rank]


def _both(ranks: pd.DataFrame, limits: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    now = rank_of(ranks["window_amount_minor"], ranks["window_purchases"], limits)
    then = rank_of(ranks["then_window_amount_minor"], ranks["then_window_purchases"], limits)
    return np.where(ranks["then_age_days"] < 0, NOT_YET, then), now
