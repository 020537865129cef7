"""Which runs are history, and in which order."""

import json

from analysis.report.front.history import read_history, read_report

from .conftest import metric


def days(history, report="01_customers"):
    return [f"{record.day}" for record in history[report]]


def values(history, report="01_customers"):
    return [record.metrics["a"].value for record in history[report]]


def test_the_newest_good_run_of_a_day_counts(tmp_path, put):
    put("2026-01-31", [metric("a", 1)])
    put("2026-02-28", [metric("a", 2)])
    put("2026-02-28", [metric("a", 3)])
    history = read_history(tmp_path, "tiny")
    assert days(history) == ["2026-01-31", "2026-02-28"]
    assert values(history) == [1, 3]


def test_a_failed_run_never_enters_and_the_good_one_before_it_stays(tmp_path, put):
    put("2026-01-31", [metric("a", 1)])
    put("2026-01-31", [metric("a", 99)], outcome="notebook_error")
    put("2026-02-28", [metric("a", 99)], outcome="kernel_died")
    assert values(read_history(tmp_path, "tiny")) == [1]


def test_a_what_if_never_enters(tmp_path, put):
    put("2026-01-31", [metric("a", 1)])
    put("2026-01-31", [metric("a", 99)], what_if=["window_days"])
    put("2026-02-28", [metric("a", 99)], what_if=["window_days"])
    assert values(read_history(tmp_path, "tiny")) == [1]


def test_a_catch_up_run_takes_its_place_among_the_days(tmp_path, put):
    put("2026-01-31", [metric("a", 1)])
    put("2026-03-31", [metric("a", 3)])
    put("2026-02-28", [metric("a", 2)])
    assert values(read_history(tmp_path, "tiny")) == [1, 2, 3]


def test_a_run_whose_page_was_pruned_is_still_history(tmp_path, put):
    put("2026-01-31", [metric("a", 1)], page=False)
    put("2026-02-28", [metric("a", 2)])
    first, second = read_history(tmp_path, "tiny")["01_customers"]
    assert (first.address, first.metrics["a"].value) == ("", 1)
    assert second.address.endswith("/index.html")


def test_what_cannot_be_read_or_is_a_link_is_left_out(tmp_path, put):
    folder = put("2026-01-31", [metric("a", 1)])
    (put("2026-02-28") / "run.json").write_text("{half")
    (put("2026-03-31") / "run.json").write_text("[]")
    (put("2026-04-30") / "run.json").unlink()
    (folder.parent / "latest").symlink_to(folder.name)
    (tmp_path / "tiny" / ".hidden").mkdir()
    (tmp_path / "tiny" / "index.html").write_text("page")
    assert values(read_history(tmp_path, "tiny")) == [1]


def test_a_report_that_never_ran_is_absent(tmp_path, put):
    put("2026-01-31", outcome="notebook_error")
    assert read_history(tmp_path, "tiny") == {}
    assert read_history(tmp_path, "nowhere") == {}
    assert read_report(tmp_path / "nowhere") == []


def test_later_days_are_left_out_when_asked(tmp_path, put):
    for day in ("2026-01-31", "2026-02-28", "2026-03-31"):
        put(day, [metric("a", 1)])
    assert days(read_history(tmp_path, "tiny", until="2026-02-28")) == ["2026-01-31", "2026-02-28"]


def test_no_more_records_are_opened_than_days_are_asked_for(tmp_path, put, monkeypatch):
    for day in range(1, 29):
        put(f"2026-01-{day:02d}", [metric("a", day)])
    opened = []
    loads = json.loads
    monkeypatch.setattr(json, "loads", lambda text: opened.append(1) or loads(text))
    assert values(read_history(tmp_path, "tiny", most_days=3)) == [26, 27, 28]
    assert len(opened) == 3


def test_keys_of_another_version_are_passed_over(tmp_path, put):
    put("2026-01-31", [{**metric("a", 1), "novelty": 1}])
    put("2026-02-28", [{"name": "a", "label": "A", "text": "2", "value": 2}])
    first, second = read_history(tmp_path, "tiny")["01_customers"]
    assert first.metrics["a"].fingerprint == "aaaa"
    assert second.metrics["a"].fingerprint == ""
