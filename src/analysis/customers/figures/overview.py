"""The charts of how many customers there are, what they bring, and how often they buy."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, PercentFormatter

from analysis.customers.balance import Balance
from analysis.customers.revenue import KINDS, REFUNDS_ALONE, SUBSCRIPTION, kind_label
from analysis.customers.rhythm import MANY_A_MONTH
from analysis.figures import Chart
from analysis.language import _, join_list
from analysis.style import (
    BLUE,
    COLORS,
    FIGURE_HEIGHT,
    FIGURE_WIDTH,
    GRAY,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SOFT_INK,
    format_count,
    format_money,
    format_month,
    format_share,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KIND_COLORS = {1: BLUE, 2: GREEN, 3: PURPLE, 4: ORANGE, SUBSCRIPTION: GRAY, REFUNDS_ALONE: INK}
_MOST_LABELS = 16
_LABEL_HEIGHT = 0.07


def balance_chart(
    balance: Balance, *, period_days: int, dormancy_days: int, subscription_days: int
) -> Chart:
    """Draw who became active and who went quiet, and what remains of it.

    Args:
        balance: What `balances` returned.
        period_days: Length of the period.
        dormancy_days: For how long a one-off purchase keeps a customer active.
        subscription_days: For how long a subscription order does.
    """
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT * 0.7))
    net = balance.active_at_end - balance.active_at_start
    changes = (balance.new_customers, balance.came_back, -balance.went_quiet, net)
    place = np.arange(len(changes))[::-1]
    ax.barh(place, changes, color=(GREEN, GREEN, ORANGE, BLUE), height=0.62)
    longest = max(max(abs(change) for change in changes), 1)
    for at, change in zip(place, changes, strict=True):
        sign = "+" if change > 0 else ""
        ax.annotate(
            f"{sign}{format_count(change)}",
            (change, at),
            xytext=(5 if change >= 0 else -5, 0),
            textcoords="offset points",
            ha="left" if change >= 0 else "right",
            va="center",
        )
    ax.axvline(0, color=SOFT_INK, linewidth=0.8)
    ax.set_yticks(place, [_("new"), _("came back"), _("went quiet"), _("together")])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: format_count(value)))
    ax.set_xlim(-1.35 * longest, 1.35 * longest)
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(_("change in active customers"))
    words = {
        "start": format_count(balance.active_at_start),
        "end": format_count(balance.active_at_end),
        "days": period_days,
    }
    ax.set_title(_("Active customers: from {start} to {end} in {days} days").format(**words))
    return Chart(
        fig,
        _(
            "From {start} active customers, {new} new and {back} who came back are added and "
            "{quiet} who went quiet taken away: {end} are active now."
        ).format(
            new=format_count(balance.new_customers),
            back=format_count(balance.came_back),
            quiet=format_count(balance.went_quiet),
            **words,
        ),
        _(
            "Active: a one-off purchase in the last {days} days, or a subscription order in the "
            "last {subscription_days}, cancelled since or not."
        ).format(days=dormancy_days, subscription_days=subscription_days),
    )


def revenue_chart(months: pd.DataFrame, *, currency: str) -> Chart:
    """Draw revenue by month, split by kind of purchase; refunds without an order hang below."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    place = np.arange(len(months))
    bottom = np.zeros(len(months))
    for kind in [kind for kind in KINDS if kind in months]:
        amounts = months[kind].to_numpy(float)
        ax.bar(
            place,
            amounts,
            bottom=0 if kind == REFUNDS_ALONE else bottom,
            width=0.82,
            color=_KIND_COLORS[kind],
            label=kind_label(kind),
        )
        bottom += amounts
    month_axis(ax, [f"{month}" for month in months.index])
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda minor, _place: format_money(minor, currency, whole=True))
    )
    ax.set_ylabel(_("revenue a month"))
    ax.set_title(_("Revenue by month and kind of purchase"))
    handles, labels = ax.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=3, handlelength=1, handleheight=1)
    last = months.iloc[-1] if len(months) else pd.Series(dtype=float)
    return Chart(
        fig,
        _("Stacked bars by month. In the last whole month, {parts}.").format(
            parts=join_list(
                f"{kind_label(kind)}: {format_money(last[kind], currency, whole=True)}"
                for kind in last.index
            )
        ),
        _(
            "Whole months only. All one-off orders of a customer on one day are one purchase; "
            "subscription orders are counted apart."
        ),
    )


