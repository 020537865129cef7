"""What an evaluation starts from: who was in which arm, and what was measured of everybody."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from analysis.errors import DataError, ParameterError
from analysis.language import _
from analysis.style import format_count

Kind = Literal["rate", "mean", "ratio"]
Unit = Literal["share", "minor", "count"]


class Measure(NamedTuple):
    """A metric, measured of every assigned customer.

    Attributes:
        name: Key in run records.
        label: In words, window included.
        kind: Share of customers, mean per customer (zeros included), or ratio of two sums.
        unit: What the numbers are.
        value: One number a customer; 0 or 1 for a rate.
        denominator: For a ratio, what the sum is divided by.
        covariate: The same of the time before the assignment, or None.
        denominator_covariate: For a ratio, the denominator before the assignment.
        sign: -1 where less is better.
        asked: Whom it can be asked of, decided before the assignment; None for everybody.
    """

    name: str
    label: str
    kind: Kind
    unit: Unit
    value: np.ndarray
    denominator: np.ndarray | None = None
    covariate: np.ndarray | None = None
    denominator_covariate: np.ndarray | None = None
    sign: int = 1
    asked: np.ndarray | None = None

    def only(self, rows: np.ndarray) -> "Measure":
        """Return the measure of some of the customers."""
        held = {name: getattr(self, name) for name in _COLUMNS}
        return self._replace(
            **{name: None if column is None else column[rows] for name, column in held.items()}
        )


_COLUMNS = ("value", "denominator", "covariate", "denominator_covariate", "asked")


class Sample(NamedTuple):
    """Customers of one test as they were assigned.

    Attributes:
        arms: Names of the arms, control first.
        arm: For each customer the place of the arm in `arms`.
        before: Name to a number a customer that was known before the assignment.
        groups: Name to a group a customer belongs to, known before the assignment.
    """

    arms: tuple[str, ...]
    arm: np.ndarray
    before: Mapping[str, np.ndarray]
    groups: Mapping[str, np.ndarray]

    @property
    def sizes(self) -> np.ndarray:
        """How many customers each arm has."""
        return np.bincount(self.arm, minlength=len(self.arms))


def asked_sizes(measure: Measure, sample: Sample) -> np.ndarray:
    """Return of how many customers of each arm a metric can be asked."""
    if measure.asked is None:
        return sample.sizes
    return np.bincount(sample.arm[measure.asked], minlength=len(sample.arms))


def check_measure(measure: Measure, sample: Sample) -> None:
    """Refuse a measure that would give a wrong number without saying so.

    A missing value would be left out of a mean and yet be counted in its standard error.

    Raises:
        DataError: A value is missing, not finite, or no 0 or 1 in a rate.
    """
    columns = {
        measure.label: measure.value,
        _("{metric}, denominator").format(metric=measure.label): measure.denominator,
        _("{metric}, before").format(metric=measure.label): measure.covariate,
        _("{metric}, denominator before").format(
            metric=measure.label
        ): measure.denominator_covariate,
    }
    for label, column in columns.items():
        if column is None:
            continue
        if len(column) != len(sample.arm):
            raise ParameterError(
                f"'{label}' has {len(column)} values for {len(sample.arm)} customers."
            )
        missing = len(column) - int(np.isfinite(column).sum())
        if missing:
            raise DataError(
                f"'{label}' is missing for {format_count(missing)} of {format_count(len(column))} "
                f"customers: write 0 for whoever did nothing, and leave nobody out."
            )
    if measure.kind == "rate" and not ((measure.value == 0) | (measure.value == 1)).all():
        raise DataError(f"'{measure.label}' is a rate, so each value must be 0 or 1.")


def indicator(names: Sequence[str], arms: Sequence[str], *, where: str) -> np.ndarray:
    """Return the place of each customer's arm in the arms.

    Raises:
        DataError: An arm is not one of those known.
    """
    import pandas as pd  # only when there are names to look up

    codes = pd.Index(list(arms)).get_indexer(names)
    if (codes < 0).any():
        unknown = str(np.asarray(names, dtype=object)[int(np.argmax(codes < 0))])
        raise DataError(
            f"{where} holds the arm '{unknown}', must be one of {', '.join(arms)}: "
            f"correct the ledger or name the arm in the campaign file."
        )
    return codes.astype(np.int64)
