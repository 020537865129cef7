"""How do months of new customers hold up? Retention and revenue by age, immature cells unknown."""

from datetime import date

import numpy as np
import pandas as pd

from analysis.customers.months import last_whole_month, month_text

MIN_COHORT = 30


def cohort_table(cells: pd.DataFrame, value: str, *, as_of: date) -> pd.DataFrame:
    """Lay out a count or amount per customer of the cohort by month and age.

    A cell is known once its calendar month is over; until then it is missing, never a small
    number. Months that are over in which nobody bought are a true 0.

    Args:
        cells: Columns of `sql/retention_cohorts.sql`.
        value: `customers` for retention, `amount_minor` for revenue per customer.
        as_of: Day that the report speaks of.

    Returns:
        Rows: cohort (text), only those with at least 30 customers; columns: age in months; the
        column `customers` first, with the size.
    """
    sizes = cells[cells["age_months"] == 0].set_index("cohort_no")["customers"]
    wide = cells.pivot_table(
        index="cohort_no", columns="age_months", values=value, aggfunc="sum", fill_value=0
    )
    over_until = last_whole_month(as_of)
    oldest = max(over_until - int(wide.index.min()), 0) if len(wide) else 0
    wide = wide.reindex(columns=range(oldest + 1), fill_value=0)
    is_over = np.add.outer(wide.index.to_numpy(int), wide.columns.to_numpy(int)) <= over_until
    per_customer = wide.div(sizes, axis=0).where(is_over)
    large = per_customer[sizes >= MIN_COHORT].dropna(axis=1, how="all")
    table = large.set_axis([month_text(no) for no in large.index])
    table.insert(0, "customers", sizes[large.index].to_numpy())
    return table.rename_axis(index="cohort", columns=None)


def pooled_by_age(table: pd.DataFrame) -> pd.Series:
    """Average a cohort table by age over the cohorts that are old enough, weighted by size.

    >>> ages = pd.DataFrame({"customers": [30, 90], 0: [1.0, 1.0], 1: [0.5, float("nan")]})
    >>> pooled_by_age(ages).tolist()
    [1.0, 0.5]
    """
    sizes = table["customers"]
    values = table.drop(columns="customers")
    known = values.notna()
    return values.mul(sizes, axis=0).sum() / known.mul(sizes, axis=0).sum()
