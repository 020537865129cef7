"""What a cell left behind, as a reader of the page sees it."""

import base64
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from nbconvert.filters.ansi import strip_ansi

from analysis.errors import PageError
from analysis.language import _
from analysis.report import foreign, pictures, prose
from analysis.report.record import MIME
from analysis.report.text import in_attribute
from analysis.report.text import to_html as in_html

_IMAGES = ("image/png", "image/jpeg", "image/svg+xml")


def to_html(output: Mapping[str, Any], *, outline: prose.Outline) -> str:
    """Return an output as HTML.

    Figures, tables and sentences are for every reader; printed text, bare results and tracebacks
    are for those who look at the code, and hidden with it.

    Raises:
        PageError: A picture has no alt text.
    """
    if output["output_type"] == "stream":
        return _for_analysts(output["text"])
    if output["output_type"] == "error":
        return _traceback(output)
    data = output["data"]
    if MIME in data:
        return data.get("text/html", "")
    for mime in _IMAGES:
        if mime in data:
            return _figure(mime, data[mime], output.get("metadata", {}).get(mime, {}))
    if "text/html" in data:
        return foreign.to_html(data["text/html"])
    for mime in ("text/markdown", "text/latex"):
        if mime in data:
            return prose.to_html(data[mime], outline=outline, ours=False)
    return _for_analysts(data.get("text/plain", ""))


def _for_analysts(text: str) -> str:
    text = strip_ansi(text).rstrip()
    return f'<pre class="code result">{escape(text)}</pre>' if text else ""


def _traceback(output: Mapping[str, Any]) -> str:
    lines = "\n".join(output.get("traceback", [])) or f"{output['ename']}: {output['evalue']}"
    summary = escape(_("The error in full, for analysts"))
    text = escape(strip_ansi(lines))
    return f'<details class="code"><summary>{summary}</summary><pre>{text}</pre></details>'


def _figure(mime: str, content: str, about: Mapping[str, Any]) -> str:
    alt = str(about.get("alt", "")).strip()
    if not alt:
        raise PageError(
            "figure has no alt text: display it with "
            "show.figure(fig, alt='a sentence that says what the figure shows')"
        )
    encoded, width, height = _encoded(mime, content, about)
    size = f' width="{width}" height="{height}"' if width and height else ""
    caption = str(about.get("caption", "")).strip()
    below = f"<figcaption>{in_html(caption)}</figcaption>" if caption else ""
    return (
        f'<figure><div class="card"><img src="data:{mime};base64,{encoded}" '
        f'alt="{in_attribute(alt)}"{size}></div>{below}</figure>'
    )


def _encoded(mime: str, content: str, about: Mapping[str, Any]) -> tuple[str, int, int]:
    """Return the picture in base64 with its width and height on the page, 0 where not known."""
    width, height = (int(about.get(side, 0)) for side in ("width", "height"))
    if mime == "image/svg+xml":
        return base64.b64encode(content.encode()).decode("ascii"), width, height
    content = re.sub(r"\s", "", content)
    if mime == "image/png":
        png = base64.b64decode(content)
        width, height = (width, height) if width and height else pictures.png_size(png)
        content = base64.b64encode(pictures.to_palette(png)).decode("ascii")
    return content, width, height
