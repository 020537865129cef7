"""A report as a shop owner gets it, executed once, and the record of its run."""

import copy

import pytest
from nbclient import NotebookClient
from nbformat import v4

TITLE = "What is a customer worth?"

MODEL = r"""
## Definitions

The chance that a customer with $x$ repeat orders, the last at $t_x$, is still alive at $T$:

$$P(\text{alive}) = \frac{1}{1 + \frac{a}{b + x - 1}\left(\frac{\alpha + T}{\alpha + t}\right)^r}$$

A basket costs between $5 and $8. See [Fader, Hardie and Lee (2005)](https://example.org/paper).

| Term | Meaning |
|:-----|--------:|
| $x$  | repeat orders |
"""

PARAMETERS = """
shop_name: str = "demo"
horizon_days: int = 365  # how far to look ahead, days
"""

IMPORTS = """
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from analysis import style
from analysis.findings import Check, Finding, Metric
from analysis.report import show

style.use()
"""

ANSWER = """
year = "Spent in a customer's first year"
worth, alive = "$48.20 [$45.10 to $51.30]", "10,442 [9,980 to 10,905]"
once = "3,120 customers ordered once and are due; 1 in 20 who come back is worth a campaign."
best = "The best tenth brings 51.3% of revenue; 214 of them have gone silent."
show.headline(
    [
        Metric("value_365d_minor", year, worth, np.float64(4820.0), 4510, 5130),
        Metric("alive_customers", "Customers still alive", alive, 10442, n=23570),
        Metric("top_decile_share", "Revenue from the best tenth", "51.3%", 0.513, n=23570),
    ]
)
show.findings(
    [
        Finding("second", once, n=3120, money_minor=740000, money="$7,400 expected"),
        Finding("first", best, n=214, money_minor=1856000, money="$18,560 at stake"),
        Finding("third", "Whether buyers from March are worth more cannot be told yet."),
    ]
)
"""

CURVES = """
months = np.arange(13)
fig, ax = plt.subplots()
for cohort, height in zip(("January", "February", "March"), (48, 44, 40)):
    ax.plot(months, height * (1 - 0.5 * np.exp(-months / 4)), label=cohort)
ax.set(title="The first order is half of the first year", ylim=(0, None))
ax.set(xlabel="months since the first order", ylabel="dollars per customer")
ax.legend(title="first order in")
show.figure(
    fig,
    alt="Line chart: spending per customer starts near 22 dollars and levels off near 46.",
    caption="Observed value per customer by month of first order. 23,570 customers.",
)
show.sentence("A customer spends half of a first year's money on the first day.")
"""

COHORTS = """
cohorts = pd.DataFrame(
    {
        "First order": ["January 1997", "February 1997", "March 1997"],
        "Customers": [7846, 8476, 7248],
        "Orders": [25634, 24127, 19898],
        "Revenue": [89532000, 83240100, 78891200],
        "Value in 365 days": [4833.1, 4570.2, np.nan],
        "Bought again": [0.412, 0.398, 0.371],
    }
)
show.table(
    cohorts,
    caption="Value by month of the first order",
    formats={
        "Revenue": lambda minor: style.format_money(minor, "USD", whole=True),
        "Value in 365 days": lambda minor: style.format_money(minor, "USD"),
        "Bought again": style.format_share,
    },
)
"""

DECILES = """
fig, ax = plt.subplots()
ax.bar(list("abcde"), [5, 4, 3, 2, 1], color=style.COLORS)
ax.set_title("Value falls by decile")
show.figure(fig, alt="Bar chart: five bars fall from five to one.")
"""

CHECKS = """
off = "Weekly sales were predicted within 5%: they are 7.3% off."
show.checks(
    [
        Check("fresh", True, "The last order is 0 days before the as-of date."),
        Check("holdout", np.bool_(False), off),
    ]
)
show.record(Metric("log_likelihood", "Log-likelihood", "-9,582.4", -9582.4))
"""

CELLS = [
    ("markdown", f"# {TITLE}\n\nFor the owner of the shop: how much may a new customer cost?"),
    ("parameters", PARAMETERS),
    ("code", IMPORTS),
    ("code", ANSWER),
    ("markdown", "## What has a customer been worth so far?\n\nOnly cohorts a year old count."),
    ("code", CURVES),
    ("code", COHORTS),
    ("markdown", "## Who is still alive?\n\n#### A level too deep\n\nText under it."),
    ("code", "print('for analysts only')\ncohorts"),
    ("code", DECILES),
    ("markdown", "## How sure are we?"),
    ("code", CHECKS),
    ("markdown", MODEL),
]


