import json

import numpy as np
from nbformat import v4

from analysis.findings import Check, Finding, Metric
from analysis.report.record import MIME, as_record, collect


def _cell(*bundles):
    return v4.new_code_cell(outputs=[v4.new_output("display_data", b) for b in bundles])


def test_everything_that_was_recorded_is_collected_in_order():
    first = {MIME: {"metrics": [{"name": "a", "value": 1}, {"name": "b", "value": 2}]}}
    second = {MIME: {"findings": [{"name": "f"}]}, "text/html": "<p>x</p>"}
    third = {MIME: {"checks": [{"name": "c", "passed": True}]}}
    nb = v4.new_notebook(cells=[_cell(first, second), v4.new_markdown_cell("text"), _cell(third)])
    assert collect(nb) == {
        "metrics": [{"name": "a", "value": 1}, {"name": "b", "value": 2}],
        "findings": [{"name": "f"}],
        "checks": [{"name": "c", "passed": True}],
        "campaigns": [],
    }


def test_a_later_record_of_the_same_name_stands():
    nb = v4.new_notebook(
        cells=[_cell({MIME: {"metrics": [{"name": "a", "value": n}]}}) for n in (1, 2)]
    )
    assert collect(nb)["metrics"] == [{"name": "a", "value": 2}]


def test_a_notebook_that_stopped_half_way_gives_what_it_had():
    broken = v4.new_code_cell(
        outputs=[
            v4.new_output("stream", text="half"),
            v4.new_output("error", ename="E", evalue="v", traceback=[]),
        ]
    )
    nb = v4.new_notebook(
        cells=[_cell({MIME: {"metrics": [{"name": "a"}]}}), broken, v4.new_code_cell("never()")]
    )
    found = collect(nb)
    assert found.pop("metrics") == [{"name": "a"}]
    assert not any(found.values())


def test_an_executed_notebook_gives_what_its_cells_showed(nb):
    said = collect(nb)
    assert [metric["name"] for metric in said["metrics"]] == [
        "value_365d_minor",
        "alive_customers",
        "top_decile_share",
        "log_likelihood",
    ]
    assert [finding["name"] for finding in said["findings"]] == ["first", "second", "third"]
    assert [(check["name"], check["passed"]) for check in said["checks"]] == [
        ("fresh", True),
        ("holdout", False),
    ]
    assert Metric(**said["metrics"][0]).high == 5130
    assert Finding(**said["findings"][0]).money == "$18,560 at stake"


def test_numpy_numbers_become_numbers_that_json_holds():
    metric = Metric("a", "A", "1", np.float64(1.5), np.float64("nan"), np.inf, np.int64(7))
    check = Check("c", np.bool_(False), "No.")
    records = [as_record(metric), as_record(check)]
    assert json.loads(json.dumps(records, allow_nan=False)) == records
    assert records[0] == {
        "name": "a",
        "label": "A",
        "text": "1",
        "value": 1.5,
        "low": None,
        "high": None,
        "n": 7,
        "unit": "",
        "fingerprint": "",
    }
    assert records[1]["passed"] is False
