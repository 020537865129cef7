import base64
import datetime
import io
import re
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from analysis import style
from analysis.errors import PageError
from analysis.figures import Chart, Table
from analysis.findings import Check, Finding, Metric
from analysis.report import pictures, show
from analysis.report.record import MIME

SCRIPT = "<script>alert('x')</script>"
SAFE = "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;"


@pytest.fixture
def shown(monkeypatch):
    """Return the list of what was displayed: bundle and metadata."""
    displays = []

    def display(data, *, metadata=None, raw):
        assert raw
        displays.append((data, metadata))

    monkeypatch.setattr(show, "display", display)
    return displays


def _html(shown):
    [(data, _metadata)] = shown
    return data["text/html"]


def test_headline_shows_number_interval_and_count_and_records_them(shown):
    metric = Metric("worth_minor", "Worth", "$48.20 [$45.10 to $51.30]", 4820, 4510, 5130, 1200)
    show.headline([metric])
    html = _html(shown)
    assert '<span class="label">Worth</span>' in html
    assert '<strong class="number">$48.20</strong>' in html
    assert "95% interval $45.10 to $51.30" in html
    assert "based on 1,200" in html
    assert shown[0][0][MIME] == {"metrics": [metric._asdict()]}


def test_a_number_without_interval_or_count_stands_alone(shown):
    show.headline([Metric("orders", "Orders", "7", 7)])
    assert "note" not in _html(shown)


def test_findings_are_ranked_by_money(shown):
    show.findings(
        [
            Finding("none", "Cannot tell yet."),
            Finding("small", "Small.", money_minor=100, money="$1"),
            Finding("large", "Large.", money_minor=900, money="$9 at stake"),
        ]
    )
    html = _html(shown)
    assert html.index("Large.") < html.index("Small.") < html.index("Cannot tell yet.")
    assert '<strong class="money">$9 <small>at stake</small></strong>' in html
    assert '<strong class="money">$1</strong>' in html
    assert html.count('class="money"') == 2
    assert [item["name"] for item in shown[0][0][MIME]["findings"]] == ["large", "small", "none"]


def test_no_finding_is_said(shown):
    show.findings([])
    assert "Nothing was found" in _html(shown)
    assert shown[0][0][MIME] == {"findings": []}


def test_checks_say_in_words_whether_they_passed(shown):
    show.checks([Check("a", True, "Fine."), Check("b", False, "Off by 9%.")])
    html = _html(shown)
    assert "<strong>Passed</strong> <span>Fine.</span>" in html
    assert "<strong>Failed</strong> <span>Off by 9%.</span>" in html
    assert shown[0][0]["text/plain"] == "Passed: Fine.\nFailed: Off by 9%."


def test_record_shows_nothing(shown):
    show.record(Metric("a", "A", "1", 1))
    assert shown[0][0]["text/html"] == ""
    assert shown[0][0][MIME]["metrics"][0]["name"] == "a"


@pytest.mark.parametrize(
    "say",
    [
        lambda: show.sentence(SCRIPT),
        lambda: show.headline([Metric("a", SCRIPT, SCRIPT, 1)]),
        lambda: show.findings([Finding("a", SCRIPT, money=SCRIPT)]),
        lambda: show.checks([Check("a", True, SCRIPT)]),
        lambda: show.table(pd.DataFrame({SCRIPT: [SCRIPT], "b": [SCRIPT]}), caption=SCRIPT),
        lambda: show.table(
            pd.DataFrame({"a": [1], "b": [1]}), caption="c", formats={"b": lambda _value: SCRIPT}
        ),
    ],
    ids=["sentence", "headline", "findings", "checks", "table", "format"],
)
def test_text_from_data_is_escaped(shown, say):
    say()
    assert SCRIPT not in _html(shown)
    assert SAFE in _html(shown)


FRAME = pd.DataFrame(
    {
        "Month": ["May", "June"],
        "Orders": [12345, 2],
        "Mean": [1.257, np.nan],
        "Share": [0.5, -0.25],
        "Open": [True, False],
        "Day": pd.to_datetime(["2025-01-31", None]),
    }
)


def test_table_is_a_table_with_headers_and_a_name(shown):
    show.table(FRAME, caption="Sales", formats={"Share": ".0%", "Mean": lambda mean: f"~{mean}"})
    html = _html(shown)
    assert "<caption>Sales</caption>" in html
    assert 'role="region" aria-label="Sales" tabindex="0"' in html
    assert '<th scope="col">Month</th><th scope="col" class="number">Orders</th>' in html
    assert (
        '<tr><th scope="row">May</th><td class="number">12,345</td><td class="number">~1.257</td>'
        '<td class="number">50%</td><td>yes</td><td>2025-01-31</td></tr>'
    ) in html
    dash, minus = "\N{EN DASH}", "\N{MINUS SIGN}"
    assert (
        f'<tr><th scope="row">June</th><td class="number">2</td><td class="number">{dash}</td>'
        f'<td class="number">{minus}25%</td><td>no</td><td>{dash}</td></tr>'
    ) in html


