"""May the numbers of the lifetime-value report be trusted? Each condition with what it compared."""

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.findings import Check
from analysis.language import _
from analysis.ltv.contract_value import ContractCheck
from analysis.ltv.holdout import PredictionError
from analysis.ltv.observed import first_month_share
from analysis.ltv.one_off import OneOff
from analysis.ltv.spend import SpendModel
from analysis.shop import Shop
from analysis.style import format_count, format_date, format_share, format_signed_share
from analysis.trust import data_is_fresh, import_balances

# Above it, the spend model's assumption that value and frequency are independent is doubtful.
_MAX_CORRELATION = 0.3
_MAX_FIRST_MONTH_SHARE = 0.5
_MAX_UNPAID_SHARE = 0.05
# Klaviyo's requirements for predictive analytics.
_MIN_CUSTOMERS = 500
_MIN_HISTORY_DAYS = 180
_MAX_SILENT_DAYS = 30


def shop_checks(shop: Shop, *, max_stale_days: int) -> list[Check]:
    """Return the conditions that hold for every shop."""
    return [
        data_is_fresh(shop, max_stale_days=max_stale_days),
        import_balances(shop.record.get("balance", [])),
    ]


def one_off_checks(
    shop: Shop,
    one_off: OneOff,
    error: PredictionError | None,
    *,
    max_error_share: float,
    unchecked: str = "",
) -> list[Check]:
    """Return the conditions for the prediction of one-off purchases.

    Args:
        shop: The shop.
        one_off: What `read_one_off` returned.
        error: How the prediction did before, or None where it could not be checked.
        max_error_share: Largest error of the total.
        unchecked: Why it could not be checked.
    """
    return [
        predictions_are_numbers(one_off.scored),
        holdout_is_met(error, max_error_share=max_error_share, unchecked=unchecked),
        history_is_enough(shop, one_off.scored),
        value_is_independent(one_off.spend),
        amounts_have_a_mean(one_off),
        amounts_are_positive(one_off.scored),
        history_is_whole(one_off.scored["first_day"]),
    ]


def history_is_enough(shop: Shop, scored: pd.DataFrame) -> Check:
    """Check the least that other tools ask for before they predict; below it, read as rough."""
    customers, often = len(scored), int((scored["frequency"] >= 2).sum())
    days = (shop.as_of - shop.first_day).days
    silent = (shop.as_of - shop.last_day).days
    return Check(
        name="history_is_enough",
        passed=customers >= _MIN_CUSTOMERS
        and days >= _MIN_HISTORY_DAYS
        and silent <= _MAX_SILENT_DAYS
        and often > 0,
        sentence=_(
            "{n} customers, {days} days of history, the last order {silent} days ago, {often} "
            "customers with three purchases or more. Klaviyo predicts from 500 customers, 180 "
            "days, an order within 30 days and some with three purchases; below that, read every "
            "prediction as rough."
        ).format(
            n=format_count(customers),
            days=format_count(days),
            silent=silent,
            often=format_count(often),
        ),
    )


def amounts_have_a_mean(one_off: OneOff) -> Check:
    """Check that the spend model could be fitted."""
    said = _(
        "The spend model gives every customer a mean amount (q = {q}, must be above 1)."
    ).format(q=format_count(one_off.spend.q, decimals=2))
    if one_off.spend_problem:
        said = _("{problem} Until then everybody is taken to pay the mean of all.").format(
            problem=one_off.spend_problem
        )
    return Check(name="amounts_have_a_mean", passed=not one_off.spend_problem, sentence=said)


def amounts_are_positive(scored: pd.DataFrame) -> Check:
    """Check that hardly any repeat customer paid nothing, or less, for all repeats together."""
    repeated = scored[scored["frequency"] > 0]
    zero = int((repeated["repeat_amount_minor"] == 0).sum())
    negative = int((repeated["repeat_amount_minor"] < 0).sum())
    share = (zero + negative) / max(len(repeated), 1)
    return Check(
        name="amounts_are_positive",
        passed=share <= _MAX_UNPAID_SHARE,
        sentence=_(
            "{zero} repeat customers paid nothing for their repeats and {negative} got more back "
            "than they paid, {share} of them; they are left out of the spend model only."
        ).format(
            zero=format_count(zero), negative=format_count(negative), share=format_share(share)
        ),
    )


def contracts_are_met(check: ContractCheck, *, max_error_share: float) -> Check:
    """Check that the orders of subscriptions came as they had been predicted earlier."""
    return Check(
        name="contracts_are_met",
        passed=abs(check.bias_share) <= max_error_share,
        sentence=_(
            "Predicted from {day}, the orders of running subscriptions were {bias} off in total; "
            "the limit is {limit}."
        ).format(
            day=format_date(check.day),
            bias=format_signed_share(check.bias_share),
            limit=format_share(max_error_share),
        ),
    )


def predictions_are_numbers(scored: pd.DataFrame) -> Check:
    """Check that every customer has a finite, non-negative prediction."""
    values = scored[["expected_purchases", "expected_value_minor"]].to_numpy(float)
    broken = int((~(np.isfinite(values) & (values >= 0)).all(axis=1)).sum())
    return Check(
        name="predictions_are_numbers",
        passed=broken == 0,
        sentence=_("{n} of {all} customers have no valid prediction.").format(
            n=format_count(broken), all=format_count(len(scored))
        ),
        needed=True,
    )


def holdout_is_met(
    error: PredictionError | None, *, max_error_share: float, unchecked: str = ""
) -> Check:
    """Check that the model predicts purchases it did not see within a limit.

    A prediction that could not be checked does not pass.

    Raises:
        ParameterError: The limit is not above zero.
    """
    if max_error_share <= 0:
        raise ParameterError(f"max_error_share == {max_error_share}, must be > 0.")
    if error is None:
        return Check(name="holdout_is_met", passed=False, sentence=unchecked)
    return Check(
        name="holdout_is_met",
        passed=abs(error.bias_share) <= max_error_share,
        sentence=_(
            "On days it did not see, the model was {bias} off in total; the limit is {limit}."
        ).format(bias=format_signed_share(error.bias_share), limit=format_share(max_error_share)),
    )


def value_is_independent(spend: SpendModel) -> Check:
    """Check the spend model's assumption that frequent buyers spend neither more nor less."""
    return Check(
        name="value_is_independent",
        passed=abs(spend.value_frequency_correlation) <= _MAX_CORRELATION,
        sentence=_(
            "The correlation of value per purchase and number of purchases is {correlation} among "
            "{n} customers; the spend model assumes none, and up to 0.3 does little harm. {zero} "
            "repeat customers whose repeats cost nothing are left out of the spend model."
        ).format(
            correlation=f"{spend.value_frequency_correlation:.2f}",
            n=format_count(spend.customers),
            zero=format_count(spend.without_value),
        ),
    )


def history_is_whole(first_days: pd.Series) -> Check:
    """Check that the data does not begin in the middle of most customers' histories."""
    share = first_month_share(first_days)
    return Check(
        name="history_is_whole",
        passed=share <= _MAX_FIRST_MONTH_SHARE,
        sentence=_(
            "{share} of the customers first appear within 30 days of the first order. Where that "
            "is most of them, the data begins later than the shop: first purchases are not the "
            "first, and values by month of the first purchase compare old with new customers."
        ).format(share=format_share(share)),
    )
