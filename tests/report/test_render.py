import base64
import copy
import html.parser
import itertools
import re
import time

import pytest
from nbformat import v4

from analysis.errors import PageError
from analysis.report.render import render

SCRIPT = "<script>alert(1)</script>"
SAFE = "&lt;script&gt;alert(1)&lt;/script&gt;"
DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="  # one red pixel
)


class _Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def tags(page, *names):
    parser = _Tags()
    parser.feed(page)
    return [(tag, attrs) for tag, attrs in parser.tags if not names or tag in names]


def text(page):
    body = re.sub(r"(?s)<(style|head)\b.*?</\1>", "", page)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def notebook(*cells):
    return v4.new_notebook(cells=[v4.new_markdown_cell("# Title"), *cells])


def code(data, *, metadata=None, source="f()"):
    output = v4.new_output("display_data", data, metadata=metadata or {})
    return v4.new_code_cell(source, outputs=[output], execution_count=1)


def test_a_page_has_one_title_and_no_skipped_heading(nb, run):
    page = render(nb, run)
    levels = [int(tag[1]) for tag, _attrs in tags(page, *["h1", "h2", "h3", "h4", "h5", "h6"])]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))
    assert "<title>What is a customer worth? – CDNOW, music by mail</title>" in page
    assert '<h3 id="a-level-too-deep">A level too deep</h3>' in page


def test_ids_are_unique_and_every_link_leads_somewhere(nb, run):
    page = render(nb, run)
    ids = [attrs["id"] for _tag, attrs in tags(page) if "id" in attrs]
    assert len(ids) == len(set(ids))
    inside = {attrs["href"][1:] for _tag, attrs in tags(page, "a") if attrs["href"][0] == "#"}
    assert inside <= set(ids)
    assert {"who-is-still-alive", "definitions", "about"} <= inside


def test_nothing_on_the_page_comes_from_elsewhere(nb, run):
    page = render(nb, run)
    for tag, attrs in tags(page):
        for name in ("src", "href", "srcset", "action", "data", "xlink:href"):
            assert not re.match(r"(?!data:)[a-z][a-z0-9+.-]*:|//", attrs.get(name, "")), (
                tag,
                attrs,
            )
        assert not any(name.startswith("on") for name in attrs)
    assert not tags(page, "script", "iframe", "object", "embed")
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in page
    assert "unsafe" not in page


def test_language_is_a_setting(nb, run):
    assert tags(render(nb, run), "html") == [("html", {"lang": "en"})]
    assert tags(render(nb, run | {"language": "ja"}), "html") == [("html", {"lang": "ja"})]


def test_every_figure_says_what_it_shows_and_how_large_it_is(nb, run):
    page = render(nb, run)
    images = [attrs for _tag, attrs in tags(page, "img")]
    assert len(images) == 2
    assert images[0]["alt"].startswith("Line chart: spending per customer")
    assert (images[0]["width"], images[0]["height"]) == ("672", "374")
    assert "<figcaption>Observed value per customer" in page


def test_every_header_of_a_table_has_a_scope_and_every_table_a_name(nb, run):
    page = render(nb, run)
    headers = tags(page, "th")
    assert len(headers) > 20
    assert all(attrs["scope"] in {"col", "row"} for _tag, attrs in headers)
    boxes = [attrs for _tag, attrs in tags(page, "div") if "table" in attrs.get("class", "")]
    assert len(boxes) == len(tags(page, "table"))
    assert all(box["tabindex"] == "0" and box["role"] == "region" for box in boxes)
    names = [box["aria-label"] for box in boxes]
    assert names[:3] == ["Value by month of the first order", "Table", "Table (2)"]
    assert len(set(names)) == len(names)


def test_shop_day_data_settings_balance_and_run_are_told_in_words(nb, run):
    said = text(render(nb, run))
    for words in (
        "CDNOW, music by mail",
        "As of 30 June 1998",
        "69,659 orders by 23,570 customers, 1 January 1997 to 30 June 1998",
        "How far to look ahead, days (horizon_days) 365",
        "as_of 30 June 1998",
        "states a, b",
        "orders (cdnow_customers_all.csv) 69,662 69,659 3 2 no customer; 1 impossible date",
        "21 November 2026, 21:15 UTC",
        "12.3 seconds",
        "0123abc, with changes that are not committed",
        "sha256:9f3b",
        "pandas 3.1.1",
    ):
        assert words in said, words


