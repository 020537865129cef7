"""The log-likelihood of BG/NBD and MBG/NBD on counted rows, with its slope and curvature.

Both models let customers buy at a rate that is Gamma(r, alpha) and leave with a chance that is
Beta(a, b). Under BG/NBD (Fader, Hardie & Lee 2005, Marketing Science 24(2), equation 6) they may
leave after each repeat purchase; under MBG/NBD (Batislam, Denizel & Filiztekin 2007, International
Journal of Research in Marketing 24(3)) after the first purchase too, which makes one chance more:
with k = x chances to leave (MBG: x + 1),

    ln L = sum_j<x ln(r + j) + sum_j<k [ln(b + j) - ln(a + b + j)] + r ln(alpha)
           - (r + x) ln(alpha + T) + [k > 0] ln(1 + exp(D)),
    D = ln(a / (b + k - 1)) + (r + x) [ln(alpha + T) - ln(alpha + t_x)],

without a gamma function: the sums over j need only how many customers bought more than j times.
1 / (1 + exp(D)) is the chance that a customer has not left.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

_CHUNK = 16_384


class Histories(NamedTuple):
    """What the likelihood needs of customers' purchase histories; time in any unit.

    Attributes:
        first_chances: Chances to leave before any repeat: 0 for BG/NBD, 1 for MBG/NBD.
        frequency: x of each row that had a chance to leave.
        recency: Its t_x.
        age: Its T.
        customers: How many customers share it.
        ages: Distinct T of all customers.
        customers_of_age: How many customers share each.
        purchases_of_age: How many repeat purchases they made together.
        above: How many customers have x > j, for j = 0, 1, ...
        total: Customers altogether.
    """

    first_chances: int
    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    customers: np.ndarray
    ages: np.ndarray
    customers_of_age: np.ndarray
    purchases_of_age: np.ndarray
    above: np.ndarray
    total: float


def gather(
    frequency: np.ndarray,
    recency: np.ndarray,
    age: np.ndarray,
    customers: np.ndarray,
    *,
    first_chances: int = 0,
    unit: float = 1.0,
) -> Histories:
    """Collapse customers without a repeat to their distinct ages, and count the rest.

    Args:
        frequency: Repeat purchases, whole numbers.
        recency: Time from first to last purchase.
        age: Time since the first purchase.
        customers: Customers who share the row.
        first_chances: 0 for BG/NBD, 1 for MBG/NBD.
        unit: Unit of time of the histories returned, in that of the times given.
    """
    frequency, recency, age, customers = (
        np.asarray(part, dtype=float) for part in (frequency, recency, age, customers)
    )
    again = np.flatnonzero(frequency)
    rows = [part.take(again) for part in (frequency, recency, age, customers)]
    if first_chances:
        once = np.flatnonzero(frequency == 0)
        once_ages, (once_customers,) = _by_value(age.take(once), customers.take(once))
        zero = np.zeros(len(once_ages))
        rows = [
            np.concatenate(pair)
            for pair in zip(rows, (zero, zero, once_ages, once_customers), strict=True)
        ]
    counted = _counted(first_chances, rows, age, frequency, customers)
    return counted._replace(
        recency=counted.recency / unit, age=counted.age / unit, ages=counted.ages / unit
    )


def thinned(histories: Histories, *, rows: int) -> Histories:
    """Keep every n-th row, about as many as wanted, of those with and of those without repeats.

    What is left resembles the whole closely enough to start from its maximum.
    """
    step = max(len(histories.frequency) // rows, 1)
    kept = [
        part[::step]
        for part in (
            histories.frequency, histories.recency, histories.age, histories.customers,
        )
    ]  # fmt: skip
    share = kept[3].sum() / histories.customers.sum()
    thin = _counted(histories.first_chances, kept, kept[2], kept[0], kept[3])
    return thin._replace(
        ages=histories.ages,
        customers_of_age=histories.customers_of_age * share,
        purchases_of_age=histories.purchases_of_age * share,
        total=histories.total * share,
    )


def _counted(
    first_chances: int,
    rows: list[np.ndarray],
    age: np.ndarray,
    frequency: np.ndarray,
    customers: np.ndarray,
) -> Histories:
    ages, (customers_of_age, purchases_of_age) = _by_value(age, customers, customers * frequency)
    by_frequency = np.bincount(rows[0].astype(np.int64), rows[3], 1)
    return Histories(
        first_chances,
        *rows,
        ages,
        customers_of_age,
        purchases_of_age,
        by_frequency[:0:-1].cumsum()[::-1],
        float(customers.sum()),
    )


def _by_value(values: np.ndarray, *weights: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return distinct values and the sum of each weight over them; whole days need no hashing."""
    days = values.astype(np.int64)
    if len(values) and (days == values).all() and days.max() < max(len(values), 10_000):
        sums = [np.bincount(days, weight) for weight in weights]
        seen = np.flatnonzero(np.bincount(days))
        return seen.astype(float), [total[seen] for total in sums]
    code, distinct = pd.factorize(values)
    return distinct, [np.bincount(code, weight, len(distinct)) for weight in weights]