def test_numbers_that_are_text_already_end_at_the_right_too(shown):
    frame = pd.DataFrame(
        {
            "a": ["x", "y"],
            "Money": [style.format_money(-4820, "USD"), style.format_money(None, "USD")],
            "Share": [style.format_share(0.0001), style.format_share(0.5)],
            "Interval": [style.format_interval(1, 2000), style.format_interval(-3, 4)],
            "Day": ["30 June 1998", "2 July 1998"],
            "Number plate": ["12-AB", "7"],
        }
    )
    show.table(frame, caption="c")
    aligned = re.findall('<th scope="col" class="number">(.*?)</th>', _html(shown))
    assert aligned == ["Money", "Share", "Interval"]


def test_a_table_brings_its_caption_along(shown):
    show.table(Table(FRAME, "Sales by month"))
    assert "<caption>Sales by month</caption>" in _html(shown)


def test_missing_values_of_every_kind_are_a_dash(shown):
    show.table(pd.DataFrame({"a": ["x"] * 4, "b": [None, pd.NA, pd.NaT, np.nan]}), caption="c")
    assert _html(shown).count("<td>\N{EN DASH}</td>") == 4


def test_dates_and_unnamed_numbers_are_written_plainly(shown):
    frame = pd.DataFrame({"a": [datetime.date(2025, 1, 31)], "b": [1.256]})
    show.table(frame, caption="c")
    assert '<th scope="row">2025-01-31</th><td class="number">1.26</td>' in _html(shown)


def test_an_empty_table_says_so(shown):
    show.table(FRAME.iloc[:0], caption="Sales")
    assert "No rows." in _html(shown)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (FRAME, {"caption": " "}, "no caption"),
        (pd.DataFrame({"a": range(61)}), {"caption": "Long"}, "'Long' has 61 rows, must be <= 60"),
        (FRAME, {"caption": "c", "formats": {"Ordres": "d"}}, "no column 'Ordres' to format"),
        (pd.DataFrame(), {"caption": "c"}, "no columns"),
    ],
)
def test_a_table_that_nobody_could_read_is_refused(shown, frame, options, message):
    with pytest.raises(PageError, match=message):
        show.table(frame, **options)
    assert shown == []


@pytest.fixture
def fig():
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    fig, ax = plt.subplots(figsize=(4, 3), dpi=100)
    ax.plot([1, 2, 3])
    yield fig
    plt.close(fig)


def test_figure_is_sharp_small_described_and_closed(shown, fig):
    import matplotlib.pyplot as plt

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        show.figure(fig, alt="A line rises.", caption="Growth")
    [(data, metadata)] = shown
    png = base64.b64decode(data["image/png"])
    assert pictures.png_size(png) == (800, 600)
    assert png[25] == 3  # a palette
    assert metadata["image/png"] == {
        "alt": "A line rises.",
        "caption": "Growth",
        "width": 400,
        "height": 300,
    }
    assert not plt.fignum_exists(fig.number)


def test_a_chart_brings_its_words_along(shown, fig):
    show.figure(Chart(fig, "A line rises.", "Growth"))
    assert shown[0][1]["image/png"]["alt"] == "A line rises."
    assert shown[0][1]["image/png"]["caption"] == "Growth"


def test_figure_without_alt_text_is_refused_and_still_closed(shown, fig):
    import matplotlib.pyplot as plt

    with pytest.raises(PageError, match="no alt text"):
        show.figure(fig, alt="  ")
    assert shown == []
    assert not plt.fignum_exists(fig.number)


def test_the_same_figure_gives_the_same_bytes(shown, fig):
    show.figure(fig, alt="A line rises.")
    show.figure(fig, alt="A line rises.")
    assert shown[0] == shown[1]


def test_transparent_pictures_get_a_white_ground():
    noise = np.random.default_rng(0).integers(0, 255, (60, 60, 4), dtype=np.uint8)
    noise[0, 0] = 0
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    small = pictures.to_palette(buffer.getvalue())
    assert len(small) < len(buffer.getvalue()) / 2
    with Image.open(io.BytesIO(small)) as image:
        assert min(image.convert("RGB").getpixel((0, 0))) > 240


def test_a_palette_keeps_white_white_and_every_color_close():
    fig, ax = plt.subplots()
    ax.bar(list("abc"), [3, 2, 1], color=["#1f5fa8", "#d9541e", "#0f9f68"])
    ax.imshow(np.random.default_rng(0).random((8, 8)), cmap="Blues", extent=(3, 5, 0, 3))
    canvas = FigureCanvasAgg(fig)
    fig.set_dpi(2 * fig.dpi)
    canvas.draw()
    exact = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
    fig.set_dpi(fig.dpi / 2)
    with Image.open(io.BytesIO(pictures.draw(fig))) as image:
        shown = np.asarray(image.convert("RGB")).astype(int)
    assert shown.shape == exact.shape
    assert (shown[(exact == 255).all(axis=2)] == 255).all()
    assert np.abs(shown - exact).max() <= 20
    assert np.abs(shown - exact).mean() < 3


def test_pictures_that_are_small_already_stay_as_they_are():
    buffer = io.BytesIO()
    Image.new("P", (4, 4)).save(buffer, "PNG")
    assert pictures.to_palette(buffer.getvalue()) == buffer.getvalue()


def test_what_is_no_picture_is_refused():
    with pytest.raises(ValueError, match="no PNG"):
        pictures.to_palette(b"GIF89a" + bytes(40))
