import datetime
import itertools
import logging
import subprocess
import sys
import warnings

import numpy as np
import pytest

from analysis import catalog, style
from analysis.errors import ParameterError

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"

# Linear RGB as people without one of the three kinds of cones see it (Machado et al. 2009).
EYES = {
    "common": np.eye(3),
    "protan": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deutan": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritan": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (4820, "USD", "$48.20"),
        (123456789, "EUR", "€1,234,567.89"),
        (-500, "GBP", f"{MINUS}£5.00"),
        (0, "JPY", "¥0"),
        (0, "USD", "$0.00"),
        (123456, "JPY", "¥123,456"),
        (np.float64(4820.6), "USD", "$48.21"),
        (-0.2, "USD", "$0.00"),
        (4820, "CHF", "CHF\N{NO-BREAK SPACE}48.20"),
        (None, "USD", DASH),
        (float("nan"), "JPY", DASH),
        (float("inf"), "USD", DASH),
    ],
)
def test_money_reads_like_a_price(minor, currency, text):
    assert style.format_money(minor, currency) == text


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(123456, "USD", "$1,235"), (4820, "JPY", "¥4,820"), (-20, "USD", "$0")],
)
def test_whole_money_has_no_decimals(minor, currency, text):
    assert style.format_money(minor, currency, whole=True) == text


@pytest.mark.parametrize("currency", ["dollar", "usd", "", "KWD"])
def test_money_refuses_a_currency_it_would_misprint(currency):
    with pytest.raises(ParameterError, match=f"currency == '{currency}'"):
        style.format_money(100, currency)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0.0%"),
        (1, "100.0%"),
        (0.4231, "42.3%"),
        (0.0002, "<0.1%"),
        (0.99999, ">99.9%"),
        (-0.031, f"{MINUS}3.1%"),
        (1.5, "150.0%"),
        (float("nan"), DASH),
    ],
)
def test_a_few_are_never_none_nor_all(share, text):
    assert style.format_share(share) == text


def test_a_difference_shows_its_sign():
    assert style.format_signed_share(0.0456) == "+4.6%"
    assert style.format_signed_share(-0.0456) == f"{MINUS}4.6%"
    assert style.format_signed_share(0) == "0.0%"


def test_shares_and_counts_take_decimals():
    assert style.format_share(0.4231, decimals=0) == "42%"
    assert style.format_share(0.001, decimals=0) == "<1%"
    assert style.format_count(1234.567, decimals=1) == "1,234.6"
    assert style.format_count(-3) == f"{MINUS}3"
    assert style.format_count(None) == DASH


def test_intervals_say_both_ends_or_that_there_is_none():
    assert style.format_interval(4510, 5130) == "4,510 to 5,130"
    assert style.format_interval(0.1, 0.2, style.format_share) == "10.0% to 20.0%"
    assert style.format_interval(None, 2) == "no interval"


@pytest.mark.parametrize(
    "day", ["1998-06-30", "1998-06-30T23:59:59", datetime.date(1998, 6, 30)], ids=str
)
def test_dates_are_words(day):
    assert style.format_date(day) == "30 June 1998"


def test_numbers_are_written_without_paying_for_a_plotting_library():
    code = "import sys, analysis.style; print([m for m in sys.modules if m in {'%s'}])"
    heavy = "', '".join(["matplotlib", "seaborn", "pandas", "scipy", "PIL"])
    done = subprocess.run([sys.executable, "-c", code % heavy], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


@pytest.fixture
def plt():
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    with mpl.rc_context():
        plt.switch_backend("agg")
        style.use()
        yield plt
        plt.close("all")


def _draw(plt, title):
    fig, ax = plt.subplots()
    ax.plot([0, 1, 2], [-1, 0, 3], label="line")
    ax.bar([0, 1, 2], [1, -2, 3], label="bars")
    ax.set(title=title, xlabel="weeks", ylabel=f"orders, {MINUS}5 to 3")
    ax.legend()
    fig.canvas.draw()
    return fig, ax


def test_drawing_warns_and_logs_nothing(plt, caplog):
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        fig, ax = _draw(plt, "Orders fall")
    assert caplog.records == []
    assert fig.get_facecolor() == (1, 1, 1, 1)
    assert ax.get_title(loc="left") == "Orders fall"
    assert not ax.spines["top"].get_visible()
    assert not ax.spines["right"].get_visible()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_japanese_is_drawn_with_the_font_that_comes_along(plt, caplog, language):
    try:
        style.use(language)
        # Whatever this machine has beside it must not be needed.
        plt.rcParams["font.family"] = ["DejaVu Sans", "IPAexGothic"]
        with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
            warnings.simplefilter("error")
            fig, ax = _draw(plt, "2回目購入までの日数〜「F2転換率」①→42.3%・¥1,234（円）髙﨑ー")
            ax.set_title("太字の題", fontweight="bold")
            fig.canvas.draw()
    finally:
        style.use()
    assert caplog.records == []


def test_every_character_of_the_catalog_has_a_glyph(plt):
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    said = {character for text in catalog.messages("ja").values() for character in text}
    for family in ("DejaVu Sans", "IPAexGothic"):
        font = FT2Font(font_manager.findfont(family))
        said -= {character for character in said if font.get_char_index(ord(character))}
    assert said - {"\n"} == set()


def test_only_fonts_of_this_machine_are_asked_for(plt):
    from matplotlib import font_manager

    assert set(plt.rcParams["font.family"]) <= set(font_manager.get_font_names())


def _linear(color):
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def _lab(linear):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = (xyz @ np.clip(linear, 0, 1)) / (xyz @ np.ones(3))
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("color", [*style.COLORS, style.INK, style.SOFT_INK])
def test_every_color_stands_out_from_white(color):
    luminance = _linear(color) @ [0.2126, 0.7152, 0.0722]
    assert 1.05 / (luminance + 0.05) >= 3


@pytest.mark.parametrize("eye", EYES)
def test_colors_differ_for_every_eye(eye):
    seen = [_lab(np.array(EYES[eye]) @ _linear(color)) for color in style.COLORS]
    nearest = min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))
    assert len(style.COLORS) <= 5
    assert nearest > 20
