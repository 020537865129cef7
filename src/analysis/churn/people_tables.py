"""The tables of the churn-point report that count people, few of them hidden."""

import numpy as np
import pandas as pd

from analysis.churn.cells import few
from analysis.churn.people import WITHIN_DAYS, hidden_cells
from analysis.churn.transitions import MIN_SHOWN
from analysis.churn.wording import MOST_ORDERS, reason_label
from analysis.figures import Table
from analysis.language import _, join_sentences
from analysis.style import format_count

_HIDDEN = "*"


def balance_table(balance: pd.DataFrame, hazards: pd.DataFrame) -> Table:
    """Return what became of the subscriptions that reached each order."""
    orders = hazards.loc[hazards["is_shown"], "order_no"].head(MOST_ORDERS)
    counts = balance.set_index("order_no").reindex(orders)
    counts["left_out"] = counts[["came_back", "began_before"]].sum(axis=1)
    # Those at risk are told elsewhere: what is left of those who reached the order is the sum here.
    undecided = counts[["not_yet_due", "committed", "paused", "left_out"]]
    hidden = np.array([hidden_cells(row) for row in undecided.to_numpy()])
    hidden = hidden.reshape(undecided.shape).astype(bool)
    is_few = hidden.any(axis=1) & (undecided.sum(axis=1) < MIN_SHOWN)
    texts = undecided.map(format_count).mask(hidden, _HIDDEN)
    frame = pd.DataFrame(
        {
            _("order"): [f"{order}" for order in orders],
            _("reached it"): counts["reached"].map(format_count).mask(is_few, _HIDDEN).to_numpy(),
            _("continued"): counts["continued"].to_numpy(),
            _("lost"): counts["lost"].to_numpy(),
            _("not yet due"): texts["not_yet_due"].to_numpy(),
            _("committed"): texts["committed"].to_numpy(),
            _("paused"): texts["paused"].to_numpy(),
            _("left out"): texts["left_out"].to_numpy(),
        }
    )
    said = _("What became of the subscriptions that reached each order")
    return Table(frame, _with_mark(said) if hidden.any() else said)


def _with_mark(caption: str) -> str:
    return join_sentences(
        f"{caption}.",
        _("{mark}: one to nine, or hidden so that such a number does not follow.").format(
            mark=_HIDDEN
        ),
    )


def active_table(active: pd.DataFrame) -> Table:
    """Return how many subscriptions wait after each order now."""
    rows = active.head(MOST_ORDERS)
    frame = pd.DataFrame(
        {
            _("last order taken"): [f"{order}" for order in rows["order_no"]],
            _("waiting for the next"): [few(count) for count in rows["active"]],
            _("paused"): [few(count) for count in rows["paused"]],
            _("overdue"): [few(count) for count in rows["overdue"]],
        }
    )
    return Table(
        frame,
        _(
            "Subscriptions that are not cancelled, by the last order they have taken; running are "
            "those that wait for the next one"
        ),
    )


def win_back_table(counts: pd.DataFrame) -> Table:
    """Return former subscribers by reason and time since they ended."""
    heads = {days: _("up to {n} days ago").format(n=days) for days in WITHIN_DAYS if days}
    heads[0] = _("longer ago")
    frame = pd.DataFrame(
        {
            _("reason"): [reason_label(code) for code in counts.index],
            **{
                heads[days]: [
                    _HIDDEN if pd.isna(count) else format_count(count) for count in counts[days]
                ]
                for days in WITHIN_DAYS
            },
        }
    )
    said = _("Customers whose last subscription has ended, by reason and time since")
    return Table(frame, _with_mark(said) if counts.isna().any(axis=None) else said)
