"""The charts of what customers were worth and what they cost: data in, figure and alt text out."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from analysis.codes import code_label
from analysis.figures import Chart
from analysis.language import _
from analysis.products.acquisition import Acquisition
from analysis.products.figures.marks import dots
from analysis.products.words import cut_name
from analysis.style import (
    BLUE,
    FIGURE_WIDTH,
    GRAY,
    ORANGE,
    format_count,
    format_money,
)

_MOST_ROWS = 12
_MOST_PANELS = 6


def first_product_chart(values: pd.DataFrame, names: pd.Series, *, currency: str) -> Chart:
    """Draw what customers were worth by the product that was most of their first order."""
    labels = values["product_no"].map(names)
    return _value_chart(values, labels, title=_("Value by first product"), currency=currency)


def source_chart(values: pd.DataFrame, *, currency: str) -> Chart:
    """Draw what customers were worth by where they came from."""
    return _value_chart(
        values, values["source"].map(code_label), title=_("Value by source"), currency=currency
    )


def _value_chart(values: pd.DataFrame, labels: pd.Series, *, title: str, currency: str) -> Chart:
    days = int(values["window_days"].max())
    groups = values[values["window_days"] == days]
    shown = groups.assign(label=labels).head(_MOST_ROWS).sort_values("shrunk")
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, 1.4 + 0.36 * len(shown)))
    place = np.arange(len(shown))
    for marked, color in ((False, BLUE), (True, GRAY)):
        part = (shown["is_marked"] == marked).to_numpy()
        if part.any():
            dots(ax, place[part], shown[part], "shrunk", color)
    whole = float(np.average(groups["mean"], weights=groups["n"]))
    ax.axvline(whole, color=GRAY, linewidth=1, linestyle=":")
    _name_rows(ax, place, shown)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda minor, _place: format_money(minor, currency, whole=True))
    )
    ax.set_xlabel(_("paid per customer within {days} days of the first order").format(days=days))
    ax.set_title(title)
    best, least = shown.iloc[-1], shown.iloc[0]
    return Chart(
        fig,
        _(
            "Dots with intervals for {n} groups, from {least} with {low} to {best} with {high} per "
            "customer."
        ).format(
            n=len(shown),
            least=least["label"],
            low=format_money(least["shrunk"], currency, whole=True),
            best=best["label"],
            high=format_money(best["shrunk"], currency, whole=True),
        ),
        _(
            "Bars: 95% intervals. Dotted: all of these customers. Grey: so few customers that the "
            "estimate rests more on the whole than on them. In parentheses: customers."
        ),
    )


def _name_rows(ax: plt.Axes, place: np.ndarray, rows: pd.DataFrame) -> None:
    names = [
        f"{cut_name(label)} ({format_count(n)})"
        for label, n in zip(rows["label"], rows["n"], strict=True)
    ]
    ax.set_yticks(place, names, parse_math=False)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_ylim(-0.6, len(rows) - 0.4)


def payback_chart(acquisition: Acquisition, *, currency: str) -> Chart:
    """Draw gross profit per customer by age against the cost per customer, a panel a source."""
    profit, shown = acquisition.profit, acquisition.returns.head(_MOST_PANELS)
    rows = -(-len(shown) // 2)
    fig, axes = plt.subplots(
        rows,
        min(len(shown), 2),
        figsize=(FIGURE_WIDTH, 0.9 + 2.1 * rows),
        sharex=True,
        sharey=True,
        layout="constrained",
        squeeze=False,
    )
    months = profit.columns.to_numpy()
    for ax, source in zip(axes.ravel(), shown.to_dict("records"), strict=False):
        earned = profit.loc[source["source"]].to_numpy()
        cost = source["cost_per_customer_minor"]
        ax.plot(months, earned, color=BLUE)
        ax.axhline(cost, color=ORANGE, linestyle="--", linewidth=1.6)
        ax.annotate(
            _("cost {cost}").format(cost=format_money(cost, currency, whole=True)),
            (months[-1], cost),
            xytext=(0, -12 if earned[-1] >= cost else 4),
            textcoords="offset points",
            ha="right",
            color=ORANGE,
            fontsize="small",
        )
        if not np.isnan(source["payback_month"]):
            month = int(source["payback_month"])
            ax.plot(month, earned[month - 1], "o", color=BLUE)
        ax.set_title(cut_name(code_label(source["source"])), fontsize="medium")
        ax.yaxis.set_major_formatter(
            FuncFormatter(lambda minor, _place: format_money(minor, currency, whole=True))
        )
    for ax in axes.ravel()[len(shown) :]:
        ax.set_visible(False)
    most = profit.loc[shown["source"]].to_numpy().max()
    axes[0, 0].set_ylim(0, max(most, shown["cost_per_customer_minor"].max()) * 1.1)
    axes[0, 0].set_xticks([month for month in months if month % 3 == 0])
    for ax in axes[-1]:
        ax.set_xlabel(_("months since the first order"))
    fig.suptitle(_("Gross profit per customer against the cost of winning one"), x=0.01, ha="left")
    return Chart(
        fig,
        _(
            "A panel for each of {n} sources: the profit of a customer rises with the months since "
            "the first order, against a dashed line at the cost of winning the customer."
        ).format(n=len(shown)),
        _(
            "Line: gross profit per customer added up, months of 30 days. Dashed: cost per new "
            "customer. Dot: the month by whose end the cost is earned."
        ),
    )