def frequency_chart(frequencies: pd.DataFrame) -> Chart:
    """Draw how often the buyers of a month buy in it."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    place = np.arange(len(frequencies))
    ax.bar(place - 0.2, frequencies["share"], width=0.38, color=BLUE, label=_("share of buyers"))
    ax.bar(
        place + 0.2,
        frequencies["purchase_share"],
        width=0.38,
        color=ORANGE,
        label=_("share of purchases"),
    )
    for shift, column in ((-0.2, "share"), (0.2, "purchase_share")):
        for at, share in zip(place, frequencies[column], strict=True):
            _label(ax, at + shift, share, format_share(share, decimals=0), size="small")
    ax.set_xticks(
        place,
        [
            f"{purchases}+" if purchases == MANY_A_MONTH else f"{purchases}"
            for purchases in frequencies["purchases"]
        ],
    )
    ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    ax.set_ylim(0, max(frequencies[["share", "purchase_share"]].max().max(), 0.1) * 1.15)
    ax.set_xlabel(_("purchases of a customer in a month"))
    ax.set_title(_("How often a month's buyers buy in that month"))
    fig.legend(loc="outside lower center", ncols=2)
    once = frequencies.iloc[0]
    return Chart(
        fig,
        _(
            "{once} of a month's buyers buy once in it; they make {purchases} of its purchases."
        ).format(once=format_share(once["share"]), purchases=format_share(once["purchase_share"])),
        _("Mean of the last twelve whole months; subscription orders included."),
    )


def gap_chart(curves: dict[int, pd.DataFrame], *, horizon_days: int) -> Chart:
    """Draw which share made the next purchase by each day, from purchase n to n + 1."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    shown = {n: _until(curve, horizon_days) for n, curve in curves.items()}
    for curve, color in zip(shown.values(), COLORS, strict=False):
        ax.step(curve["day"], curve["share"], where="post", color=color)
        ax.fill_between(
            curve["day"], curve["low"], curve["high"], step="post", color=color, alpha=0.15, lw=0
        )
    _end_labels(ax, list(shown.items()), horizon_days)
    ax.set_xlim(0, horizon_days)
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    ax.set_xlabel(_("days since the purchase"))
    ax.set_ylabel(_("have bought again"))
    ax.set_title(_("How long until the next purchase"))
    ends = join_list(
        _("{n} to {next}: {share}").format(
            n=n, next=n + 1, share=format_share(curve["share"].iloc[-1])
        )
        for n, curve in shown.items()
    )
    return Chart(
        fig,
        _("Rising curves of the share who bought again. At the end, from purchase {ends}.").format(
            ends=ends
        ),
        _(
            "Bands: 95% intervals. Customers still waiting count for as long as they have waited; "
            "a curve ends where fewer than 30 are left."
        ),
    )


def _until(curve: pd.DataFrame, horizon_days: int) -> pd.DataFrame:
    return curve[curve["day"] <= horizon_days]


def _end_labels(ax: "Axes", curves: list[tuple[int, pd.DataFrame]], right: int) -> None:
    # From the highest end down, each label at least a line below the one above.
    ends = sorted(((curve["share"].iloc[-1], n) for n, curve in curves), reverse=True)
    colors = dict(zip((n for n, _curve in curves), COLORS, strict=False))
    height = 1.0 + _LABEL_HEIGHT
    for share, n in ends:
        height = min(share, height - _LABEL_HEIGHT)
        ax.annotate(
            _("{n} to {next}").format(n=n, next=n + 1),
            (right, height),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=colors[n],
            annotation_clip=False,
        )


def _label(ax: "Axes", place: float, height: float, text: str, *, size: str = "medium") -> None:
    ax.annotate(
        text,
        (place, height),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=size,
    )


def month_axis(ax: "Axes", months: list[str]) -> None:
    """Write months under an axis, only as many as can be read."""
    every = max(-(-len(months) // _MOST_LABELS), 1)
    ax.set_xticks(
        range(0, len(months), every),
        [format_month(month) for month in months[::every]],
        rotation=45 if len(months) > _MOST_LABELS // 2 else 0,
    )
    ax.set_xlim(-0.7, len(months) - 0.3)
