import datetime
import json
import re

import pytest

from analysis.report import publish
from analysis.report.index import age, build_index

NOW = datetime.datetime(2026, 11, 24, 8, 0, tzinfo=datetime.UTC)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def put(tmp_path):
    """Return a function that writes the record of a run where a runner would."""

    def write(record, run_id, **changes):
        record = record | {"run_id": run_id} | changes
        folder = tmp_path / record["shop"] / record["report"] / run_id
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(record), "utf-8")
        (folder / "index.html").write_text("page", "utf-8")
        return folder

    return write


def built(tmp_path, **options):
    build_index(tmp_path, now=NOW, **options)
    return (tmp_path / "index.html").read_text("utf-8")


def said(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<body") :]))


def test_without_runs_the_page_says_so(tmp_path):
    page = built(tmp_path / "reports")
    assert "No report has run yet." in page
    assert "<h2>" not in page


def test_a_report_shows_its_last_good_run_with_day_age_numbers_and_link(tmp_path, put, run):
    put(run, "a", started_at="2026-11-01T00:00:00Z", as_of="1998-05-31", title="An older question")
    put(run, "b")
    page = built(tmp_path)
    words = said(page)
    assert "CDNOW, music by mail" in words
    assert "As of 30 June 1998 , computed on 21 November 2026, 21:15 UTC (2 days ago)" in words
    assert "Spent in a customer&#x27;s first year $48.20 95% interval $45.10 to $51.30" in words
    assert '<a href="demo/03_lifetime_value/b/index.html">What is a customer worth?</a>' in page
    assert "An older question" not in page
    assert "Every report ran well the last time." in words
    assert 'class="alert"' not in page


def test_the_card_tells_of_the_run_that_latest_leads_to_and_links_that_very_run(tmp_path, put, run):
    folder = put(run, "a b")
    put(run, "later", started_at="2030-01-01T00:00:00Z", as_of="2030-01-01")  # by a wrong clock
    (folder.parent / "latest").symlink_to("a b")
    page = built(tmp_path)
    assert "As of 30 June 1998" in said(page)
    assert 'href="demo/03_lifetime_value/a%20b/index.html"' in page
    assert page.count("<article") == 1


def test_addresses_are_quoted(tmp_path, put, run):
    put(run, "a b#1")
    assert 'href="demo/03_lifetime_value/a%20b%231/index.html"' in built(tmp_path)


def test_at_most_four_numbers_with_a_text_are_shown(tmp_path, put, run):
    metric = run["metrics"][0]
    silent = metric | {"name": "silent", "label": "Silent", "text": ""}
    many = [metric | {"name": f"m{n}", "label": f"Number {n}"} for n in range(6)]
    put(run, "a", metrics=[silent, *many])
    page = built(tmp_path)
    assert page.count('class="number"') == 4
    assert "Number 3" in page
    assert "Number 4" not in page
    assert "Silent" not in page


def test_a_failure_after_the_last_good_run_is_prominent(tmp_path, put, run, failed_run):
    put(run, "a")
    put(failed_run, "b", started_at="2026-11-23T20:00:00Z", data={})
    page = built(tmp_path)
    words = said(page)
    assert "The last run failed. 23 November 2026, 20:00 UTC (12 hours ago)" in words
    assert "stopped in the part “Who is still alive?”: Only 4 customers bought again" in words
    assert 'href="demo/03_lifetime_value/b/index.html">See how far it came' in page
    assert "As of 30 June 1998" in words  # the good run is still there
    # Although the failed run knows no title.
    assert '<h2><a href="demo/index.html">CDNOW, music by mail</a></h2>' in page
    assert "1 of 1 reports failed the last time" in words


def test_a_failure_before_the_last_good_run_is_past(tmp_path, put, run, failed_run):
    put(failed_run, "a", started_at="2026-11-20T00:00:00Z")
    put(run, "b")
    assert "failed" not in said(built(tmp_path))


def test_a_report_that_never_ran_well_says_so_without_a_link_to_numbers(tmp_path, put, failed_run):
    folder = put(failed_run, "a")
    (folder / "index.html").unlink()
    page = built(tmp_path)
    assert "This report has not run well yet." in page
    assert "See how far it came" not in page
    assert "<a " not in page


def test_failed_checks_of_the_last_good_run_are_named(tmp_path, put, run):
    checks = [
        {"name": "a", "passed": True, "sentence": "All fresh."},
        {"name": "b", "passed": False, "sentence": "Sales are 7.3% off."},
    ]
    put(run, "a", checks=checks)
    words = said(built(tmp_path))
    assert "Checks that failed: Sales are 7.3% off." in words
    assert "1 of 1 reports have checks that failed." in words
    assert "Every report ran well" not in words
    assert "All fresh." not in words


def test_shops_and_reports_stand_in_order_and_apart(tmp_path, put, run):
    put(run, "a", shop="zebra", data={"title": "Alpha"})
    put(run, "a", shop="apple", data={"title": "Zulu"})
    put(run, "a", shop="apple", report="01_customers", data={})
    page = built(tmp_path)
    assert re.findall(r"<h2><a href=.*?>(.*?)</a></h2>", page) == ["Alpha", "Zulu"]
    assert page.count("<article") == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{half", "JSONDecodeError"),
        ("[]", "AttributeError|TypeError"),
        ("{}", "KeyError"),
        ('{"shop": "s", "report": "r", "outcome": "ok", "started_at": "soon"}', "ValueError"),
        (
            '{"shop": "s", "report": "r", "outcome": "ok", "started_at": "2026-01-01T00:00:00Z",'
            ' "metrics": [{"odd": 1}]}',
            "TypeError",
        ),
    ],
)
def test_a_record_that_cannot_be_read_is_named_and_breaks_nothing(
    tmp_path, put, run, content, reason
):
    put(run, "good")
    folder = put(run, "bad")
    (folder / "run.json").write_text(content, "utf-8")
    words = said(built(tmp_path))
    assert re.search(rf"demo/03_lifetime_value/bad/run.json: ({reason})", words)
    assert "Spent in a customer" in words


