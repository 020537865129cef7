"""The log of a command, passed on as it comes, its end kept for whoever has to mend things."""

import io
from collections import deque
from typing import TextIO

_KEPT_LINES = 200


class Log(io.TextIOBase):
    """A stream that passes on what is written and keeps the last lines.

    It is no terminal, so that a schedule's log has lines and no moving figures.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._open = ""

    def write(self, text: str) -> int:
        """Pass text on and keep its lines."""
        *whole, self._open = (self._open + text).split("\n")
        self._lines.extend(whole)
        return self._stream.write(text)

    def flush(self) -> None:
        """Pass on what the stream holds back."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Return that this is no terminal."""
        return False

    def end(self, count: int) -> list[str]:
        """Return the last lines."""
        return list(self._lines)[-count:]
