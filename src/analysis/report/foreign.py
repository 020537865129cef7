"""HTML that our own helpers did not make, such as a DataFrame that ends a cell, made to fit."""

import re

import bs4

from analysis.language import _

_DROPPED = (
    *("script", "style", "link", "meta", "base", "title", "template", "noscript", "dialog"),
    *("iframe", "frame", "object", "embed", "applet", "svg", "math", "canvas", "video", "audio"),
    *("form", "input", "button", "select", "textarea"),
)
_KEPT = ("alt", "colspan", "height", "rowspan", "src", "width")
_UNSEEN = bs4.element.PreformattedString  # comments, declarations and their like
_NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?[\d.,]+(e[-+]?\d+)?%?|NaN|NaT|None|<NA>")


def to_html(html: str) -> str:
    """Return the HTML without scripts, looks, links and requests, its tables with real headers.

    Analysts end cells with a DataFrame. Refusing that page after minutes of work would teach them
    to avoid the runner; `show.table` is still the better table, since it has a caption.
    """
    soup = bs4.BeautifulSoup(html, "html.parser")
    for tag in soup.find_all(_DROPPED):
        tag.decompose()
    for comment in soup.find_all(string=lambda text: isinstance(text, _UNSEEN)):
        comment.extract()
    for tag in soup.find_all(True):
        _clean(tag)
    for table in soup.find_all("table"):
        _label(table)
        table.wrap(soup.new_tag("div", attrs=_box()))
    return str(soup)


def _clean(tag: bs4.Tag) -> None:
    tag.attrs = {name: value for name, value in tag.attrs.items() if name in _KEPT}
    if tag.name == "a":
        tag.unwrap()
    elif re.fullmatch("h[1-6]", tag.name):
        tag.name = "p"
    elif tag.name == "img" and not re.match(r"data:image/(png|jpeg);", tag.get("src", "")):
        tag.decompose()


def _label(table: bs4.Tag) -> None:
    for header in table.find_all("th"):
        inside_head = header.find_parent("thead") is not None
        if header.get_text(strip=True):
            header["scope"] = "col" if inside_head else "row"
        else:
            header.name = "td"
    rows = [row.find_all(["th", "td"]) for row in table.find_all("tr")]
    if len({len(row) for row in rows}) == 1:
        for column in zip(*rows, strict=True):
            _align(column)


def _align(column: tuple[bs4.Tag, ...]) -> None:
    inside = [cell for cell in column if cell.name == "td" and cell.get_text(strip=True)]
    if inside and all(_NUMBER.fullmatch(cell.get_text(strip=True)) for cell in inside):
        for cell in column:
            cell["class"] = "number"


def _box() -> dict[str, str]:
    return {
        "class": "table raw",
        "role": "region",
        "aria-label": _("Table"),
        "tabindex": "0",
    }