def test_a_balance_that_does_not_balance_is_said(nb, run):
    run["data"]["balance"][0]["rows_accepted"] = 69000
    assert "does not balance: 659 rows" in text(render(nb, run))


def test_a_record_that_knows_little_still_gives_a_page():
    run = {"shop": "demo", "report": "01", "outcome": "bad_request", "message": "No such shop."}
    said = text(render(v4.new_notebook(), run | {"failed_cell": None}))
    assert "01" in said
    assert "No such shop." in said


def test_the_header_counts_the_imported_rows(nb, run):
    header = text(render(nb, run).split("<main")[0])
    (line,) = run["data"]["balance"]
    for kind in ("read", "accepted", "set_aside"):
        assert f"{line[f'rows_{kind}']:,}" in header


def test_the_header_says_what_is_wrong_with_the_data_folded_under_one_line(nb, run):
    header = render(nb, run).split("<main")[0]
    assert "<summary>Data: 1 remark, 2 things missing</summary>" in header
    folded = text(header.split("</summary>")[1])
    assert "20 times the usual <day>?" in folded
    assert "no table customers: regions" in folded
    assert "The last order was made on the day of this report." in folded
    assert "Imported on 21 November 2026, 20:00 UTC." in folded


def test_data_in_good_order_are_said_in_the_same_line(nb, run):
    run["data"]["check"] = {"suspicious": [], "missing": []}
    run["data"]["last_day"] = "1998-06-27"
    header = render(nb, run).split("<main")[0]
    assert "<summary>Data: nothing suspicious, nothing missing</summary>" in header
    assert "What may be wrong" not in header
    assert "made 3 days before the day of this report" in header


def test_the_header_says_what_orders_were_worth_that_were_set_aside(nb, run):
    assert "What the orders were worth" not in render(nb, run)
    money = {"no customer": 12_345, "unpaid <b>": 500}
    run["data"]["balance"][0] |= {"money_set_aside": money}
    folded = text(render(nb, run).split("<main")[0].split("</summary>")[1])
    assert "What the orders were worth that imports set aside, by reason" in folded
    assert "no customer: $123.45 in 2 rows" in folded
    assert "unpaid <b>: $5.00 in 0 rows" in folded


def test_a_record_of_before_the_check_has_no_such_line(nb, run):
    del run["data"]["check"]
    assert 'class="data"' not in render(nb, run)


def test_the_answer_comes_first(nb, run):
    page = render(nb, run)
    answer = page.index('<ul class="headline">')
    assert answer < page.index('<h2 id="what-has')
    assert answer < page.index("<figure>")
    assert answer < page.index("<caption>Settings of this run")


def test_code_and_printed_text_are_marked_to_be_hidden(nb, run):
    page = render(nb, run)
    assert '<pre class="code result">for analysts only</pre>' in page
    sources = page.count('<pre class="code source">')
    assert sources == sum(cell.cell_type == "code" for cell in nb.cells)
    assert '<span class="kn">import</span>' in page
    assert not re.search(r"\b(In|Out)\s*\[", text(page))


def test_formulas_are_drawn_and_money_is_left_alone(nb, run):
    page = render(nb, run)
    assert page.count("<math ") == 5
    assert 'display="block"' in page
    assert "between $5 and $8." in page
    assert "www.w3.org" not in page


def test_addresses_of_papers_are_text(nb, run):
    assert "Fader, Hardie and Lee (2005) (https://example.org/paper)." in render(nb, run)


@pytest.mark.parametrize(
    ("source", "drawn"),
    [
        ("between $5 and $8", 0),
        (r"costs \$5 or $x$", 1),
        ("$5-$8, that is $x_1$ and $y$.", 2),
        ("$$x$$", 1),
        ("$$\nx +\n\ny\n$$", 1),
    ],
)
def test_a_dollar_sign_is_a_formula_only_around_one(run, source, drawn):
    assert render(notebook(v4.new_markdown_cell(source)), run).count("<math ") == drawn


def test_a_formula_that_cannot_be_read_is_named(run):
    with pytest.raises(PageError, match=r"cell 1: formula '.*left"):
        render(notebook(v4.new_markdown_cell(r"$$\left( \frac{1}$$")), run)


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", "image/svg+xml"])
@pytest.mark.parametrize("alt", [None, "", "  "])
def test_a_figure_without_alt_text_fails_and_names_the_cell(run, mime, alt):
    about = {} if alt is None else {mime: {"alt": alt}}
    cell = code({mime: DOT, "text/plain": "<Figure>"}, metadata=about)
    nb = notebook(v4.new_markdown_cell("## Who stays?"), cell)
    with pytest.raises(PageError, match=r"cell 2 \(under 'Who stays\?'\): figure has no alt text"):
        render(nb, run)