def test_what_has_changed_since_it_was_read_is_read_again(tmp_path, put, run):
    folder = put(run, "a")
    assert "a/index.html" in built(tmp_path)
    (folder / "index.html").unlink()  # as a prune leaves it
    assert "a/index.html" not in built(tmp_path)
    (folder / "run.json").write_text(json.dumps({**run, "title": "Another question"}))
    assert "Another question" in built(tmp_path)


def test_work_in_progress_is_not_published(tmp_path, put, run):
    put(run, "a", shop=".work", report="03", data={"title": "Half"})
    put(run, ".tmp-b", data={"title": "Half"})
    assert "No report has run yet." in built(tmp_path)


def test_text_from_records_is_escaped(tmp_path, put, run, failed_run):
    data = {"title": SCRIPT}
    metric = run["metrics"][0] | {"label": SCRIPT, "text": f"{SCRIPT} [{SCRIPT}]"}
    checks = [{"name": "a", "passed": False, "sentence": SCRIPT}]
    put(run, "a", data=data, title=SCRIPT, metrics=[metric], checks=checks)
    heading = {"index": 1, "heading": SCRIPT}
    put(failed_run, "b", message=SCRIPT, failed_cell=heading, started_at="2026-11-23T20:00:00Z")
    folder = put(run, "c")
    (folder / "run.json").write_text(json.dumps({"shop": 1, "outcome": SCRIPT}), "utf-8")
    page = built(tmp_path)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 7


def test_the_page_is_replaced_in_one_step(tmp_path, put, run, monkeypatch):
    put(run, "a")
    before = built(tmp_path)

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publish.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        build_index(tmp_path)
    assert (tmp_path / "index.html").read_text("utf-8") == before
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "demo"}


def test_the_page_can_be_read_by_a_web_server(tmp_path):
    built(tmp_path)
    assert (tmp_path / "index.html").stat().st_mode & 0o777 == 0o644


def test_a_page_of_one_language_is_in_it(tmp_path, put, run):
    put(run, "a", language="ja")
    page = built(tmp_path)
    assert '<html lang="ja">' in page
    assert "レポート" in page
    assert "Reports" not in page


def test_shops_of_several_languages_speak_their_own_in_an_english_frame(tmp_path, put, run):
    put(run, "a", language="ja", as_of="2026-03-31")
    put(run, "b", shop="other", as_of="2026-03-31")
    page = built(tmp_path)
    assert '<html lang="en">' in page
    assert "<h1>Reports</h1>" in page
    japanese, english = page.split("<section lang=")[1:]
    if japanese.startswith('"en"'):
        japanese, english = english, japanese
    assert "2026年3月31日時点" in japanese
    assert "As of 31 March 2026" in english


def test_a_record_in_a_language_that_has_no_catalog_is_named(tmp_path, put, run):
    put(run, "a", language="tlh")
    assert "language == &#39;tlh&#39;, must be one of en, ja." in built(tmp_path)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        ({"seconds": 20}, "just now"),
        ({"seconds": -90}, "just now"),
        ({"minutes": 1}, "1 minute ago"),
        ({"minutes": 59}, "59 minutes ago"),
        ({"minutes": 60}, "1 hour ago"),
        ({"hours": 47}, "47 hours ago"),
        ({"hours": 48}, "2 days ago"),
        ({"days": 1200}, "1,200 days ago"),
    ],
)
def test_ages_are_words(ago, words):
    assert age(datetime.timedelta(**ago)) == words
