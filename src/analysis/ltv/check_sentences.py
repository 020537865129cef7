"""What the check of the models says: results in, sentences out."""

from analysis.language import _
from analysis.ltv.comparison import Comparison
from analysis.ltv.purchase_counts import Fit
from analysis.ltv.ranking import RankingGain
from analysis.ltv.reliability import Reliability
from analysis.style import (
    format_count,
    format_interval,
    format_money,
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
        return f"{said} " + _(
            "Chance alone would do as much (chi-square {statistic} with {degrees} degrees of "
            "freedom, p = {p})."
        ).format(
            statistic=format_count(fit.statistic, decimals=2),
            degrees=fit.degrees,
            p=format_count(fit.p_value, decimals=2),
        )
    return f"{said} " + _(
        "That is more than chance would do (chi-square {statistic} with {degrees} degrees of "
        "freedom): with this many customers even small misfits show. What matters is how large "
        "they are."
    ).format(statistic=format_count(fit.statistic, decimals=1), degrees=fit.degrees)


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


def verdict_sentence(comparison: Comparison, *, currency: str) -> str:
    """Say what the model is better at than going on as before, and what it is not."""
    return " ".join(
        part
        for part in (
            _ranking(comparison.gain, _("To rank customers by how often they will buy")),
            _closeness(comparison),
            _ranking(comparison.value_gain, _("To rank them by what they will pay"))
            if comparison.value_gain
            else "",
            _value_level(comparison, currency),
        )
        if part
    )


def _ranking(gain: RankingGain, purpose: str) -> str:
    if gain.gini_low > 0:
        said = _("{purpose}, the model is better than a naive ranking")
    elif gain.gini_high < 0:
        said = _("{purpose}, the naive ranking is better than the model here")
    else:
        said = _("{purpose}, the naive ranking is as good here")
    return (
        said + " " + _("(difference of normalized Ginis {gini} [{interval}], {n} customers).")
    ).format(
        purpose=purpose,
        gini=_signed(gain.gini),
        interval=format_interval(gain.gini_low, gain.gini_high, _signed),
        n=format_count(gain.customers),
    )


def _closeness(comparison: Comparison) -> str:
    gain = comparison.gain
    if gain.error_high < 0:
        said = _("Customer by customer the model comes closer")
    elif gain.error_low > 0:
        said = _("Customer by customer a naive prediction comes closer")
    else:
        said = _("Customer by customer both are as close")
    model, naive = _levels(comparison)
    return (
        said
        + " "
        + _(
            "(mean absolute error {difference} purchases [{interval}]), and in total it was {bias} "
            "off; going on as before would have been {naive} off."
        )
    ).format(
        difference=_signed(gain.error, 2),
        interval=format_interval(gain.error_low, gain.error_high, lambda end: _signed(end, 2)),
        bias=format_signed_share(model),
        naive=format_signed_share(naive),
    )


def _value_level(comparison: Comparison, currency: str) -> str:
    scores = list(comparison.scores.values())
    model, naive = scores[0].value_error, comparison.scores["naive"].value_error
    if model is None or naive is None:
        return ""
    return _(
        "In money it was {bias} off in total ({predicted} for {actual}), going on as "
        "before {naive}."
    ).format(
        bias=format_signed_share(model.bias_share),
        predicted=format_money(model.predicted, currency, whole=True),
        actual=format_money(model.actual, currency, whole=True),
        naive=format_signed_share(naive.bias_share),
    )


def _levels(comparison: Comparison) -> tuple[float, float]:
    first = next(iter(comparison.scores.values()))
    return first.error.bias_share, comparison.scores["naive"].error.bias_share


def _signed(value: float, decimals: int = 3) -> str:
    text = format_count(value, decimals=decimals)
    return f"+{text}" if value > 0 else text
