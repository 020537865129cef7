"""Evaluating campaigns, from ledger and orders to verdicts, against pandas and tea-tasting."""

import os
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tea_tasting as tt

from analysis.campaigns import Campaign, Condition, Guardrail, Kpi, Step
from analysis.engine import workbench
from analysis.experiments import evaluate_all
from analysis.experiments.gather import gather
from analysis.ingest.derived import derive_tables
from analysis.shop import Shop, open_shop
from benchmarks.timing import Comparison, command_cpu_seconds, compare, peak_bytes

CUSTOMERS = 1_000_000
CAMPAIGNS = 5
_START = date(2024, 1, 1)
_DAYS = 365
_SHOP_FILE = """\
title: Large
currency: JPY
time_zone: Asia/Tokyo
as_of: last_order
source: {importer: groceries}
reports: {}
"""


def run() -> list[Comparison]:
    """Time one campaign against pandas and tea-tasting, and five from start to end."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ANALYSIS_HOME"] = folder
        _write_shop(Path(folder))
        rows = [_one_campaign(open_shop("large")), _ten_metrics(open_shop("large"))]
        rows.append(_five_campaigns())
        del os.environ["ANALYSIS_HOME"]
    return rows


def campaign(number: int) -> Campaign:
    """Return a campaign with ten metrics, two of them guardrails."""
    starts_on = _START + timedelta(days=180 + 10 * number)
    windows = (14, 30, 60)
    return Campaign(
        campaign_id=f"campaign-{number}",
        shop="large",
        title=f"Campaign {number}",
        hypothesis="-",
        owner="-",
        segment=Condition("orders", at_least=1),
        starts_on=starts_on,
        ends_on=starts_on,
        readout_on=starts_on + timedelta(days=90),
        steps=(Step(0, "email", "-"),),
        offer="",
        contact_cost_minor=4,
        offer_cost_minor=0,
        margin_share=0.4,
        primary=Kpi("revenue", 30),
        secondary=(
            *(Kpi("orders", days) for days in windows),
            *(Kpi("purchase", days) for days in windows),
            Kpi("average_order_value", 60),
        ),
        guardrails=(Guardrail(Kpi("margin", 14), 20), Guardrail(Kpi("margin", 60), 20)),
        expected_effect=20,
        holdout_share=0.5,
        arms=(("treatment", 0.5),),
        salt=f"campaign-{number}",
    )


def _write_shop(home: Path) -> None:
    rng = np.random.default_rng(1)
    for name in ("shops", "data/large/current"):
        (home / name).mkdir(parents=True)
    (home / "shops" / "large.yaml").write_text(_SHOP_FILE)
    ids = np.char.add("C", np.char.zfill(np.arange(CUSTOMERS).astype(str), 8)).astype(object)
    count = rng.poisson(5, CUSTOMERS) + 1
    who = np.repeat(np.arange(CUSTOMERS), count)
    days = pd.DataFrame({"who": who, "day": rng.integers(0, _DAYS, len(who))}).drop_duplicates()
    tables = {
        "customer_day": pd.DataFrame(
            {
                "customer_id": ids[days["who"]],
                "day": pd.Timestamp(_START) + pd.to_timedelta(days["day"], unit="D"),
                "purchase_type": "one_off",
                "orders": 1,
                "amount_minor": rng.gamma(2, 2000, len(days)).astype(np.int64),
            }
        )
    }
    with workbench() as bench:
        folder = home / "data" / "large" / "current"
        bench.register("days", tables["customer_day"])
        bench.execute(
            "CREATE TABLE orders AS SELECT customer_id || '-' || day AS order_id, customer_id, "
            "CAST(day AS TIMESTAMP) AS ordered_at, amount_minor, purchase_type FROM days"
        )
        derive_tables(bench)
        for table in ("orders", "customer_day", "customer_keys"):
            bench.table(table).write_parquet(str(folder / f"{table}.parquet"))
        bench.execute(
            "CREATE TABLE ledger (campaign_id VARCHAR, customer_id VARCHAR, arm VARCHAR, "
            "assigned_at TIMESTAMP)"
        )
        for number in range(CAMPAIGNS):
            bench.register(
                "batch",
                pd.DataFrame(
                    {
                        "campaign_id": f"campaign-{number}",
                        "customer_id": ids,
                        "arm": np.where(rng.random(CUSTOMERS) < 0.5, "treatment", "control"),
                        "assigned_at": pd.Timestamp(campaign(number).starts_on),
                    }
                ),
            )
            bench.execute("INSERT INTO ledger SELECT * FROM batch")
        bench.sql("SELECT * FROM ledger").write_parquet(str(folder / "assignments.parquet"))


def _one_campaign(shop: Shop) -> Comparison:
    asked = campaign(0)

    def ours() -> Any:
        return evaluate_all(shop, [asked], grace_days=14)[0].results[0]

    ours_seconds, theirs_seconds, result, reference = compare(
        ours, lambda: _pandas_and_tea_tasting(asked), repeats=1
    )
    theirs = reference["revenue_30"]
    difference = abs(result.primary.difference / theirs.effect_size - 1)
    return Comparison(
        f"ten metrics from ledger and orders, {CUSTOMERS:,} customers",
        "with all checks",
        "pandas and tea-tasting",
        ours_seconds,
        theirs_seconds,
        f"relative difference of the first effect {difference:.0e}",
    )


def _pandas_and_tea_tasting(asked: Campaign) -> Any:
    folder = Path(os.environ["ANALYSIS_HOME"]) / "data" / "large" / "current"
    with workbench() as bench:
        ledger = (
            bench.read_parquet(str(folder / "assignments.parquet"))
            .filter(f"campaign_id = '{asked.campaign_id}'")
            .df()
        )
        bench.read_parquet(str(folder / "customer_keys.parquet")).create_view("customer_keys")
        bench.read_parquet(str(folder / "customer_day.parquet")).create_view("customer_day")
        days = bench.sql("FROM customer_day JOIN customer_keys USING (customer_no)").df()
    start = pd.Timestamp(asked.starts_on)
    frame = ledger[["customer_id", "arm"]].set_index("customer_id")
    spans = {"before": (-asked.pre_period_days, 0), "14": (0, 14), "30": (0, 30), "60": (0, 60)}
    for name, (low, high) in spans.items():
        since = (days["day"] - start).dt.days
        sums = (
            days[(since >= low) & (since < high)]
            .groupby("customer_id")[["orders", "amount_minor"]]
            .sum()
        )
        frame[f"orders_{name}"] = sums["orders"]
        frame[f"amount_{name}"] = sums["amount_minor"]
    return _tea_tasting(frame.fillna(0).reset_index(drop=True))


def _tea_tasting(frame: pd.DataFrame) -> Any:
    metrics: dict[str, Any] = {"revenue_30": tt.Mean("amount_30", "amount_before")}
    for days in ("14", "30", "60"):
        frame[f"bought_{days}"] = (frame[f"orders_{days}"] > 0).astype(int)
        metrics[f"orders_{days}"] = tt.Mean(f"orders_{days}", "orders_before")
        metrics[f"bought_{days}"] = tt.Proportion(f"bought_{days}")
    metrics["aov"] = tt.RatioOfMeans("amount_60", "orders_60", "amount_before", "orders_before")
    metrics["margin_14"] = tt.Mean("amount_14", "amount_before", confidence_level=0.9)
    metrics["margin_60"] = tt.Mean("amount_60", "amount_before", confidence_level=0.9)
    frame["variant"] = (frame["arm"] == "treatment").astype(int)
    return tt.Experiment(metrics, variant="variant").analyze(frame.drop(columns="arm"))


def _ten_metrics(shop: Shop) -> Comparison:
    from analysis.experiments import Stakes, judge

    asked = campaign(0)
    found = gather(shop, asked, as_of=asked.readout_on, grace_days=14)
    purchases = {
        measure.name: measure
        for measure in (found.primary, *found.secondary, *(rail for rail, _ in found.guardrails))
    }
    frame = pd.DataFrame(
        {
            "arm": np.array(found.sample.arms)[found.sample.arm],
            "orders_before": found.sample.before["orders_before"],
            "amount_before": found.sample.before["amount_before_minor"],
            "amount_14": purchases["margin_14d"].value / 0.4,
            "amount_30": purchases["revenue_30d"].value,
            "amount_60": purchases["margin_60d"].value / 0.4,
            **{f"orders_{days}": purchases[f"orders_{days}d"].value for days in (14, 30, 60)},
        }
    )

    def ours() -> Any:
        return judge(
            found.sample,
            found.primary,
            secondary=found.secondary,
            guardrails=found.guardrails,
            stakes=Stakes(),
            can_be_judged=True,
        )

    ours_seconds, theirs_seconds, _ours, _theirs = compare(
        ours, lambda: _tea_tasting(frame.copy()), repeats=1
    )
    return Comparison(
        f"ten metrics from a prepared table, {CUSTOMERS:,} customers",
        "with verdict",
        "tea-tasting",
        ours_seconds,
        theirs_seconds,
    )


def _five_campaigns() -> Comparison:
    cpu = command_cpu_seconds([sys.executable, "-m", "benchmarks.experiments"])
    facts = (Path(os.environ["ANALYSIS_HOME"]) / "facts.txt").read_text()
    return Comparison(
        f"{CAMPAIGNS} campaigns, ten metrics each, {CUSTOMERS:,} customers",
        "one process, start included",
        "the limit of 60 s",
        cpu,
        60.0,
        facts,
    )


def main() -> None:
    """Evaluate the five campaigns, and write down what it took."""
    began = time.monotonic()
    shop = open_shop("large")
    found = evaluate_all(shop, [campaign(number) for number in range(CAMPAIGNS)], grace_days=14)
    peak = peak_bytes() / 1e9
    verdicts = ", ".join(result.verdict for each in found for result in each.results)
    facts = f"{time.monotonic() - began:.0f} s, {peak:.1f} GB at most; {verdicts}"
    (Path(os.environ["ANALYSIS_HOME"]) / "facts.txt").write_text(facts)


if __name__ == "__main__":
    main()