def _cell(kind, source):
    source = source.strip()
    if kind == "markdown":
        return v4.new_markdown_cell(source)
    return v4.new_code_cell(source, metadata={"tags": [kind]} if kind == "parameters" else {})


def _execute(cells):
    nb = v4.new_notebook(cells=[_cell(*cell) for cell in cells])
    nb.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(nb, timeout=60, allow_errors=False).execute()
    return nb


@pytest.fixture(scope="session")
def _executed():
    return _execute(CELLS)


@pytest.fixture
def nb(_executed):
    """Return the executed report, free to be changed."""
    return copy.deepcopy(_executed)


@pytest.fixture
def run():
    """Return the record of its run, free to be changed."""
    return {
        "run_id": "1998-06-30--20261121T211500Z--0a1b2c3d",
        "shop": "demo",
        "report": "03_lifetime_value",
        "title": TITLE,
        "as_of": "1998-06-30",
        "parameters": {"shop_name": "demo", "as_of": "", "horizon_days": 365, "states": ["a", "b"]},
        "parameter_help": {"horizon_days": "how far to look ahead, days"},
        "outcome": "ok",
        "exit_code": 0,
        "message": "",
        "failed_cell": None,
        "started_at": "2026-11-21T21:15:00Z",
        "seconds": 12.34,
        "cells": [{"index": 1, "heading": "", "seconds": 0.5, "status": "completed"}],
        "versions": {"python": "3.11.2", "pandas": "3.1.1"},
        "git_commit": "0123abc",
        "git_dirty": True,
        "data": {
            "title": "CDNOW, music by mail",
            "currency": "USD",
            "time_zone": "America/New_York",
            "first_day": "1997-01-01",
            "last_day": "1998-06-30",
            "orders": 69659,
            "customers": 23570,
            "fingerprint": "sha256:9f3b",
            "balance": [
                {
                    "table": "orders",
                    "source": "cdnow_customers_all.csv",
                    "rows_read": 69662,
                    "rows_accepted": 69659,
                    "rows_set_aside": 3,
                    "reasons": {"no customer": 2, "impossible date": 1},
                }
            ],
            "imported_at": "2026-11-21T20:00:00Z",
            "check": {
                "suspicious": ["60 orders on 15 January 1998, 20 times the usual <day>?"],
                "missing": ["no orders.source: value by source", "no table customers: regions"],
            },
        },
        "metrics": [
            {
                "name": "value_365d_minor",
                "label": "Spent in a customer's first year",
                "text": "$48.20 [$45.10 to $51.30]",
                "value": 4820.0,
                "low": 4510,
                "high": 5130,
                "n": 23570,
                "unit": "minor",
            },
            {
                "name": "alive_customers",
                "label": "Customers still alive",
                "text": "10,442",
                "value": 10442,
                "low": None,
                "high": None,
                "n": 23570,
                "unit": "customers",
            },
        ],
        "findings": [],
        "checks": [{"name": "fresh", "passed": True, "sentence": "The last order is 0 days old."}],
    }


@pytest.fixture
def failed_nb(nb):
    """Return the report as papermill leaves it when the cell under "Who is still alive?" raises."""
    marker = v4.new_markdown_cell("<span>An Exception was encountered</span>")
    marker.metadata["tags"] = ["papermill-error-cell-tag"]
    place = next(i for i, cell in enumerate(nb.cells) if "Who is still" in cell.source) + 1
    traceback = ["\x1b[0;31mDataError\x1b[0m: only <b>4</b> customers bought again"]
    nb.cells[place].outputs = [
        v4.new_output("error", ename="DataError", evalue="only 4", traceback=traceback)
    ]
    for cell in nb.cells[place + 1 :]:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata["papermill"] = {"status": "pending"}
    nb.cells.insert(0, marker)
    return nb


@pytest.fixture
def failed_run(run):
    """Return the record of the run that failed."""
    return run | {
        "outcome": "data_error",
        "exit_code": 3,
        "message": "Only 4 customers bought again, at least 30 are needed: choose a longer period.",
        "failed_cell": {"index": 8, "heading": "Who is still alive?"},
        "checks": [{"name": "holdout", "passed": False, "sentence": "Sales are <7.3%> off."}],
    }
