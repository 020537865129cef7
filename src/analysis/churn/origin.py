"""Where do the subscriptions come from? From the shop's own list, or derived from their orders."""

from typing import NamedTuple

from analysis.churn.transitions import has_subscriptions
from analysis.language import _, join_sentences
from analysis.shop import Shop
from analysis.suppression import write_people


class Origin(NamedTuple):
    """How many subscriptions are derived from orders, and how well these are known.

    Attributes:
        subscriptions: All that have begun.
        derived: Those that the shop's own list does not tell.
        certain: Of these, those whose cycle several waits agree on.
        likely: Those whose cycle few waits tell.
        assumed: Those that are taken to have the usual cycle of the product or shop.
        estimated_besides: Those of the shop's list, which does not tell their cycle.
        unrecorded_besides: Those of the shop's list, whose skips and pauses nothing tells.
        start_unknown: Those that may have begun before the data.
        ended: Those of which an end is known.
    """

    subscriptions: int
    derived: int
    certain: int
    likely: int
    assumed: int
    estimated_besides: int
    unrecorded_besides: int
    start_unknown: int
    ended: int


def read_origin(shop: Shop) -> Origin | None:
    """Return where a shop's subscriptions come from (`sql/derived_subscriptions.sql`), if any."""
    if not has_subscriptions(shop):
        return None
    (row,) = shop.reduce("derived_subscriptions").to_dict("records")
    return Origin(**{name: int(row[name]) for name in Origin._fields})


def origin_sentence(origin: Origin | None) -> str:
    """Say what rests on estimates; nothing where the shop's own list tells everything."""
    if origin is None:
        return ""
    parts = [_derived_part(origin)] if origin.derived else []
    if origin.estimated_besides:
        said = _(
            "Of {n} subscriptions in the shop's own list the cycle is estimated from the orders."
        )
        parts.append(said.format(n=write_people(origin.estimated_besides)))
    if origin.unrecorded_besides:
        said = _(
            "Skips and pauses of {n} subscriptions in the shop's own list are not recorded, so one "
            "more cycle is waited for before one of them counts as left."
        )
        parts.append(said.format(n=write_people(origin.unrecorded_besides)))
    if origin.start_unknown:
        said = _("{n} may have begun before the data and are left out of rates by order.")
        parts.append(said.format(n=write_people(origin.start_unknown)))
    return join_sentences(*parts)


def _derived_part(origin: Origin) -> str:
    if origin.derived == origin.subscriptions:
        said = _(
            "The subscriptions are derived from their orders: the cycle is estimated from the "
            "orders ({certain} certain, {likely} likely, {assumed} assumed), and ends are known "
            "only as overdue."
        )
    else:
        said = _(
            "{n} of {all} subscriptions are derived from their orders: their cycle is estimated "
            "from the orders ({certain} certain, {likely} likely, {assumed} assumed), and their "
            "ends are known only as overdue."
        )
    waited = _(
        "As a skipped order looks like an end at first, one more cycle is waited for; "
        "commitments, pauses and reasons are not known. A list of the subscriptions, or of the "
        "cancellations, tells them once it is imported."
    )
    counted = said.format(
        n=write_people(origin.derived),
        all=write_people(origin.subscriptions),
        certain=write_people(origin.certain),
        likely=write_people(origin.likely),
        assumed=write_people(origin.assumed),
    )
    return join_sentences(counted, waited)


def known_to_have_ended(origin: Origin | None, ended: int) -> int | None:
    """Return how many have ended, or None where nothing could tell that anybody has."""
    return None if origin and origin.derived and not origin.ended else ended


def overdue_sentence(origin: Origin | None, overdue: int) -> str:
    """Say how the ends of derived subscriptions are known; nothing where there are none."""
    if origin is None or not origin.derived:
        return ""
    return _(
        "{n} subscriptions are overdue by more than the grace; nothing else tells which of the "
        "derived ones have ended."
    ).format(n=write_people(overdue))
