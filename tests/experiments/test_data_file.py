"""Tests from a file of one's own: what it may hold, and what is refused in one sentence."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError, ParameterError
from analysis.experiments import Stakes, evaluate_file
from analysis.experiments.effects import Effect

STAKES = Stakes(cost_minor=2, value_minor=100, expected_effect=0.05)


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    arm = np.resize(["control", "mail", "call"], 1500)
    before = rng.gamma(1, 3000, 1500).round()
    chance = pd.Series(arm).map({"control": 0.2, "mail": 0.4, "call": 0.2}).to_numpy()
    return pd.DataFrame(
        {
            "customer_id": [f"{number:05d}" for number in range(1500)],
            "arm": arm,
            "bought": (rng.random(1500) < chance).astype(int),
            "paid_minor": (before / 2 + rng.gamma(1, 500, 1500)).round(),
            "paid_minor_before": before,
            "region": np.resize(["east", "west"], 1500),
        }
    )


def write(folder: Path, frame: pd.DataFrame, name: str = "test.csv") -> str:
    frame.to_csv(folder / name, index=False)
    return str(folder / name)


def test_a_file_needs_no_campaign(tmp_path: Path, frame: pd.DataFrame) -> None:
    test = evaluate_file(write(tmp_path, frame), stakes=STAKES)
    assert test.can_be_judged
    assert test.sizes == {"control": 500, "call": 500, "mail": 500}
    verdicts = {result.arm: result.verdict for result in test.results}
    assert verdicts == {"call": "test_further", "mail": "adopt"}
    mail = next(result for result in test.results if result.arm == "mail")
    assert (mail.primary.kind, mail.primary.unit) == ("rate", "share")
    (paid,) = mail.secondary
    assert (paid.kind, paid.unit, paid.label) == ("mean", "minor", "paid")
    assert paid.variance_reduction > 0.5
    assert [split.name for split in mail.splits] == ["region"]


def test_a_parquet_file_and_a_chosen_metric(tmp_path: Path, frame: pd.DataFrame) -> None:
    import duckdb

    duckdb.sql("SELECT * FROM frame").write_parquet(str(tmp_path / "test.parquet"))
    test = evaluate_file(str(tmp_path / "test.parquet"), metric="paid_minor", stakes=STAKES)
    assert isinstance(test.results[0].primary, Effect)
    assert test.results[0].primary.name == "paid_minor"


def test_unequal_arms_are_planned_or_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    fewer = frame[(frame["arm"] != "control") | (frame.index % 2 == 0)]
    file = write(tmp_path, fewer)
    assert not evaluate_file(file, stakes=STAKES).can_be_judged
    share = (fewer["arm"] == "control").mean()
    assert evaluate_file(file, holdout_share=share, stakes=STAKES).can_be_judged


def test_customers_who_stand_there_twice(tmp_path: Path, frame: pd.DataFrame) -> None:
    twice = pd.concat([frame, frame.iloc[:3].assign(arm="mail")])
    test = evaluate_file(write(tmp_path, twice), stakes=STAKES)
    assert not test.can_be_judged
    assert "3 customers stand in the ledger more than once, 2 of them" in test.checks[0].sentence
    assert {result.verdict for result in test.results} == {"cannot_be_judged"}


def test_three_people_per_arm(tmp_path: Path, frame: pd.DataFrame) -> None:
    test = evaluate_file(write(tmp_path, frame.iloc[:9]), stakes=STAKES)
    assert not test.can_be_judged
    assert test.results == ()


def test_a_metric_that_is_all_zero(tmp_path: Path, frame: pd.DataFrame) -> None:
    test = evaluate_file(write(tmp_path, frame.assign(bought=0)), stakes=STAKES)
    assert {result.verdict for result in test.results} == {"cannot_be_judged"}


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda f: f.drop(columns="arm"), {}, "test.csv lacks the column 'arm': it has customer_"),
        (lambda f: f.drop(columns="customer_id"), {}, "lacks the column 'customer_id'"),
        (lambda f: f[f["arm"] != "control"], {}, "none is called 'control': name the one that"),
        (lambda f: f[f["arm"] == "control"], {}, "has only the arm 'control'"),
        (
            lambda f: f.assign(arm=f["arm"].where(f.index > 4)),
            {},
            "'arm' of test.csv is empty in 5",
        ),
        (lambda f: f[["customer_id", "arm", "region"]], {}, "has no outcome: add a column"),
        (lambda f: f.assign(bought=f["bought"].where(f.index > 9)), {}, "missing for 10 of 1,500"),
        (lambda f: f.iloc[:0], {}, "test.csv has no rows"),
        (lambda f: f, {"metric": "clicks"}, "'clicks' is no outcome of test.csv: it has bought"),
        (lambda f: f, {"control_arm": "holdout"}, "none is called 'holdout'"),
        (lambda f: f.assign(arm=f.index.astype(str)), {"control_arm": "1"}, "has 1500 arms"),
    ],
)
def test_bad_files_are_told(
    tmp_path: Path, frame: pd.DataFrame, change, options: dict, message: str
) -> None:
    with pytest.raises(AnalysisError, match=message):
        evaluate_file(write(tmp_path, change(frame)), stakes=STAKES, **options)


def test_a_cost_without_a_worth_is_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    file = write(tmp_path, frame)
    with pytest.raises(ParameterError, match=r"value_minor == 0, must be > 0 .*'bought' is worth"):
        evaluate_file(file, stakes=Stakes(cost_minor=300))
    assert evaluate_file(file, stakes=Stakes()).results[0].profit is None


def test_files_that_are_no_table(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="there is no such file"):
        evaluate_file(str(tmp_path / "none.csv"), stakes=STAKES)
    (tmp_path / "broken.parquet").write_text("no parquet")
    with pytest.raises(AnalysisError, match="broken.parquet cannot be read as a table"):
        evaluate_file(str(tmp_path / "broken.parquet"), stakes=STAKES)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(AnalysisError, match="empty.csv cannot be read as a table"):
        evaluate_file(str(tmp_path / "empty.csv"), stakes=STAKES)
