"""The charts of when, at what price and what customers buy: data in, figure and alt text out."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, PercentFormatter

from analysis.codes import code_label
from analysis.figures import Chart
from analysis.language import _
from analysis.products.acquisition import Acquisition
from analysis.products.hours import BusyHours, week
from analysis.products.pairs import Pairs
from analysis.products.prices import Prices, bands
from analysis.products.words import busy_text, cut_name, next_labels, together_labels, weekday_names
from analysis.style import (
    BLUE,
    FIGURE_HEIGHT,
    FIGURE_WIDTH,
    GRAY,
    INK,
    ORANGE,
    SOFT_INK,
    format_count,
    format_money,
    format_share,
)

_MOST_ROWS = 12
_MOST_PANELS = 6


def hours_chart(by_hour: pd.DataFrame, busy: BusyHours) -> Chart:
    """Draw orders and customers by hour and weekday, as times the average hour.

    Args:
        by_hour: Columns weekday, hour, orders, customers (`sql/orders_by_hour.sql`).
        busy: The busiest hours.
    """
    import seaborn as sns  # only this chart needs it, and it is slow to import

    fig, axes = plt.subplots(
        2, 1, figsize=(FIGURE_WIDTH, FIGURE_HEIGHT * 1.4), sharex=True, layout="constrained"
    )
    tables = (week(by_hour, of="orders"), week(by_hour, of="customers"))
    relative = [table / table.to_numpy().mean() for table in tables]
    most = max(float(table.to_numpy().max()) for table in relative)
    for ax, table in zip(axes, relative, strict=True):
        sns.heatmap(
            table,
            vmin=0,
            vmax=most,
            cmap="Blues",
            linewidths=0.5,
            cbar_kws={"label": _("times the average hour"), "aspect": 12},
            ax=ax,
        )
        ax.grid(visible=False)
        ax.set_yticks(np.arange(7) + 0.5, weekday_names(short=True), rotation=0)
        ax.set_xticks(np.arange(0, 24, 3) + 0.5, [f"{hour}:00" for hour in range(0, 24, 3)])
        ax.tick_params(length=0, rotation=0, labelbottom=True)
        ax.set_xlabel("")
        ax.set_ylabel("")
    axes[0].set_title(_("When orders are placed"))
    axes[1].set_title(_("When customers order at least once"))
    axes[1].set_xlabel(_("hour, shop time"))
    return Chart(
        fig,
        _(
            "Two maps of the week, seven days down and twenty-four hours across, of orders and of "
            "customers. {busiest} is darkest."
        ).format(busiest=busy_text(busy)),
        _("The darker, the more orders or different customers than in an average hour."),
    )


def price_chart(prices: Prices, *, currency: str) -> Chart:
    """Draw shares of order values and of unit prices by band, new against repeat."""
    tables = [bands(values) for values in (prices.orders, prices.units) if values is not None]
    orders = tables[0]
    fig, axes = plt.subplots(
        len(tables),
        1,
        figsize=(FIGURE_WIDTH, FIGURE_HEIGHT * (0.4 + 0.6 * len(tables))),
        layout="constrained",
        squeeze=False,
    )
    titles = (_("What an order is worth"), _("What a piece costs"))
    for ax, table, title in zip(axes[:, 0], tables, titles, strict=False):
        _price_bars(ax, table, currency)
        ax.set_title(title)
    axes[0, 0].set_ylabel(_("share of orders"))
    axes[-1, 0].set_ylabel(_("share of order lines") if len(tables) > 1 else _("share of orders"))
    axes[0, 0].legend(loc="upper right")
    most = orders.loc[orders["repeat_share"].idxmax()]
    return Chart(
        fig,
        _(
            "Bars of the share of first and repeat orders in each price band. Most repeat orders, "
            "{share}, are in the band {band}."
        ).format(share=format_share(most["repeat_share"], decimals=0), band=_band(most, currency)),
        _("Bars: share of the group, with 95% intervals. The last band has no upper end."),
    )


def _price_bars(ax: plt.Axes, table: pd.DataFrame, currency: str) -> None:
    place = np.arange(len(table))
    sides = (
        ("first", _("first orders"), ORANGE, -0.2),
        ("repeat", _("repeat orders"), BLUE, 0.2),
    )
    for name, label, color, shift in sides:
        share = table[f"{name}_share"].to_numpy()
        reach = [share - table[f"{name}_low"], table[f"{name}_high"] - share]
        label = _("{group} ({n})").format(
            group=label, n=format_count(table[f"{name}_number"].sum())
        )
        ax.bar(place + shift, share, 0.38, color=color, label=label)
        ax.errorbar(place + shift, share, np.maximum(reach, 0), fmt="none", ecolor=INK, lw=0.9)
    labels = [_band(row, currency) for _row, row in table.iterrows()]
    # Two dollar signs would set what stands between them as a formula.
    ax.set_xticks(place, labels, rotation=30, ha="right", parse_math=False)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _band(row: pd.Series, currency: str) -> str:
    low = format_money(row["low_minor"], currency, whole=True)
    if pd.isna(row["high_minor"]):
        return _("{low} and more").format(low=low)
    high = format_money(row["high_minor"], currency, whole=True)
    return _("{low}\N{EN DASH}{high}").format(low=low, high=high)


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
            _dots(ax, place[part], shown[part], "shrunk", color)
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


def _dots(ax: plt.Axes, place: np.ndarray, rows: pd.DataFrame, column: str, color: str) -> None:
    middle = rows[column].to_numpy(float)
    reach = np.maximum([middle - rows["low"], rows["high"] - middle], 0)
    ax.errorbar(middle, place, xerr=reach, fmt="o", color=color, elinewidth=1.6, capsize=0)


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
    _dots(ax, place, rows, "lift", BLUE)
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
