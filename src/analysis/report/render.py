"""One executed notebook and its run record as one HTML page that needs nothing else."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

from markupsafe import Markup
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from analysis.catalog import SOURCE_LANGUAGE
from analysis.errors import PageError
from analysis.language import _, current, translate_markdown, using
from analysis.report import outputs, prose, templates
from analysis.report.about import about
from analysis.report.data_check import data_check
from analysis.report.front.trends import Trend
from analysis.report.record import MIME

_ANCHORS = ("about", "answer", "failed", "show-code")
_MARKERS = "papermill-error-cell-tag"


def render(
    nb: NotebookNode,
    run: Mapping[str, Any],
    *,
    links: Mapping[str, str] | None = None,
    trends: Sequence[Trend] = (),
) -> str:
    """Return the page of a run.

    Args:
        nb: The notebook as it was executed, also one that stopped half-way.
        run: The record of the run, as in `run.json`.
        links: Label and address, relative to the page, of what lies around it; the first stands at
            the top, the rest at the end. Without it, the list of all reports, the executed notebook
            and the run record, as they are published.
        trends: How its first numbers moved since earlier days.

    Raises:
        PageError: A figure has no alt text, a formula cannot be read, a picture or a link of the
            page lies elsewhere; the message names the cell.
    """
    with using(run.get("language", SOURCE_LANGUAGE)):
        return _page(nb, run, links, trends)


def _page(
    nb: NotebookNode,
    run: Mapping[str, Any],
    links: Mapping[str, str] | None,
    trends: Sequence[Trend],
) -> str:
    nb = NotebookNode(nb)
    nb.cells = [cell for cell in nb.cells if _MARKERS not in cell.metadata.get("tags", [])]
    outline = prose.Outline(reserved=_ANCHORS)
    parts, places = _parts(nb, run, outline)
    failed_checks = _failed_checks(nb, run, places)
    page = {
        "about": about(run),
        "data_check": data_check(run),
        "contents": [heading for heading in outline.headings if heading.level == 2],
        "failed": run["outcome"] != "ok",
        "failed_checks": failed_checks,
        "doubt": _doubt(len(failed_checks)),
        "stopped_at": "failed" if any('id="failed"' in part for part in parts) else "",
        "language": current(),
        "links": _local(links),
        "parts": parts,
        "run": run,
        "trends": trends,
        "title": outline.title or run.get("title") or run["report"],
    }
    return templates.environment().get_template("index.html.j2").render(page=page) + "\n"


def _parts(
    nb: NotebookNode, run: Mapping[str, Any], outline: prose.Outline
) -> tuple[list[Markup], list[str]]:
    """Return every cell as HTML, and the anchor of the section each lies in."""
    parts, places, names = [], [], Counter()
    for number, cell in enumerate(nb.cells):
        try:
            part = _cell(cell, run, outline)
            _check_pictures(part)
        except PageError as error:
            raise PageError(f"{_cell_name(number, outline)}: {error}") from error
        # Every text in it is escaped where it is made.
        parts.append(Markup(_name_apart(part, names)))  # noqa: S704
        places.append(outline.headings[-1].anchor if outline.headings else "answer")
    return parts, places


def _cell(cell: NotebookNode, run: Mapping[str, Any], outline: prose.Outline) -> str:
    if cell.cell_type == "markdown":
        source = translate_markdown(cell.source)
        return prose.to_html(source, outline=outline, attachments=cell.get("attachments"))
    if cell.cell_type == "code":
        return _code_cell(cell, run, outline)
    return ""


def _code_cell(cell: NotebookNode, run: Mapping[str, Any], outline: prose.Outline) -> str:
    html = ""
    if cell.source.strip():
        code = highlight(cell.source, PythonLexer(), _formatter())
        html = f'<pre class="code source"><code>{code}</code></pre>'
    html += "".join(outputs.to_html(output, outline=outline) for output in cell.outputs)
    if any(output.output_type == "error" for output in cell.outputs):
        sentence = escape(_("The run stopped here."))
        html += f'<p class="stopped" id="failed"><strong>{sentence}</strong></p>'
    elif run["outcome"] != "ok" and _never_ran(cell):
        html += f'<p class="pending">{escape(_("This part was not computed."))}</p>'
    return html


@cache
def _formatter() -> HtmlFormatter:
    return HtmlFormatter(nowrap=True)  # which reads a style sheet each time that it is made


def _never_ran(cell: NotebookNode) -> bool:
    status = cell.metadata.get("papermill", {}).get("status", "pending")
    return cell.execution_count is None and not cell.outputs and status == "pending"


def _name_apart(html: str, names: Counter[str]) -> str:
    """Number the scrolling boxes of the page that would have the same name."""

    def name(found: re.Match[str]) -> str:
        label = re.search('aria-label="(.*?)"', found[0])[1]
        names[label] += 1
        again = f"{label} ({names[label]})" if names[label] > 1 else label
        return found[0].replace(f'aria-label="{label}"', f'aria-label="{again}"')

    return re.sub('<div [^>]*role="region"[^>]*>', name, html)


def _check_pictures(html: str) -> None:
    for picture in re.findall(r"<img\b[^>]*>", html):
        if not re.search(r"""\balt=("\s*[^"\s]|'\s*[^'\s])""", picture):
            raise PageError("picture has no alt text: say in a sentence what it shows")


def _cell_name(number: int, outline: prose.Outline) -> str:
    if not outline.headings:
        return f"cell {number}"
    return f"cell {number} (under {outline.headings[-1].text!r})"


def _failed_checks(
    nb: NotebookNode, run: Mapping[str, Any], places: Sequence[str]
) -> list[tuple[str, str]]:
    """Return sentence and place of every check that failed."""
    found = {}
    for cell, place in zip(nb.cells, places, strict=True):
        for output in cell.get("outputs", []):
            for check in output.get("data", {}).get(MIME, {}).get("checks", []):
                found[check["name"]] = place
    failed = [check for check in run.get("checks") or [] if not check["passed"]]
    return [(check["sentence"], found.get(check["name"], "answer")) for check in failed]


def _doubt(failed: int) -> str:
    if failed == 1:
        return _("1 check failed. Read the numbers with this in mind:")
    return _("{n} checks failed. Read the numbers with this in mind:").format(n=failed)


def _local(links: Mapping[str, str] | None) -> list[tuple[str, str]]:
    if links is None:
        links = {
            _("All reports"): "../../../index.html",
            _("The shop's page"): "../../index.html",
            _("The notebook as it ran"): "notebook.ipynb",
            _("The record of the run"): "run.json",
        }
    for label, address in links.items():
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", address):
            raise PageError(f"link {label!r} == {address!r}, must be relative to the page")
    return list(links.items())
