"""Which column holds what: by its name, and only where its cells agree."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from analysis.ingest.currencies import currencies_with
from analysis.ingest.guessing.contents import Column, Sample
from analysis.ingest.guessing.header_words import NONE_OF_THEM, Match, meanings
from analysis.ingest.guessing.questions import Answers

_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2})?.*|\d{4,6}")
_MOST_STATES = 40


# Parts of other names are in so many that a name has to say more.
_LEAST = {"order_id": 0.6, "customer_id": 0.6}


def _money(column: Column) -> bool:
    return column.has_numbers


def _names_things(column: Column) -> bool:
    return bool(column.filled) and not (column.is_date or column.is_email or column.has_decimals)


def _tells_apart(column: Column) -> bool:
    """Tell whether a column may tell orders or customers apart, without naming people."""
    return _names_things(column) and not column.is_people


def _is_one_thing(column: Column) -> bool:
    return column.distinct == 1 < len(column.filled)


def _is_empty_or(test: Callable[[Column], bool]) -> Callable[[Column], bool]:
    """Accept a column without a single cell, too: what it is for has not happened yet."""
    return lambda column: not column.filled or test(column)


def _of_few_values(column: Column) -> bool:
    return 0 < column.distinct <= _MOST_STATES and not column.is_date


# What the cells of a column must be, for each key of a mapping.
_FITS: dict[str, Callable[[Column], bool]] = {
    "order_id": _tells_apart,
    "ordered_at": lambda column: column.has_dates,
    "ordered_time": lambda column: column.is_all(_TIME),
    "customer_id": _tells_apart,
    "email": lambda column: column.is_email,
    "phone": lambda column: column.is_phone,
    "amount": _money,
    "worth": _money,
    "price": _money,
    "line_amount": _money,
    "quantity": _money,
    "product_id": _names_things,
    "product_name": lambda column: bool(column.filled) and not column.is_date,
    "refund": _is_empty_or(_money),
    "refunded_at": _is_empty_or(lambda column: column.is_date),
    "currency": lambda column: column.is_currency,
    "status": _of_few_values,
    "cancelled_at": _is_empty_or(lambda column: column.is_date),
    "discount": _is_empty_or(_money),
    "coupon_code": _is_empty_or(lambda column: not column.is_date),
    "channel": _of_few_values,
    "source": _of_few_values,
    "registered_at": lambda column: column.is_date,
    "region": _of_few_values,
    "email_optin": _of_few_values,
}


def candidates(sample: Sample, key: str) -> list[tuple[Column, Match]]:
    """Return the columns that a key of a mapping may mean, the likeliest first.

    A column is none of them if its name says something else at least as well.
    """
    found = []
    for name, column in sample.columns.items():
        told = column_meanings(name)
        match = told.get(key)
        if not match or match.share < _LEAST.get(key, 0) or not _FITS[key](column):
            continue
        is_other = any(
            other.share > match.share or (meant in NONE_OF_THEM and other.share == match.share)
            for meant, other in told.items()
        )
        # Of a column without a cell, only a name that leaves no doubt is to be believed.
        if not is_other and (column.filled or match.share == 1):
            found.append((column, match))
    return sorted(found, key=lambda one: one[1].rank, reverse=True)


@cache
def column_meanings(name: str) -> Mapping[str, Match]:
    """Return what the name of a column may mean; what stands in brackets may be left out.

    >>> column_meanings("Total (EUR)")["amount"].share
    1.0
    """
    told = meanings(name)
    bare = re.sub(r"[(\[].*?[)\]]", " ", name).strip()
    if bare and bare != name:
        for key, match in meanings(bare).items():
            if key not in told or match.share > told[key].share:
                told[key] = match
    return told


def _is_bare(name: str) -> bool:
    return (match := meanings(name).get("bare")) is not None and match.share == 1


def by_contents(sample: Sample, key: str) -> list[Column]:
    """Return the columns that are meant although their names do not say of what they are."""
    tests = {
        "email": lambda column: column.is_email,
        "ordered_at": lambda column: column.is_date,
        "currency": lambda column: column.is_currency and all(map(currencies_with, column.filled)),
        "order_id": lambda column: _tells_apart(column) and _is_bare(column.name),
    }
    test = tests.get(key)
    return [column for column in sample.columns.values() if test and test(column)]


def possible(sample: Sample, key: str) -> list[Column]:
    """Return the columns that a person may mean by a key.

    Their cells allow it, and their names do not say something else without a doubt.
    """
    return [
        column
        for column in sample.columns.values()
        if column.filled
        and _FITS[key](column)
        and not _says_otherwise(column.name, key)
        and not (_FITS[key] is _tells_apart and _is_one_thing(column))
    ]


def _says_otherwise(name: str, key: str) -> bool:
    told = [meant for meant, match in column_meanings(name).items() if match.share == 1]
    return bool(told) and key not in told


def choose(sample: Sample, keys: Sequence[str], answers: Answers) -> dict[str, Column]:
    """Return a column for each key for which there is one; no column is taken for two keys.

    Args:
        sample: The first rows of the file.
        keys: The keys, those first that choose first.
        answers: What a person said; a name of a column stands over what is likely.
    """
    chosen: dict[str, Column] = {
        key: sample.columns[answers.get(key)] for key in keys if answers.get(key) in sample.columns
    }
    for key in keys:
        taken = {column.name for column in chosen.values()}
        likely = [column for column, _ in candidates(sample, key)]
        if not likely and len(alone := by_contents(sample, key)) == 1:
            likely = alone
        free = [column for column in likely if column.name not in taken]
        if key not in chosen and free:
            chosen[key] = free[0]
    return chosen
