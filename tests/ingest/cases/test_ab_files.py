"""Files of tests as public data sets have them: a verdict, or a sentence that says what lacks."""

from pathlib import Path

import pytest

from analysis.errors import DataError
from analysis.experiments import Stakes, evaluate_file

HERE = Path(__file__).parent
STAKES = Stakes(cost_minor=0, value_minor=0, expected_effect=0.05)


def test_outcomes_that_are_true_or_false() -> None:
    file = str(HERE / "ab_bool_strings" / "ab.csv")
    test = evaluate_file(file, metric="retention_7", control_arm="gate_30", stakes=STAKES)
    assert test.sizes == {"gate_30": 2911, "gate_40": 3089}
    (result,) = test.results
    assert (result.primary.name, result.primary.kind) == ("retention_7", "rate")


def test_customers_in_both_arms_are_counted_and_nothing_is_judged() -> None:
    test = evaluate_file(str(HERE / "ab_duplicates" / "ab.csv"), stakes=STAKES)
    assert not test.can_be_judged
    assert "300 of them" in test.checks[0].sentence
    assert {result.verdict for result in test.results} == {"cannot_be_judged"}


def test_empty_cells_of_an_outcome_are_asked_about() -> None:
    file = str(HERE / "ab_three_arms" / "ab.csv")
    with pytest.raises(DataError, match=r"spend.*write 0"):
        evaluate_file(file, control_arm="No E-Mail", stakes=STAKES)