def test_vector_figures_are_pictures_too(run):
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
    nb = notebook(code({"image/svg+xml": svg}, metadata={"image/svg+xml": {"alt": 'A "line"'}}))
    [(_tag, image)] = tags(render(nb, run), "img")
    assert image["alt"] == 'A "line"'
    assert base64.b64decode(image["src"].removeprefix("data:image/svg+xml;base64,")).decode() == svg


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("![a plan](plan.png)", "picture 'plan.png' lies outside the notebook"),
        (
            "![a plan](https://example.org/plan.png)",
            "picture '.*plan.png' lies outside the notebook",
        ),
        ("<img src='data:image/png;base64,AA=='>", "picture has no alt text"),
        ("![](attachment:plan.png)", "picture has no alt text"),
    ],
)
def test_pictures_in_prose_are_carried_along_and_described(run, source, message):
    cell = v4.new_markdown_cell(source, attachments={"plan.png": {"image/png": DOT}})
    with pytest.raises(PageError, match=f"cell 1: {message}"):
        render(notebook(cell), run)
    cell.source = "![a plan](attachment:plan.png)"
    assert 'alt="a plan"' in render(notebook(cell), run)


def test_large_figures_become_small(run):
    import io

    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    raw = base64.encodebytes(buffer.getvalue()).decode()  # with line breaks, as files have them
    page = render(notebook(code({"image/png": raw}, metadata={"image/png": {"alt": "dots"}})), run)
    [(_tag, image)] = tags(page, "img")
    assert (image["width"], image["height"]) == ("200", "200")
    assert len(image["src"]) < len(raw) / 2


def test_a_report_with_eight_figures_is_small_and_quickly_rendered(nb, run):
    for figure in [cell for cell in nb.cells if "show.figure" in cell.source] * 3:
        again = copy.deepcopy(figure)
        again.id = f"figure-{len(nb.cells)}"
        nb.cells.insert(5, again)
    assert len(tags(render(nb, run), "img")) == 8
    start = time.process_time()
    page = render(nb, run)
    assert time.process_time() - start < 1
    assert len(page.encode()) < 400_000


FRAME = """
<style scoped>td {color: red}</style>
<table border="1" class="dataframe" onclick="x()"><thead><tr style="text-align: right;"><th></th>
<th>orders</th></tr></thead><tbody><tr><th>May</th><td>12</td></tr></tbody></table>
<h1>loud</h1><a href="https://example.org">away</a><script>alert(1)</script><!-- hidden -->
<img src="https://example.org/pixel.png" alt="x"><iframe src="//example.org"></iframe>
"""


def test_tables_that_pandas_made_are_made_to_fit(run):
    page = render(notebook(code({"text/html": FRAME, "text/plain": "x"})), run)
    assert '<th class="number" scope="col">orders</th>' in page
    assert '<th scope="row">May</th><td class="number">12</td>' in page
    assert '<div aria-label="Table" class="table raw" role="region" tabindex="0">' in page
    for gone in ("alert(1)", "onclick", "red", "hidden -->", "pixel", "iframe", '"https:'):
        assert gone not in page.split("</style>")[-1], gone
    assert "<p>loud</p>away" in page


def test_markdown_from_data_cannot_bring_html(run):
    page = render(notebook(code({"text/markdown": f"**bold** {SCRIPT}"})), run)
    assert f"<strong>bold</strong> {SAFE}" in page


