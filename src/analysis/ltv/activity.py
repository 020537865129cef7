"""Who is still a customer? Groups by the chance that someone has not left, in words for a page."""

import numpy as np
import pandas as pd

from analysis.language import _

LIKELY_FROM = 2 / 3
GONE_BELOW = 1 / 3
MIN_SHOWN = 10

# Upper ends in days of the silence shown on the map; the last is open.
SILENCE_DAYS = (14, 30, 60, 90, 180, 365)
PURCHASES = (2, 3, 4, 6, 9)

BOUGHT_ONCE = "bought_once"
LIKELY = "likely"
IN_DOUBT = "in_doubt"
LIKELY_GONE = "likely_gone"
STANDINGS = (LIKELY, IN_DOUBT, LIKELY_GONE, BOUGHT_ONCE)


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
        One-time buyers are left out.
    """
    repeaters = scored[scored["frequency"] > 0]
    bins = pd.DataFrame(
        {
            "purchases": pd.cut(
                repeaters["frequency"] + 1,
                [1, *PURCHASES, np.inf],
                labels=_range_labels(PURCHASES, start=2),
            ),
            "silence": pd.cut(
                repeaters["silent_days"],
                [-1, *SILENCE_DAYS, np.inf],
                labels=_range_labels(SILENCE_DAYS, start=0),
            ),
            "chance": repeaters["alive_probability"],
        }
    )
    cells = bins.groupby(["purchases", "silence"], observed=False)["chance"].agg(["mean", "size"])
    return cells["mean"].where(cells["size"] >= MIN_SHOWN).unstack("silence")


def _range_labels(upper_ends: tuple[int, ...], *, start: int) -> list[str]:
    starts = [start, *(end + 1 for end in upper_ends)]
    closed = [
        f"{low}" if low == high else f"{low}\N{EN DASH}{high}"
        for low, high in zip(starts, upper_ends, strict=False)
    ]
    return [*closed, f"{starts[-1]}+"]
