"""What the sections on the next purchase say: results in, sentences out."""

import pandas as pd

from analysis.language import _
from analysis.products.offers import Offers
from analysis.products.pairs import MIN_BUYERS, MIN_CUSTOMERS, Pairs
from analysis.products.words import next_labels, together_labels
from analysis.style import format_count, format_interval, format_share


def next_sentence(pairs: Pairs, names: pd.Series) -> str:
    """Say what is bought next after what, or that no pair is reliable."""
    labels = next_labels(pairs, names)
    if pairs.reliable.empty:
        return _no_pair(pairs)
    first = pairs.reliable.iloc[0]
    return _(
        "{pair}: {share} of {n} customers who ordered again after their first one with it bought "
        "the other next, {base} would by chance, {lift} times as often [{interval}]. Of {tested} "
        "pairs tested, {reliable} are reliable: on average no more than {false} of such finds are "
        "false."
    ).format(pair=labels[0], **_pair_words(pairs, first))


def together_sentence(pairs: Pairs, names: pd.Series) -> str:
    """Say what is bought together, or that no pair is reliable."""
    labels = together_labels(pairs, names)
    if pairs.reliable.empty:
        return _no_pair(pairs)
    first = pairs.reliable.iloc[0]
    return _(
        "{pair}: {share} of {n} first orders with the one hold the other too, {base} would by "
        "chance, {lift} times as often [{interval}]. Of {tested} pairs tested, {reliable} are "
        "reliable: on average no more than {false} of such finds are false."
    ).format(pair=labels[0], **_pair_words(pairs, first))


def _pair_words(pairs: Pairs, row: pd.Series) -> dict[str, str]:
    return {
        "share": format_share(row["confidence"]),
        "n": format_count(row["buyers"]),
        "base": format_share(row["base"]),
        "lift": format_count(row["lift"], decimals=1),
        "interval": format_interval(
            row["lift_low"], row["lift_high"], lambda lift: format_count(lift, decimals=1)
        ),
        "tested": format_count(pairs.tested),
        "reliable": format_count(len(pairs.reliable)),
        "false": format_share(pairs.false_share, decimals=0),
    }


def _no_pair(pairs: Pairs) -> str:
    return _(
        "No reliable pair: of {tested} pairs of products tested, none occurs more often than "
        "{lift} times chance beyond doubt. A pair needs {customers} customers at least, and its "
        "first product {buyers} buyers; more orders may show one."
    ).format(
        tested=format_count(pairs.tested),
        lift=format_count(pairs.min_lift, decimals=1),
        customers=MIN_CUSTOMERS,
        buyers=MIN_BUYERS,
    )


def replenishment_sentence(offers: Offers, *, within_days: int) -> str:
    """Say when the product with the most repeats is bought again, and who is due."""
    table, names = offers.refills, offers.names
    if table.empty:
        return _(
            "No product was bought again by 30 customers within {days} days: no interval can be "
            "told."
        ).format(days=within_days)
    rhythmic = table[table["has_rhythm"]]
    if rhythmic.empty:
        return _(
            "None of {n} products is bought again in one week more often than in the weeks before "
            "it: no day for a reminder stands out."
        ).format(n=format_count(len(table)))
    first = rhythmic.iloc[0]
    return _(
        "{count} of {all} products are bought again with a rhythm. {name}: most often after {low} "
        "to {high} days, {share} [{interval}] of {n} purchases within {days} days; {due} customers "
        "are in that time now or will be within a week."
    ).format(
        count=format_count(len(rhythmic)),
        all=format_count(len(table)),
        name=names[first["product_no"]],
        low=format_count(first["peak_from_days"]),
        high=format_count(first["peak_to_days"]),
        share=format_share(first["again_share"]),
        interval=format_interval(first["again_low"], first["again_high"], format_share),
        n=format_count(first["purchases"]),
        days=within_days,
        due=format_count(first["due"]),
    )


def upgrades_sentence(offers: Offers, *, within_days: int) -> str:
    """Say how many buyers went up to the higher grade where most is to be gained."""
    if offers.upgrades.empty:
        return _("No product names a higher grade that 30 of its buyers had time to buy.")
    row = offers.upgrades.iloc[0]
    return _(
        "{share} [{interval}] of {n} buyers of {name} bought {upgrade} within {days} days; "
        "{candidates} are still within that time and have not."
    ).format(
        share=format_share(row["upgrade_share"]),
        interval=format_interval(row["upgrade_low"], row["upgrade_high"], format_share),
        n=format_count(row["mature_buyers"]),
        name=offers.names[row["product_no"]],
        upgrade=offers.names[row["upgrade_product_no"]],
        days=within_days,
        candidates=format_count(row["candidates"]),
    )
