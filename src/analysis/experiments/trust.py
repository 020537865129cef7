"""Can the test be trusted? Each condition with what it compared; one that fails ends the matter."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from analysis.errors import ParameterError
from analysis.experiments.labels import arm_label, arms_in_words, before_label
from analysis.experiments.sample import Measure, Sample, asked_sizes
from analysis.findings import Check
from analysis.language import _, join_list, join_sentences
from analysis.style import format_count, format_date, format_share
from analysis.suppression import write_people

# A test that is sound fails one of these by chance once in a thousand times.
ALPHA = 0.001
MIN_CUSTOMERS = 30
MIN_EVENTS = 20
MAX_UNDECIDED_SHARE = 0.05
_MIN_OVERLAP = 100


def sample_ratio_p_value(sizes: Sequence[int], shares: Sequence[float]) -> float:
    """Return the chi-squared p-value of arms as large as found, if drawn by the planned shares.

    Args:
        sizes: Customers found in each arm.
        shares: Planned share of each arm.

    >>> f"{sample_ratio_p_value([821_588, 815_482], [0.5, 0.5]):.2g}"
    '1.8e-06'
    """
    planned = np.asarray(shares, dtype=float)
    expected = np.sum(sizes) * planned / planned.sum()
    statistic = float(((np.asarray(sizes) - expected) ** 2 / expected).sum())
    return float(chdtrc(len(sizes) - 1, statistic))


def arms_are_there(measure: Measure, sample: Sample) -> Check:
    """Check that the deciding metric can be asked of enough customers in every arm."""
    asked = asked_sizes(measure, sample)
    said = (
        _("Customers as assigned: {sizes}. An arm with fewer than {limit} can show nothing.")
        if measure.asked is None
        else _(
            "Customers as assigned: {sizes}; of them, the deciding metric can be asked of {asked}. "
            "An arm where it can be asked of fewer than {limit} can show nothing."
        )
    )
    return Check(
        name="arms_are_there",
        passed=bool(asked.min() >= MIN_CUSTOMERS),
        sentence=said.format(
            sizes=_by_arm(sample, sample.sizes), asked=_by_arm(sample, asked), limit=MIN_CUSTOMERS
        ),
    )


def ratio_is_as_planned(sample: Sample, shares: Sequence[float]) -> Check:
    """Check that the arms are as large as they were drawn (sample-ratio test)."""
    p_value = sample_ratio_p_value(sample.sizes, shares) if len(sample.arm) else 0.0
    planned = join_list(
        f"{arm_label(arm)} {format_share(share)}"
        for arm, share in zip(sample.arms, shares, strict=True)
    )
    return Check(
        name="ratio_is_as_planned",
        passed=p_value >= ALPHA,
        sentence=_(
            "Found {sizes}; planned {planned}: p {p}. Below 0.001 this is not chance: customers "
            "are missing from an arm, and those who are left cannot be compared."
        ).format(sizes=_by_arm(sample, sample.sizes), planned=planned, p=say_p(p_value)),
    )


def assigned_once(repeated: int, crossed: int) -> Check:
    """Check that nobody stands in the ledger twice, be it in one arm or in two."""
    return Check(
        name="assigned_once",
        passed=repeated == 0,
        sentence=_(
            "{repeated} customers stand in the ledger more than once, {crossed} of them in two "
            "arms; an assignment is written once and never changed."
        ).format(repeated=format_count(repeated), crossed=format_count(crossed)),
    )


def least_alike(sample: Sample) -> tuple[float, str, int]:
    """Return the smallest p-value of the time before, of what, and how many were compared."""
    worst, where = 1.0, ""
    compared = 0
    for name, column in sample.before.items():
        for place in range(1, len(sample.arms)):
            compared += 1
            p_value = _welch_p(column[sample.arm == 0], column[sample.arm == place])
            if p_value < worst:
                worst, where = p_value, name
    return worst, where, compared


def arms_were_alike(sample: Sample) -> Check:
    """Check that arms did not differ before the assignment (Welch tests, Bonferroni)."""
    worst, where, compared = least_alike(sample)
    limit = ALPHA / max(compared, 1)
    found = (
        _("Nothing is known of the time before the assignment.")
        if not compared
        else _(
            "{n} comparisons of the time before the assignment; the least alike is {name}, with "
            "p {p} (limit {limit})."
        ).format(
            n=compared,
            name=before_label(where or next(iter(sample.before))),
            p=say_p(worst),
            limit=f"{limit:.2g}",
        )
    )
    return Check(name="arms_were_alike", passed=worst >= limit, sentence=found)


def windows_are_closed(last_assigned: date, *, window_days: int, as_of: date) -> Check:
    """Check that the outcome window of whoever was assigned last is over."""
    closes = last_assigned + timedelta(days=window_days - 1)
    return Check(
        name="windows_are_closed",
        passed=closes <= as_of,
        sentence=_(
            "The last customer was assigned on {last}; the longest window of {days} days closed on "
            "{closes}. Outcomes are read as of {as_of}."
        ).format(
            last=format_date(last_assigned),
            days=window_days,
            closes=format_date(closes),
            as_of=format_date(as_of),
        ),
    )


def orders_reach_readout(last_day: date, *, as_of: date, max_stale_days: int) -> Check:
    """Check that the shop's orders do not end before the outcomes do.

    Raises:
        ParameterError: The limit is negative.
    """
    if max_stale_days < 0:
        raise ParameterError(f"max_stale_days == {max_stale_days}, must be >= 0.")
    silent = max((as_of - last_day).days, 0)
    return Check(
        name="orders_reach_readout",
        passed=silent <= max_stale_days,
        sentence=_(
            "The shop's orders end on {last}, {silent} days before outcomes are read; the limit is "
            "{limit}. What is not imported looks as if nobody had bought."
        ).format(last=format_date(last_day), silent=silent, limit=max_stale_days),
    )


def outcomes_are_decided(measure: Measure, sample: Sample, undecided: np.ndarray) -> Check:
    """Check that few customers' next order is still to come on the readout day.

    Args:
        measure: What decides; the shares are of the customers whom it can be asked of.
        sample: Who was in which arm.
        undecided: 1 for each customer whose order may still come in time.
    """
    open_ones = np.bincount(sample.arm[undecided > 0], minlength=len(sample.arms))
    shares = (open_ones / np.maximum(asked_sizes(measure, sample), 1)).tolist()
    said = join_list(
        f"{arm_label(arm)} {format_share(share)}"
        for arm, share in zip(sample.arms, shares, strict=True)
    )
    return Check(
        name="outcomes_are_decided",
        passed=max(shares) <= MAX_UNDECIDED_SHARE,
        sentence=_(
            "Paused or moved beyond the readout day, and counted as not reached: {shares}; the "
            "limit is {limit}."
        ).format(shares=said, limit=format_share(MAX_UNDECIDED_SHARE, decimals=0)),
    )


def enough_happened(measure: Measure, sample: Sample) -> Check:
    """Check that the deciding metric is not all zero, nor nearly so, in any arm."""
    happened = measure.value != 0
    if measure.asked is not None:
        happened &= measure.asked
    events = np.bincount(sample.arm[happened], minlength=len(sample.arms))
    return Check(
        name="enough_happened",
        passed=bool(events.min() >= MIN_EVENTS),
        sentence=_(
            "Customers of whom '{metric}' is not zero: {events}; fewer than {limit} in an arm say "
            "nothing."
        ).format(metric=measure.label, events=_by_arm(sample, events), limit=MIN_EVENTS),
    )


def overlaps_are_independent(crossed: pd.DataFrame, *, customers: int) -> Check:
    """Check that customers in other campaigns at the same time were divided independently.

    By chi-squared tests of both campaigns' arms, Bonferroni over the other campaigns; fewer than
    100 customers of another campaign say nothing.

    Args:
        crossed: What `sql/campaign_overlaps.sql` returned: one row per (other campaign, arm, other
            arm) with `other_campaign_id`, `arm`, `other_arm`, `customers`, and in
            `customers_in_any` how many customers all of them are.
        customers: Customers of this campaign.
    """
    shared = int(crossed["customers_in_any"].iloc[0]) if len(crossed) else 0
    worst, where, compared = 1.0, "", 0
    for other, rows in crossed.groupby("other_campaign_id", sort=True):
        table = rows.pivot_table(
            index="arm", columns="other_arm", values="customers", aggfunc="sum", fill_value=0
        ).to_numpy(float)
        p_value = _independence_p(table)
        if p_value is None:
            continue
        compared += 1
        if p_value <= worst:
            worst, where = p_value, str(other)
    limit = ALPHA / max(compared, 1)
    sentence = _("{n} of {all} customers were in another campaign at the same time.").format(
        n=write_people(shared), all=write_people(customers)
    )
    if where:
        sentence = join_sentences(
            sentence,
            _(
                "The least independent is {other}, with p {p}; below {limit} that campaign is "
                "mixed into the effect of this one."
            ).format(other=where, p=say_p(worst), limit=f"{limit:.2g}"),
        )
    return Check(name="overlaps_are_independent", passed=worst >= limit, sentence=sentence)


def write_p(p_value: float) -> str:
    """Write a p-value.

    >>> write_p(0.0321), write_p(0.00000012)
    ('0.032', '<0.0001')
    """
    return "<0.0001" if p_value < 0.0001 else f"{p_value:.2g}"


def say_p(p_value: float) -> str:
    """Write a p-value with its sign, for a sentence.

    >>> say_p(0.0321), say_p(0.00000012)
    ('= 0.032', '< 0.0001')
    """
    text = write_p(p_value)
    return f"< {text[1:]}" if text.startswith("<") else f"= {text}"


def _by_arm(sample: Sample, counts: np.ndarray) -> str:
    return arms_in_words(dict(zip(sample.arms, counts.tolist(), strict=True)))


def _welch_p(one: np.ndarray, other: np.ndarray) -> float:
    if min(len(one), len(other)) < 2:
        return 1.0
    deviations = float(one.std(ddof=1)), float(other.std(ddof=1))
    if not any(deviations):
        return 1.0 if one[0] == other[0] else 0.0
    from scipy.stats import ttest_ind_from_stats  # slow to import, and few reports ask it

    found = ttest_ind_from_stats(
        one.mean(),
        deviations[0],
        len(one),
        other.mean(),
        deviations[1],
        len(other),
        equal_var=False,
    )
    return float(found.pvalue)


def _independence_p(table: np.ndarray) -> float | None:
    table = table[:, table.sum(axis=0) > 0][table.sum(axis=1) > 0]
    if min(table.shape) < 2 or table.sum() < _MIN_OVERLAP:
        return None
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return float(chdtrc((table.shape[0] - 1) * (table.shape[1] - 1), statistic))
