"""Shops of subscriptions alone, drawn from the demo shop's model with half its hazards, in bulk."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from analysis.demo.catalogue import IDS
from analysis.demo.clock import make_clock
from analysis.demo.people import draw_people
from analysis.demo.reasons import NO_TEXT, TEXTS
from analysis.demo.subscriptions import EVENTS, OFFERS, run_subscriptions, sign_up
from analysis.demo.truth import Truth, planted
from analysis.ingest.derived import derive_tables

AS_OF = date(2025, 12, 31)
_DAYS = 1_460
_PART = 100_000


def write_subscriptions(folder: Path, subscriptions: int, *, seed: int = 1) -> int:
    """Write a shop's tables into a folder and return how many orders it has.

    Args:
        folder: Where each table becomes a parquet file.
        subscriptions: How many; each brings about eight orders.
        seed: Decides everything.
    """
    with duckdb.connect(":memory:") as bench:
        for first in range(0, subscriptions, _PART):
            size = min(_PART, subscriptions - first)
            for table, frame in _part(np.arange(first, first + size) + 1, seed).items():
                bench.register("part", frame)
                made = "CREATE TABLE {0} AS" if first == 0 else "INSERT INTO {0}"
                bench.execute(f"{made.format(table)} SELECT * FROM part")
                bench.unregister("part")
        derive_tables(bench)
        for (table,) in bench.execute("SHOW TABLES").fetchall():
            bench.table(table).write_parquet(str(folder / f"{table}.parquet"))
        ((orders,),) = bench.execute("SELECT count(*) FROM orders").fetchall()
    return orders


def _part(numbers: np.ndarray, seed: int) -> dict[str, pd.DataFrame]:
    truth, clock = _truth(), make_clock(AS_OF, days=_DAYS, busy=False)
    rng = np.random.default_rng([seed, int(numbers[0])])
    everybody = np.ones(len(numbers), dtype=bool)
    people = draw_people(rng, numbers, clock=clock, truth=truth)
    people = people._replace(subscribes=everybody, buys=~everybody)
    nothing = (np.ones(len(numbers)), np.ones(len(numbers)))
    signed, orders, events = run_subscriptions(
        rng,
        sign_up(rng, people, clock=clock, truth=truth),
        people,
        last_second=clock.end_second,
        truth=truth,
        influence=lambda _order_no, _day, _moment: nothing,
    )
    names = np.char.add("S", np.char.zfill(numbers.astype(str), 8)).astype(object)
    sources = np.array([source.name for source in truth.sources], dtype=object)
    known = signed.cancelled < clock.end_second
    events = type(events)(*(column[events.second < clock.end_second] for column in events))
    texts = np.array([*TEXTS, None], dtype=object)
    return {
        "orders": pd.DataFrame(
            {
                "order_id": np.char.add(
                    names[orders.subscription].astype(str), np.char.mod("-%d", orders.order_no)
                ),
                "customer_id": names[orders.subscription],
                "ordered_at": clock.stamps(orders.second),
                "amount_minor": orders.amount_minor,
                "purchase_type": "subscription",
                "subscription_id": names[orders.subscription],
                "source": sources[people.source[orders.subscription]],
            }
        ),
        "subscriptions": pd.DataFrame(
            {
                "subscription_id": names,
                "customer_id": names,
                "started_at": clock.stamps(signed.started),
                "cycle_days": signed.cycle_days,
                "product_id": np.array(IDS, dtype=object)[signed.product],
                "commitment_orders": signed.commitment_orders,
                "cancelled_at": clock.stamps(np.where(known, signed.cancelled, -1)),
                "cancel_reason": texts[np.where(known, signed.reason, NO_TEXT)],
                "offer": np.array(OFFERS, dtype=object)[signed.offer],
            }
        ),
        "subscription_events": pd.DataFrame(
            {
                "subscription_id": names[events.subscription],
                "event_at": clock.stamps(events.second),
                "event": np.array(EVENTS, dtype=object)[events.event],
                "reason": texts[events.reason],
            }
        ),
    }


def _truth() -> Truth:
    truth = planted()
    hazards = truth.hazards._replace(
        surplus=tuple(chance / 2 for chance in truth.hazards.surplus),
        other=tuple(chance / 2 for chance in truth.hazards.other),
    )
    return truth._replace(hazards=hazards)
