"""What notebook 01 asks of its reductions: the parameters that every side works with."""

from datetime import date, timedelta
from typing import Any

TOOLS = ("ours", "polars", "pandas")
AS_OF = date(2025, 12, 31)  # the demo shop's last day
START_OF_DAYS = date(2001, 1, 1)  # a Monday
PERIOD_DAYS = 30
WINDOW_DAYS = 90
DORMANCY_DAYS = 100
SUBSCRIPTION_DAYS = 120
RANK_WINDOW_DAYS = 365
COMPARED_ON = AS_OF - timedelta(days=90)
AGAIN_DAYS = 180
VALUE_DAYS = (90, 180, 365)
FIXED_DAYS = 60
MONTH_NO = AS_OF.year * 12 + AS_OF.month - 1  # the last month that is over
STEP_MINOR = 10
MOST_PRODUCTS = 200
MIN_CUSTOMERS = 10
RECENT_DAYS = 180

_ACTIVE = {"dormancy_days": DORMANCY_DAYS, "subscription_days": SUBSCRIPTION_DAYS}
_PAIRS = {"min_customers": MIN_CUSTOMERS}

# Reduction to its parameters besides `as_of`, in the order in which the notebook asks.
REDUCTIONS: dict[str, dict[str, Any]] = {
    "period": {},
    "order_gaps": {"purchase_type": "one_off", "last_order_no": 1_000_000},
    "customer_balance": {"period_days": PERIOD_DAYS, **_ACTIVE},
    "revenue_by_purchase": {},
    "purchase_steps": {"window_days": WINDOW_DAYS},
    "customer_ranks": {
        "compared_on": COMPARED_ON,
        "window_days": RANK_WINDOW_DAYS,
        **_ACTIVE,
    },
    "second_purchase_cohorts": {"window_days": WINDOW_DAYS},
    "product_gaps": {"most_products": MOST_PRODUCTS},
    "upgrades": {"window_days": AGAIN_DAYS},
    "product_names": {},
    "product_sales": {"window_days": AGAIN_DAYS},
    "next_product": _PAIRS,
    "next_product_margins": _PAIRS,
    "goods_cost": {},
    "value_by_source": {},
    "source_costs": {},
    "value_by_source_age": {"window_days": VALUE_DAYS[-1]},
    "orders_by_hour": {},
    "order_values": {"step_minor": STEP_MINOR},
    "unit_prices": {"step_minor": STEP_MINOR},
    "purchases_a_month": {},
    "category_sales": {"window_days": AGAIN_DAYS},
    "value_by_first_product": {},
    "basket_pairs": _PAIRS,
    "basket_pairs_margins": _PAIRS,
    "retention_cohorts": {},
    "definition_counts": {"month_no": MONTH_NO, "fixed_days": FIXED_DAYS},
    "coupon_use": {},
    "discount_use": {},
    "customer_discounts": {"window_days": RANK_WINDOW_DAYS},
}
