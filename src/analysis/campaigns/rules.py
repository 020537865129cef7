"""Who is meant? Conditions on what is known of a customer, joined by all, any and not."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from analysis.campaigns.fields import Fields

if TYPE_CHECKING:
    from pandas import DataFrame

Kind = Literal["range", "choice", "products"]

# What can be asked, and the column of the facts (one row a customer) that answers it.
CONDITIONS: dict[str, Kind] = {
    "orders": "range",
    "amount_minor": "range",
    "amount_this_month_minor": "range",
    "days_since_order": "range",
    "recency_score": "range",
    "frequency_score": "range",
    "monetary_score": "range",
    "alive_probability": "range",
    "alive_probability_fall": "range",
    "expected_value_minor": "range",
    "subscription_orders": "range",
    "days_until_next_order": "range",
    "days_since_cancellation": "range",
    "rank": "choice",
    "value_standing": "choice",
    "source": "choice",
    "region": "choice",
    "subscription_state": "choice",
    "cancel_reason": "choice",
    "consent": "choice",
    "bought": "products",
    "not_bought": "products",
}
# The subscription's states; "between_orders" is whoever had order n and awaits order n + 1.
CHOICES: dict[str, tuple[str, ...]] = {
    "subscription_state": ("none", "between_orders", "paused", "cancelled"),
    "consent": ("email", "line", "sms"),
    # By expected value over a year, as the lifetime-value report shows it.
    "value_standing": ("at_risk", "valuable", "ordinary", "once"),
}
_JOINTS = ("all", "any", "not")
# Missing where a customer has no such thing, which is known: the condition does not hold. Elsewhere
# what is missing is not known.
_OF_SUBSCRIBERS = ("subscription_orders", "days_until_next_order", "days_since_cancellation")


class Condition(NamedTuple):
    """One thing that is asked of a customer.

    Attributes:
        name: A key of `CONDITIONS`.
        at_least: Smallest value of a range, or None.
        at_most: Largest value of a range, or None.
        choices: What is chosen from, or the products; any of them will do.
    """

    name: str
    at_least: float | None = None
    at_most: float | None = None
    choices: tuple[str, ...] = ()


class Group(NamedTuple):
    """Rules joined together.

    Attributes:
        joint: `all`, `any` or `not` (none of them).
        rules: What is joined.
    """

    joint: Literal["all", "any", "not"]
    rules: tuple["Rule", ...]


Rule = Condition | Group


def read_rule(content: Any, *, where: str, under: str = "") -> Rule:
    """Return the rule that a part of a campaign file means.

    Args:
        content: A mapping with one key: `all`, `any` or `not` with rules under it, or a condition.
        where: File and key, for messages.
        under: `any` or `not`, where the part lies under one.

    Raises:
        ParameterError: It is no such mapping, a condition is unknown or impossible, or consent is
            asked under `any` or `not`: it is counted apart, so that it must hold for everybody.

    >>> read_rule({"all": [{"orders": {"at_least": 2}}, {"bought": "P1"}]}, where="x").joint
    'all'
    """
    fields = Fields(content, where)
    if len(fields.content) != 1:
        fields.refuse(
            f"has {len(fields.content)} keys, must have one: join conditions with all, any or not"
        )
    fields.allow((*_JOINTS, *CONDITIONS))
    ((name, value),) = fields.content.items()
    inner = f"{where}.{name}"
    if name in _JOINTS:
        parts = value if isinstance(value, list) else [value]
        if not value:
            fields.refuse(f"'{name}' has no conditions under it")
        rules = tuple(
            read_rule(part, where=f"{inner}[{place}]", under=under if name == "all" else name)
            for place, part in enumerate(parts, start=1)
        )
        return Group(name, rules)
    if name == "consent" and under:
        fields.refuse(
            f"asks for consent under '{under}': nobody is written to without it, so put it under "
            f"all, beside the other conditions; of several channels in one list any will do"
        )
    return _condition(name, value, fields, inner)


def _condition(name: str, value: Any, fields: Fields, where: str) -> Condition:
    if CONDITIONS[name] != "range":
        values = fields.texts(name)
        for chosen in values:
            fields.choose(name, chosen, CHOICES.get(name, ()))
        return Condition(name, choices=values)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Condition(name, at_least=value, at_most=value)
    limits = Fields(value, where)
    limits.allow(("at_least", "at_most"))
    if not limits.content:
        limits.refuse("needs at_least or at_most")
    low, high = limits.number("at_least", None), limits.number("at_most", None)
    if low is not None and high is not None and low > high:
        limits.refuse(f"has at_least {low:g} above at_most {high:g}: swap them")
    return Condition(name, at_least=low, at_most=high)


def conditions_of(rule: Rule) -> tuple[Condition, ...]:
    """Return the conditions of a rule, in the order of the file."""
    if isinstance(rule, Condition):
        return (rule,)
    return tuple(condition for part in rule.rules for condition in conditions_of(part))


def condition_names(rule: Rule) -> tuple[str, ...]:
    """Return what a rule asks, each once, in the order of the file."""
    return tuple(dict.fromkeys(condition.name for condition in conditions_of(rule)))


def products_of(rule: Rule) -> tuple[str, ...]:
    """Return the products that a rule names, each once."""
    named = (one.choices for one in conditions_of(rule) if CONDITIONS[one.name] == "products")
    return tuple(dict.fromkeys(product for choices in named for product in choices))


def matches(
    rule: Rule, facts: "DataFrame", *, bought: Callable[[str], np.ndarray] | None = None
) -> np.ndarray:
    """Return for each customer whether the rule holds; what is not known of one never holds.

    Nor does its opposite: under `not`, what is not known stays so (Kleene's three values).

    Args:
        rule: The rule.
        facts: One row a customer, with a column for each condition it asks, by the same name; for
            `consent` the columns `email_optin`, `line_optin` and `sms_optin`.
        bought: Given a product, which customers have bought it, in the order of the rows.

    Raises:
        KeyError: The facts lack a column.

    >>> import pandas as pd
    >>> facts = pd.DataFrame({"orders": [1, 2, 5]})
    >>> matches(Condition("orders", at_least=2), facts).tolist()
    [False, True, True]
    """
    return _answer(rule, facts, bought)[0]


def _answer(
    rule: Rule, facts: "DataFrame", bought: Callable[[str], np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return of whom it is known that the rule holds, and of whom that it does not."""
    if isinstance(rule, Condition):
        return _ASK[CONDITIONS[rule.name]](rule, facts, bought)
    holds, fails = zip(*(_answer(part, facts, bought) for part in rule.rules), strict=True)
    if rule.joint == "all":
        return np.logical_and.reduce(holds), np.logical_or.reduce(fails)
    some, none = np.logical_or.reduce(holds), np.logical_and.reduce(fails)
    return (some, none) if rule.joint == "any" else (none, some)


def _in_range(
    rule: Condition, facts: "DataFrame", _bought: object
) -> tuple[np.ndarray, np.ndarray]:
    value = facts[rule.name].to_numpy(dtype=float, na_value=np.nan)
    known = ~np.isnan(value)
    held = known.copy()
    if rule.at_least is not None:
        held &= value >= rule.at_least
    if rule.at_most is not None:
        held &= value <= rule.at_most
    return held, ~held if rule.name in _OF_SUBSCRIBERS else known & ~held


def _is_chosen(
    rule: Condition, facts: "DataFrame", _bought: object
) -> tuple[np.ndarray, np.ndarray]:
    if rule.name != "consent":
        column = facts[rule.name]
        held = column.isin(rule.choices).to_numpy(dtype=bool)
        # An empty text is as good as none, but for a reason to cancel: nobody gave one.
        known = column.notna() & (column.ne("") | (rule.name == "cancel_reason"))
        return held, known.to_numpy(dtype=bool) & ~held
    # Consent that is not recorded is no consent.
    given = [facts[f"{channel}_optin"].eq(True).fillna(value=False) for channel in rule.choices]
    held = np.logical_or.reduce([column.to_numpy(dtype=bool) for column in given])
    return held, ~held


def _has_bought(
    rule: Condition, facts: "DataFrame", bought: Callable[[str], np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    if bought is None:
        raise KeyError(rule.name)
    some = np.zeros(len(facts), dtype=bool)
    for product in rule.choices:
        some |= bought(product)
    return (some, ~some) if rule.name == "bought" else (~some, some)


_ASK: Mapping[Kind, Callable[..., tuple[np.ndarray, np.ndarray]]] = {
    "range": _in_range,
    "choice": _is_chosen,
    "products": _has_bought,
}
