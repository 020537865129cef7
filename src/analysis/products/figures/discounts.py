"""The chart of who is given discounts: data in, figure and alt text out."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from analysis.customers.segments import segment_label
from analysis.figures import Chart
from analysis.language import _
from analysis.products.discount_segments import TOTAL
from analysis.products.figures.marks import dots
from analysis.style import BLUE, FIGURE_WIDTH, GRAY, SOFT_INK, format_count, format_share


def segment_discounts_chart(table: pd.DataFrame) -> Chart:
    """Draw the share of orders with a discount by segment, and of the margin beside it.

    Args:
        table: What `segment_discounts` returned.
    """
    total = table[table["segment"] == TOTAL].iloc[0]
    shown = table[table["segment"] != TOTAL].iloc[::-1]
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, 1.6 + 0.4 * len(shown)))
    place = np.arange(len(shown))
    rows = shown.rename(columns={"order_low": "low", "order_high": "high"})
    dots(ax, place, rows, "order_share", BLUE)
    ax.axvline(total["order_share"], color=GRAY, linewidth=1, linestyle=":")
    names = [
        f"{segment_label(name)} ({format_count(n)})"
        for name, n in zip(shown["segment"], shown["customers"], strict=True)
    ]
    ax.set_yticks(place, names)
    ax.set_ylim(-0.6, len(shown) - 0.4)
    ax.set_xlim(0, min(float(rows["high"].max()) * 1.1 or 1.0, 1.0))
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    if shown["margin_share_given"].notna().any():
        _name_margins(ax, place, shown["margin_share_given"])
    ax.set_xlabel(_("share of their one-off orders with a discount"))
    ax.set_title(_("Who orders with a discount"))
    most, least = shown.loc[shown["order_share"].idxmax()], shown.loc[shown["order_share"].idxmin()]
    return Chart(
        fig,
        _(
            "Dots with intervals for {n} segments of customers: the share of one-off orders with a "
            "discount goes from {low} of {least} to {high} of {most}."
        ).format(
            n=len(shown),
            least=segment_label(least["segment"]),
            low=format_share(least["order_share"]),
            most=segment_label(most["segment"]),
            high=format_share(most["order_share"]),
        ),
        _(
            "Bars: intervals that hold for all segments together (95%). Dotted: all of these "
            "customers. In parentheses: customers."
        ),
    )


def _name_margins(ax: plt.Axes, place: np.ndarray, shares: pd.Series) -> None:
    for spot, share in zip(place, shares, strict=True):
        ax.text(
            1.02,
            spot,
            _("{share} of the margin").format(share=format_share(share)),
            transform=ax.get_yaxis_transform(),
            va="center",
            color=SOFT_INK,
            fontsize="small",
        )
