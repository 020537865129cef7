"""The customer report's reductions beside polars and pandas: the same rows by three tools."""

from pathlib import Path

import pytest

from analysis.shop import tables_folder
from benchmarks.customers.asked import REDUCTIONS, TOOLS
from benchmarks.customers.side import digest, work_of


@pytest.mark.parametrize("name", REDUCTIONS)
def test_the_same_rows_by_three_tools(samples: Path, name: str) -> None:
    folder = tables_folder("demo")
    found = {tool: digest(work_of(tool, name, folder)()) for tool in TOOLS}
    assert found["polars"] == found["ours"]
    assert found["pandas"] == found["ours"]


def test_a_row_that_differs_is_noticed(samples: Path) -> None:
    frame = work_of("pandas", "revenue_by_purchase", tables_folder("demo"))()
    assert digest(frame.iloc[::-1]) == digest(frame), "in whatever order"
    other = frame.reset_index(drop=True)
    other.loc[0, "amount_minor"] += 1
    assert digest(other) != digest(frame)
