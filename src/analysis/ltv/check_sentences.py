"""What the check of the models says: results in, sentences out."""

from analysis.language import _, join_sentences
from analysis.ltv.comparison import NAIVE, Comparison, MethodScore
from analysis.ltv.purchase_counts import Fit
from analysis.ltv.ranking import RankingGain
from analysis.ltv.reliability import Reliability
from analysis.style import (
    format_count,
    format_interval,
    format_share,
    format_signed_share,
)

_FAR = 0.05


def fit_sentence(fit: Fit) -> str:
    """Say whether the model fits the customers it was fitted on."""
    said = _(
        "The model puts {share} of the customers into another bar than the one they belong to."
    ).format(share=format_share(fit.moved_share))
    if fit.degrees < 1:
        return said
    if fit.p_value >= _FAR:
        return join_sentences(
            said,
            _(
                "Chance alone would do as much (chi-square {statistic} with {degrees} degrees of "
                "freedom, p = {p})."
            ).format(
                statistic=format_count(fit.statistic, decimals=2),
                degrees=fit.degrees,
                p=format_count(fit.p_value, decimals=2),
            ),
        )
    return join_sentences(
        said,
        _(
            "That is more than chance would do (chi-square {statistic} with {degrees} degrees of "
            "freedom): with this many customers even small misfits show. What matters is how large "
            "they are."
        ).format(statistic=format_count(fit.statistic, decimals=1), degrees=fit.degrees),
    )


def reliability_sentence(found: Reliability | None) -> str:
    """Say whether chances mean what they say."""
    if found is None:
        return _("There are too few customers to compare chances with what came.")
    if found.outside <= 1:
        return _(
            "The chances mean what they say: {n} of {all} dots lie on the line within their "
            "intervals. Whether somebody is still a customer is never seen; that somebody buys "
            "again is, and rests on it."
        ).format(n=len(found.table) - found.outside, all=len(found.table))
    direction = (
        _("fewer people bought again than it said")
        if found.largest_gap > 0
        else _("more people bought again than it said")
    )
    return _(
        "{outside} of {all} dots lie off the line; the farthest by {gap} points, where {direction}."
        " Use the chances to compare customers, not as exact percentages."
    ).format(
        outside=found.outside,
        all=len(found.table),
        gap=format_count(100 * abs(found.largest_gap)),
        direction=direction,
    )


def purchases_verdict(comparison: Comparison) -> str:
    """Say what the model is better at than naive predictions of purchases, and what it is not."""
    model, naive = _model_and_naive(comparison)
    gain = comparison.gain
    return join_sentences(
        _ranking(gain, _("To rank customers by how often they will buy")),
        _closeness(gain),
        _("In total it was {bias} off; going on as before would have been {naive} off.").format(
            bias=format_signed_share(model.error.bias_share),
            naive=format_signed_share(naive.error.bias_share),
        ),
    )


def value_verdict(comparison: Comparison) -> str:
    """Say the same of what customers will pay; empty where amounts could not be predicted."""
    model, naive = _model_and_naive(comparison)
    if comparison.value_gain is None or model.value_error is None or naive.value_error is None:
        return ""
    return join_sentences(
        _ranking(comparison.value_gain, _("To rank customers by what they will pay")),
        _("In total it was {bias} off; going on as before would have been {naive} off.").format(
            bias=format_signed_share(model.value_error.bias_share),
            naive=format_signed_share(naive.value_error.bias_share),
        ),
    )


def _model_and_naive(comparison: Comparison) -> tuple[MethodScore, MethodScore]:
    return next(iter(comparison.scores.values())), comparison.scores[NAIVE]


def _ranking(gain: RankingGain, purpose: str) -> str:
    if gain.gini_low > 0:
        said = _("{purpose}, the model is better than a naive list")
    elif gain.gini_high < 0:
        said = _("{purpose}, the naive list is better than the model here")
    else:
        said = _("{purpose}, the naive ranking is as good here")
    return _("{said} (ranking score {gini} [{interval}], {n} customers).").format(
        said=said.format(purpose=purpose),
        gini=_signed(gain.gini),
        interval=format_interval(gain.gini_low, gain.gini_high, _signed),
        n=format_count(gain.customers),
    )


def _closeness(gain: RankingGain) -> str:
    if gain.error_high < 0:
        said = _("To plan with, the model is closer: its error per customer is smaller")
    elif gain.error_low > 0:
        said = _("To plan with, the naive prediction is closer: its error per customer is smaller")
    else:
        said = _("To plan with, both are as close: their errors per customer do not differ")
    return _("{said} ({difference} purchases [{interval}]).").format(
        said=said,
        difference=_signed(gain.error, 2),
        interval=format_interval(gain.error_low, gain.error_high, lambda end: _signed(end, 2)),
    )


def _signed(value: float, decimals: int = 3) -> str:
    text = format_count(value, decimals=decimals)
    return f"+{text}" if value > 0 else text
