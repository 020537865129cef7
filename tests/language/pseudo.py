"""A language that nobody speaks: every message of the catalogs in letters that no data is in.

Whatever stands on a page of this language in plain Latin letters did not pass through the catalog.
"""

import re
from pathlib import Path

import bs4
from extraction import as_text, template

LANGUAGE = "xx"
# Names, formulas, code and tags are no words.
_KEPT = re.compile(r"(\{[^}]*\}|\$[^$\n]+\$|`[^`]+`|<[^>]+>|\]\([^)]*\)|&\w+;)")
_WIDE = {ord(c): ord(c) - 0x21 + 0xFF01 for c in map(chr, range(0x21, 0x7F)) if c.isalpha()}


def wide(text: str) -> str:
    """Return a text with its letters full-width, what is no word left alone."""
    parts = _KEPT.split(text)
    parts[::2] = [part.translate(_WIDE) for part in parts[::2]]
    return "".join(parts)


def write_catalog(home: Path) -> None:
    """Write the catalog of the language into the folder `locale` of a home."""
    catalog = template()
    catalog.locale = None
    for message in catalog:
        if message.id:
            message.string = wide(message.id)
    file = home / "locale" / LANGUAGE / "LC_MESSAGES" / "analysis.po"
    file.parent.mkdir(parents=True)
    file.write_text(as_text(catalog), encoding="utf-8")


def plain_words(html: str) -> set[str]:
    """Return the runs of Latin words that a reader of the page sees, hears or prints."""
    page = bs4.BeautifulSoup(html, "html.parser")
    # Versions, fingerprints and their like are what they are; so is code.
    for tag in page.find_all(["style", "script", "code", "pre", "math", "dd"]):
        tag.decompose()
    texts = [*page.find_all(string=True)]
    for tag in page.find_all(True):
        texts += [tag[name] for name in ("alt", "aria-label", "title") if tag.get(name)]
    return {
        found
        for text in texts
        if not isinstance(text, bs4.element.PreformattedString)
        for found in re.findall(r"[A-Za-z][A-Za-z0-9_'.@/-]*(?: [A-Za-z][\w'.-]*)*", text)
    }
