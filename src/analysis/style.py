"""How charts look and how numbers, money and dates are written."""

import dataclasses
import datetime
import importlib.util
import math
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from analysis.catalog import SOURCE_LANGUAGE
from analysis.language import N_, _
from analysis.language import use as set_language
from analysis.money import decimals_of

# Apart in every common kind of color vision, 3:1 or more against white (a test measures both).
COLORS = ("#1f5fa8", "#d9541e", "#0f9f68", "#641f4f", "#7f8793")
BLUE, ORANGE, GREEN, PURPLE, GRAY = COLORS
INK = "#1c2430"
SOFT_INK = "#5a6472"
GRID = "#e6e9ee"

FIGURE_WIDTH = 7.0
FIGURE_HEIGHT = 3.9
DPI = 96

NOTHING = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_NO_BREAK = "\N{NO-BREAK SPACE}"
_AMOUNTS = {
    "USD": "${amount}",
    "EUR": "€{amount}",
    "GBP": "£{amount}",
    "JPY": N_("¥{amount}"),
    "KRW": "₩{amount}",
    "INR": "₹{amount}",
}
_LATIN_FONTS = ("Inter", "Helvetica Neue", "Segoe UI", "Noto Sans", "Liberation Sans")


def use(language: str = SOURCE_LANGUAGE) -> None:
    """Set how every figure of this process is drawn, and the language that all of it is written in.

    Raises:
        ParameterError: There is no catalog of the language.
    """
    import matplotlib as mpl  # pages and run records format numbers without it
    from cycler import cycler

    set_language(language)
    # The Japanese font has one weight: beside it, bold figures and Latin letters would stick out.
    bold = "normal" if language == "ja" else "bold"
    mpl.rcParams.update(
        {
            "axes.axisbelow": True,
            "axes.edgecolor": SOFT_INK,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "axes.labelcolor": SOFT_INK,
            "axes.labelpad": 6,
            "axes.labelsize": 11,
            "axes.linewidth": 0.8,
            "axes.prop_cycle": cycler(color=COLORS),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlecolor": INK,
            "axes.titlelocation": "left",
            "axes.titlepad": 12,
            "axes.titlesize": 13.5,
            "axes.titleweight": bold,
            "axes.unicode_minus": True,
            "figure.constrained_layout.use": True,
            "figure.dpi": DPI,
            "figure.facecolor": "white",
            "figure.figsize": (FIGURE_WIDTH, FIGURE_HEIGHT),
            "figure.titlesize": 13.5,
            "figure.titleweight": bold,
            "font.family": _fonts(),
            "font.size": 11.5,
            "grid.color": GRID,
            "grid.linewidth": 0.8,
            "legend.fontsize": 11,
            "legend.frameon": False,
            "lines.linewidth": 2.0,
            "lines.markersize": 5,
            "lines.solid_capstyle": "round",
            "patch.edgecolor": "white",
            "savefig.facecolor": "white",
            "text.color": INK,
            # Twice as dense as a screen, letters need no hinting, which takes a fifth of drawing.
            "text.hinting": "none",
            # A dollar sign in a name is a dollar sign.
            "text.parse_math": False,
            "xtick.color": SOFT_INK,
            "xtick.labelsize": 11,
            "xtick.major.size": 3,
            "ytick.color": SOFT_INK,
            "ytick.labelsize": 11,
            "ytick.major.size": 0,
        }
    )


