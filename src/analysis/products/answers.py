"""What is worth acting on in when, what and what next: findings with people, interval and money."""

import pandas as pd

from analysis.codes import code_label
from analysis.findings import Finding, Metric
from analysis.language import _
from analysis.products.acquisition import Acquisition
from analysis.products.offers import Offers
from analysis.products.pairs import MIN_CUSTOMERS, Pairs
from analysis.style import (
    format_count,
    format_interval,
    format_money,
    format_share,
    with_interval,
)

_MOST_PAIRS = 3


def findings(
    offers: Offers | None, acquisition: Acquisition | None, *, again_days: int, currency: str
) -> list[Finding]:
    """Return what products and sources tell that is worth acting on, if they are known.

    Args:
        offers: What `read_offers` returned.
        acquisition: What `read_acquisition` returned.
        again_days: Within how many days another purchase counts.
        currency: ISO code.
    """
    found = []
    if offers:
        names, means = offers.names, offers.mean_order_minor
        found += pair_findings(
            _without_upgrades(offers.next_pairs, offers.upgrades), names, means, currency=currency
        )
        found += replenishment_findings(
            offers.refills, names, means, within_days=again_days, currency=currency
        )
        found += upgrade_findings(offers.upgrades, names, currency=currency)
    if acquisition:
        found += payback_findings(
            acquisition.returns, window_days=acquisition.window_days, currency=currency
        )
    return found


def _without_upgrades(pairs: Pairs, upgrades: pd.DataFrame) -> Pairs:
    """Leave out pairs of a product and its higher grade, which have a finding of their own."""
    if upgrades.empty:
        return pairs
    keys = ["product_no", "other_product_no"]
    known = upgrades.rename(columns={"upgrade_product_no": "other_product_no"})[keys]
    is_known = pairs.reliable[keys].merge(known, how="left", indicator=True)["_merge"] == "both"
    return pairs._replace(reliable=pairs.reliable[~is_known.to_numpy()])


def pair_findings(
    pairs: Pairs, names: pd.Series, mean_minor: pd.Series, *, currency: str
) -> list[Finding]:
    """Return the reliable next products whose buyers can still be reached.

    Money: customers whose first order with the one product is their last so far, 180 days old at
    most, times the share of all its first buyers who bought the other one next, times what that
    brings in an order.

    Args:
        pairs: What `find_pairs` returned for next products.
        names: Product names by number.
        mean_minor: What a product brings in an order, by number.
        currency: ISO code.
    """
    found = []
    reachable = pairs.reliable[pairs.reliable["waiting"] >= MIN_CUSTOMERS]
    for _place, row in reachable.head(_MOST_PAIRS).iterrows():
        first, other = row["product_no"], row["other_product_no"]
        share = row["customers"] / row["first_buyers"]
        money = round(row["waiting"] * share * mean_minor[other])
        found.append(
            Finding(
                name=f"next_product_{int(first)}_{int(other)}",
                sentence=_(
                    "After {first}, customers next buy {other} {lift} times as often as chance "
                    "would have it [{interval}]. {n} customers bought {first} for the first "
                    "time in their last order, within 180 days, and can be shown {other}."
                ).format(
                    first=names[first],
                    other=names[other],
                    lift=format_count(row["lift"], decimals=1),
                    interval=format_interval(
                        row["lift_low"],
                        row["lift_high"],
                        lambda lift: format_count(lift, decimals=1),
                    ),
                    n=format_count(row["waiting"]),
                ),
                value=float(row["lift"]),
                low=float(row["lift_low"]),
                high=float(row["lift_high"]),
                n=int(row["waiting"]),
                money_minor=money,
                money=_at_stake(money, currency),
            )
        )
    return found


def replenishment_findings(
    table: pd.DataFrame, names: pd.Series, mean_minor: pd.Series, *, within_days: int, currency: str
) -> list[Finding]:
    """Return the product with a rhythm whose due customers bring most if they buy again.

    Args:
        table: What `replenishment` returned.
        names: Product names by number.
        mean_minor: What a product brings in an order, by number.
        within_days: How long a wait is followed.
        currency: ISO code.
    """
    table = table[table["has_rhythm"] & (table["due"] >= MIN_CUSTOMERS)]
    if table.empty:
        return []
    money = table["due"] * table["again_share"] * table["product_no"].map(mean_minor)
    row = table.loc[money.idxmax()]
    amount = round(money.max())
    return [
        Finding(
            name=f"replenishment_{int(row['product_no'])}",
            sentence=_(
                "{name} is bought again most often {early} to {late} days later, and {n} customers "
                "are there now or will be within a week: {share} [{interval}] buy it again within "
                "{days} days."
            ).format(
                n=format_count(row["due"]),
                early=format_count(row["peak_from_days"]),
                late=format_count(row["peak_to_days"]),
                name=names[row["product_no"]],
                share=format_share(row["again_share"]),
                interval=format_interval(row["again_low"], row["again_high"], format_share),
                days=within_days,
            ),
            value=float(row["again_share"]),
            low=float(row["again_low"]),
            high=float(row["again_high"]),
            n=int(row["due"]),
            money_minor=amount,
            money=_at_stake(amount, currency),
        )
    ]


