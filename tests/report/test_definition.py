"""What begins a new line of a number, and what does not."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from analysis.report import made_of
from analysis.report.definition import definitions, fingerprints_of
from analysis.report.record import MIME

ROOT = Path(__file__).resolve().parents[2]
VALUES = {"shop_name": "demo", "as_of": "2026-01-31", "window_days": 90, "max_stale_days": 14}
CACHED = ("definition", "_resolve", "_module", "_file", "_sql")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a copy of the package that may be changed, in force for the fingerprints."""
    folder = tmp_path / "analysis"
    ignore = shutil.ignore_patterns("__pycache__", "ingest", "engine", "demo")
    shutil.copytree(ROOT / "src" / "analysis", folder, ignore=ignore)
    monkeypatch.setattr(made_of, "_PACKAGE", folder)
    _forget()
    yield folder
    _forget()


def _forget():
    for name in CACHED:
        getattr(made_of, name).cache_clear()


class Recorded(NamedTuple):
    fingerprints: dict[str, str]
    settings: frozenset[str]


def notebook(name, cell, *metrics):
    """Return a committed notebook as if the cell that holds some code had recorded metrics."""
    nb = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
    (recording,) = [one for one in nb["cells"] if cell in "".join(one["source"])]
    bundle = {"metrics": [{"name": metric} for metric in metrics]}
    recording["outputs"] = [{"output_type": "display_data", "data": {MIME: bundle}}]
    return nb


def headline(**changes):
    nb = notebook("01_customer_analysis", "show.headline(", "a", "b")
    return defined(nb, VALUES | changes)


def defined(nb, values):
    """Return settings, and fingerprints by the names of what was recorded."""
    found = definitions(nb["cells"], values)
    return Recorded(fingerprints_of(found, nb), found.settings)


def change(file, old, new):
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    _forget()


def test_all_that_a_cell_records_is_defined_alike(package):
    found = headline().fingerprints
    assert found["a"] == found["b"]
    assert len(found["a"]) == 16


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("customers/repeats.py", "    kept = steps[", "    # Why.\n    kept   = steps["),
        ("customers/repeats.py", '"""Return which share of the customers with n', '"""Say n'),
        ("customers/headline.py", '_("customers in all")', '_("everybody")'),
        (
            "customers/headline.py",
            "def headline(",
            "def unused():\n    return 1\n\n\ndef headline(",
        ),
        ("customers/rfm.py", "5", "4"),
        ("customers/figures/overview.py", "figure", "picture"),
        ("style.py", "GRID =", "GRAY_OF_GRID = 1\nGRID ="),
        ("sql/purchase_steps.sql", "-- ", "-- Indeed: "),
        ("sql/purchase_steps.sql", "SELECT", "SELECT\n      "),
        ("sql/btyd_summary.sql", "SELECT", "SELECT DISTINCT"),
    ],
)
def test_what_does_not_touch_a_number_leaves_its_line(package, file, old, new):
    before = headline()
    change(package / file, old, new)
    assert headline() == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("customers/repeats.py", "MIN_GROUP = 30", "MIN_GROUP = 31"),
        ("customers/repeats.py", '/ kept["mature_customers"]', '/ kept["customers"]'),
        ("intervals.py", "square / (2 * possible)", "square / (3 * possible)"),
        ("sql/purchase_steps.sql", "<=", "<"),
        ("customers/balance.py", "period_days)", "period_days + 1)"),
    ],
)
def test_what_touches_a_number_begins_a_new_line(package, file, old, new):
    before = headline().fingerprints["a"]
    change(package / file, old, new)
    assert headline().fingerprints["a"] != before


def test_settings_that_bear_on_a_number_are_part_of_it():
    before = headline().fingerprints["a"]
    assert headline(window_days=60).fingerprints["a"] != before
    assert headline(max_stale_days=60).fingerprints["a"] == before
    assert headline(as_of="2026-02-28", shop_name="cdnow").fingerprints["a"] == before


def test_settings_of_numbers_and_findings_are_named_and_no_others():
    found = headline(again_days=180).settings
    assert "window_days" in found
    assert "max_stale_days" not in found
    assert not found & {"shop_name", "as_of"}


def test_writing_lists_is_no_setting_of_a_number():
    nb = notebook("05_campaign_targets", "show.headline(", "a")
    values = {"write_lists": True, "contacts_file": "", "global_holdout_share": 0.05}
    assert defined(nb, values).settings == {"global_holdout_share"}


def test_numbers_of_one_notebook_have_lines_of_their_own(package):
    nb = notebook("03_lifetime_value", "show.headline(", "a")
    before = defined(nb, {})
    change(package / "customers" / "repeats.py", "MIN_GROUP = 30", "MIN_GROUP = 31")
    assert defined(nb, {}) == before


def test_a_line_that_only_a_notebook_understands_is_passed_over():
    cell = {"cell_type": "code", "source": "%time 1\nshow.record(x)", "metadata": {}, "outputs": []}
    assert defined({"cells": [cell]}, {}).fingerprints == {}


def test_parameters_that_papermill_put_in_move_no_cell():
    tag = {"tags": ["injected-parameters"]}
    put_in = {"cell_type": "code", "source": "x = 1", "metadata": tag, "outputs": []}
    nb = notebook("03_lifetime_value", "show.headline(", "a")
    executed = {"cells": [nb["cells"][0], put_in, *nb["cells"][1:]]}
    for written in (nb, executed):
        found = fingerprints_of(definitions(written["cells"], VALUES), executed)
        assert found == defined(nb, VALUES).fingerprints
        assert found["a"]


def test_a_table_drawn_beside_a_number_leaves_its_line(package):
    nb = notebook("03_lifetime_value", "purchase_model_table(", "a")
    before = defined(nb, VALUES).fingerprints["a"]
    table = package / "ltv" / "check_tables.py"
    change(table, "purchase_model_table(", "purchase_model_table(another, ")
    assert defined(nb, VALUES).fingerprints["a"] == before
    change(
        package / "ltv" / "answers.py", "def parameter_metrics(", "def parameter_metrics(another, "
    )
    assert defined(nb, VALUES).fingerprints["a"] != before
