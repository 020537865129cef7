"""What the check of the models says: results in, sentences out."""

from analysis.language import _, join_sentences
from analysis.ltv.comparison import Comparison, method_label
from analysis.ltv.holdout import PredictionError
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
# Two of ten dots off the line are too many, one of three may be chance.
_UNLIKELY = 0.1


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
    dots = len(found.table)
    if found.outside <= found.expected_outside + 0.5:
        return _(
            "The chances mean what they say: {n} of {all} dots lie on the line within their "
            "intervals. Whether somebody is still a customer is never seen; that somebody buys "
            "again is, and rests on it."
        ).format(n=dots - found.outside, all=dots)
    gap = format_count(100 * abs(found.largest_gap))
    if found.p_value >= _UNLIKELY:
        return _(
            "{outside} of {all} dots lie off the line, the farthest by {gap} points. With so few "
            "dots chance alone may do that: it cannot be told whether the chances mean what they "
            "say."
        ).format(outside=found.outside, all=dots, gap=gap)
    direction = (
        _("fewer people bought again than it said")
        if found.largest_gap > 0
        else _("more people bought again than it said")
    )
    return _(
        "{outside} of {all} dots lie off the line; the farthest by {gap} points, where {direction}."
        " Use the chances to compare customers, not as exact percentages."
    ).format(outside=found.outside, all=dots, gap=gap, direction=direction)


def purchases_verdict(comparison: Comparison) -> str:
    """Say what the model is better at than naive predictions of purchases, and what it is not."""
    model, rivals = next(iter(comparison.scores.values())), comparison.rivals
    return join_sentences(
        _ranking(
            comparison.gain, _("To rank customers by how often they will buy"), rivals.ranking
        ),
        _closeness(comparison.closeness, rivals.error),
        _totals(model.error, comparison.scores[rivals.error].error, rivals.error),
    )


def value_verdict(comparison: Comparison) -> str:
    """Say the same of what customers will pay; empty where amounts could not be predicted."""
    gain, rivals = comparison.value_gain, comparison.value_rivals
    if gain is None or rivals is None:
        return ""
    model = next(iter(comparison.scores.values())).value_error
    rival = comparison.scores[rivals.error].value_error
    said = _ranking(gain, _("To rank customers by what they will pay"), rivals.ranking)
    return join_sentences(said, _totals(model, rival, rivals.error) if model and rival else "")


def _totals(model: PredictionError, rival: PredictionError, name: str) -> str:
    return _('In total the model was {bias} off; "{rival}" would have been {naive} off.').format(
        bias=format_signed_share(model.bias_share),
        rival=method_label(name),
        naive=format_signed_share(rival.bias_share),
    )


def _ranking(gain: RankingGain, purpose: str, rival: str) -> str:
    if gain.gini_low > 0:
        said = _('{purpose}, the model is better than the best naive list, "{rival}"')
    elif gain.gini_high < 0:
        said = _('{purpose}, the best naive list, "{rival}", is better than the model here')
    else:
        said = _('{purpose}, the best naive list, "{rival}", is as good here')
    return _("{said} (ranking score {gini} [{interval}], {n} customers).").format(
        said=said.format(purpose=purpose, rival=method_label(rival)),
        gini=_signed(gain.gini),
        interval=format_interval(gain.gini_low, gain.gini_high, _signed),
        n=format_count(gain.customers),
    )


def _closeness(gain: RankingGain, rival: str) -> str:
    if gain.error_high < 0:
        said = _(
            'To plan with, the model is closer than the closest naive prediction, "{rival}": its '
            "error per customer is smaller"
        )
    elif gain.error_low > 0:
        said = _(
            'To plan with, the closest naive prediction, "{rival}", is closer than the model: its '
            "error per customer is smaller"
        )
    else:
        said = _(
            'To plan with, the closest naive prediction, "{rival}", is as close as the model: '
            "their errors per customer do not differ"
        )
    return _("{said} ({difference} purchases [{interval}]).").format(
        said=said.format(rival=method_label(rival)),
        difference=_signed(gain.error, 2),
        interval=format_interval(gain.error_low, gain.error_high, lambda end: _signed(end, 2)),
    )


def _signed(value: float, decimals: int = 3) -> str:
    text = format_count(value, decimals=decimals)
    return f"+{text}" if value > 0 else text
