"""The tables of what sells, as a reader sees them."""

import numpy as np
import pandas as pd

from analysis.figures import Table
from analysis.language import _
from analysis.products.tables.cells import MOST_ROWS, intervals
from analysis.style import (
    NOTHING,
    format_count,
    format_money,
    format_share,
)


def products_table(ranked: pd.DataFrame, names: pd.Series, *, currency: str) -> Table:
    """Return the products that sell most as a table for a page.

    Args:
        ranked: What `rank_sales` returned.
        names: Product names by number.
        currency: ISO code.
    """
    return _sales_table(ranked, ranked["product_no"].map(names), of=_("product"), currency=currency)


def categories_table(ranked: pd.DataFrame, *, currency: str) -> Table:
    """Return the categories that sell most as a table for a page."""
    return _sales_table(ranked, ranked["category"], of=_("category"), currency=currency)


def _sales_table(ranked: pd.DataFrame, names: pd.Series, *, of: str, currency: str) -> Table:
    shown = ranked.head(MOST_ROWS)
    frame = pd.DataFrame(
        {
            of: names.loc[shown.index].replace("", _("without a category")).to_numpy(),
            _("revenue"): [
                format_money(minor, currency, whole=True) for minor in shown["amount_minor"]
            ],
            _("share"): [format_share(share) for share in shown["revenue_share"]],
            _("running share"): [format_share(share) for share in shown["running_share"]],
            _("buyers"): shown["customers"].to_numpy(),
            _("in first orders of"): [format_share(share) for share in shown["first_share"]],
            _("bought again"): [format_share(share) for share in shown["repeat_share"]],
            _("95% interval"): intervals(shown, "repeat_low", "repeat_high", format_share),
            _("of"): [
                format_count(n) if not np.isnan(share) else NOTHING
                for n, share in zip(shown["mature_customers"], shown["repeat_share"], strict=True)
            ],
        }
    )
    caption = _("Most revenue by {of}: {n} of {all} with ten buyers or more").format(
        of=of, n=len(shown), all=format_count(len(ranked))
    )
    return Table(frame, caption)
