"""The charts of when and at what price customers buy: data in, figure and alt text out."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.ticker import PercentFormatter

from analysis.figures import Chart
from analysis.language import _, join_sentences
from analysis.products.hours import BusyHours, week
from analysis.products.prices import Prices, bands
from analysis.products.words import busy_text, weekday_names
from analysis.style import (
    BLUE,
    FIGURE_HEIGHT,
    FIGURE_WIDTH,
    INK,
    ORANGE,
    format_count,
    format_money,
    format_share,
)


def hours_chart(by_hour: pd.DataFrame, busy: BusyHours) -> Chart:
    """Draw orders and customers by hour and weekday, as times the average hour.

    Args:
        by_hour: Columns weekday, hour, orders, customers (`sql/orders_by_hour.sql`).
        busy: The busiest hours.
    """
    fig, axes = plt.subplots(
        2, 1, figsize=(FIGURE_WIDTH, FIGURE_HEIGHT * 1.4), sharex=True, layout="constrained"
    )
    tables = (week(by_hour, of="orders"), week(by_hour, of="customers"))
    relative = [table / table.to_numpy().mean() for table in tables]
    most = max(float(table.to_numpy().max()) for table in relative)
    for ax, table in zip(axes, relative, strict=True):
        # As seaborn's heatmap, which draws the whole figure each time to look at its labels.
        cells = ax.pcolormesh(
            table, vmin=0, vmax=most, cmap=_from_pale_blue(), linewidth=0.5, edgecolors="white"
        )
        ax.invert_yaxis()
        ax.spines[:].set_visible(False)
        bar = fig.colorbar(cells, ax=ax, aspect=12, label=_("times the average hour"))
        bar.outline.set_visible(False)
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
        ).format(busiest=busy_text(busy.week)),
        _("The darker, the more orders or different customers than in an average hour."),
    )


def _from_pale_blue() -> ListedColormap:
    """Return blues that begin where the eye, and a palette of few colors, tell them from white."""
    return ListedColormap(plt.get_cmap("Blues")(np.linspace(0.12, 1, 256)))


def price_chart(prices: Prices, *, currency: str) -> Chart:
    """Draw shares of order values and of unit prices by band, new against repeat.

    Unit prices are left out where one-off orders have no lines.

    Raises:
        DataError: There is no one-off order.
    """
    orders = bands(prices.orders)
    tables = [orders]
    if prices.units is not None and len(prices.units):
        tables.append(bands(prices.units))
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
    return Chart(
        fig,
        _price_alt(orders, currency),
        _("Bars: share of the group, with 95% intervals. The last band has no upper end."),
    )


def _price_alt(orders: pd.DataFrame, currency: str) -> str:
    shown = _("Bars of the share of first and repeat orders in each price band.")
    if not orders["repeat_number"].sum():
        return shown
    most = orders.loc[orders["repeat_share"].idxmax()]
    return join_sentences(
        shown,
        _("Most repeat orders, {share}, are in the band {band}.").format(
            share=format_share(most["repeat_share"], decimals=0), band=_band(most, currency)
        ),
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
