"""How numbers stand in the cells of the churn-point tables."""

import pandas as pd

from analysis.style import format_count, format_interval, format_share, format_signed_share


def shares(values: pd.Series) -> list[str]:
    """Write shares for a column."""
    return [format_share(value) for value in values]


def intervals(low: pd.Series, high: pd.Series) -> list[str]:
    """Write the two ends of intervals for a column."""
    return [format_interval(*ends, format_share) for ends in zip(low, high, strict=True)]


def with_ends(share: float, low: float, high: float) -> str:
    """Write a share with its interval."""
    ends = format_interval(low, high, lambda end: format_share(end).removesuffix("%"))
    return f"{format_share(share)} [{ends}]"


def points(share: float) -> str:
    """Write a difference of shares in percentage points, with its sign."""
    return format_signed_share(share).removesuffix("%")


def p_value(value: float) -> str:
    """Write a p-value to three places."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def three(value: float) -> str:
    """Write a number to three places."""
    return format_count(value, decimals=3)