def log_likelihood(
    log_parameters: np.ndarray, histories: Histories
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return ln L of all customers, its gradient and its Hessian in (ln r, ln alpha, ln a, ln b).

    Args:
        log_parameters: Natural logarithms of r, alpha, a and b.
        histories: What `gather` returned.
    """
    parameters = np.exp(log_parameters)
    value, slope, curve = _without_leaving(parameters, histories)
    for start in range(0, len(histories.frequency), _CHUNK):
        part = slice(start, start + _CHUNK)
        more = _leaving(
            parameters,
            histories.frequency[part],
            histories.recency[part],
            histories.age[part],
            histories.customers[part],
            histories.first_chances,
        )
        value, slope, curve = value + more[0], slope + more[1], curve + more[2]
    gradient = slope * parameters
    return value, gradient, curve * np.outer(parameters, parameters) + np.diag(gradient)


def _without_leaving(
    parameters: np.ndarray, histories: Histories
) -> tuple[float, np.ndarray, np.ndarray]:
    """Sum the terms that depend on frequency alone or on age alone."""
    r, alpha, a, b = parameters
    bought, total = histories.above, histories.total
    had_chance = np.concatenate([[total] * histories.first_chances, bought])
    rate = r + np.arange(len(bought))
    stay = b + np.arange(len(had_chance))
    both = a + stay
    at_age = alpha + histories.ages
    count = histories.customers_of_age
    exponent = r * count + histories.purchases_of_age
    log_shrink = total * np.log(alpha) - (count * np.log(at_age)).sum()
    value = (
        (bought * np.log(rate)).sum()
        - (had_chance * np.log1p(a / stay)).sum()
        + total * r * np.log(alpha)
        - (exponent * np.log(at_age)).sum()
    )
    slope = np.array(
        [
            (bought / rate).sum() + log_shrink,
            total * r / alpha - (exponent / at_age).sum(),
            -(had_chance / both).sum(),
            (had_chance * (a / stay / both)).sum(),
        ]
    )
    curve = np.zeros((4, 4))
    curve[0, 0] = -(bought / rate**2).sum()
    curve[0, 1] = curve[1, 0] = total / alpha - (count / at_age).sum()
    curve[1, 1] = (exponent / at_age**2).sum() - total * r / alpha**2
    curve[2, 2] = curve[2, 3] = curve[3, 2] = (had_chance / both**2).sum()
    curve[3, 3] = -(had_chance * (a / stay / both) * (1 / stay + 1 / both)).sum()
    return float(value), slope, curve


def _leaving(
    parameters: np.ndarray,
    frequency: np.ndarray,
    recency: np.ndarray,
    age: np.ndarray,
    customers: np.ndarray,
    first_chances: int,
) -> tuple[float, np.ndarray, np.ndarray]:
    """Sum ln(1 + exp(D)) of rows, and what follows from it.

    Sums run through einsum: threaded products of long vectors cost many times more on busy cores.
    """
    r, alpha, a, b = parameters
    exponent = r + frequency
    chance = 1 / (frequency + (b + first_chances - 1))
    at_age, at_recency = alpha + age, alpha + recency
    by_age, by_recency = 1 / at_age, 1 / at_recency
    # D by r, by alpha / (r + x), and by -b.
    silence, sooner = np.log(at_age * by_recency), by_age - by_recency
    odds = np.log(a * chance) + exponent * silence
    # The odds are bounded below, so nothing overflows here.
    ratio = np.exp(-odds)
    gone = 1 / (1 + ratio)
    left = customers * gone
    weight = left * ratio * gone
    value = np.einsum("i,i", customers, odds - np.log(gone))
    steep = exponent * sooner
    derivatives = (silence, steep, chance)
    slope_r, slope_alpha, slope_b = (np.einsum("i,i", left, part) for part in derivatives)
    slope = np.array([slope_r, slope_alpha, left.sum() / a, -slope_b])
    curve = np.empty((4, 4))
    for row, first in zip((0, 1, 3), derivatives, strict=True):
        weighted = weight * first
        curve[row, 2] = curve[2, row] = weighted.sum() / a
        for column, second in zip((0, 1, 3), derivatives, strict=True):
            if column >= row:
                curve[row, column] = curve[column, row] = np.einsum("i,i", weighted, second)
    curve[2, 2] = (weight.sum() - left.sum()) / a**2
    curve[[0, 1, 2], 3] *= -1
    curve[3, :3] *= -1
    bent = np.einsum("i,i", left, sooner)
    curve[0, 1] += bent
    curve[1, 0] += bent
    curve[1, 1] -= np.einsum("i,i,i", left, steep, by_age + by_recency)
    curve[3, 3] += np.einsum("i,i,i", left, chance, chance)
    return float(value), slope, curve
