"""CPU seconds of two ways to do the same, in turns, so that a busy machine is unfair to both."""

import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil


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


class CommandCost(NamedTuple):
    """What a command and all that it started took."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


def command_cost(command: Sequence[str], **options: Any) -> CommandCost:
    """Run a command and watch what it and its descendants hold together, ten times a second."""
    peak, over = 0, threading.Event()
    root = psutil.Process()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.1):
            peak = max(peak, sum(_resident(child) for child in root.children(recursive=True)))

    watcher = threading.Thread(target=watch)
    began = time.perf_counter()
    watcher.start()
    try:
        cpu_seconds = command_cpu_seconds(command, **options)
    finally:
        over.set()
        watcher.join()
    return CommandCost(cpu_seconds, time.perf_counter() - began, peak)


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def peak_bytes() -> int:
    """Return the most memory that this process has held at once.

    What `getrusage` says begins with the peak of whoever started the process, so Linux is asked.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (kilobytes,) = (
        line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")
    )
    return int(kilobytes) * 1024


def forget_peak() -> None:
    """Let `peak_bytes` speak of what this process holds from now on, where Linux lets it."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
