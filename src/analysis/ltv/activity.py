"""Who is still a customer? Groups by the chance that someone has not left, in words for a page."""

import numpy as np
import pandas as pd

from analysis.language import _
from analysis.ltv.bins import count_bins, cut
from analysis.suppression import MIN_SHOWN

LIKELY_FROM = 2 / 3
GONE_BELOW = 1 / 3

# Upper ends in days of the silence shown on the map; the last is open.
SILENCE_DAYS = (14, 30, 60, 90, 180, 365)

BOUGHT_ONCE = "bought_once"
LIKELY = "likely"
IN_DOUBT = "in_doubt"
LIKELY_GONE = "likely_gone"
STANDINGS = (LIKELY, IN_DOUBT, LIKELY_GONE, BOUGHT_ONCE)
# Whoever bought on two days or more: of them the models say who is still a customer.
REPEATERS = "repeaters"
REPEATER_STANDINGS = (LIKELY, IN_DOUBT, LIKELY_GONE)


def standing(scored: pd.DataFrame) -> pd.Series:
    """Return each customer's group: still likely a customer, in doubt, likely gone, bought once.

    One-time buyers form a group of their own, because the model cannot tell whether they left.

    Args:
        scored: Columns `frequency` and `alive_probability`.
    """
    chance = scored["alive_probability"]
    return pd.Series(
        np.select(
            [scored["frequency"] == 0, chance >= LIKELY_FROM, chance >= GONE_BELOW],
            [BOUGHT_ONCE, LIKELY, IN_DOUBT],
            default=LIKELY_GONE,
        ),
        index=scored.index,
    )


def standing_label(name: str) -> str:
    """Return the name of a group as a reader sees it.

    >>> standing_label("in_doubt")
    'in doubt (33% to 67%)'
    """
    return {
        BOUGHT_ONCE: _("bought once"),
        LIKELY: _("still a customer (67% or more)"),
        IN_DOUBT: _("in doubt (33% to 67%)"),
        LIKELY_GONE: _("likely gone (below 33%)"),
        "total": _("all customers"),
    }[name]


def alive_map(scored: pd.DataFrame) -> pd.DataFrame:
    """Average the chance to be still a customer by purchases so far and days of silence.

    Args:
        scored: Columns `frequency`, `silent_days` and `alive_probability`.

    Returns:
        Mean chance, purchases down and silence across, missing for fewer than ten customers.
        One-time buyers and rows with nothing to show are left out.
    """
    repeaters = scored[scored["frequency"] > 0]
    cells = (
        repeaters["alive_probability"]
        .groupby(
            [
                count_bins(repeaters["frequency"] + 1, start=2).rename("purchases"),
                cut(repeaters["silent_days"], list(SILENCE_DAYS), start=0).rename("silence"),
            ],
            observed=False,
        )
        .agg(["mean", "size"])
    )
    chances = cells["mean"].where(cells["size"] >= MIN_SHOWN).unstack("silence")
    return chances[chances.notna().any(axis=1)]
