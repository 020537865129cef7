"""The charts of what is bought next and together: data in, figure and alt text out."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from analysis.figures import Chart
from analysis.language import _
from analysis.products.figures.marks import dots
from analysis.products.pairs import Pairs
from analysis.products.words import next_labels, together_labels
from analysis.style import (
    BLUE,
    FIGURE_WIDTH,
    GRAY,
    SOFT_INK,
    format_count,
    format_share,
)

_MOST_ROWS = 12


def next_chart(pairs: Pairs, names: pd.Series) -> Chart:
    """Draw how many times as often as by chance a product is bought next after another."""
    title = _("What customers buy next, after their first order with a product")
    return _pairs_chart(pairs.reliable, next_labels(pairs, names, between="\n"), title=title)


def together_chart(pairs: Pairs, names: pd.Series) -> Chart:
    """Draw how many times as often as by chance two products are bought together."""
    title = _("What customers buy together")
    return _pairs_chart(pairs.reliable, together_labels(pairs, names, between="\n"), title=title)


def _pairs_chart(pairs: pd.DataFrame, labels: list[str], *, title: str) -> Chart:
    shown = pairs.head(_MOST_ROWS).iloc[::-1]
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, 1.6 + 0.5 * len(shown)))
    place = np.arange(len(shown))
    rows = shown.rename(columns={"lift_low": "low", "lift_high": "high"})
    ax.set_xscale("log")
    dots(ax, place, rows, "lift", BLUE)
    ax.axvline(1, color=GRAY, linewidth=1, linestyle=":")
    ax.set_yticks(place, labels[: len(shown)][::-1], parse_math=False)
    ax.set_ylim(-0.6, len(shown) - 0.4)
    ax.set_xlim(0.9, float(rows["high"].max()) * 1.2)
    ticks = (1, 3, 10, 30, 100, 300, 1000) if ax.get_xlim()[1] > 10 else (1, 2, 3, 5, 10)
    ax.set_xticks([tick for tick in ticks if tick <= ax.get_xlim()[1]])
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _place: f"{value:g}\N{MULTIPLICATION SIGN}")
    )
    ax.xaxis.set_minor_locator(plt.NullLocator())
    for spot, (share, base) in enumerate(zip(rows["confidence"], rows["base"], strict=True)):
        ax.text(
            1.02,
            spot,
            _("{share} instead\nof {base}").format(
                share=format_share(share), base=format_share(base)
            ),
            transform=ax.get_yaxis_transform(),
            va="center",
            color=SOFT_INK,
            fontsize="small",
        )
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(_("times as often as by chance (lift)"))
    fig.suptitle(title, x=0.01, ha="left")
    return Chart(
        fig,
        _(
            "Dots with intervals for {n} pairs of products; the first, {pair}, comes {lift} times "
            "as often as by chance."
        ).format(
            n=len(shown),
            pair=labels[0].replace("\n", " "),
            lift=format_count(pairs["lift"].iloc[0], decimals=1),
        ),
        _(
            "Bars: intervals that allow for the choice among all pairs tested. The pair that moves "
            "most customers comes first."
        ),
    )
