"""Several reports side by side, under the eye of one thread that hears signals and tells progress.

The workers only put events into a queue; the main thread alone prints, ends runs and rebuilds the
index, so none of that needs a lock.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from analysis.report import facts
from analysis.report.forks import ForkServer
from analysis.report.kernel import Watch
from analysis.report.order import longest_first
from analysis.report.outcome import Outcome, worst
from analysis.report.plan import Plan
from analysis.report.progress import Progress
from analysis.report.publish import rebuild_index
from analysis.report.run import Limits, Result, run_report
from analysis.report.stopping import Stop, hear_signals
from analysis.versions import leased

_REDRAW_S = 0.5


class Deadline(NamedTuple):
    """When everything has to be over.

    Attributes:
        at: On the clock of `time.monotonic`.
        message: What ended then, in one sentence.
    """

    at: float
    message: str


# A signal handler may interrupt the main thread inside `get`, which only this queue allows.
_Events = SimpleQueue[tuple[str, int, Any]]


def run_all(
    plans: Sequence[Plan],
    *,
    reports: Path,
    limits: Limits,
    jobs: int,
    progress: Progress,
    deadline: Deadline | None = None,
    forks: ForkServer | None = None,
    stop: Stop | None = None,
) -> list[Result]:
    """Run reports, `jobs` at a time, and return how each came out, in the order of the plans.

    SIGINT, SIGTERM and SIGHUP end the running kernels; what they had done is published as failed,
    and reports that had not started are not run. So it goes at the deadline, too. With `stop`,
    whoever calls hears the signals, also those before and after. With `forks`, kernels are forked.
    """
    events: _Events = SimpleQueue()
    facts.code_state()  # kept from here on: the code that runs is the code as it is now
    with ExitStack() as stack:
        for tables in {plan.tables for plan in plans if plan.tables}:
            # What is read last may be read an hour from now, after any number of imports.
            stack.enter_context(leased(tables))
        heard = stop or stack.enter_context(hear_signals())
        pool = stack.enter_context(ThreadPoolExecutor(jobs, thread_name_prefix="report"))
        stack.enter_context(heard.telling(lambda: events.put(("stop", 0, heard))))
        stack.enter_context(_alarm(deadline, events))
        futures = {
            number: pool.submit(_work, number, plans[number], reports, limits, events, forks)
            for number in longest_first(plans, reports)
        }
        return _Supervisor(plans, futures, events, reports, progress).wait()


def _work(
    number: int,
    plan: Plan,
    reports: Path,
    limits: Limits,
    events: _Events,
    forks: ForkServer | None,
) -> None:
    events.put(("plan", number, plan))
    result = run_report(
        plan,
        reports=reports,
        limits=limits,
        on_cell=lambda cell: events.put(("cell", number, cell)),
        on_start=lambda watch: events.put(("watch", number, watch)),
        forks=forks,
    )
    events.put(("result", number, result))


@contextmanager
def _alarm(deadline: Deadline | None, events: _Events) -> Iterator[None]:
    if deadline is None:
        yield
        return
    left = max(0.0, deadline.at - time.monotonic())
    timer = threading.Timer(left, events.put, (("deadline", 0, deadline.message),))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Supervisor:
    """Take events until every report has come out."""

    def __init__(
        self,
        plans: Sequence[Plan],
        futures: Mapping[int, Future[None]],
        events: _Events,
        reports: Path,
        progress: Progress,
    ) -> None:
        self._plans = plans
        self._futures = futures
        self._events = events
        self._reports = reports
        self._progress = progress
        self._watches: dict[int, Watch] = {}
        self._results: dict[int, Result] = {}
        self._stopped: tuple[Outcome, str] | None = None

    def wait(self) -> list[Result]:
        while len(self._results) < len(self._plans):
            try:
                kind, number, content = self._events.get(
                    timeout=_REDRAW_S if self._progress.live else None
                )
            except Empty:
                self._progress.refresh()
                continue
            getattr(self, f"_on_{kind}")(number, content)
        return [self._results[number] for number in range(len(self._plans))]

    def _on_plan(self, number: int, plan: Plan) -> None:
        self._progress.start(number, plan)

    def _on_cell(self, number: int, cell: Any) -> None:
        self._progress.cell(number, cell)

    def _on_watch(self, number: int, watch: Watch) -> None:
        self._watches[number] = watch
        if self._stopped:
            watch.stop(*self._stopped)

    def _on_result(self, number: int, result: Result) -> None:
        self._watches.pop(number, None)
        self._results[number] = result
        self._progress.finish(number, result)
        if result.page is not None:
            self._results[number] = _index(self._reports, result)

    def _on_stop(self, _number: int, stop: Stop) -> None:
        if stop.outcome:
            self._stop(stop.outcome, stop.message)

    def _on_deadline(self, _number: int, message: str) -> None:
        self._stop(Outcome.timeout, message)

    def _stop(self, outcome: Outcome, message: str) -> None:
        self._stopped = self._stopped or (outcome, message)
        for watch in self._watches.values():
            watch.stop(*self._stopped)
        for waiting, future in self._futures.items():
            if future.cancel():
                outcome, message = self._stopped
                self._results[waiting] = Result(self._plans[waiting], outcome, message)


def _index(reports: Path, result: Result) -> Result:
    """Let the index know of a result; a stale index is a failure of its own."""
    try:
        rebuild_index(reports)
    except Exception as error:
        outcome = Outcome.disk_full if isinstance(error, OSError) else Outcome.page_error
        message = f"{result.message} The index could not be rebuilt: {error}.".strip()
        return result._replace(outcome=worst([result.outcome, outcome]), message=message)
    return result