def upgrade_findings(table: pd.DataFrame, names: pd.Series, *, currency: str) -> list[Finding]:
    """Return the higher grade with most to gain.

    Args:
        table: What `upgrade_table` returned.
        names: Product names by number.
        currency: ISO code.
    """
    if table.empty or not table["at_stake_minor"].iloc[0]:
        return []
    row = table.iloc[0]
    money = round(row["at_stake_minor"])
    return [
        Finding(
            name=f"upgrade_{int(row['product_no'])}",
            sentence=_(
                "{share} [{interval}] of {followed} buyers of {name} went up to {upgrade}; {n} "
                "bought it lately and have not yet."
            ).format(
                share=format_share(row["upgrade_share"]),
                interval=format_interval(row["upgrade_low"], row["upgrade_high"], format_share),
                followed=format_count(row["mature_buyers"]),
                name=names[row["product_no"]],
                upgrade=names[row["upgrade_product_no"]],
                n=format_count(row["candidates"]),
            ),
            value=float(row["upgrade_share"]),
            low=float(row["upgrade_low"]),
            high=float(row["upgrade_high"]),
            n=int(row["candidates"]),
            money_minor=money,
            money=_at_stake(money, currency),
        )
    ]


def acquisition_metrics(acquisition: Acquisition | None, *, currency: str) -> list[Metric]:
    """Return what winning a customer cost and what one earned, over all sources with costs.

    Sources count by the customers that they won; the interval is that of the mean of strata.

    Args:
        acquisition: What `read_acquisition` returned.
        currency: ISO code.
    """
    if acquisition is None or acquisition.returns.empty:
        return []
    returns, days = acquisition.returns, acquisition.window_days
    customers = int(returns["customers"].sum())
    weight = returns["customers"] / customers
    cost = float(returns["spent_minor"].sum()) / customers
    earned = float((weight * returns["earned_minor"]).sum())
    half = (returns["earned_high"] - returns["earned_low"]) / 2
    error = float(((weight * half) ** 2).sum() ** 0.5)
    lossy = int((returns["earned_high"] < returns["cost_per_customer_minor"]).sum())
    return [
        Metric(
            "acquisition_cost_minor",
            _("cost of winning a customer"),
            format_money(cost, currency, whole=True),
            cost,
            n=customers,
            unit="minor",
        ),
        Metric(
            f"earned_per_customer_{days}d_minor",
            _("gross profit of a customer within {days} days").format(days=days),
            with_interval(
                *(
                    format_money(minor, currency, whole=True)
                    for minor in (earned, earned - error, earned + error)
                )
            ),
            earned,
            earned - error,
            earned + error,
            int(returns["n"].sum()),
            "minor",
        ),
        Metric(
            "sources_below_cost",
            _("sources whose customers cost more than they earned within {days} days").format(
                days=days
            ),
            format_count(lossy),
            lossy,
            n=len(returns),
        ),
    ]


def payback_findings(returns: pd.DataFrame, *, window_days: int, currency: str) -> list[Finding]:
    """Return sources whose customers have not earned back their cost within the window.

    A source whose interval holds its cost is left out: it cannot be told yet. What customers will
    still bring is not in it; the lifetime-value report adds that.

    Args:
        returns: What `payback` returned.
        window_days: The window.
        currency: ISO code.
    """
    if returns.empty:
        return []
    lossy = returns[returns["earned_high"] < returns["cost_per_customer_minor"]]
    found = []
    for _place, row in lossy.iterrows():
        loss = row["cost_per_customer_minor"] - row["earned_minor"]
        money = round(loss * row["customers"])
        found.append(
            Finding(
                name=f"source_not_paid_back_{row['source']}",
                sentence=_(
                    "A customer from {source} costs {cost} and earned {earned} [{interval}] within "
                    "{days} days: {n} customers have not paid back what winning them cost by then."
                ).format(
                    days=window_days,
                    source=code_label(row["source"]),
                    cost=format_money(row["cost_per_customer_minor"], currency, whole=True),
                    earned=format_money(row["earned_minor"], currency, whole=True),
                    interval=format_interval(
                        row["earned_low"],
                        row["earned_high"],
                        lambda minor: format_money(minor, currency, whole=True),
                    ),
                    n=format_count(row["customers"]),
                ),
                value=float(-loss),
                low=float(row["earned_low"] - row["cost_per_customer_minor"]),
                high=float(row["earned_high"] - row["cost_per_customer_minor"]),
                n=int(row["customers"]),
                money_minor=money,
                money=_("{money} not paid back").format(
                    money=format_money(money, currency, whole=True)
                ),
            )
        )
    return found


def _at_stake(minor: int, currency: str) -> str:
    return _("{money} at stake").format(money=format_money(minor, currency, whole=True))
