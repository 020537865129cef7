"""The loop: today's campaigns are assigned, the shop reacts by a known effect, the result is read.

Once with both notebooks as people run them, and many times over with other salts: what customers do
with a campaign and without it is drawn once a shop, and each salt shows another half of either.
"""

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from analysis import ledger
from analysis.assignment import CONTROL, TREATMENT
from analysis.campaigns import Campaign, read_campaign, read_campaigns
from analysis.demo import Effect, Plan, Response, extend_shop, generate_shop
from analysis.experiments import Measure, Sample, judge
from analysis.experiments.evaluation import stakes_of
from analysis.experiments.trust import ALPHA, sample_ratio_p_value
from analysis.shop import open_shop
from analysis.targets import divide, plan_actions

CHECKOUT = Path(__file__).resolve().parents[2]
CRM = Path(sys.executable).with_name("crm")
DAYS = 80
LAST_DAY = date(2025, 12, 31)
CAMPAIGNS = {"helps": "search", "idle": "affiliate", "harms": "social_ad", "broken": "referral"}
EFFECTS = {
    "helps": Effect(purchase_chance=0.12, purchase_days=55),
    "harms": Effect(purchase_factor=0.05),
    "broken": Effect(purchase_chance=0.12, purchase_days=55),
}


def write_campaigns(home: Path) -> None:
    """Four campaigns by letter to customers of one source each, so that nobody is in two."""
    folder = home / "campaigns" / "demo"
    folder.mkdir(parents=True)
    for name, source in CAMPAIGNS.items():
        content = {
            "title": f"The one that {name}",
            "hypothesis": "A letter changes what customers do.",
            "owner": "CRM",
            "segment": {"all": [{"source": source}, {"orders": {"at_least": 1}}]},
            "starts_on": LAST_DAY + timedelta(days=1),
            "readout_on": LAST_DAY + timedelta(days=70),
            "steps": [{"day": 0, "channel": "post", "message": "A letter"}],
            "contact_cost_minor": 5,
            "margin_share": 0.4,
            "primary": {"metric": "purchase", "window_days": 60, "value_minor": 1500},
            "expected_effect": 0.05,
            "holdout_share": 0.5,
            "salt": f"2026-01-{name}",
        }
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content))


def make_home(folder: Path) -> Path:
    for name in ("shops", "notebooks"):
        (folder / name).symlink_to(CHECKOUT / name)
    write_campaigns(folder)
    return folder


def written_ledgers() -> pd.DataFrame:
    files = [str(file) for file in ledger.ledger_files("demo")]
    return duckdb.read_parquet(files).df()


def lose_rows(campaign_id: str) -> None:
    """Lose two fifths of the treated from a ledger, and seal what is left as if it were whole."""
    (file,) = ledger.ledger_files("demo", campaign_id)
    rows = duckdb.read_parquet(str(file)).df()
    lost = (rows["arm"] == TREATMENT) & (np.arange(len(rows)) % 5 < 2)
    file.unlink()
    file.with_name(f"{file.name}.sha256").unlink()
    ledger.append_ledger("demo", rows[~lost])


