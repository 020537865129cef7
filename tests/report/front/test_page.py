"""The shop's page from hand-made records: what stands on it, and what is left out."""

import re

import pytest

from analysis.report.front import build_shop_page, first_screen
from analysis.report.front.page import failures
from analysis.report.index import build_index

from .conftest import campaign, finding, metric

REVENUE = {"first": 300, "second": 200, "later": 100, "subscription": 400}
COUNTS = ("new_customers", "returning_customers", "came_back", "went_quiet")


def customers(**changed):
    """Return what the customer report records for the page."""
    found = [
        metric("revenue_all_30d_minor", 1000, spread=80, text="$1,000", label="revenue"),
        metric("revenue_all_30d_before_minor", 800, spread=80, text="$800", label="revenue"),
    ]
    for kind, amount in REVENUE.items():
        for ending, value in (("", amount), ("_before", amount - 50)):
            name = f"revenue_{kind}_30d{ending}_minor"
            found.append(metric(name, value, spread=60, text=f"${value}", label=f"{kind} orders"))
    for name in COUNTS:
        found.append(metric(name, 80, spread=18, label=f"{name} in 30 days"))
        found.append(metric(f"{name}_before", 70, spread=16, label=name.replace("_", " ")))
    found.append(metric("active_at_end", 900))
    found.append(metric("active_at_end_before", 880, label="active customers"))
    share = {"text": "31.2% [29.8% to 32.6%]", "label": "buy again within 90 days"}
    found.append(metric("second_purchase_90d_share", 0.312, spread=0.014, **share))
    earned = {"text": "$45 [$40 to $50]", "label": "gross profit of a customer within 365 days"}
    found.append(metric("earned_per_customer_365d_minor", 45, spread=5, **earned))
    found.append(metric("acquisition_cost_minor", 30, text="$30"))
    return [one | changed.get(one["name"], {}) for one in found]


def churn(marked=True):
    found = [
        metric(f"hazard_order_{n}_share", 0.3 if n == 3 else 0.1, spread=0.02, text=f"{n}0%")
        for n in range(1, 15)
    ]
    if marked:
        found.append(metric("churn_point_1_order", 3, text="after order 3"))
        label = {"label": "points more leave after order 3", "text": "12.4 [10.8 to 14.0]"}
        found.append(metric("churn_point_excess_share", 0.124, spread=0.016, **label))
    return found


@pytest.fixture
def whole(tmp_path, put):
    """A shop whose five reports ran on three days."""
    for number, day in enumerate(("2026-01-31", "2026-02-28", "2026-03-31")):
        earlier = {"value": 0.26, "low": 0.246, "high": 0.274}
        moved = {"second_purchase_90d_share": earlier} if number < 2 else {}
        worth = [finding("a", 500), finding("b", 400), finding("c", 300), finding("d", 200)]
        data = {
            "title": "Tiny & <Shop>",
            "orders": 5000,
            "customers": 2000,
            "first_day": "2025-01-01",
            "last_day": day,
            "check": {"suspicious": ["60 orders on one day."], "missing": ["no costs"]},
        }
        put(day, customers(**moved), findings=worth, data=data)
        leaving = [finding("churn_point_order_3_x", 900)]
        put(day, churn(), report="02_churn", findings=leaving, data=data)
        value = [metric("observed_value_365d_minor", 48, spread=2)]
        put(day, value, report="03_value", data=data)
        tests = [
            campaign("c1", "judged", finding="churn_point_order_3", verdicts=["adopt"]),
            campaign("c2", "waiting", finding="a"),
            campaign("c3", "planned"),
        ]
        told = [finding("c1_treatment", 9999)]
        put(day, report="04_tests", campaigns=tests, findings=told, data=data)
    build_index(tmp_path)
    return tmp_path


def read(reports):
    return (reports / "tiny" / "index.html").read_text("utf-8")


