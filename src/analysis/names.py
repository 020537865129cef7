"""What a shop calls its products, sources and campaigns, fit to be read among other things.

A name comes from data, so it may be anything: ten thousand characters, characters that nobody sees
and that turn the direction of all that follows, the address of a customer in a coupon code.
"""

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

LONGEST = 60
# Columns of reductions that hold names.
COLUMNS = ("product_name", "category", "source", "region", "coupon_code", "offer")

# Controls, marks and overrides of direction, and what separates lines or hides. The word joiner,
# which number formats use, stays.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\d-])\+?\d{1,4}-\d{1,4}-\d{3,4}(?![\d-])")
_HIDDEN = "\N{HORIZONTAL ELLIPSIS}"


def shown_name(name: str) -> str:
    r"""Return a name as it may be shown; nearly all names come back as they are.

    One that had to be changed ends in a mark of its own, so that two of them stay two: their
    beginnings may be alike.

    >>> shown_name("Green tea, 100 g")
    'Green tea, 100 g'
    >>> shown_name("taro@example.org"), len(shown_name("A" * 10_000))
    ('… #a40a4d', 60)
    """
    text = _ADDRESS.sub(_HIDDEN, UNSEEN.sub("", re.sub(r"[\t\n\r]", " ", name)))
    if text == name and len(name) <= LONGEST:
        return name
    mark = f" #{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:6]}"
    room = LONGEST - len(mark)
    if len(text) > room:
        text = f"{text[: room - 1].rstrip()}{_HIDDEN}"
    return f"{text}{mark}"


def with_shown_names(frame: "DataFrame") -> "DataFrame":
    """Return a reduction's rows with names as they may be shown."""
    for column in COLUMNS:
        if column not in frame:
            continue
        shown = {
            name: text
            for name in frame[column].unique()
            if isinstance(name, str) and (text := shown_name(name)) != name
        }
        if shown:
            frame = frame.assign(**{column: frame[column].replace(shown)})
    return frame
