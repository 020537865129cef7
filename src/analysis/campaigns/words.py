"""Segments and metrics in words, as pages state them."""

from collections.abc import Iterable, Mapping

from analysis.campaigns.campaign import Kpi
from analysis.campaigns.rules import CONDITIONS, Condition, Rule
from analysis.codes import code_label
from analysis.language import _
from analysis.style import format_count, format_money, format_share

Names = Iterable[tuple[str, str]]


def segment_in_words(rule: Rule, *, currency: str, product_names: Names = ()) -> str:
    """Say who is meant, so that nobody needs to read the file.

    >>> segment_in_words(Condition("orders", at_least=2), currency="JPY")
    'orders so far: 2 or more'
    """
    return _say(rule, currency, dict(product_names), inner=False)


def _say(rule: Rule, currency: str, names: Mapping[str, str], *, inner: bool) -> str:
    if isinstance(rule, Condition):
        return _condition(rule, currency, names)
    parts = [_say(part, currency, names, inner=True) for part in rule.rules]
    if rule.joint == "not":
        return _("not ({parts})").format(parts=_(" or ").join(parts))
    text = (_(" and ") if rule.joint == "all" else _(" or ")).join(parts)
    return f"({text})" if inner and len(parts) > 1 else text


def _condition(rule: Condition, currency: str, names: Mapping[str, str]) -> str:
    label = _labels()[rule.name]
    if CONDITIONS[rule.name] != "range":
        called = names if CONDITIONS[rule.name] == "products" else {}
        said = [called.get(choice) or choice_label(choice) for choice in rule.choices]
        return _("{label}: {values}").format(label=label, values=_(" or ").join(said))
    return _("{label}: {range}").format(label=label, range=_range(rule, currency))


def _range(rule: Condition, currency: str) -> str:
    def write(value: float | None) -> str:
        if rule.name.endswith("_minor"):
            return format_money(value, currency)
        if rule.name.startswith("alive_probability"):
            return format_share(value, decimals=0)
        return format_count(value)

    if rule.at_least == rule.at_most:
        return write(rule.at_least)
    if rule.at_most is None:
        return _("{low} or more").format(low=write(rule.at_least))
    if rule.at_least is None:
        return _("{high} or less").format(high=write(rule.at_most))
    return _("{low} to {high}").format(low=write(rule.at_least), high=write(rule.at_most))


def choice_label(choice: str) -> str:
    """Return what a choice of a rule is called; a shop's own names stand for themselves.

    >>> choice_label("between_orders"), choice_label("Tokyo")
    ('between two orders', 'Tokyo')
    """
    return {
        "gold": _("gold"),
        "silver": _("silver"),
        "bronze": _("bronze"),
        "regular": _("regular"),
        "email": _("email"),
        "line": _("line"),
        "sms": _("sms"),
        "post": _("post"),
        "phone": _("phone"),
        "surplus": _("surplus"),
        "no_effect": _("no_effect"),
        "price": _("price"),
        "switch": _("switch"),
        "quality": _("quality"),
        "life_event": _("life_event"),
        "procedure": _("procedure"),
        "payment": _("payment"),
        "other": _("other"),
        "between_orders": _("between two orders"),
        "paused": _("paused"),
        "cancelled": _("cancelled"),
        "none": _("none"),
        "at_risk": _("high, and slipping away"),
        "valuable": _("high"),
        "ordinary": _("not among the highest"),
        "once": _("bought once"),
    }.get(choice, code_label(choice))


def _labels() -> dict[str, str]:
    return {
        "orders": _("orders so far"),
        "amount_minor": _("paid so far"),
        "amount_this_month_minor": _("paid this calendar month"),
        "days_since_order": _("days since the last order"),
        "recency_score": _("recency score of 5"),
        "frequency_score": _("frequency score of 5"),
        "monetary_score": _("money score of 5"),
        "alive_probability": _("chance to be still a customer"),
        "alive_probability_fall": _("fall of that chance within 28 days"),
        "expected_value_minor": _("expected value of one-off purchases in a year"),
        "subscription_orders": _("subscription orders so far"),
        "days_until_next_order": _("days until the next subscription order"),
        "days_since_cancellation": _("days since the subscription was cancelled"),
        "rank": _("rank"),
        "value_standing": _("value"),
        "source": _("came through"),
        "region": _("region"),
        "subscription_state": _("subscription"),
        "cancel_reason": _("reason to cancel"),
        "consent": _("allows messages by"),
        "bought": _("has bought"),
        "not_bought": _("has not bought"),
    }


def kpi_in_words(kpi: Kpi, *, product_names: Names = ()) -> str:
    """Say what is measured of a customer, with its window.

    >>> kpi_in_words(Kpi("continuation", window_days=90, order_no=3))
    'reached order 3 by its due date'
    >>> kpi_in_words(Kpi("revenue", window_days=60))
    'revenue per customer within 60 days'
    >>> boots = Kpi("bought_product", window_days=60, product_ids=("P2",))
    >>> kpi_in_words(boots, product_names=[("P2", "Boots")])
    'bought Boots within 60 days'
    """
    if kpi.metric == "continuation":
        return _("reached order {order_no} by its due date").format(order_no=kpi.order_no)
    if kpi.metric == "cancellation":
        said = (
            _("cancelled because of {reasons} within {days} days")
            if kpi.reasons
            else _("cancelled within {days} days")
        )
        reasons = _(" or ").join(map(choice_label, kpi.reasons))
        return said.format(reasons=reasons, days=kpi.window_days)
    names = dict(product_names)
    products = _(" or ").join(names.get(product, product) for product in kpi.product_ids)
    label = {
        "orders": _("orders per customer"),
        "revenue": _("revenue per customer"),
        "margin": _("margin per customer"),
        "average_order_value": _("average order value"),
        "purchase": _("bought at all"),
        "bought_product": _("bought {products}").format(products=products),
    }[kpi.metric]
    return _("{label} within {days} days").format(label=label, days=kpi.window_days)
