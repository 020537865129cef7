"""The tables of what is bought next, together and again, as a reader sees them."""

import numpy as np
import pandas as pd

from analysis.figures import Table
from analysis.language import _
from analysis.products.offers import Offers
from analysis.products.pairs import Pairs
from analysis.products.tables.cells import MOST_ROWS, intervals
from analysis.products.words import next_labels, together_labels
from analysis.style import (
    format_count,
    format_money,
    format_share,
)


def next_table(pairs: Pairs, names: pd.Series) -> Table:
    """Return what is bought next after what as a table for a page."""
    return _pairs_table(pairs, next_labels(pairs, names), buyers=_("who ordered again"))


def together_table(pairs: Pairs, names: pd.Series) -> Table:
    """Return what is bought together as a table for a page."""
    return _pairs_table(pairs, together_labels(pairs, names), buyers=_("buyers of the first"))


def _pairs_table(pairs: Pairs, labels: list[str], *, buyers: str) -> Table:
    shown = pairs.reliable.head(MOST_ROWS)
    frame = pd.DataFrame(
        {
            _("pair"): labels[: len(shown)],
            _("customers with both"): shown["customers"],
            buyers: shown["buyers"],
            _("share"): [format_share(share) for share in shown["confidence"]],
            _("by chance"): [format_share(share) for share in shown["base"]],
            _("lift"): [f"{lift:.1f}" for lift in shown["lift"]],
            _("interval"): intervals(shown, "lift_low", "lift_high", lambda lift: f"{lift:.1f}"),
            _("customers beyond chance"): [format_count(extra) for extra in shown["extra"]],
        }
    )
    caption = _("{n} of {all} reliable pairs among {tested} tested").format(
        n=len(shown),
        all=format_count(len(pairs.reliable)),
        tested=format_count(pairs.tested),
    )
    return Table(frame, caption)


def replenishment_table(offers: Offers, *, within_days: int) -> Table:
    """Return when products are bought again as a table for a page."""
    shown, names = offers.refills.head(MOST_ROWS), offers.names
    frame = pd.DataFrame(
        {
            _("product"): [names[number] for number in shown["product_no"]],
            _("purchases"): shown["purchases"],
            _("bought again"): [format_share(share) for share in shown["again_share"]],
            _("95% interval"): intervals(shown, "again_low", "again_high", format_share),
            _("half by day"): [_days(day) for day in shown["middle_days"]],
            _("its interval"): [
                _("{low} to {high}").format(low=_days(low), high=_days(high))
                for low, high in zip(shown["middle_low"], shown["middle_high"], strict=True)
            ],
            _("middle half, days"): [
                _("{low} to {high}").format(low=_days(low), high=_days(high))
                for low, high in zip(shown["early_days"], shown["late_days"], strict=True)
            ],
            _("most often, days"): [
                _("no rhythm")
                if not rhythm
                else _("{low} to {high}").format(low=_days(low), high=_days(high))
                for rhythm, low, high in zip(
                    shown["has_rhythm"],
                    shown["peak_from_days"],
                    shown["peak_to_days"],
                    strict=True,
                )
            ],
            _("customers due"): shown["due"],
        }
    )
    caption = _("Days to the next purchase of the same product, within {days} days").format(
        days=within_days
    )
    return Table(frame, caption)


def _days(days: float) -> str:
    return _("later") if np.isinf(days) else f"{days:.0f}"


def upgrades_table(offers: Offers, *, within_days: int, currency: str) -> Table:
    """Return who may want the higher grade as a table for a page."""
    table, names = offers.upgrades.head(MOST_ROWS), offers.names
    frame = pd.DataFrame(
        {
            _("product"): [names[number] for number in table["product_no"]],
            _("higher grade"): [names[number] for number in table["upgrade_product_no"]],
            _("buyers followed"): table["mature_buyers"],
            _("went up"): [format_share(share) for share in table["upgrade_share"]],
            _("95% interval"): intervals(table, "upgrade_low", "upgrade_high", format_share),
            _("candidates"): table["candidates"],
            _("at stake"): [
                format_money(minor, currency, whole=True) for minor in table["at_stake_minor"]
            ],
        }
    )
    caption = _(
        "Buyers who bought the higher grade within {days} days, and who did not yet"
    ).format(days=within_days)
    return Table(frame, caption)
