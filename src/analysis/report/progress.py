"""What a person or a log sees while reports run."""

import sys
import time
from datetime import datetime
from typing import NamedTuple, TextIO

from analysis.report.execute import CellStart
from analysis.report.outcome import Outcome
from analysis.report.plan import Plan
from analysis.report.run import Result

_HEADING_LENGTH = 40


class _Line(NamedTuple):
    began: float
    name: str
    cell: CellStart | None = None


class Progress:
    """Tell on standard error how reports get on: one changing line each, or log lines.

    Attributes:
        live: Whether lines change in place, which only a terminal can show.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self.live = self._stream.isatty()
        self._lines: dict[int, _Line] = {}
        self._shown = 0

    def start(self, number: int, plan: Plan) -> None:
        """Tell that a report starts."""
        self._lines[number] = _Line(time.monotonic(), f"{plan.shop} {plan.report}")
        self._log(f"{plan.shop} {plan.report} started, as of {plan.as_of}")

    def cell(self, number: int, cell: CellStart) -> None:
        """Tell which cell a report has come to."""
        self._lines[number] = self._lines[number]._replace(cell=cell)
        self.refresh()

    def finish(self, number: int, result: Result) -> None:
        """Tell how a report came out."""
        self._lines.pop(number, None)
        text = f"{result.plan.shop} {result.plan.report} {tell(result)}"
        if self.live:
            self._draw([text])
        self._log(text)

    def refresh(self) -> None:
        """Show how long the reports have been running."""
        if self.live:
            self._draw([])

    def _log(self, text: str) -> None:
        if not self.live:
            now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
            print(f"{now} {text}", file=self._stream, flush=True)

    def _draw(self, done: list[str]) -> None:
        """Replace the changing lines by `done`, which stay, and the lines as they are now."""
        running = [_running(line) for line in self._lines.values()]
        up = f"\x1b[{self._shown}A" if self._shown else ""
        # Without line wrap (?7) a long line stays one line, so that going up finds the first.
        text = "".join(f"\x1b[K{line}\n" for line in [*done, *running])
        self._stream.write(f"\r{up}\x1b[J\x1b[?7l{text}\x1b[?7h")
        self._stream.flush()
        self._shown = len(running)


def _running(line: _Line) -> str:
    seconds = f"{time.monotonic() - line.began:.1f} s"
    if line.cell is None:
        return f"{line.name}  starting  {seconds}"
    heading = line.cell.heading[:_HEADING_LENGTH]
    return f"{line.name}  cell {line.cell.number}/{line.cell.total}  {heading}  {seconds}"


def tell(result: Result) -> str:
    """Say in one line how a report came out.

    The sentence of a failure says where it happened, as far as that is known.
    """
    if result.outcome is Outcome.ok:
        return f"finished: ok, {result.seconds:.1f} s"
    where = f" under '{result.where}'" if result.where else ""
    verb = "not run" if result.page is None else "failed"
    return f"{verb}: {result.outcome.name}{where}, {result.seconds:.1f} s: {result.message}"
