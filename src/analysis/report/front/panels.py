"""The panels of a shop's page: recorded numbers found by name, each against what it was before.

A panel whose numbers no report has recorded is left out.
"""

import re
from collections.abc import Sequence
from typing import Any

from analysis.findings import Metric
from analysis.language import _, join_list
from analysis.report.front import svg
from analysis.report.front.history import History, Record
from analysis.report.front.lines import Point, compare, points
from analysis.report.front.trends import Trend, chart, number_of, trend

_KINDS = {"first": 1, "second": 2, "later": 3, "subscription": 4}
_COUNTS = (
    ("new_customers", "new_customers_before"),
    ("returning_customers", "returning_customers_before"),
    ("came_back", "came_back_before"),
    ("went_quiet", "went_quiet_before"),
    ("active_at_end", "active_at_end_before"),
)
# Later orders stand on few subscriptions and would squeeze the first ones together.
_MOST_ORDERS = 10

Panel = dict[str, Any]


def find(history: History, pattern: str) -> tuple[Sequence[Record], str] | None:
    """Return the report whose last run recorded a metric of such a name, and the name in full."""
    for _report, records in sorted(history.items()):
        for name, metric in records[-1].metrics.items():
            if re.fullmatch(pattern, name) and metric.value is not None:
                return records, name
    return None


def revenue(history: History) -> Panel | None:
    """Return revenue by kind of order, against the period before."""
    found = find(history, r"revenue_all_\d+d_minor")
    if not found:
        return None
    records, name = found
    days, metrics = int(re.search(r"\d+", name)[0]), records[-1].metrics
    found_points = points(records, name)
    total, before = metrics[name], metrics.get(f"revenue_all_{days}d_before_minor")
    rows = [
        _row(metrics[now], metrics.get(f"revenue_{kind}_{days}d_before_minor"), records, shade)
        for kind, shade in _KINDS.items()
        if (now := f"revenue_{kind}_{days}d_minor") in metrics
    ]
    if (now := f"revenue_refunds_alone_{days}d_minor") in metrics:
        earlier = metrics.get(f"revenue_refunds_alone_{days}d_before_minor")
        rows.append(_row(metrics[now], earlier, records))
    change = _row(total, before, records)
    return {
        "title": _("Revenue in {days} days").format(days=days),
        "total": total.text,
        "since": _("{before} in the {days} days before: {change}").format(
            before=before.text, days=days, change=change["change"]
        )
        if before
        else "",
        "direction": change["direction"],
        "head": (
            _("From"),
            _("last {days} days").format(days=days),
            _("{days} days before").format(days=days),
            _("change"),
        ),
        "rows": rows,
        "chart": _revenue_chart(metrics, days, rows),
        "line": chart(found_points, total.label) if len(found_points) > 1 else "",
        "records": records,
    }


def _revenue_chart(metrics: dict[str, Metric], days: int, rows: Sequence[Panel]) -> str:
    bars = [
        [
            svg.Part(max(float(metrics[name].value), 0), shade)
            for kind, shade in _KINDS.items()
            if (name := f"revenue_{kind}_{days}d{period}_minor") in metrics
        ]
        for period in ("", "_before")
    ]
    said = _("; ").join(
        _("{label} {now} ({before})").format(
            label=row["label"], now=row["now"], before=row["before"]
        )
        for row in rows
    )
    alt = _("Revenue of the last {days} days above that of the days before: {said}").format(
        days=days, said=said
    )
    return svg.stacked_bars([bar for bar in bars if bar], alt=alt)


def people(history: History) -> Panel | None:
    """Return who came, came back, went quiet and is active, against the period before."""
    found = find(history, "active_at_end")
    if not found:
        return None
    records, _name = found
    metrics = records[-1].metrics
    rows = [
        _row(metrics[now], metrics.get(before), records)
        for now, before in _COUNTS
        if now in metrics
    ]
    return {
        "head": (_("Customers"), _("now"), _("before"), _("change")),
        "rows": rows,
        "records": records,
    }


