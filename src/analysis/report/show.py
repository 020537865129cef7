"""What notebook cells call to say something: seen by the reader, recorded for the run.

Every display carries HTML without looks of its own (the page brings them; JupyterLab shows it
plain) and, under `MIME`, the same as data. Text that comes from data is escaped here.
"""

import base64
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from IPython.display import display

from analysis.errors import PageError
from analysis.figures import Chart, Table
from analysis.findings import CampaignRecord, Check, Finding, Metric
from analysis.language import _
from analysis.report import pictures, tables, text, tiles
from analysis.report.record import MIME, Kind, as_record

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


def headline(metrics: Sequence[Metric]) -> None:
    """Display the numbers that answer the question as large tiles, and record them."""
    plain = "\n".join(f"{metric.label}: {metric.text}" for metric in metrics)
    _display(tiles.to_html(metrics), plain, "metrics", metrics)


def findings(findings: Sequence[Finding]) -> None:
    """Display findings, the most money first, and record them.

    Words after the amount of money, as in `$18,560 at stake`, stand small under it.
    """
    ranked = sorted(findings, key=lambda finding: -(finding.money_minor or 0))
    items = "".join(_finding(finding) for finding in ranked)
    plain = "\n".join(f"{finding.sentence} {finding.money}".strip() for finding in ranked)
    html = f'<ol class="findings">{items}</ol>'
    if not ranked:
        plain = _("Nothing was found that calls for action.")
        html = f"<p>{text.to_html(plain)}</p>"
    _display(html, plain, "findings", ranked)


def _finding(finding: Finding) -> str:
    # "$18,560 at stake": the amount stands large, words before and after it small.
    found = re.search("[^ ]*[0-9][^ ]*", finding.money)
    money = ""
    if found:
        before, after = finding.money[: found.start()].strip(), finding.money[found.end() :].strip()
        large = "".join(
            (
                f"<small>{text.to_html(before)}</small> " if before else "",
                text.to_html(found[0]),
                f" <small>{text.to_html(after)}</small>" if after else "",
            )
        )
        money = f' <strong class="money">{large}</strong>'
    return f"<li><span>{text.to_html(finding.sentence)}</span>{money}</li>"


def checks(checks: Sequence[Check]) -> None:
    """Display which conditions of trust hold, and record them. A failed one does not raise."""
    words = [_("Passed") if check.passed else _("Failed") for check in checks]
    items = "".join(
        f'<li class="{"passed" if check.passed else "failed"}">'
        f"<strong>{text.to_html(word)}</strong> <span>{text.to_html(check.sentence)}</span></li>"
        for check, word in zip(checks, words, strict=True)
    )
    plain = "\n".join(
        f"{word}: {check.sentence}" for check, word in zip(checks, words, strict=True)
    )
    _display(f'<ul class="checks">{items}</ul>', plain, "checks", checks)


def record(metric: Metric) -> None:
    """Record a number that the reader need not see."""
    _display("", "", "metrics", [metric])


def campaigns(records: Sequence[CampaignRecord]) -> None:
    """Record where campaigns stand; the reader sees it in sentences and tables."""
    if records:
        _display("", "", "campaigns", records)


def sentence(said: str) -> None:
    """Display one computed sentence as a paragraph."""
    _display(f"<p>{text.to_html(said)}</p>", said)


def figure(fig: "Figure | Chart", *, alt: str = "", caption: str = "") -> None:
    """Display a figure sharp enough for small screens with dense pixels, and close it.

    Args:
        fig: A matplotlib figure, or a Chart, which brings alt text and caption along.
        alt: What a reader would see, in one or two sentences, for those who cannot.
        caption: Line under the figure.

    Raises:
        PageError: There is no alt text.
    """
    import matplotlib.pyplot as plt

    if isinstance(fig, Chart):
        fig, alt, caption = fig.fig, alt or fig.alt, caption or fig.caption
    plt.close(fig)  # else the kernel shows it a second time
    if not alt.strip():
        raise PageError("figure(alt='') has no alt text: say in a sentence what the figure shows")
    png = pictures.draw(fig)
    width, height = (pixels // 2 for pixels in pictures.png_size(png))
    display(
        {"image/png": base64.b64encode(png).decode("ascii"), "text/plain": alt},
        metadata={"image/png": {"alt": alt, "caption": caption, "width": width, "height": height}},
        raw=True,
    )


def table(
    frame: "DataFrame | Table", *, caption: str = "", formats: tables.Formats | None = None
) -> None:
    """Display a DataFrame whose first column names its rows.

    Args:
        frame: At most 60 rows; the column names are the header as a reader sees it, units included.
            The index is not shown. A Table brings its caption along.
        caption: What the table shows; names it for those who cannot see it.
        formats: How to write a column: a function of one value, or a format such as ",.1f".

    Raises:
        PageError: No caption, too many rows, or a format for a column that does not exist.
    """
    if isinstance(frame, Table):
        frame, caption = frame.frame, caption or frame.caption
    html, plain = tables.to_html(frame, caption=caption, formats=formats or {})
    _display(html, plain)


def _display(html: str, plain: str, kind: Kind | None = None, items: Sequence[Any] = ()) -> None:
    # JupyterLab would set what stands between two dollar signs as a formula.
    guarded = f'<div class="mathjax_ignore">{html}</div>' if html else ""
    records = {kind: [as_record(item) for item in items]} if kind else {}
    display({"text/html": guarded, "text/plain": plain, MIME: records}, raw=True)
