"""May the numbers of the customer report be trusted? Each condition with what it compared."""

import pandas as pd

from analysis.customers.balance import Balance
from analysis.customers.revenue import REFUNDS_ALONE
from analysis.findings import Check
from analysis.language import _
from analysis.shop import Shop
from analysis.style import format_count, format_money, format_share
from analysis.trust import data_is_fresh, import_balances

_FIRST_DAYS = 30
_MAX_FIRST_SHARE = 0.5


def checks(
    shop: Shop,
    now: Balance,
    split: pd.DataFrame,
    ranks: pd.DataFrame,
    *,
    max_stale_days: int,
) -> list[Check]:
    """Return every condition of trust; those that are needed come first."""
    return [
        data_is_fresh(shop, max_stale_days=max_stale_days),
        import_balances(shop.record.get("balance", [])),
        customers_balance(now),
        revenue_adds_up(now, split, currency=shop.file.currency),
        everybody_is_ranked(now, ranks),
        history_is_whole(shop, ranks),
    ]


def customers_balance(now: Balance) -> Check:
    """Check that active customers at the end are those at the start, plus gains, less losses."""
    expected = now.active_at_start + now.new_customers + now.came_back - now.went_quiet
    return Check(
        name="customers_balance",
        passed=expected == now.active_at_end,
        sentence=_(
            "{start} active customers + {new} new + {back} back \N{MINUS SIGN} {quiet} quiet must "
            "be the {end} counted at the end."
        ).format(
            start=format_count(now.active_at_start),
            new=format_count(now.new_customers),
            back=format_count(now.came_back),
            quiet=format_count(now.went_quiet),
            end=format_count(now.active_at_end),
        ),
        needed=True,
    )


def revenue_adds_up(now: Balance, split: pd.DataFrame, *, currency: str) -> Check:
    """Check that the kinds of purchases make up all revenue of the period."""
    parts = int(split["amount_minor"].sum())
    said = (
        _(
            "First, second, later and subscription revenue, less refunds without an order, add up "
            "to {parts} of {all}."
        )
        if (split["kind"] == REFUNDS_ALONE).any()
        else _("First, second, later and subscription revenue add up to {parts} of {all}.")
    )
    return Check(
        name="revenue_adds_up",
        passed=parts == now.amount_minor,
        sentence=said.format(
            parts=format_money(parts, currency), all=format_money(now.amount_minor, currency)
        ),
        needed=True,
    )


def everybody_is_ranked(now: Balance, ranks: pd.DataFrame) -> Check:
    """Check that ranks and states count every customer once."""
    return Check(
        name="everybody_is_ranked",
        passed=len(ranks) == now.customers,
        sentence=_("{ranked} of {all} customers have a rank.").format(
            ranked=format_count(len(ranks)), all=format_count(now.customers)
        ),
        needed=True,
    )


def history_is_whole(shop: Shop, ranks: pd.DataFrame) -> Check:
    """Check that the data does not begin in the middle of most customers' histories."""
    early = ranks["age_days"] > (shop.as_of - shop.first_day).days - _FIRST_DAYS
    share = float(early.mean()) if len(ranks) else 0.0
    return Check(
        name="history_is_whole",
        passed=share <= _MAX_FIRST_SHARE,
        sentence=_(
            "{share} of the customers first appear within 30 days of the first order. Where that "
            "is most of them, the data probably begins later than the shop: first purchases here "
            "are then not the first, and the second purchase may look better than it is."
        ).format(share=format_share(share)),
    )
