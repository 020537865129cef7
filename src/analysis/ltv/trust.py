"""May the numbers of the lifetime-value report be trusted? Each condition with what it compared."""

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.findings import Check
from analysis.language import _
from analysis.ltv.holdout import PredictionError
from analysis.ltv.observed import first_month_share
from analysis.ltv.spend import SpendModel
from analysis.shop import Shop
from analysis.style import format_count, format_share, format_signed_share
from analysis.trust import data_is_fresh, import_balances

# Above it, the spend model's assumption that value and frequency are independent is doubtful.
_MAX_CORRELATION = 0.3
_MAX_FIRST_MONTH_SHARE = 0.5


def checks(
    shop: Shop,
    scored: pd.DataFrame,
    spend: SpendModel,
    error: PredictionError,
    *,
    max_error_share: float,
    max_stale_days: int,
) -> list[Check]:
    """Return every condition of trust; those that are needed come first."""
    return [
        data_is_fresh(shop, max_stale_days=max_stale_days),
        import_balances(shop.record.get("balance", [])),
        predictions_are_numbers(scored),
        holdout_is_met(error, max_error_share=max_error_share),
        value_is_independent(spend),
        history_is_whole(scored["first_day"]),
    ]


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


def holdout_is_met(error: PredictionError, *, max_error_share: float) -> Check:
    """Check that the model predicts purchases it did not see within a limit.

    Raises:
        ParameterError: The limit is not above zero.
    """
    if max_error_share <= 0:
        raise ParameterError(f"max_error_share == {max_error_share}, must be > 0.")
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
