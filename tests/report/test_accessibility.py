"""What readers meet: every page in a real browser, its looks, requests and accessibility."""

import datetime
import json

import pytest

from analysis.report.front import svg
from analysis.report.front.trends import Trend
from analysis.report.index import build_index
from analysis.report.render import render

CHART = svg.sparkline([[svg.Dot(1, 4, 3, 5), svg.Dot(9, 5, 4, 6)]], alt="Value from 4 to 5")
TRENDS = [
    Trend(
        "value", "$5", "$4 to $6", "$4 on 31 May 1998: change within uncertainty", "within", CHART
    ),
    Trend("share", "20%", "18% to 22%", "15% on 31 May 1998: it rose", "rose", CHART),
]
WIDE, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def files(tmp_path, nb, run, failed_nb, failed_run):
    """Return where each kind of page lies."""
    run["checks"] = [{"name": "holdout", "passed": False, "sentence": "Sales are 7.3% off."}]
    for name, notebook, record in (("good", nb, run), ("failed", failed_nb, failed_run)):
        folder = tmp_path / "demo" / record["report"] / name
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(record), "utf-8")
        moved = TRENDS if name == "good" else ()
        (folder / "index.html").write_text(render(notebook, record, trends=moved), "utf-8")
    never = tmp_path / "demo" / "04_campaign" / "bad"
    never.mkdir(parents=True)
    (never / "run.json").write_text("{half", "utf-8")
    build_index(tmp_path, now=datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC))
    build_index(tmp_path / "empty")
    reports = tmp_path / "demo" / "03_lifetime_value"
    return {
        "good": reports / "good" / "index.html",
        "failed": reports / "failed" / "index.html",
        "front": tmp_path / "index.html",
        "empty": tmp_path / "empty" / "index.html",
    }


@pytest.fixture
def visit(browser, files):
    """Return a function that opens a page and gives it with all requests and complaints so far."""
    contexts = []

    def open_page(name, *, viewport, scheme="light"):
        context = browser.new_context(
            viewport=viewport, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        requests, complaints = [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(files[name].as_uri())
        return page, requests, complaints

    yield open_page
    for context in contexts:
        context.close()


def violations(page):
    """Return what axe finds, and where, by every rule that it has, level AA and experiments too.

    Only contrast of level AAA is left out: quiet notes are quiet on purpose.
    """
    from axe_playwright_python.base import AXE_SCRIPT

    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        """() => {
            const rules = Object.fromEntries(axe.getRules().map(r => [r.ruleId, {enabled: true}]));
            rules["color-contrast-enhanced"].enabled = false;
            return axe.run({resultTypes: ["violations"], rules});
        }"""
    )["violations"]
    return {fault["id"]: [node["html"][:200] for node in fault["nodes"]] for fault in found}


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def looks(page):
    """Yield a page on both screens in both color schemes."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for screen, viewport in (("wide", WIDE), ("phone", PHONE)):
            page.set_viewport_size(viewport)
            yield scheme, screen


@pytest.mark.parametrize("name", ["good", "failed", "front", "empty"])
def test_pages_are_accessible_quiet_and_fit_every_screen(visit, files, name):
    page, requests, complaints = visit(name, viewport=WIDE)
    for look in looks(page):
        assert violations(page) == {}, look
        assert overflow(page) <= 0, look
    assert [url for url in requests if not url.startswith("data:")] == [files[name].as_uri()]
    assert complaints == []


def test_code_tracebacks_and_facts_are_accessible_when_open(visit):
    page, _requests, complaints = visit("failed", viewport=WIDE)
    page.check("#show-code")
    for summary in page.locator("summary:visible").all():
        summary.click()
    for look in looks(page):
        assert violations(page) == {}, look
        assert overflow(page) <= 0, look
    assert complaints == []


def test_axe_would_find_a_fault(visit):
    page, *_rest = visit("good", viewport=WIDE)
    page.evaluate("document.querySelector('main img').removeAttribute('alt')")
    page.evaluate("document.querySelector('main p').style.color = '#ddd'")
    assert {"image-alt", "color-contrast"} <= set(violations(page))


def test_code_is_hidden_until_it_is_asked_for_and_needs_no_script(browser, files):
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(files["failed"].as_uri())
    code = page.locator(".code")
    shown = [item.is_visible() for item in code.all()]
    assert len(shown) == 9
    assert not any(shown)
    page.get_by_label("Show code").check()
    assert all(item.is_visible() for item in code.all())
    assert not page.get_by_text("DataError: only").is_visible()
    page.get_by_text("The error in full").click()
    assert page.get_by_text("DataError: only").is_visible()
    page.get_by_label("Show code").uncheck()
    assert not any(item.is_visible() for item in code.all())
    context.close()


def test_wide_tables_scroll_in_their_own_box_by_keyboard(visit):
    page, *_rest = visit("good", viewport=PHONE)
    table = page.get_by_role("region", name="Value by month of the first order")
    assert table.evaluate("box => box.scrollWidth > box.clientWidth")
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert table.evaluate("box => box.scrollLeft") > 0


def test_the_page_is_read_in_order_by_landmarks(visit):
    page, *_rest = visit("failed", viewport=WIDE)
    alert = page.get_by_role("alert")
    assert "numbers below are incomplete" in alert.inner_text()
    assert alert.bounding_box()["y"] < 400
    alert.get_by_role("link", name="Who is still alive?").click()
    assert page.locator("#failed").bounding_box()["y"] < WIDE["height"]
    contents = page.get_by_role("navigation", name="Contents")
    contents.get_by_role("link", name="Definitions").click()
    assert page.url.endswith("#definitions")
    assert page.get_by_role("main").count() == page.get_by_role("banner").count() == 1


def test_figures_are_sharp_and_stand_on_white_in_the_dark(visit):
    page, *_rest = visit("good", viewport=WIDE, scheme="dark")
    image = page.locator("main img").first
    assert image.evaluate("image => image.naturalWidth") == 2 * 672
    assert image.bounding_box()["width"] == pytest.approx(672, abs=1)
    card = page.locator(".card").first
    assert card.evaluate("card => getComputedStyle(card).backgroundColor") == "rgb(255, 255, 255)"
    body = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert body == "rgb(18, 22, 29)"


def test_on_paper_there_is_no_code_and_no_figure_is_cut(visit):
    page, *_rest = visit("good", viewport=WIDE, scheme="dark")
    page.check("#show-code")
    page.emulate_media(media="print")
    assert not any(item.is_visible() for item in page.locator(".code").all())
    assert not page.get_by_role("navigation").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    head = page.locator("thead").first
    assert head.evaluate("head => getComputedStyle(head).display") == "table-header-group"
    for figure in page.locator("figure").all():
        assert figure.evaluate("figure => getComputedStyle(figure).breakInside") == "avoid"
    paper = page.pdf(prefer_css_page_size=True)
    assert paper.startswith(b"%PDF")
    assert b"/MediaBox [0 0 594.95996 841.91998]" in paper  # A4 in points