def _fonts() -> list[str]:
    """Return a Latin font that this machine has, and those that come along for all other signs."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    latin = [name for name in _LATIN_FONTS if name in installed][:1]
    return [*latin, "DejaVu Sans", _add_japanese_font()]


@cache
def _add_japanese_font() -> str:
    """Make the font that comes along known to this process, and return its name."""
    from matplotlib.font_manager import fontManager

    # Looked up, not imported: importing the package would change how charts look.
    package = importlib.util.find_spec("matplotlib_fontja")
    fontManager.addfont(Path(package.submodule_search_locations[0], "fonts", "ipaexg.ttf"))
    font = fontManager.ttflist[-1]
    # It has one weight, and stands in where bold is asked for; else a warning lands on the page.
    fontManager.ttflist.append(dataclasses.replace(font, weight=700))
    return font.name


def format_money(minor: float | None, currency: str, *, whole: bool = False) -> str:
    """Write an amount of minor units the way a price is written.

    Args:
        minor: Amount in minor units (cents; yen as they are); fractions are rounded.
        currency: ISO code.
        whole: Leave out the decimals, for amounts where they only distract.

    Raises:
        ParameterError: The currency is no ISO code, or has three decimals.

    >>> format_money(123456, "USD")
    '$1,234.56'
    >>> format_money(123456, "USD", whole=True)
    '$1,235'
    >>> format_money(0, "JPY"), format_money(4820.4, "JPY")
    ('¥0', '¥4,820')
    """
    decimals = decimals_of(currency)
    if _missing(minor):
        return NOTHING
    amount = abs(minor) / 10**decimals
    shown = 0 if whole else decimals
    text = f"{amount:,.{shown}f}"
    sign = _MINUS if minor < 0 and text.strip("0.") else ""
    written = _(_AMOUNTS.get(currency, f"{currency}{_NO_BREAK}{{amount}}"))
    return f"{sign}{written.format(amount=text)}"


def format_count(count: float | None, *, decimals: int = 0) -> str:
    """Write how many.

    >>> format_count(23570), format_count(1.257, decimals=2)
    ('23,570', '1.26')
    """
    if _missing(count):
        return NOTHING
    return f"{count:,.{decimals}f}".replace("-", _MINUS)


def format_share(share: float | None, *, decimals: int = 1) -> str:
    """Write a share of 1 as a percentage that never rounds "a few" to none or to all.

    >>> format_share(0.4231), format_share(0.0002), format_share(0.99999), format_share(1)
    ('42.3%', '<0.1%', '>99.9%', '100.0%')
    """
    if _missing(share):
        return NOTHING
    step = 10**-decimals
    percent = round(100 * share, decimals)
    if share > 0 and percent == 0:
        return f"<{step:.{decimals}f}%"
    if share < 1 and percent == 100:
        return f">{100 - step:.{decimals}f}%"
    return f"{percent:,.{decimals}f}%".replace("-", _MINUS)


def format_signed_share(share: float | None, *, decimals: int = 1) -> str:
    """Write a difference as a percentage with its sign.

    >>> format_signed_share(0.0456), format_signed_share(0), format_signed_share(-0.0001)
    ('+4.6%', '0.0%', '0.0%')
    """
    text = format_share(share, decimals=decimals)
    if not _missing(share) and share > 0:
        return f"+{text}"
    # A little below zero rounds to minus nothing.
    return text if text.strip(f"{_MINUS}0.%") else text.removeprefix(_MINUS)


def format_interval(
    low: float | None, high: float | None, write: Callable[[float], str] = format_count
) -> str:
    """Write both ends of an interval, each by `write`.

    >>> format_interval(0.412, 0.434, format_share)
    '41.2% to 43.4%'
    """
    if _missing(low) or _missing(high):
        return _("no interval")
    return _("{low} to {high}").format(low=write(low), high=write(high))


def with_interval(text: str, low: str, high: str) -> str:
    """Write an estimate with its interval, all three already formatted.

    >>> with_interval("$9", "$7", "$11")
    '$9 [$7 to $11]'
    """
    return _("{estimate} [{low} to {high}]").format(estimate=text, low=low, high=high)


def format_date(day: datetime.date | str) -> str:
    """Write a day (a date, a time stamp or ISO text) in words.

    >>> format_date("1998-06-30")
    '30 June 1998'
    """
    if isinstance(day, str):
        day = datetime.date.fromisoformat(day[:10])
    return _("{day} {month} {year}").format(
        day=day.day, month=_month_names()[day.month - 1], year=day.year
    )


def format_month(month: str) -> str:
    """Write a month, given as ISO text.

    >>> format_month("2026-03")
    '2026-03'
    """
    year, number = month[:7].split("-")
    return _("{year}-{month:02}").format(year=year, month=int(number))


def _month_names() -> Sequence[str]:
    return (
        _("January"),
        _("February"),
        _("March"),
        _("April"),
        _("May"),
        _("June"),
        _("July"),
        _("August"),
        _("September"),
        _("October"),
        _("November"),
        _("December"),
    )


def _missing(number: Any) -> bool:
    # None, NaN and pandas' NaT, without importing pandas.
    return number is None or number != number or math.isinf(number)