def _row(now: Metric, before: Metric | None, records: Sequence[Record], shade: int = 0) -> Panel:
    """Return a line of a table: a number, that of the period before, and what the change says."""
    direction = "unknown"
    if before:
        day = records[-1].day
        direction = compare(Point(day, now), Point(day, before)).direction
    return {
        "label": before.label if before else now.label,
        "now": number_of(now),
        "before": number_of(before) if before else "\N{EN DASH}",
        "change": {
            "rose": _("more than by chance"),
            "fell": _("less than by chance"),
            "within": _("within chance"),
            "unknown": "",
        }[direction],
        "direction": direction,
        "shade": shade,
    }


def conversion(history: History) -> Panel | None:
    """Return how many first-time buyers buy again."""
    found = find(history, r"second_purchase_\d+d_share") or find(
        history, r"conversion_1_to_2_\d+d_share"
    )
    if not found:
        return None
    records, name = found
    one = trend(records, name)
    title = _("From the first to the second order")
    return {"title": title, "trends": [one], "records": records}


def churn(history: History) -> Panel | None:
    """Return after which order subscribers leave, the churn point marked."""
    found = find(history, r"hazard_order_\d+_share")
    if not found:
        return None
    records, _name = found
    metrics = records[-1].metrics
    orders = sorted(
        (int(match[1]), metric)
        for name, metric in metrics.items()
        if (match := re.fullmatch(r"hazard_order_(\d+)_share", name)) and metric.value is not None
    )[:_MOST_ORDERS]
    marked = [
        metric for name, metric in metrics.items() if re.fullmatch(r"churn_point_\d+_order", name)
    ]
    curve = Trend(
        label=_("churn point") if marked else _("share that leaves after each order"),
        text=marked[0].text if marked else _("no order stands out"),
        chart=_hazard_chart(orders, [int(point.value) for point in marked]),
        since=_("Share that leaves after each order, with 95% intervals."),
    )
    excess = trend(records, "churn_point_excess_share") if marked else None
    return {
        "title": _("Where subscribers leave"),
        "trends": [one for one in (curve, excess) if one],
        "records": records,
    }


def _hazard_chart(orders: Sequence[tuple[int, Metric]], marked: Sequence[int]) -> str:
    said = join_list(
        _("{order}: {share}").format(order=number, share=number_of(metric))
        for number, metric in orders
    )
    alt = _("Share of subscribers that leaves after order {said}").format(said=said)
    dots = [
        svg.Dot(number, float(metric.value), metric.low, metric.high) for number, metric in orders
    ]
    return svg.columns(dots, marked=marked, alt=alt)


def value(history: History) -> Panel | None:
    """Return what a customer earns against what winning one costs."""
    earned = find(history, r"earned_per_customer_\d+d_minor")
    paid = find(history, r"observed_value_\d+d_minor")
    shown = earned or paid
    if not shown:
        return None
    return {
        "title": _("Value of a customer against its cost") if earned else _("Value of a customer"),
        "trends": [
            one
            for one in (
                _against_cost(earned[0][-1].metrics, earned[1]) if earned else None,
                trend(*paid) if paid else None,
            )
            if one
        ],
        "records": shown[0],
    }


def _against_cost(metrics: dict[str, Metric], name: str) -> Trend | None:
    earned, cost = metrics[name], metrics.get("acquisition_cost_minor")
    if cost is None or cost.value is None or earned.low is None or earned.high is None:
        return None
    number, _bracket, interval = earned.text.partition(" [")
    if earned.low > cost.value:
        verdict = _("More than winning one costs: {cost}, the line in the chart.")
    elif earned.high < cost.value:
        verdict = _("Less than winning one costs: {cost}, the line in the chart.")
    else:
        verdict = _("Whether that is more than winning one costs ({cost}) cannot be told yet.")
    alt = _("{label}: {earned}; cost of winning one: {cost}").format(
        label=earned.label, earned=earned.text, cost=cost.text
    )
    dot = svg.Dot(0, float(earned.value), earned.low, earned.high)
    return Trend(
        label=earned.label,
        text=number,
        interval=interval.removesuffix("]"),
        since=verdict.format(cost=cost.text),
        chart=svg.against(dot, float(cost.value), alt=alt),
    )
