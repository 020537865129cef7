"""Which parameters each reduction is run with on every engine; run as a script, rewrites snapshots.

A new `.sql` file needs one line in `PARAMETERS`, and `make snapshots`.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from analysis.engine.statements import parameter_names, reduction

ROOT = Path(__file__).resolve().parents[2]
SQL = ROOT / "src" / "analysis" / "sql"
SNAPSHOTS = Path(__file__).with_name("snapshots")
DIALECTS = ("postgres", "spark")

# Stands for a day in the middle of whatever shop is asked.
MIDDLE = "the middle of the shop's days"

# Reduction to the parameters besides `as_of`, one entry for each run.
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "basket_pairs": [{"min_customers": 3}],
    "basket_pairs_margins": [{"min_customers": 3}],
    "baseline_continuation": [{"window_days": 90}],
    "baseline_purchases": [{"window_days": 90}],
    "btyd_cells": [{}],
    "btyd_holdout": [{"calibration_end": MIDDLE}],
    "btyd_summary": [{}],
    "campaign_cancellations": [{"campaign_id": "skip-guide", "window_days": 240}],
    "campaign_continuation": [
        {"campaign_id": "skip-guide", "order_no": order_no, "grace_days": 14} for order_no in (3, 4)
    ],
    "campaign_customers": [{"campaign_id": "skip-guide", "pre_period_days": 180}],
    "campaign_groups": [{"campaign_id": "skip-guide"}],
    "campaign_ledger": [{}],
    "campaign_overlaps": [{"campaign_id": "skip-guide", "within_days": 400}],
    "campaign_product_buyers": [
        {"campaign_id": "skip-guide", "product_id": "P002", "window_days": 240}
    ],
    "campaign_purchases": [{"campaign_id": "skip-guide", "window_days": 60}],
    "check_volume": [{}],
    "customer_balance": [{"dormancy_days": 90, "subscription_days": 60, "period_days": 30}],
    "customer_discounts": [{"window_days": 365}],
    "customer_ranks": [
        {"compared_on": MIDDLE, "dormancy_days": 90, "subscription_days": 60, "window_days": 365}
    ],
    # A month of the demo shop, and one of the groceries.
    "customer_sources": [{}],
    "definition_counts": [{"month_no": month_no, "fixed_days": 60} for month_no in (24303, 24207)],
    "next_product": [{"min_customers": 3}],
    "next_product_margins": [{"min_customers": 3}],
    "observed_value": [{"window_days": 365}],
    "order_gaps": [
        {"purchase_type": "one_off", "last_order_no": 6},
        {"purchase_type": "subscription", "last_order_no": 12},
    ],
    "period": [{}],
    "purchase_steps": [{"window_days": 90}],
    "purchases_a_month": [{}],
    "purchases_by_day": [{"acquired_by": MIDDLE}],
    "refunds_within": [{"window_days": 30}],
    "retention_cohorts": [{}],
    "revenue_by_purchase": [{}],
    "running_subscriptions": [{"known_by": MIDDLE}],
    "second_purchase_cohorts": [{"window_days": 90}],
    "category_sales": [{"window_days": 90}],
    "coupon_use": [{}],
    "derived_subscriptions": [{}],
    "discount_use": [{}],
    "ended_subscribers": [{}],
    "goods_cost": [{}],
    "order_values": [{"step_minor": 100}],
    "orders_by_hour": [{}],
    "orders_by_type": [{}],
    "product_gaps": [{"most_products": 20}],
    "product_ids": [{}],
    "product_names": [{}],
    "product_sales": [{"window_days": 90}],
    "source_costs": [{}],
    "subscribed_products": [{}],
    "subscription_transitions": [{"grace_days": 10}],
    "unit_prices": [{"step_minor": 100}],
    "upgrades": [{"window_days": 90}],
    "value_by_first_product": [{}],
    "value_by_source": [{}],
    "value_by_source_age": [{"window_days": 90}],
    "spend_cells": [{}],
    "target_assigned": [{"campaign_id": "skip-guide"}],
    "target_consent": [{}],
    "target_contacted": [{"quiet_days": 400}],
    "target_customers": [{"window_days": 365}],
    "target_origin": [{}],
    "target_outcomes": [{"window_days": 60}],
    "target_product_buyers": [{"product_id": "P002"}],
    "target_subscriptions": [{}],
}


def runs(first_day: date, last_day: date) -> list[tuple[str, dict[str, Any]]]:
    """Return each reduction with its parameters, `as_of` the last day."""
    middle = first_day + timedelta(days=(last_day - first_day).days // 2)
    found = []
    for name, each in PARAMETERS.items():
        day = {"as_of": last_day} if "as_of" in parameter_names(reduction(name)) else {}
        for given in each:
            values = {key: middle if value == MIDDLE else value for key, value in given.items()}
            found.append((name, {**day, **values}))
    return found


def reductions() -> list[str]:
    return sorted(file.stem for file in SQL.glob("*.sql"))


def snapshot(name: str, dialect: str) -> Path:
    return SNAPSHOTS / dialect / f"{name}.sql"


if __name__ == "__main__":
    from analysis.engine.dialects import readable

    for dialect in DIALECTS:
        wanted = {snapshot(name, dialect) for name in reductions()}
        for former in set((SNAPSHOTS / dialect).glob("*.sql")) - wanted:
            former.unlink()
        for name in reductions():
            file = snapshot(name, dialect)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(readable(reduction(name), dialect))
