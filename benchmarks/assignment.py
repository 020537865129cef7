"""Ten million customers assigned to the arms of a campaign, against the same hashes in Python."""

import time
from datetime import date

import numpy as np
import pandas as pd

from analysis.assignment import assignment_shares
from analysis.campaigns import Campaign, Condition, Kpi
from analysis.targets import divide
from benchmarks.timing import Comparison, peak_bytes

CUSTOMERS = 10_000_000
_PART = 500_000


def run() -> list[Comparison]:
    """Time the division of ten million customers, and Python's on a twentieth of them."""
    numbers = pd.Series(np.arange(CUSTOMERS)).astype("str").str.zfill(8)
    customers = "C" + numbers
    campaign = _campaign()
    before, began = time.process_time(), time.monotonic()
    arms = divide(campaign, customers)
    ours, elapsed = time.process_time() - before, time.monotonic() - began
    before = time.process_time()
    places = assignment_shares(campaign.salt, customers[:_PART])
    theirs = (time.process_time() - before) * CUSTOMERS / _PART
    ends = np.cumsum([share for _arm, share in campaign.arms])
    names = np.array([*(arm for arm, _share in campaign.arms), "control"], dtype=object)
    same = (names[np.searchsorted(ends, places, side="right")] == arms[:_PART]).all()
    peak = peak_bytes() / 1e9
    return [
        Comparison(
            f"assignment of {CUSTOMERS:,} customers",
            "targets.divide: salted SHA-256 in SQL",
            "hashlib, a customer at a time (from a twentieth)",
            ours,
            theirs,
            f"{'same arms' if same else 'DIFFERENT ARMS'}, {elapsed:.1f} s elapsed, "
            f"peak {peak:.1f} GB",
        )
    ]


def _campaign() -> Campaign:
    day = date(2026, 1, 1)
    return Campaign(
        campaign_id="benchmark",
        shop="benchmark",
        title="Benchmark",
        hypothesis="",
        owner="",
        segment=Condition("orders", at_least=1),
        starts_on=day,
        ends_on=day,
        readout_on=date(2026, 3, 1),
        steps=(),
        offer="",
        contact_cost_minor=0,
        offer_cost_minor=0,
        margin_share=0.5,
        primary=Kpi("purchase", 30),
        secondary=(),
        guardrails=(),
        expected_effect=0.1,
        holdout_share=0.3,
        arms=(("coupon", 0.35), ("reminder", 0.35)),
        salt="benchmark",
    )
