"""Running everything that is due, one shop's failure never stopping the others."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from itertools import takewhile, zip_longest
from pathlib import Path

from analysis.errors import ParameterError
from analysis.report import private, publish
from analysis.report.batch import Deadline, run_all
from analysis.report.forks import ForkServer, fork_server, kernels_wanted
from analysis.report.lock import hold
from analysis.report.outcome import Outcome
from analysis.report.plan import Plan
from analysis.report.progress import Progress
from analysis.report.run import Limits, Result
from analysis.report.stopping import Stop
from analysis.schedule.due import Due, import_and_find_due, plan_missed
from analysis.schedule.summary import Attempt, Summary
from analysis.shop import list_shops, no_shops


def run_everything(
    *,
    reports: Path,
    limits: Limits,
    jobs: int,
    progress: Progress,
    since: date | None = None,
    time_limit_s: float = 0,
    now: datetime | None = None,
    fresh: bool = False,
    stop: Stop | None = None,
) -> Summary:
    """Import what is new, and run what is due, for every shop that has data.

    All shops are held to one moment, the start: `yesterday` is the day before it in each shop's
    time zone, however long the reports take. Days that were missed come before later ones. A report
    whose kernel died is run once more, alone; nothing else is.

    Args:
        reports: Folder of the published pages.
        limits: Of each report.
        jobs: How many reports to run side by side.
        progress: Who is told how it goes.
        since: The first day to catch up on, or None.
        time_limit_s: Seconds for everything, 0 for any.
        now: The moment, the current one where not given.
        fresh: Whether the last day's reports are run although they are done.
        stop: Whether this process was told to end: what runs then is ended, no more is begun, and
            the summary says so. None where nobody can tell it.

    Raises:
        BusyError: Another process does the same.
        ParameterError: There is no shop with data, or `since` lies in the future.
    """
    started, stop = now or datetime.now(UTC), stop or Stop()
    _check_since(since, started)
    lock = publish.lock_file(reports, "every shop", "all")
    with hold(lock, run_id="crm run --all", since=f"{started:%Y-%m-%dT%H:%M:%SZ}"):
        batch = _Batch(reports, limits, jobs, progress, time_limit_s, stop)
        due = tuple(
            import_and_find_due(name, reports=reports, now=started, since=since, fresh=fresh)
            for name in takewhile(lambda _: not stop.outcome, list_shops())
        )
        if not stop.outcome:
            _check_shops(due)
        attempts = _attempts(batch, due, stop)
    if not stop.outcome and not any(attempt.result.page for attempt in attempts):
        _tidy(reports)
    finished = datetime.now(UTC)
    return Summary(
        started,
        finished,
        since,
        due,
        tuple(attempts),
        out_of_time=batch.out_of_time,
        told_to_end=stop.outcome,
    )


def _attempts(batch: "_Batch", due: Sequence[Due], stop: Stop) -> list[Attempt]:
    attempts: list[Attempt] = []
    with ExitStack() as stack:
        for plans in _rounds(due):
            if batch.out_of_time or stop.outcome:
                break
            if plans and not batch.forks:
                batch.forks = stack.enter_context(fork_server(kernels_wanted()))
            attempts += batch.run(plans)
    return attempts


def _tidy(reports: Path) -> None:
    """Put right what an earlier command that was killed left half-way: here, no run does it."""
    private.sweep()
    try:
        publish.tidy(reports)
    except OSError as error:
        logging.getLogger(__name__).warning("The index could not be rebuilt: %s.", error)


def _check_since(since: date | None, started: datetime) -> None:
    if since and since > started.date():
        raise ParameterError(f"--since {since}: must not lie in the future.")


def _check_shops(due: Sequence[Due]) -> None:
    if not due:
        raise ParameterError(no_shops())
    if all(shop.skipped for shop in due):
        reasons = "; ".join(f"{shop.shop}: {shop.skipped}" for shop in due)
        raise ParameterError(f"No shop can be run. {reasons}.")


def _rounds(due: Sequence[Due]) -> Iterator[list[Plan]]:
    """Yield what can run side by side: of each shop one day, earlier days in earlier rounds."""
    for days in zip_longest(*map(_days, due), fillvalue=()):
        yield [plan for plans in days for plan in plans]


def _days(due: Due) -> Iterator[Sequence[Plan]]:
    for day, waiting in due.missed:
        yield plan_missed(due.shop, day, waiting)
    yield due.last


class _Batch:
    """Run rounds of reports, each until all are done, someone ends it, or the time is up."""

    def __init__(
        self,
        reports: Path,
        limits: Limits,
        jobs: int,
        progress: Progress,
        time_limit_s: float,
        stop: Stop,
    ) -> None:
        self._reports = reports
        self._limits = limits
        self._jobs = jobs
        self._progress = progress
        self._deadline: Deadline | None = None
        self._stop = stop
        self.out_of_time = False
        self.forks: ForkServer | None = None
        if time_limit_s:
            message = f"Running everything took longer than the {time_limit_s:g} s allowed."
            self._deadline = Deadline(time.monotonic() + time_limit_s, message)

    def run(self, plans: Sequence[Plan]) -> list[Attempt]:
        """Run reports, and those whose kernel died once more."""
        results = self._run(plans, jobs=self._jobs)
        dead = [result.plan for result in results if result.outcome is Outcome.kernel_died]
        died = [] if self.out_of_time or self._stop.outcome else dead
        # Alone, as two side by side may have been too much for the memory.
        again = {id(result.plan): result for result in self._run(died, jobs=1)}
        return [
            Attempt(again[id(result.plan)], 2) if id(result.plan) in again else Attempt(result)
            for result in results
        ]

    def _run(self, plans: Sequence[Plan], *, jobs: int) -> list[Result]:
        if not plans:
            return []
        results = run_all(
            plans,
            reports=self._reports,
            limits=self._limits,
            jobs=min(jobs, len(plans)),
            progress=self._progress,
            deadline=self._deadline,
            forks=self.forks,
            stop=self._stop,
        )
        if self._deadline is not None:
            self.out_of_time |= any(result.message == self._deadline.message for result in results)
        return results
