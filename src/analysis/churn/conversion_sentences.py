"""What is said of a shop's one-off buyers: after which purchase they are lost."""

from analysis.churn.conversion import Conversion, is_below_all_others, widest_gap
from analysis.churn.sentences import with_interval
from analysis.language import _, join_sentences
from analysis.style import format_count, format_share


def conversion_sentence(found: list[Conversion]) -> str:
    """Say after which purchase most one-off buyers are lost."""
    lowest = widest_gap(found)
    if lowest is None:
        return _(
            "No purchase is old enough to say how many buy again. Come back when at least 30 "
            "customers have waited for the whole window."
        )
    if len(found) == 1:
        said = _("After purchase {n}, {share} buy again within {days} days.")
    elif is_below_all_others(lowest, found):
        said = _(
            "After purchase {n}, {share} buy again within {days} days: fewer than after any other "
            "purchase shown."
        )
    else:
        said = _(
            "After purchase {n}, {share} buy again within {days} days, the lowest share shown; "
            "but its interval overlaps with that of another purchase, so after which most are lost "
            "cannot be told yet."
        )
    return join_sentences(
        said.format(
            n=lowest.order_no,
            share=with_interval(format_share(lowest.share), lowest.low, lowest.high),
            days=lowest.window_days,
        ),
        _(
            "Half of them have come by day {half}. The share that has bought again so far, {ever}, "
            "mixes long with short waits."
        ).format(half=format_count(lowest.half_days), ever=format_share(lowest.ever)),
    )


def one_off_answer(found: list[Conversion]) -> str:
    """Say that a shop without subscriptions is read by its purchases instead."""
    return join_sentences(
        _(
            "This shop has no subscriptions, so nobody cancels: what can be counted is how many "
            "come from the first purchase to the second, and on."
        ),
        conversion_sentence(found),
    )
