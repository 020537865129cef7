"""What came of a run of everything that was due: a verdict, a table, and a file for programs."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from analysis.report.outcome import Outcome
from analysis.report.run import Result
from analysis.schedule.due import Due
from analysis.schedule.imports import Imported
from analysis.schedule.verdict import Verdict
from analysis.whole_files import write_whole


class Attempt(NamedTuple):
    """How a report came out in the end.

    Attributes:
        result: Of the last attempt.
        attempts: How often it was started.
    """

    result: Result
    attempts: int = 1

    @property
    def good(self) -> bool:
        """Whether it is complete."""
        return self.result.outcome is Outcome.ok

    @property
    def failed(self) -> bool:
        """Whether it is neither complete nor being run by another command."""
        return self.result.outcome not in (Outcome.ok, Outcome.busy)


class Summary(NamedTuple):
    """What came of a run of everything that was due.

    Attributes:
        started: When it began.
        finished: When it was over.
        since: The first day to catch up on, or None.
        due: What each shop's schedule asked for.
        attempts: The reports that were run or could not be; when someone or the time limit ended
            everything, those of later rounds are missing, and due again the next time. So are
            shops that were not even planned in `due`.
        out_of_time: Whether the time allowed for everything ran out.
        told_to_end: What a signal made of the command, or None.
        mail_errors: What kept mails from being sent.
        mails: How many mails were sent.
    """

    started: datetime
    finished: datetime
    since: date | None
    due: tuple[Due, ...]
    attempts: tuple[Attempt, ...]
    out_of_time: bool
    told_to_end: Outcome | None = None
    mail_errors: tuple[str, ...] = ()
    mails: int = 0

    @property
    def refused(self) -> list[Due]:
        """The shops whose reports could not even be planned."""
        return [due for due in self.due if due.refused]

    @property
    def verdict(self) -> Verdict:
        """What a scheduler has to know."""
        outcomes = {attempt.result.outcome for attempt in self.attempts}
        if self.told_to_end:
            return Verdict[self.told_to_end.name]
        if self.out_of_time:
            return Verdict.out_of_time
        if self.refused or any(attempt.failed for attempt in self.attempts):
            return Verdict.some_failed if Outcome.ok in outcomes else Verdict.all_failed
        if Outcome.busy in outcomes:
            return Verdict.busy
        if self.mail_errors:
            return Verdict.mail_failed
        return Verdict.complete if self.attempts else Verdict.nothing_due


def lines(summary: Summary) -> Iterator[str]:
    """Yield the summary as a person reads it: what was imported, then one line a report."""
    for due in summary.due:
        yield from _imports(due)
    for attempt in summary.attempts:
        result = attempt.result
        again = f" (attempt {attempt.attempts})" if attempt.attempts > 1 else ""
        name = f"{result.plan.shop} {result.plan.report}, {result.plan.as_of or 'no day'}{again}"
        yield f"{result.outcome.name:<14} {result.seconds:6.1f} s  {name}  {_where(result)}"
    for due in summary.refused:
        outcome, message = due.refused
        first, *more = message.splitlines()
        yield f"{outcome.name:<14}           {due.shop}  {first}"
        yield from (f"{'':<25}  {line}" for line in more)
    for due in summary.due:
        if due.skipped:
            yield f"{'skipped':<14}           {due.shop}  {due.skipped}"
        elif due.done:
            yield f"{'done before':<14}           {due.shop}  {due.done} reports"
    for error in summary.mail_errors:
        yield f"{'mail':<14}           {error}"
    good = sum(attempt.good for attempt in summary.attempts)
    counts = f" {good} of {len(summary.attempts)} reports are complete." if summary.attempts else ""
    yield f"{summary.verdict.sentence}{counts}"


def _imports(due: Due) -> Iterator[str]:
    if due.imported is None:
        return
    for balance in due.imported.balances:
        yield f"{'imported':<14} {due.imported.seconds:6.1f} s  {due.shop}  {balance}"
    for file in due.imported.waiting:
        yield f"{'waits':<14}           {due.shop}  {file} is being written: the next run reads it"


def _where(result: Result) -> str:
    return f"{result.page}" if result.outcome is Outcome.ok else result.message


def as_record(summary: Summary, *, reports: Path) -> dict[str, Any]:
    """Return the summary as JSON can hold it; pages are named relative to the folder of reports."""
    return {
        "started_at": _moment(summary.started),
        "finished_at": _moment(summary.finished),
        "since": f"{summary.since}" if summary.since else None,
        "verdict": summary.verdict.name,
        "exit_code": summary.verdict.exit_code,
        "reports": [_report(attempt, reports) for attempt in summary.attempts],
        "shops": [_shop(due) for due in summary.due],
        "mails": summary.mails,
        "mail_errors": list(summary.mail_errors),
    }


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _report(attempt: Attempt, reports: Path) -> dict[str, Any]:
    result = attempt.result
    return {
        "shop": result.plan.shop,
        "report": result.plan.report,
        "as_of": f"{result.plan.as_of}" if result.plan.as_of else None,
        "outcome": result.outcome.name,
        "exit_code": result.outcome.exit_code,
        "message": result.message,
        "where": result.where,
        "seconds": result.seconds,
        "attempts": attempt.attempts,
        "page": result.page.relative_to(reports).as_posix() if result.page else None,
    }


def _shop(due: Due) -> dict[str, Any]:
    outcome, message = due.refused or (None, "")
    imported = due.imported or Imported(due.shop)
    return {
        "shop": due.shop,
        "imported": list(imported.files),
        "waiting": list(imported.waiting),
        "done_before": due.done,
        "skipped": due.skipped,
        "refused": outcome.name if outcome else "",
        "message": message,
    }


def write(file: Path, record: dict[str, Any]) -> None:
    """Write a record in one step."""
    write_whole(file, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
