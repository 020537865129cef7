"""What the lifetime-value report says: results in, a sentence for each section out."""

import pandas as pd

from analysis.language import _, join_sentences
from analysis.ltv.activity import BOUGHT_ONCE
from analysis.ltv.holdout import PredictionError
from analysis.ltv.observed import ObservedValue
from analysis.ltv.predictive import Outlook
from analysis.ltv.purchases import PurchaseModelKind
from analysis.style import (
    format_count,
    format_money,
    format_share,
    format_signed_share,
    with_interval,
)


def answer_sentence(error: PredictionError | None, *, unchecked: str = "") -> str:
    """Say on the first screen how far the expected value is to be trusted.

    Args:
        error: How the prediction did before, or None where it could not be checked.
        unchecked: Why it could not be checked.
    """
    if error is None:
        return join_sentences(unchecked, _("Until then, read the expected value as rough."))
    if error.bias_low <= 0 <= error.bias_high:
        return _(
            "On days it did not see, the prediction was right within its uncertainty "
            "[{low} to {high}]."
        ).format(low=format_signed_share(error.bias_low), high=format_signed_share(error.bias_high))
    said = (
        _("On days it did not see, the prediction was {share} too low.")
        if error.bias_share < 0
        else _("On days it did not see, the prediction was {share} too high.")
    )
    return join_sentences(
        said.format(share=format_share(abs(error.bias_share))),
        _("The interval of the expected value does not hold this error: read it as wider."),
    )


def observed_sentence(observed: ObservedValue | None, *, wanted_days: int, currency: str) -> str:
    """Say what a customer has been worth so far, or why that cannot be said yet."""
    if observed is None:
        return _(
            "Fewer than 30 customers are of months old enough to say what customers pay within "
            "even 30 days. Come back when at least 30 are."
        )
    said = _("{n} customers of mature months paid {value} each within {days} days.").format(
        n=format_count(observed.customers),
        value=with_interval(
            *(
                format_money(minor, currency)
                for minor in (observed.mean_minor, observed.low_minor, observed.high_minor)
            )
        ),
        days=observed.window_days,
    )
    if observed.window_days < wanted_days:
        said = join_sentences(
            said,
            _(
                "Fewer than 30 customers are of months that are {wanted} days old, so the longest "
                "shorter window is shown."
            ).format(wanted=wanted_days),
        )
    return said


def outlook_sentence(groups: dict[str, Outlook], error: PredictionError | None) -> str:
    """Say what the interval of the outlook holds and what it does not."""
    total = groups["total"]
    said = _(
        "{purchases} purchases are expected [{low} to {high}]. The interval holds chance and the "
        "uncertainty of the parameters."
    ).format(
        purchases=format_count(total.purchases),
        low=format_count(total.purchases_low),
        high=format_count(total.purchases_high),
    )
    if error is None:
        return join_sentences(
            said, _("It does not hold the error of the model itself, which cannot be checked yet.")
        )
    return join_sentences(
        said,
        _(
            "It does not hold the error of the model itself: on days it did not see, the same "
            "model predicted {bias} of what happened."
        ).format(bias=format_share(1 + error.bias_share)),
    )


def alive_sentence(groups: dict[str, Outlook], *, kind: PurchaseModelKind = "bg_nbd") -> str:
    """Say how many customers are still customers, and of whom the model cannot tell."""
    once = groups.get(BOUGHT_ONCE)
    if once is None:
        return _("Every customer has bought at least twice.")
    if kind == "mbg_nbd":
        return _(
            "Of the {n} customers who bought once {alive} are expected to be still customers; this "
            "model lets customers leave after the first purchase too."
        ).format(n=format_count(once.customers), alive=format_count(once.alive))
    return _(
        "The model cannot say who of the {n} customers who bought once has left: it lets customers "
        "leave only after a second purchase. Their expected value above is right on average; their "
        "chance to be still a customer is not shown."
    ).format(n=format_count(once.customers))


def trust_sentence(error: PredictionError, *, max_error_share: float) -> str:
    """Say whether the prediction passes its check."""
    said = _(
        "Fitted on the first part only, the model predicted {predicted} repeat purchases for the "
        "rest; {actual} were made: an error of {bias}."
    ).format(
        predicted=format_count(error.predicted),
        actual=format_count(error.actual),
        bias=with_interval(
            *(
                format_signed_share(share)
                for share in (error.bias_share, error.bias_low, error.bias_high)
            )
        ),
    )
    verdict = (
        _("That is within the limit of {limit}.")
        if abs(error.bias_share) <= max_error_share
        else _(
            "That is beyond the limit of {limit}: do not plan budgets with the expected values of "
            "this report. The ranking of customers may still be of use."
        )
    )
    return join_sentences(said, verdict.format(limit=format_share(max_error_share)))


def concentration_sentence(paid: pd.DataFrame, expected: pd.DataFrame) -> str:
    """Say how much of the value the best decile of the customers holds."""
    return _(
        "The best decile ({n} customers) paid {paid} of everything so far; the decile expected to "
        "be best will bring {expected} of what is to come."
    ).format(
        n=format_count(paid["customers"].iloc[0]),
        paid=format_share(paid["share"].iloc[0]),
        expected=format_share(expected["share"].iloc[0]),
    )