def said(html):
    body = re.sub(r"<svg.*?</svg>", " ", html[html.index("<body") :], flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_one_screen_says_all_that_an_owner_asks(whole):
    words = said(read(whole))
    assert "Tiny &amp; &lt;Shop&gt;" in words
    assert "As of 31 March 2026" in words
    assert "5,000 orders by 2,000 customers" in words
    assert "$1,000 $800 in the 30 days before: more than by chance" in words
    assert "first orders $300 $250 within chance" in words
    assert "new customers 80 70 within chance" in words
    assert "31.2% 95% interval 29.8% to 32.6%" in words
    assert "by more than its uncertainty" in words
    assert "churn point after order 3" in words
    assert "More than winning one costs: $30" in words
    assert "Since 28 February 2026, of" in words
    assert "60 orders on one day." in words
    assert "no costs" in words


def test_the_three_findings_worth_most_stand_with_their_tests(whole):
    page = read(whole)
    sentences = re.findall(r"<li><div><p>(.*?)</p>", page)
    assert sentences == ["About churn_point_order_3_x.", "About a.", "About b."]
    words = said(page)
    assert "Campaign c1: adopt Found since 31 January 2026; decided" in words
    assert "Campaign c2: running, read out on 1 May 2026" in words
    assert "no campaign names “b” as its finding" in words
    assert "$9999" not in words
    assert "Planned: Campaign c3 (1 January 2026)." in words


def test_a_missing_report_leaves_its_panel_out(tmp_path, put):
    put("2026-01-31", [metric("observed_value_365d_minor", 48, spread=2)], report="03_value")
    build_index(tmp_path)
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", read(tmp_path))
    assert "Value of a customer" in headings
    assert not any("Revenue" in one or "People" in one or "subscribers" in one for one in headings)
    assert "There is no earlier run to compare with" in read(tmp_path)


def test_a_panel_of_another_day_says_so(tmp_path, put):
    put("2026-02-28", customers())
    put("2026-01-31", churn(), report="02_churn")
    build_index(tmp_path)
    leaving = read(tmp_path).split("Where subscribers leave")[1].split("</section>")[0]
    assert "As of 31 January 2026" in leaving


def test_without_a_churn_point_none_is_claimed(tmp_path, put):
    put("2026-01-31", churn(marked=False), report="02_churn")
    build_index(tmp_path)
    assert "No order stands out".lower() in said(read(tmp_path)).lower()
    assert "column marked" not in read(tmp_path)


@pytest.mark.parametrize(
    ("cost", "verdict"),
    [(30, "More than winning one costs"), (42, "cannot be told yet"), (60, "Less than winning")],
)
def test_value_is_measured_against_its_interval(tmp_path, put, cost, verdict):
    put("2026-01-31", customers(acquisition_cost_minor={"value": cost}))
    build_index(tmp_path)
    assert verdict in said(read(tmp_path))


def test_a_failed_run_is_named_and_the_good_numbers_stay(tmp_path, put):
    put("2026-01-31", customers())
    put("2026-02-28", outcome="kernel_died", message="The kernel <died>.")
    build_index(tmp_path)
    words = said(read(tmp_path))
    assert "As of 31 January 2026" in words
    assert "failed: The kernel &lt;died&gt;." in words


GOOD = "Every report ran well the last time."


@pytest.mark.parametrize(
    ("day", "fields"),
    [("2026-03-31", {"what_if": ["horizon_days"]}), ("2025-12-31", {})],
    ids=["what_if", "look_back"],
)
def test_a_what_if_or_look_back_neither_hides_a_failure_nor_is_one(tmp_path, put, day, fields):
    put("2026-01-31", customers())
    put(day, outcome="data_error", message="Too few.", **fields)
    well = front(tmp_path)
    assert GOOD in well[0]
    assert "Too few." not in "".join(well)
    put("2026-02-28", outcome="kernel_died", message="The kernel died.")
    put(day, customers(), **fields)
    failed = front(tmp_path)
    assert "1 of 1 reports failed" in failed[0]
    assert all("The kernel died." in words for words in failed)


def front(reports):
    """Return what the page of all reports and the shop's say."""
    build_index(reports)
    return said((reports / "index.html").read_text("utf-8")), said(read(reports))


def test_a_report_of_which_only_a_what_if_failed_alarms_nobody_on_the_page(tmp_path, put):
    put("2026-01-31", customers())
    put("2026-01-31", report="02_churn", outcome="data_error", message="x", what_if=["weeks"])
    build_index(tmp_path)
    assert failures(tmp_path, "tiny") == {}


def test_a_what_if_changes_nothing_on_the_page(tmp_path, put):
    put("2026-01-31", customers())
    build_index(tmp_path)
    before = read(tmp_path)
    other = customers(second_purchase_90d_share={"value": 0.9, "text": "90.0%"})
    put("2026-01-31", other, what_if=["window_days"])
    put("2026-02-28", other, what_if=["window_days"])
    build_index(tmp_path)
    assert read(tmp_path) == before


def test_a_shop_without_a_good_run_has_no_page(tmp_path, put):
    put("2026-01-31", outcome="notebook_error")
    build_index(tmp_path)
    assert not (tmp_path / "tiny" / "index.html").exists()
    assert build_shop_page(tmp_path, "tiny") is None
    assert first_screen(tmp_path, "tiny") == ""
    assert 'href="tiny/index.html"' not in (tmp_path / "index.html").read_text("utf-8")


def test_a_mail_gets_the_same_words_without_charts_links_and_looks(whole):
    fragment = first_screen(whole, "tiny")
    for tag in ("<svg", "<a ", "<style", "<script", "<img", "style="):
        assert tag not in fragment
    for words in ("$1,000", "About a.", "Campaign c2", "60 orders on one day."):
        assert words in fragment
    assert len(fragment.encode()) < 100_000


def test_the_page_is_accessible_quiet_and_fits_every_screen(whole, browser):
    from axe_playwright_python.sync_playwright import Axe

    file = whole / "tiny" / "index.html"
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(file.as_uri())
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1200, 390):
            page.set_viewport_size({"width": width, "height": 900})
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], (scheme, width)
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, (scheme, width)
    assert [url for url in requests if not url.startswith("data:")] == [file.as_uri()]
    assert complaints == []
    alts = [one.get_attribute("aria-label") for one in page.locator("svg").all()]
    assert len(alts) >= 6
    assert all(len(alt) > 20 for alt in alts)
    page.close()
