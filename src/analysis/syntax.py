"""Python read as syntax, by one thread at a time."""

import ast
import threading

# While it makes a tree, Python 3.11 counts its depth in one place for all threads, and raises a
# SystemError where two of them do it at once. A finalizer may parse within: hence reentrant.
_ONE_AT_A_TIME = threading.RLock()


def parse(source: str) -> ast.Module:
    """Return the syntax tree of a source, as `ast.parse` does, whatever other threads parse.

    Raises:
        SyntaxError: It is no Python.

    >>> parse("weeks = 4").body[0].value.value
    4
    """
    with _ONE_AT_A_TIME:
        return ast.parse(source)