def test_names_from_data_are_escaped_everywhere(nb, run):
    run["data"]["title"] = run["shop"] = run["title"] = SCRIPT
    run["parameters"] = {"shop_name": SCRIPT, "list": [SCRIPT]}
    run["parameter_help"] = {"list": SCRIPT}
    run["data"]["balance"][0] |= {"table": SCRIPT, "source": SCRIPT, "reasons": {SCRIPT: 3}}
    run["data"] |= {"fingerprint": SCRIPT, "currency": SCRIPT, "time_zone": SCRIPT}
    run["versions"] = {SCRIPT: SCRIPT}
    run |= {"outcome": "data_error", "message": SCRIPT, "git_commit": SCRIPT, "run_id": SCRIPT}
    run["failed_cell"] = {"index": 1, "heading": SCRIPT}
    run["checks"] = [{"name": "x", "passed": False, "sentence": SCRIPT}]
    nb.cells[0].source = "no title"
    nb.cells[3].outputs = [
        v4.new_output("stream", text=SCRIPT),
        v4.new_output("execute_result", {"text/plain": SCRIPT}),
        v4.new_output("error", ename="E", evalue="v", traceback=[SCRIPT]),
    ]
    about = {"alt": f'"{SCRIPT}', "caption": SCRIPT}
    nb.cells.append(code({"image/png": DOT}, metadata={"image/png": about}, source=SCRIPT))
    page = render(nb, run)
    assert "<script" not in page
    assert page.count(SAFE) >= 20


def test_a_failed_run_says_on_top_where_it_stopped_and_why(failed_nb, failed_run):
    page = render(failed_nb, failed_run)
    alert = page[page.index('role="alert"') : page.index("<main")]
    said = text(alert)
    assert "This run did not finish. The numbers below are incomplete." in said
    assert "It stopped in the part “ Who is still alive? ”: Only 4 customers bought again" in said
    assert 'href="#failed"' in alert
    assert 'id="failed"' in page
    assert "An Exception was encountered" not in page


def test_a_traceback_is_closed_hidden_with_the_code_and_plain(failed_nb, failed_run):
    page = render(failed_nb, failed_run)
    assert '<details class="code"><summary>' in page
    assert "<details open" not in page
    assert "DataError: only &lt;b&gt;4&lt;/b&gt; customers bought again" in page
    assert "\x1b" not in page


def test_what_was_not_computed_is_said_in_its_place(failed_nb, failed_run):
    page = render(failed_nb, failed_run)
    assert page.count("This part was not computed.") == 2
    assert page.index('id="failed"') < page.index("This part was not computed.")


def test_a_run_that_left_no_error_in_the_notebook_names_the_part_without_a_link(nb, failed_run):
    page = render(nb, failed_run | {"outcome": "kernel_died", "message": "The kernel died."})
    assert "“Who is still alive?”: The kernel died." in text(page)
    assert 'href="#failed"' not in page


def test_a_good_run_shows_no_alarm(nb, run):
    page = render(nb, run)
    assert 'class="alert"' not in page
    assert 'class="caution"' not in page
    assert "not computed" not in page


def test_failed_checks_are_said_on_top_and_lead_to_their_section(nb, run):
    run["checks"] = [
        {"name": "fresh", "passed": True, "sentence": "Fresh."},
        {"name": "holdout", "passed": False, "sentence": "Sales are 7.3% off."},
    ]
    page = render(nb, run)
    caution = page[page.index('class="caution"') : page.index("<main")]
    assert "1 check failed." in caution
    assert '<a href="#how-sure-are-we">Sales are 7.3% off.</a>' in caution
    assert "Fresh." not in caution
    run["checks"][0]["passed"] = False
    assert "2 checks failed." in render(nb, run)


def test_links_are_given_or_those_of_a_published_run(nb, run):
    assert 'href="../../../index.html"' in render(nb, run)
    assert 'href="notebook.ipynb"' in render(nb, run)
    page = render(nb, run, links={"Up": "../"})
    assert '<a href="../">Up</a>' in page
    assert "notebook.ipynb" not in page


@pytest.mark.parametrize("address", ["https://example.org", "//example.org", "javascript:x()"])
def test_a_link_that_leads_elsewhere_is_refused(nb, run, address):
    with pytest.raises(PageError, match="link 'Up' == .*, must be relative"):
        render(nb, run, links={"Up": address})


def test_headings_of_the_same_words_get_ids_of_their_own(run):
    cells = [v4.new_markdown_cell("## 顧客\n\n## 顧客\n\n## About\n\n# Second title")]
    page = render(notebook(*cells), run)
    assert 'id="顧客"' in page
    assert 'id="顧客-2"' in page
    assert 'id="about-2"' in page
    assert '<h2 id="second-title">' in page


def test_rendering_changes_neither_notebook_nor_record(failed_nb, failed_run):
    before = copy.deepcopy((failed_nb, failed_run))
    first = render(failed_nb, failed_run)
    assert (failed_nb, failed_run) == before
    assert render(failed_nb, failed_run) == first
