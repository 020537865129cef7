"""Markdown as the prose of a page: headings in order, formulas drawn, links that stay inside."""

import re
from html import escape, unescape
from typing import Any, NamedTuple

from mistune import import_plugin
from nbconvert.filters.markdown_mistune import (
    IPythonRenderer,
    MarkdownWithMath,
    MathBlockParser,
    MathInlineParser,
)

from analysis.errors import PageError
from analysis.language import _
from analysis.report.formulas import to_mathml

# As in pandoc, so that "$48 to $50" stays money: no space inside, no digit after the second sign.
_INLINE_FORMULA = r"(?<![$\\\w])\$(?=\S)(?P<math_inline_tex>[^$\n]+?)(?<![\s\\])\$(?![\w$])"
_PLUGINS = ("strikethrough", "table", "url")


class Heading(NamedTuple):
    """A heading of the page.

    Attributes:
        level: 2 to 6.
        anchor: Its id.
        text: Its words without markup.
    """

    level: int
    anchor: str
    text: str


class Outline:
    """Keep the headings of one page in order while its cells are turned into HTML.

    The first level-one heading is the title of the page and is shown apart; later ones count as
    sections, and a level that would be skipped is not.
    """

    def __init__(self, *, reserved: tuple[str, ...] = ()) -> None:
        self.title = ""
        self.headings: list[Heading] = []
        self._anchors = set(reserved)

    def add(self, html: str, level: int) -> Heading | None:
        """Add a heading and return it as it shall stand, or None for the title."""
        text = unescape(re.sub(r"<[^>]+>", "", html)).strip()
        if level == 1 and not self.title:
            self.title = text
            return None
        above = self.headings[-1].level if self.headings else 1
        heading = Heading(min(max(level, 2), above + 1), self._anchor(text), text)
        self.headings.append(heading)
        return heading

    def _anchor(self, text: str) -> str:
        slug = re.sub(r"\W+", "-", text.lower()).strip("-") or "section"
        anchor, count = slug, 1
        while anchor in self._anchors:
            count += 1
            anchor = f"{slug}-{count}"
        self._anchors.add(anchor)
        return anchor


def to_html(source: str, *, outline: Outline, ours: bool = True, attachments: Any = None) -> str:
    """Return Markdown as HTML.

    Args:
        source: Markdown with formulas between dollar signs.
        outline: The headings of the page so far; those of the source are added.
        ours: Whether HTML inside the Markdown is trusted; else it is shown as text.
        attachments: Pictures that the cell carries.

    Raises:
        PageError: A formula cannot be read, or a picture lies outside the notebook.
    """
    renderer = _Renderer(outline, escape=not ours, attachments=attachments)
    plugins = [import_plugin(name) for name in _PLUGINS]
    parser = MarkdownWithMath(renderer, MathBlockParser(), _InlineParser(hard_wrap=False), plugins)
    return parser.render(source)


class _InlineParser(MathInlineParser):
    SPECIFICATION = {  # noqa: RUF012 - the shape that mistune reads
        **MathInlineParser.SPECIFICATION,
        "inline_math_tex": _INLINE_FORMULA,
    }


class _Renderer(IPythonRenderer):
    def __init__(self, outline: Outline, **options: Any) -> None:
        super().__init__(**options)
        self.outline = outline

    def heading(self, text: str, level: int, **_attrs: Any) -> str:
        heading = self.outline.add(text, level)
        if heading is None:
            return ""
        return f'<h{heading.level} id="{escape(heading.anchor)}">{text}</h{heading.level}>\n'

    def inline_math(self, body: str) -> str:
        return to_mathml(body)

    def block_math(self, body: str) -> str:
        name = escape(_("Formula"))
        mathml = to_mathml(body, block=True)
        return f'<div class="formula" role="region" aria-label="{name}" tabindex="0">{mathml}</div>'

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def paragraph(self, text: str) -> str:
        # A formula on a line of its own is no paragraph.
        return text + "\n" if text.startswith('<div class="formula"') else f"<p>{text}</p>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        # A page opens nothing from elsewhere: an address of a paper is there to be read.
        if re.match(r"(?i)[a-z][a-z0-9+.-]*:|//", url):
            return text if url in unescape(text) else f"{text} ({escape(url)})"
        return super().link(text, url, title)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        source = self._embed_image_or_attachment(url)
        if not source.startswith("data:image/"):
            raise PageError(f"picture {url!r} lies outside the notebook: attach it to the cell")
        about = f"<figcaption>{escape(title)}</figcaption>" if title else ""
        return f'<img src="{escape(source)}" alt="{escape(unescape(text))}">{about}'

    def table(self, text: str) -> str:
        name = escape(_("Table"))
        box = f'<div class="table" role="region" aria-label="{name}" tabindex="0">'
        return f"{box}<table>{text}</table></div>\n"

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        number = ' class="number"' if align == "right" else ""
        if head and text.strip():
            return f'<th scope="col"{number}>{text}</th>'
        return f"<td{number}>{text}</td>"

    def block_code(self, code: str, info: str | None = None) -> str:  # noqa: ARG002
        return f"<pre><code>{escape(code)}</code></pre>\n"
