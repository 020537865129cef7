"""Which groups of customers have a name? Each with its rule in words; the first that fits holds."""

import numpy as np
import pandas as pd

from analysis.customers.rfm import Thresholds
from analysis.language import _
from analysis.style import format_money

BEST, LOYAL, NEW, GROWING, SLIPPING, COOLING, OCCASIONAL, LAPSED = (
    "best",
    "loyal",
    "new",
    "growing",
    "slipping",
    "cooling",
    "occasional",
    "lapsed",
)
SEGMENTS = (BEST, LOYAL, NEW, GROWING, SLIPPING, COOLING, OCCASIONAL, LAPSED)


def segment(ranks: pd.DataFrame, scored: pd.DataFrame) -> pd.Series:
    """Return each customer's segment.

    Args:
        ranks: Column `purchases`, of all time.
        scored: Columns `r_score`, `f_score`, `m_score`; 0 without a purchase in the window.
    """
    r, f, m = (scored[name] for name in ("r_score", "f_score", "m_score"))
    chosen = np.select(
        [
            r == 0,
            (r >= 4) & (f >= 4) & (m >= 4),
            (r >= 3) & (f >= 4),
            (r >= 4) & (ranks["purchases"] == 1),
            r >= 4,
            (r <= 2) & ((f >= 4) | (m >= 4)),
            r == 3,
        ],
        [LAPSED, BEST, LOYAL, NEW, GROWING, SLIPPING, OCCASIONAL],
        default=COOLING,
    )
    return pd.Series(chosen, index=ranks.index)


def segment_label(name: str) -> str:
    """Return the name of a segment as a reader sees it.

    >>> segment_label("slipping")
    'good customers slipping away'
    """
    return {
        BEST: _("best customers"),
        LOYAL: _("regulars"),
        NEW: _("new customers"),
        GROWING: _("recent buyers"),
        SLIPPING: _("good customers slipping away"),
        COOLING: _("cooling off"),
        OCCASIONAL: _("in the middle"),
        LAPSED: _("no purchase in the window"),
    }[name]


def segment_rule(name: str, cuts: Thresholds, *, currency: str) -> str:
    """Say in words who is in a segment.

    >>> cuts = Thresholds((120, 60, 30, 14), (2, 3, 5, 9), (10, 20, 30, 40), is_fixed=True)
    >>> segment_rule("new", cuts, currency="JPY")
    'bought once ever, at most 30 days ago'
    """
    words = {
        "recent": cuts.recency_days[2],
        "middle": cuts.recency_days[1],
        "often": cuts.purchases[2],
        "much": format_money(cuts.amount_minor[2], currency),
    }
    return {
        BEST: _(
            "last purchase at most {recent} days ago, {often} purchases or more, {much} or more"
        ),
        LOYAL: _("last purchase at most {middle} days ago, {often} purchases or more"),
        NEW: _("bought once ever, at most {recent} days ago"),
        GROWING: _("any other whose last purchase was at most {recent} days ago"),
        SLIPPING: _("{often} purchases or {much} or more, but silent for more than {middle} days"),
        OCCASIONAL: _("any other whose last purchase was {recent} to {middle} days ago"),
        COOLING: _("any other who has been silent for more than {middle} days"),
        LAPSED: _("no purchase in the window that ranks are formed on"),
    }[name].format(**words)


def segment_sizes(ranks: pd.DataFrame, segments: pd.Series) -> pd.DataFrame:
    """Count customers and add up what they paid in the window by segment.

    Returns:
        One row per segment, empty ones left out: `segment`, `customers`, `customer_share`,
        `amount_minor`, `amount_share`.
    """
    sums = ranks.groupby(segments)["window_amount_minor"].agg(["size", "sum"])
    sums = sums.reindex([name for name in SEGMENTS if name in sums.index])
    return pd.DataFrame(
        {
            "segment": list(sums.index),
            "customers": sums["size"].to_numpy(),
            "customer_share": (sums["size"] / sums["size"].sum()).to_numpy(),
            "amount_minor": sums["sum"].to_numpy(),
            "amount_share": (sums["sum"] / max(sums["sum"].sum(), 1)).to_numpy(),
        }
    )
