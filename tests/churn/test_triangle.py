"""The retention triangle: youth is grey, never a fall; the last row is the life table."""

import pandas as pd
import pytest

from analysis.churn.hazard import order_hazards
from analysis.churn.triangle import POOLED, retention_triangle


def cell(triangle: pd.DataFrame, cohort: str, order_no: int) -> pd.Series:
    rows = triangle[(triangle["cohort"] == cohort) & (triangle["order_no"] == order_no)]
    return rows.iloc[0]


def rows(month: int, order: int, lost: int, continued: int, waiting: int = 0) -> list[tuple]:
    counts = {"cancelled": lost, "continued": continued, "not_yet_due": waiting}
    return [(month, order, outcome, n) for outcome, n in counts.items() if n]


@pytest.fixture
def cells() -> pd.DataFrame:
    january, february, march = (2024 * 12 + month for month in range(3))
    counts = [
        *rows(january, 1, 20, 80), *rows(january, 2, 8, 72),
        *rows(february, 1, 30, 70), *rows(february, 2, 5, 30, 35),
        *rows(march, 1, 15, 5, 80),
    ]  # fmt: skip
    frame = pd.DataFrame(
        counts, columns=["cohort_month_no", "order_no", "outcome", "subscriptions"]
    )
    return frame.assign(cut="cohort", is_commitment_end=0)


def test_both_bases(cells: pd.DataFrame) -> None:
    first = retention_triangle(cells, base="first", orders=3)
    before = retention_triangle(cells, base="before", orders=3)
    assert cell(first, "2024-01", 2)["retention"] == pytest.approx(0.8)
    assert cell(first, "2024-01", 3)["retention"] == pytest.approx(0.72)
    assert cell(before, "2024-01", 3)["retention"] == pytest.approx(0.9)


def test_immature_cells_are_not_yet_due(cells: pd.DataFrame) -> None:
    triangle = retention_triangle(cells, base="first", orders=4)
    assert cell(triangle, "2024-02", 2)["status"] == "shown"
    assert cell(triangle, "2024-02", 3)["status"] == "not_yet_due"
    assert cell(triangle, "2024-03", 2)["status"] == "not_yet_due", "15 of 20 decided have left"
    assert triangle.loc[triangle["status"] != "shown", "retention"].isna().all()


def test_after_an_immature_cell_all_are(cells: pd.DataFrame) -> None:
    more = pd.DataFrame(
        [(2024 * 12 + 2, 2, "continued", 50)],
        columns=["cohort_month_no", "order_no", "outcome", "subscriptions"],
    ).assign(cut="cohort", is_commitment_end=0)
    triangle = retention_triangle(pd.concat([cells, more]), base="before", orders=4)
    assert cell(triangle, "2024-03", 3)["status"] == "not_yet_due"


def test_last_row_is_the_life_table_not_the_mean_of_cells(cells: pd.DataFrame) -> None:
    triangle = retention_triangle(cells, base="first", orders=3)
    table = order_hazards(cells)
    pooled = triangle[triangle["cohort"] == POOLED]["retention"].tolist()
    assert pooled == pytest.approx(table["survival"].tolist())


def test_one_cohort_and_few_subscriptions() -> None:
    frame = pd.DataFrame(
        rows(2024 * 12, 1, 4, 6),
        columns=["cohort_month_no", "order_no", "outcome", "subscriptions"],
    ).assign(cut="cohort", is_commitment_end=0)
    triangle = retention_triangle(frame, base="first", orders=3)
    assert triangle["cohort"].unique().tolist() == ["2024-01", POOLED]
    assert cell(triangle, "2024-01", 2)["status"] == "few"
    assert triangle["retention"].isna().all()
