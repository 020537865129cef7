"""Signs that Japanese keyboards write wider than ASCII has them, and blanks that nobody sees."""

_WIDE = "".join(chr(0xFEE0 + ord(sign)) for sign in "0123456789,.-+()/:") + "\u3000"
_NARROW = "0123456789,.-+()/: "
_UNSEEN = "\u200b\u2060\ufeff"


def is_wide(text: str) -> bool:
    """Tell whether a text has such signs.

    >>> is_wide("12"), is_wide(chr(0xFF11))
    (False, True)
    """
    return any(sign in text for sign in _WIDE + _UNSEEN)


def narrowed(expression: str) -> str:
    """Return an SQL expression of a text as the expression of it in ASCII's signs."""
    return f"translate({expression}, '{_WIDE}{_UNSEEN}', '{_NARROW}')"
