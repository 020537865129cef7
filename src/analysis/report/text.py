"""Text that came from data, made safe to stand among ours: nothing in it acts, turns or hides.

Whatever a shop calls its products, on a page it is text. Besides markup, two things would still
act: invisible characters that turn the direction of writing for all that follows, which are taken
out, and words written from right to left, which move digits and brackets beside them and therefore
stand apart in a `bdi` element.
"""

import re
from html import escape

from markupsafe import Markup

from analysis.names import UNSEEN

_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff"
# From the first to the last letter of such words, with what stands between them but other letters.
_RUN = re.compile(f"([{_RIGHT_TO_LEFT}](?:[^A-Za-z\u3040-\u9fff]*[{_RIGHT_TO_LEFT}])?)")


# Longer than any word, name or checksum of ours: nothing to read, and no screen is so wide.
_ENDLESS = re.compile("([!-~]{60})[!-~]{21,}")


def plain(text: object) -> str:
    r"""Return text without characters that are not seen but act, and without words that never end.

    >>> plain("ab\u202ecd\x00"), len(plain("x" * 10_000))
    ('abcd', 61)
    """
    return _ENDLESS.sub("\\1\N{HORIZONTAL ELLIPSIS}", UNSEEN.sub("", str(text)))


def in_attribute(text: object) -> Markup:
    """Return text as it may stand in an attribute or a title, where no element can."""
    return Markup(escape(plain(text)))  # noqa: S704 - escaped just now


def to_html(text: object) -> Markup:
    r"""Return text as HTML, words from right to left apart from what surrounds them.

    >>> to_html("3 <b>")
    Markup('3 &lt;b&gt;')
    >>> to_html("\u05d0\u05d1 3 pieces").startswith("<bdi>")
    True
    """
    parts = _RUN.split(plain(text))
    html = "".join(
        f"<bdi>{escape(part)}</bdi>" if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )
    return Markup(html)  # noqa: S704 - every part is escaped


def finalize(value: object) -> object:
    """Treat what a template prints as text from data, unless it is HTML of ours."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = plain(value)
    return to_html(text) if _RUN.search(text) else text  # which the template escapes
