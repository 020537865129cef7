"""A test from a file of one's own: customer, arm and outcomes, no campaign file and no ledger."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.assignment import CONTROL
from analysis.errors import DataError, ParameterError
from analysis.experiments import trust
from analysis.experiments.decision import Stakes
from analysis.experiments.evaluation import Evaluation, judge
from analysis.experiments.sample import Measure, Sample, check_measure, indicator
from analysis.style import format_count
from analysis.table_files import find_columns, read_table, table_path

if TYPE_CHECKING:
    from collections.abc import Sequence

CUSTOMER_COLUMNS = ("customer_id", "customer")
_BEFORE = "_before"
_MOST_GROUPS = 10


def evaluate_file(
    file: str,
    *,
    metric: str = "",
    control_arm: str = CONTROL,
    holdout_share: float = 0.0,
    stakes: Stakes,
) -> Evaluation:
    """Judge a test from a CSV or parquet file with one row per customer.

    Columns: `customer_id` (or `customer`), `arm`, and outcomes. An outcome that is 0 or 1 for
    everybody is a rate, another number a mean per customer; `X_before` is what `X` was before the
    assignment and makes its estimate sharper; a text with up to ten values is a group to look at.
    A name that ends in `_minor` is money in minor units.

    Args:
        file: Its path, from the folder that holds `notebooks/` if it is not absolute.
        metric: The outcome that decides, the first one if empty.
        control_arm: Name of the arm that was left alone.
        holdout_share: Planned share of that arm, 0 for arms of equal size.
        stakes: What the deciding outcome is worth.

    Returns:
        The evaluation. A customer who stands in the file twice is a condition of trust that fails,
        as in a ledger.

    Raises:
        DataError: The file cannot be read, lacks a column, has an empty cell, or no second arm.
        ParameterError: There is no such file, outcome or arm, or treating costs something and
            nothing is said of what the outcome is worth.
    """
    path = table_path(file)
    frame = read_table(path, parameter="data", texts=(*CUSTOMER_COLUMNS, "arm"))
    customers = _customers(frame, path.name)
    arms = _arms(frame, control_arm, path.name)
    sample = _sample(frame, arms, path.name)
    measures = _measures(frame, path.name)
    primary = _primary(measures, metric, path.name)
    _check_stakes(stakes, primary)
    for measure in measures.values():
        check_measure(measure, sample)
    repeated = customers.duplicated(keep=False)
    crossed = frame[repeated].groupby(customers[repeated])["arm"].nunique()
    shares = _shares(len(arms), holdout_share)
    checks = (
        trust.assigned_once(int(customers[repeated].nunique()), int((crossed > 1).sum())),
        trust.arms_are_there(primary, sample),
        trust.ratio_is_as_planned(sample, shares),
        trust.arms_were_alike(sample),
        trust.enough_happened(primary, sample),
    )
    found = Evaluation(
        name=path.stem,
        title=path.name,
        state="judged",
        as_of=None,
        sizes=dict(zip(arms, sample.sizes.tolist(), strict=True)),
        stakes=stakes,
        checks=checks,
        ratio_p=trust.sample_ratio_p_value(sample.sizes, shares),
        alike_p=trust.least_alike(sample)[0] if sample.before else None,
    )
    if sample.sizes.min() < trust.MIN_CUSTOMERS:
        return found
    results = judge(
        sample,
        primary,
        secondary=[measure for measure in measures.values() if measure is not primary],
        stakes=stakes,
        can_be_judged=found.can_be_judged,
    )
    return found._replace(results=tuple(results))


def _customers(frame: pd.DataFrame, name: str) -> pd.Series:
    found = find_columns(list(frame.columns), (CUSTOMER_COLUMNS, ("arm",)), file=name)
    for column in found:
        empty = int(frame[column].isna().sum())
        if empty:
            raise DataError(f"Column '{column}' of {name} is empty in {format_count(empty)} rows.")
    return frame[found[0]]


def _arms(frame: pd.DataFrame, control_arm: str, name: str) -> tuple[str, ...]:
    arms = sorted(frame["arm"].unique())
    if control_arm not in arms:
        raise ParameterError(
            f"{name} has the arms {', '.join(arms)}, none is called '{control_arm}': name the one "
            f"that was left alone with --param control_arm=NAME."
        )
    if len(arms) < 2:
        raise DataError(f"{name} has only the arm '{control_arm}': there is nothing to compare.")
    if len(arms) > _MOST_GROUPS:
        raise DataError(f"{name} has {len(arms)} arms, must have {_MOST_GROUPS} or fewer.")
    return (control_arm, *(arm for arm in arms if arm != control_arm))


def _sample(frame: pd.DataFrame, arms: tuple[str, ...], name: str) -> Sample:
    before = {
        column: frame[column].to_numpy(dtype=float)
        for column in _numbers(frame)
        if column.endswith(_BEFORE)
    }
    groups = {
        column: frame[column].fillna("").astype(str).to_numpy(dtype=object)
        for column in frame.columns
        if column not in (*CUSTOMER_COLUMNS, "arm")
        and column not in _numbers(frame)
        and 2 <= frame[column].nunique() <= _MOST_GROUPS
    }
    arm = indicator(frame["arm"].to_numpy(dtype=object), arms, where=name)
    return Sample(arms, arm, before=before, groups=groups)


def _measures(frame: pd.DataFrame, name: str) -> dict[str, Measure]:
    numbers = _numbers(frame)
    found = {}
    for column in numbers:
        if column.endswith(_BEFORE):
            continue
        value = frame[column].to_numpy(dtype=float)
        is_rate = bool(np.isin(value[~np.isnan(value)], (0, 1)).all())
        unit = "share" if is_rate else "minor" if column.endswith("_minor") else "count"
        earlier = f"{column}{_BEFORE}"
        found[column] = Measure(
            name=column,
            label=column.removesuffix("_minor").replace("_", " "),
            kind="rate" if is_rate else "mean",
            unit=unit,
            value=value,
            covariate=frame[earlier].to_numpy(dtype=float)
            if earlier in numbers and not is_rate
            else None,
        )
    if not found:
        raise DataError(f"{name} has no outcome: add a column with a number for each customer.")
    return found


def _numbers(frame: pd.DataFrame) -> list[str]:
    return [
        column
        for column in frame.columns
        if column not in CUSTOMER_COLUMNS and pd.api.types.is_numeric_dtype(frame[column])
    ]


def _primary(measures: dict[str, Measure], metric: str, name: str) -> Measure:
    if metric and metric not in measures:
        raise ParameterError(
            f"metric == '{metric}' is no outcome of {name}: it has {', '.join(measures)}."
        )
    return measures[metric] if metric else next(iter(measures.values()))


def _check_stakes(stakes: Stakes, primary: Measure) -> None:
    if stakes.cost_minor and stakes.value_minor <= 0:
        raise ParameterError(
            f"value_minor == {stakes.value_minor:g}, must be > 0 where treating a customer costs "
            f"something (cost_minor == {stakes.cost_minor:g}): say what one more of "
            f"'{primary.name}' is worth in margin with --param value_minor=NUMBER."
        )


def _shares(arms: int, holdout_share: float) -> "Sequence[float]":
    if not holdout_share:
        return [1 / arms] * arms
    return [holdout_share, *([(1 - holdout_share) / (arms - 1)] * (arms - 1))]
