"""The churn-point report of up to a million subscriptions, against lifelines on the same tables."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from analysis import paths
from benchmarks.subscribed import AS_OF, write_subscriptions
from benchmarks.timing import Comparison, command_cpu_seconds

SIZES = (100_000, 1_000_000)

_SHOP = """\
title: Bench
currency: JPY
time_zone: Asia/Tokyo
as_of: "{day}"
source: {{}}
reports: {{}}
cancel_reasons:
  surplus: [余っ, 使い切れ, 飲みきれ, まだ残って]
  price: [高い, 高くて, 経済]
"""
_OURS = """
import json, sys
from benchmarks.timing import peak_bytes
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for place, cell in enumerate(json.load(open(sys.argv[1]))):
    shell.run_cell(cell, silent=True).raise_error()
    if place == 0:
        shell.user_ns["shop_name"] = "bench"
shown = shell.user_ns["hazards"].head(6)
peak = peak_bytes() // 2**20
json.dump([list(shown["survival"]), peak], open(sys.argv[3], "w"))
"""
# What one would write with it: orders counted, who waits is one step behind, three comparisons.
_THEIRS = """
import json, sys, warnings
from benchmarks.timing import peak_bytes
warnings.simplefilter("ignore")
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
folder = sys.argv[2]
orders = pd.read_parquet(f"{folder}/orders.parquet", columns=["subscription_id", "source"])
terms = pd.read_parquet(f"{folder}/subscriptions.parquet").set_index("subscription_id")
grouped = orders.groupby("subscription_id")
table = terms.join(pd.DataFrame({"n": grouped.size(), "source": grouped["source"].first()}))
gone = table["cancelled_at"].notna()
steps = table["n"] - (~gone).astype(int)
fitted = KaplanMeierFitter().fit(steps, gone)
for cut in ("source", "product_id", "offer"):
    multivariate_logrank_test(steps, table[cut], gone)
peak = peak_bytes() // 2**20
json.dump([list(fitted.predict(range(1, 7))), peak], open(sys.argv[3], "w"))
"""


def run() -> list[Comparison]:
    """Time both on two sizes, each once: the larger one says what growth costs."""
    rows, before = [], 0.0
    for subscriptions in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            comparison = _compare(Path(folder), subscriptions, before)
        rows.append(comparison)
        before = comparison.ours_cpu_seconds
    return rows


def _compare(home: Path, subscriptions: int, before: float) -> Comparison:
    tables = home / "data" / "bench" / "current"
    tables.mkdir(parents=True)
    (home / "shops").mkdir()
    (home / "shops" / "bench.yaml").write_text(_SHOP.format(day=AS_OF), encoding="utf-8")
    orders = write_subscriptions(tables, subscriptions)
    balance = {"rows_read": orders, "rows_accepted": orders, "rows_set_aside": 0}
    (tables / "import.json").write_text(json.dumps({"balance": [balance]}))
    notebook = nbformat.read(paths.notebooks_folder() / "02_churn_points.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    (home / "cells.json").write_text(json.dumps(cells))
    ours, seconds, survival, peak = _run(_OURS, home, tables)
    theirs, _seconds, their_survival, their_peak = _run(_THEIRS, home, tables)
    growth = f", {ours / before:.1f} times the CPU of the smaller shop" if before else ""
    return Comparison(
        f"churn report, {subscriptions:,} subscriptions, {orders:,} orders",
        "all cells of the notebook",
        "lifelines: one curve, three log-rank tests",
        ours,
        theirs,
        f"{seconds:.0f} s and {peak:,} MB (theirs {their_peak:,} MB){growth}; share taking order "
        f"7: {survival[5]:.3f}, theirs {their_survival[5]:.3f} as skips and commitments are not "
        f"seen",
    )


def _run(code: str, home: Path, tables: Path) -> tuple[float, float, list[float], int]:
    said = home / "said.json"
    environment = {**os.environ, "ANALYSIS_HOME": str(home), "MPLBACKEND": "agg"}
    command = [sys.executable, "-c", code, str(home / "cells.json"), str(tables), str(said)]
    begun = time.perf_counter()
    cpu_seconds = command_cpu_seconds(command, env=environment)
    seconds = time.perf_counter() - begun
    survival, peak = json.loads(said.read_text())
    return cpu_seconds, seconds, survival, peak
