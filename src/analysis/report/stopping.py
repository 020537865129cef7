"""Being told to end: heard at once, acted upon where nothing is left half-way.

A scheduler, or the system as it goes down, tells a command to end by SIGTERM, a person by SIGINT,
a terminal that is closed by SIGHUP. Whoever works meanwhile asks whether that happened, or is
called as soon as it does.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from analysis.report.outcome import Outcome

_OUTCOMES = {
    signal.SIGINT: Outcome.interrupted,
    signal.SIGTERM: Outcome.terminated,
    signal.SIGHUP: Outcome.terminated,
}


class Stop:
    """Whether this process was told to end; the first time counts.

    Attributes:
        outcome: What that makes of a run, or None as long as nobody said so.
        message: Who said so, in one sentence, or empty.
    """

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.message = ""
        self._listeners: list[Callable[[], object]] = []

    def tell(self, number: int) -> None:
        """Take a signal in; as a handler, in the main thread, between any two steps of it."""
        if self.outcome is None:
            self.message = f"The run was ended by {signal.Signals(number).name}."
            self.outcome = _OUTCOMES[signal.Signals(number)]
        for listener in self._listeners:
            listener()

    @contextmanager
    def telling(self, listener: Callable[[], object]) -> Iterator[None]:
        """Call `listener` at each signal in the block, and at once if one has come already."""
        self._listeners.append(listener)
        try:
            if self.outcome is not None:
                listener()
            yield
        finally:
            self._listeners.remove(listener)


@contextmanager
def hear_signals() -> Iterator[Stop]:
    """Hear SIGINT, SIGTERM and SIGHUP from here to the end of the block, instead of dying of them.

    Only the main thread may ask for it.
    """
    stop, before = Stop(), {}
    for number in _OUTCOMES:
        # A signal that was ignored from the start, as under nohup, stays ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, lambda number, _: stop.tell(number))
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def unwinding() -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP end a block by an exception: it clears away what it made.

    Only the main thread may ask for it.

    Raises:
        SystemExit: One of them came.
    """
    told: list[int] = []

    def end(number: int, _: object) -> None:
        told.append(number)
        raise SystemExit(128 + number)

    before = {
        number: signal.signal(number, end)
        for number in _OUTCOMES
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    except Exception:
        # The engine, called back in the midst of a query, makes an error of its own of it.
        if told:
            raise SystemExit(128 + told[0]) from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