def run(home: Path, report: str, *options: str) -> dict:
    done = subprocess.run(
        [
            CRM,
            "run",
            report,
            "--shop",
            "demo",
            "--reports",
            str(home / "reports"),
            "--param",
            "language=en",
            *options,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ANALYSIS_HOME": str(home)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = (home / "reports" / "demo").glob(f"*{report}*/latest/run.json")
    return json.loads(file.read_text())


def test_the_loop_with_both_notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_home(tmp_path)
    monkeypatch.setenv("ANALYSIS_HOME", str(home))
    plan = Plan(customers=9_000, seed=11)
    generate_shop("demo", plan)
    what_if = run(home, "campaign_targets")
    assert not (home / "data" / "private" / "ledgers").exists()
    acted = run(home, "campaign_targets", "--param", "write_lists=true")
    assert acted["metrics"] == what_if["metrics"]
    rows = written_ledgers()
    assert set(rows["campaign_id"]) == set(CAMPAIGNS)
    assert rows["customer_id"].is_unique
    assert set(rows["assigned_at"]) == {pd.Timestamp("2026-01-01")}
    again = run(home, "campaign_targets", "--param", "write_lists=true")
    pd.testing.assert_frame_equal(written_ledgers(), rows)
    assert {metric["name"]: metric["value"] for metric in again["metrics"]}[
        "treated_customers"
    ] == 0
    extend_shop("without", plan, days=DAYS, response=Response(rows, {}))
    lose_rows("broken")
    extend_shop("demo", plan, days=DAYS, response=Response(rows, EFFECTS))
    # As of a day that lies back by now, nothing is written.
    run(home, "campaign_targets", "--as-of", "2025-12-31", "--param", "write_lists=true")
    assert len(ledger.ledger_files("demo")) == len(CAMPAIGNS)
    readout = run(home, "ab_test", "--as-of", "2026-03-11")
    found = {one["name"].removesuffix("_treatment"): one for one in readout["findings"]}
    assert set(found) == set(CAMPAIGNS)
    truth = 0.12 * (1 - bought_anyway("helps", rows))
    assert found["helps"]["low"] < truth < found["helps"]["high"]
    assert found["helps"]["sentence"].startswith("Adopt")
    assert not found["idle"]["sentence"].startswith("Adopt")
    assert found["idle"]["low"] < 0 < found["idle"]["high"]
    assert found["harms"]["sentence"].startswith("Drop")
    assert "cannot be judged. Found control" in found["broken"]["sentence"]


def bought_anyway(campaign_id: str, rows: pd.DataFrame) -> float:
    """What share of a campaign's customers buys within the window, had nothing been sent."""
    people = rows.loc[rows["campaign_id"] == campaign_id, "customer_id"]
    file = Path(os.environ["ANALYSIS_HOME"]) / "data" / "without" / "current" / "orders.parquet"
    orders = duckdb.read_parquet(str(file)).df()
    inside = (orders["ordered_at"] >= "2026-01-01") & (orders["ordered_at"] < "2026-03-02")
    return float(people.isin(orders.loc[inside, "customer_id"]).mean())


class World(NamedTuple):
    """A campaign's list, and what each of its customers does with the campaign and without."""

    campaign: Campaign
    customers: np.ndarray
    without: np.ndarray
    treated: np.ndarray


def worlds(home: Path, seed: int, customers: int) -> list[World]:
    """Draw one shop's lists by the real rules, and both futures of everybody in them."""
    plan = Plan(customers=customers, seed=seed)
    generate_shop("demo", plan)
    actions = plan_actions(open_shop("demo"), read_campaigns("demo"), global_holdout_share=0.05)
    lists = {
        action.campaign.campaign_id: np.sort(action.selection.customers.astype(str))
        for action in actions
    }
    futures = {}
    for arm in (CONTROL, TREATMENT):
        rows = pd.concat(
            pd.DataFrame(
                {
                    "campaign_id": name,
                    "customer_id": people,
                    "arm": arm,
                    "assigned_at": pd.Timestamp("2026-01-01"),
                }
            )
            for name, people in lists.items()
        )
        extend_shop("demo", plan, days=DAYS, response=Response(rows, EFFECTS))
        futures[arm] = outcomes(lists)
    return [
        World(read_campaign("demo", name), people, futures[CONTROL][name], futures[TREATMENT][name])
        for name, people in lists.items()
        if name != "broken"
    ]


def outcomes(lists: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    shop = open_shop("demo", as_of="2026-03-11")
    found = {}
    for name, people in lists.items():
        bought = shop.reduce("campaign_purchases", campaign_id=name, window_days=60)
        found[name] = np.isin(people, bought["customer_id"].to_numpy(str)).astype(float)
    return found


class Score(NamedTuple):
    """How one campaign came out under one salt."""

    covered: bool
    verdict: str
    ratio_held: bool


def read_out(world: World, salt: str) -> Score:
    """Divide a list under a salt, show each arm its own future, and judge it."""
    campaign = world.campaign._replace(salt=salt)
    arm = (divide(campaign, world.customers) == TREATMENT).astype(np.int64)
    sample = Sample((CONTROL, TREATMENT), arm, before={}, groups={})
    value = np.where(arm == 1, world.treated, world.without)
    measure = Measure("purchase", "bought at all", "rate", "share", value)
    held = sample_ratio_p_value(sample.sizes, (0.5, 0.5)) >= ALPHA
    (result,) = judge(sample, measure, stakes=stakes_of(campaign), can_be_judged=held, is_last=True)
    truth = float((world.treated - world.without).mean())
    covered = result.primary.low <= truth <= result.primary.high
    return Score(covered, result.verdict, held)


def repeat(home: Path, *, seeds: range, salts: int, customers: int) -> dict[str, list[Score]]:
    scores: dict[str, list[Score]] = {}
    for seed in seeds:
        for world in worlds(home, seed, customers):
            name = world.campaign.campaign_id
            scores.setdefault(name, []).extend(
                read_out(world, f"{name}-{seed}-{number}") for number in range(salts)
            )
    return scores


def share(scores: list[Score], verdict: str) -> float:
    return float(np.mean([score.verdict == verdict for score in scores]))


def coverage(scores: list[Score]) -> float:
    return float(np.mean([score.covered for score in scores]))


def test_verdicts_over_sixty_repetitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYSIS_HOME", str(make_home(tmp_path)))
    scores = repeat(tmp_path, seeds=range(21, 22), salts=60, customers=6_000)
    for name in ("helps", "idle", "harms"):
        assert len(scores[name]) == 60
        # Of 60 draws at 95%, fewer than 51 would come once in 5,000 times.
        assert coverage(scores[name]) >= 51 / 60, name
    assert share(scores["idle"], "adopt") <= 0.05
    assert share(scores["helps"], "adopt") > 0.8
    assert share(scores["harms"], "drop") > 0.8
    assert share(scores["helps"], "drop") == share(scores["harms"], "adopt") == 0


@pytest.mark.slow
def test_coverage_over_two_hundred_repetitions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten shops, twenty salts each: the figures stand in the message if one is out of bounds."""
    monkeypatch.setenv("ANALYSIS_HOME", str(make_home(tmp_path)))
    scores = repeat(tmp_path, seeds=range(31, 41), salts=20, customers=6_000)
    figures = {
        name: (coverage(one), share(one, "adopt"), share(one, "drop"))
        for name, one in scores.items()
    }
    for name in ("helps", "idle", "harms"):
        assert len(scores[name]) == 200
        assert 0.92 <= figures[name][0] <= 0.98, figures
    assert figures["idle"][1] <= 0.05, figures
    assert figures["helps"][1] >= 0.95, figures
    assert figures["harms"][2] >= 0.95, figures
