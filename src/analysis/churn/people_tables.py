"""The tables of the churn-point report that count people, few of them hidden."""

import numpy as np
import pandas as pd

from analysis.churn.people import WITHIN_DAYS, hidden_cells
from analysis.churn.wording import MOST_ORDERS, reason_label
from analysis.figures import Table
from analysis.language import _
from analysis.style import NOTHING, format_count
from analysis.suppression import MIN_SHOWN, format_people


def balance_table(balance: pd.DataFrame, hazards: pd.DataFrame) -> Table:
    """Return what became of the subscriptions that reached each order."""
    orders = hazards.loc[hazards["is_shown"], "order_no"].head(MOST_ORDERS)
    counts = balance.set_index("order_no").reindex(orders)
    # Few are paused, so they stand with those not yet due. Those at risk are told elsewhere: the
    # sum here is what they leave of those who reached the order.
    undecided = pd.DataFrame(
        {
            "waiting": counts["not_yet_due"] + counts["paused"],
            "committed": counts["committed"],
            "left_out": counts["came_back"] + counts["began_before"],
        }
    )
    hidden = np.array([hidden_cells(row) for row in undecided.to_numpy()])
    hidden = hidden.reshape(undecided.shape).astype(bool)
    is_few = hidden.any(axis=1) & (undecided.sum(axis=1) < MIN_SHOWN)
    texts = undecided.map(format_count).mask(hidden, NOTHING)
    frame = pd.DataFrame(
        {
            _("order"): [f"{order}" for order in orders],
            _("reached it"): counts["reached"].map(format_count).mask(is_few, NOTHING).to_numpy(),
            _("continued"): counts["continued"].to_numpy(),
            _("lost"): counts["lost"].to_numpy(),
            _("not yet due, or paused"): texts["waiting"].to_numpy(),
            _("committed"): texts["committed"].to_numpy(),
            _("left out"): texts["left_out"].to_numpy(),
        }
    )
    said = _("What became of the subscriptions that reached each order")
    return Table(frame, _with_mark(said) if hidden.any() else said)


def _with_mark(caption: str) -> str:
    return _(
        "{caption} ({mark}: one to nine, or hidden so that such a number does not follow)"
    ).format(caption=caption, mark=NOTHING)


def active_table(active: pd.DataFrame) -> Table:
    """Return how many subscriptions wait after each order now."""
    rows = active.head(MOST_ORDERS)
    frame = pd.DataFrame(
        {
            _("last order taken"): [f"{order}" for order in rows["order_no"]],
            _("waiting for the next"): [format_people(count) for count in rows["active"]],
            _("paused"): [format_people(count) for count in rows["paused"]],
            _("overdue"): [format_people(count) for count in rows["overdue"]],
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
                    NOTHING if pd.isna(count) else format_count(count) for count in counts[days]
                ]
                for days in WITHIN_DAYS
            },
        }
    )
    said = _("Customers whose last subscription has ended, by reason and time since")
    return Table(frame, _with_mark(said) if counts.isna().any(axis=None) else said)
