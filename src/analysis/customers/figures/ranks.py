"""The charts of who is best: deciles, recency and frequency, ten states, movement between ranks."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, PercentFormatter

from analysis.customers.movement import NOT_YET, RANKS, rank_label
from analysis.customers.states import STAGES, stage_label
from analysis.figures import Chart
from analysis.language import _
from analysis.style import (
    BLUE,
    FIGURE_HEIGHT,
    FIGURE_WIDTH,
    GRAY,
    format_count,
    format_date,
    format_share,
)
from analysis.suppression import MIN_SHOWN, format_people, people_in_words

_DARK_FROM = 0.55


def decile_chart(deciles: pd.DataFrame, *, window_days: int) -> Chart:
    """Draw the share of revenue by decile of the buyers."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    place = np.arange(len(deciles))
    ax.bar(place, deciles["share"], color=BLUE, width=0.7)
    for at, share in zip(place, deciles["share"], strict=True):
        ax.annotate(
            format_share(share, decimals=0),
            (at, share),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
        )
    ax.set_xticks(place, [f"{decile}" for decile in deciles["decile"]])
    ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    ax.set_ylim(0, deciles["share"].max() * 1.12)
    ax.set_xlabel(_("tenth of the customers, the largest buyers first"))
    ax.set_ylabel(_("share of revenue"))
    ax.set_title(_("Share of revenue by tenth of the customers"))
    return Chart(
        fig,
        _(
            "Bars by tenth of the customers: the first brings {first} of revenue, the last {last}."
        ).format(
            first=format_share(deciles["share"].iloc[0]),
            last=format_share(deciles["share"].iloc[-1]),
        ),
        _("Customers who bought in the last {days} days, by what they paid in them.").format(
            days=window_days
        ),
    )


def score_chart(cells: pd.DataFrame) -> Chart:
    """Draw how many customers have each recency and frequency score."""
    wide = cells.pivot_table(index="r_score", columns="f_score", values="customers", aggfunc="sum")
    counts = wide.sort_index(ascending=False)
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    _count_map(ax, counts.to_numpy())
    ax.set_xticks(range(5), [f"{score}" for score in counts.columns])
    ax.set_yticks(range(5), [f"{score}" for score in counts.index])
    ax.set_xlabel(_("frequency score: 5 bought most often"))
    ax.set_ylabel(_("recency score: 5 bought last"))
    ax.set_title(_("Customers by how lately and how often they bought"))
    best = int(counts.loc[5, 5])
    return Chart(
        fig,
        _(
            "A map of recency and frequency scores from 1 to 5; {n} customers have the best of "
            "both."
        ).format(n=people_in_words(best)),
        _(
            "Upper right: lately and often. Lower right: often, but not lately. Fewer than "
            "{limit}: hidden."
        ).format(limit=MIN_SHOWN),
    )


def state_chart(states: pd.DataFrame) -> Chart:
    """Draw the ten states: five stages, active or gone quiet."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    place = np.arange(len(STAGES))[::-1]
    by_stage = states.pivot_table(
        index="stage", columns="is_active", values="customers", aggfunc="sum"
    ).loc[list(STAGES)]
    longest = max(by_stage.to_numpy().max(), MIN_SHOWN)
    for active, shift, color, name in (
        (True, 0.2, BLUE, _("active")),
        (False, -0.2, GRAY, _("gone quiet")),
    ):
        counts = by_stage[active].to_numpy()
        drawn = _drawn(counts)
        ax.barh(place + shift, drawn, height=0.38, color=color, label=name)
        for at, count, length in zip(place + shift, counts, drawn, strict=True):
            ax.annotate(
                format_people(count),
                (length, at),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize="small",
            )
    ax.set_yticks(place, [stage_label(stage) for stage in STAGES])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: format_count(value)))
    ax.set_xlim(0, longest * 1.15)
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(_("customers"))
    ax.set_title(_("Customers by how far they have come"))
    fig.legend(loc="outside lower right", ncols=2)
    top = by_stage.iloc[-1]
    return Chart(
        fig,
        _(
            "Bars of ten states. Of the long and large customers, {active} are active and {quiet} "
            "gone quiet."
        ).format(active=people_in_words(top[True]), quiet=people_in_words(top[False])),
        _(
            "Short or long: time from first to last purchase. Small or large: paid in all. Fewer "
            "than {limit}: hidden."
        ).format(limit=MIN_SHOWN),
    )


def movement_chart(moved: pd.DataFrame, *, compared_on: object) -> Chart:
    """Draw from which rank to which customers moved."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT * 1.1))
    counts = moved.to_numpy()
    rows = [row for row in range(NOT_YET + 1) if counts[row].sum()]
    _count_map(ax, counts[rows])
    for at, row in enumerate(rows):
        if row < len(RANKS):
            ax.add_patch(plt.Rectangle((row - 0.5, at - 0.5), 1, 1, fill=False, ec=GRAY, lw=1.5))
    ax.set_xticks(range(len(RANKS)), [rank_label(rank) for rank in RANKS])
    ax.set_yticks(range(len(rows)), [rank_label(row) for row in rows])
    ax.set_xlabel(_("rank now"))
    ax.set_ylabel(_("rank on {day}").format(day=format_date(f"{compared_on}")))
    ax.set_title(_("Who rose and who fell, customers"))
    rose = sum(int(counts[row][:row].sum()) for row in range(1, len(RANKS)))
    fell = sum(int(counts[row][row + 1 :].sum()) for row in range(len(RANKS)))
    return Chart(
        fig,
        _("A map from earlier rank to rank now: {rose} customers rose and {fell} fell.").format(
            rose=people_in_words(rose), fell=people_in_words(fell)
        ),
        _(
            "Framed: stayed. Left of the frame: rose. Right of it: fell. Both days by the same "
            "amounts. Fewer than {limit}: hidden."
        ).format(limit=MIN_SHOWN),
    )


def _count_map(ax: plt.Axes, counts: np.ndarray) -> None:
    shade = np.sqrt(_drawn(counts) / max(counts.max(), MIN_SHOWN))
    ax.imshow(shade, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    for row, column in np.ndindex(counts.shape):
        ax.annotate(
            format_people(counts[row, column]),
            (column, row),
            ha="center",
            va="center",
            color="white" if shade[row, column] > _DARK_FROM * 1.15 else "black",
        )
    ax.grid(visible=False)
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def _drawn(counts: np.ndarray) -> np.ndarray:
    # A length or a shade would tell how few they are.
    return np.where((counts > 0) & (counts < MIN_SHOWN), MIN_SHOWN / 2, counts)
