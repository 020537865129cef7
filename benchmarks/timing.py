"""CPU seconds of two ways to do the same, in turns, so that a busy machine is unfair to both."""

import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Comparison(NamedTuple):
    """One row of the table: what was done, by whom, and what it cost in CPU seconds."""

    work: str
    ours: str
    theirs: str
    ours_cpu_seconds: float
    theirs_cpu_seconds: float
    note: str = ""


def compare(
    ours: Callable[[], Any], theirs: Callable[[], Any], *, repeats: int = 3
) -> tuple[float, float, Any, Any]:
    """Run both in turns and return the median CPU seconds of each, and their last results."""
    seconds: tuple[list[float], list[float]] = ([], [])
    results: list[Any] = [None, None]
    for _ in range(repeats):
        for side, work in enumerate((ours, theirs)):
            before = time.process_time()
            results[side] = work()
            seconds[side].append(time.process_time() - before)
    return statistics.median(seconds[0]), statistics.median(seconds[1]), results[0], results[1]


def command_cpu_seconds(command: Sequence[str], **options: Any) -> float:
    """Run a command and return the CPU seconds of it and of all that it waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
