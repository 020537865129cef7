"""The blows: each starts one run or more, strikes at a random point, and waits for what follows."""

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import NamedTuple

import psutil
from chaos_home import Home, wait
from reader import faults

_LOOK_S = 0.1


class Strike(NamedTuple):
    """When to strike.

    Attributes:
        after_s: Seconds after the start, or after the event.
        late: Whether to wait for the event: the page is written, and about to be published.
    """

    after_s: float
    late: bool


class Watched:
    """A command that is watched by a reader all the time that it runs."""

    def __init__(self, home: Home, *arguments: str, **options: float) -> None:
        self.home, self.found = home, list[str]()
        self.process = home.start(*arguments, **options)
        self.pid = self.process.pid
        self.began = time.monotonic()

    def until(self, strike: Strike) -> bool:
        """Return at the moment of the strike whether the command still runs."""
        if strike.late:
            # The moment is short, so nothing else is looked at meanwhile.
            while self.process.is_alive() and not self._is_late():
                time.sleep(0.001)
            time.sleep(strike.after_s)
        else:
            self._look_until(lambda: time.monotonic() - self.began >= strike.after_s)
        return self.process.is_alive()

    def end(self) -> tuple[int | None, list[str]]:
        """Return exit code, None for none, and what the reader has seen go wrong."""
        deadline = time.monotonic() + 120
        self._look_until(lambda: time.monotonic() > deadline)
        return wait(self.process, 1), sorted(set(self.found))

    def kill(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def _is_late(self) -> bool:
        return any((self.home.reports / ".work").glob("*/run.json"))

    def _look_until(self, over: Callable[[], bool]) -> None:
        looked = 0.0
        while self.process.is_alive() and not over():
            if time.monotonic() - looked > _LOOK_S:
                self.found += faults(self.home.reports)
                looked = time.monotonic()
            time.sleep(0.002)


Told = tuple[str, list[str]]


def _command(home: Home, random: Random, *, everything: bool) -> tuple[str, ...]:
    home.change_notebook()  # else there is nothing to run
    kernels = ("--kernels", random.choice(["plain", "plain", "forked"]))
    return ("run", "--all", "--no-mail", *kernels) if everything else (*RUN, *kernels)


RUN = ("run", "--shop", "tiny")


def strike(random: Random, usual_s: float) -> Strike:
    """Draw a moment: anywhere in a run of the usual length, or just when it publishes."""
    late = random.random() < 0.5
    return Strike(random.uniform(0, 0.03 if late else 0.9 * usual_s), late)


def _odd(code: int | None, *allowed: int) -> list[str]:
    return [] if code in allowed else [f"the run ended with {code}"]


def _kill(*, everything: bool) -> Callable[[Home, Random, float], Told]:
    def blow(home: Home, random: Random, usual_s: float) -> Told:
        run = Watched(home, *_command(home, random, everything=everything))
        struck = run.until(strike(random, usual_s))
        run.kill(signal.SIGKILL)
        code, found = run.end()
        return _told(struck, code), found + _odd(code, 0, -signal.SIGKILL)

    return blow


def _told(struck: bool, code: int | None) -> str:
    return f"{'struck' if struck else 'was over'}, exit {code}"


def _end(*, everything: bool) -> Callable[[Home, Random, float], Told]:
    """Tell the command to end; of everything also all that it has started, as systemd does."""

    def blow(home: Home, random: Random, usual_s: float) -> Told:
        number = random.choice([signal.SIGTERM, signal.SIGTERM, signal.SIGINT])
        all_of_it = everything and random.random() < 0.5
        summary = home.reports / "summary.json"
        summary.unlink(missing_ok=True)
        run = Watched(home, *_command(home, random, everything=everything))
        struck = run.until(strike(random, usual_s))
        others = [each for each in home.processes() if each.pid != run.pid] if all_of_it else []
        run.kill(number)
        for process in others:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        code, found = run.end()
        found += _odd(code, 0, 128 + number, -number)
        if everything and code != -number:  # else it could not hear yet
            told = json.loads(summary.read_text("utf-8"))["exit_code"]
            found += [] if told == code else [f"exit {code}, and {told} in the summary"]
        return f"{_told(struck, code)}{', all of it' if all_of_it else ''}", found

    return blow


def kill_kernel(home: Home, random: Random, usual_s: float) -> Told:
    """Kill the kernel, or what it is forked from."""
    everything = random.random() < 0.5
    run = Watched(home, *_command(home, random, everything=everything))
    run.until(Strike(random.uniform(0, usual_s), late=False))
    alive = [process for process in home.processes() if process.pid != run.pid]
    deadline = time.monotonic() + usual_s
    while not alive and run.process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
        alive = [process for process in home.processes() if process.pid != run.pid]
    for process in random.sample(alive, min(1, len(alive))):
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    code, found = run.end()
    # Everything that is due is tried once more.
    return _told(bool(alive), code), found + _odd(code, *((0,) if everything else (0, 5)))


def fill_disk(home: Home, random: Random, usual_s: float) -> Told:
    """Leave too little room on the disk, or allow files of too little size, for the whole run."""
    everything, room = random.random() < 0.5, random.choice([0, 4, 20, 60, 120]) << 10
    if not home.mounted:
        run = Watched(home, *_command(home, random, everything=everything), limit=max(1, room))
        code, found = run.end()
        return f"files up to {room >> 10} KiB, exit {code}", found + _odd(code, 0, 7, 11)
    with home.disk_with(room):
        run = Watched(home, *_command(home, random, everything=everything))
        code, found = run.end()
    return f"{room >> 10} KiB left, exit {code}", found + _odd(code, 0, 7, 11)


def data_vanish(home: Home, random: Random, usual_s: float) -> Told:
    """Take the data away under the run."""
    data, away = home.folder / "data" / "tiny", home.folder / "data-away"
    run = Watched(home, *_command(home, random, everything=random.random() < 0.5))
    run.until(strike(random, usual_s)._replace(late=False))
    data.rename(away)
    code, found = run.end()
    away.rename(data)
    return f"exit {code}", found + _odd(code, 0, 1, 3, 11)


def data_change(home: Home, random: Random, usual_s: float) -> Told:
    """Import other data under the run."""
    home.change_source(random)
    run = Watched(home, *_command(home, random, everything=random.random() < 0.5))
    run.until(Strike(random.uniform(0, 0.7 * usual_s), late=False))
    imported = wait(home.start("import", "--shop", "tiny"))
    code, found = run.end()
    found += [] if imported == 0 else [f"the import ended with {imported}"]
    return f"exit {code}", found + _odd(code, 0)


def two_at_once(home: Home, random: Random, usual_s: float) -> Told:
    """Run the same twice, and kill the first of them every other time."""
    first = Watched(home, *_command(home, random, everything=random.random() < 0.5))
    first.until(strike(random, usual_s)._replace(late=False))
    second = Watched(home, *RUN, "--kernels", "plain")
    if random.random() < 0.5:
        first.kill(signal.SIGKILL)
    results = [first.end(), second.end()]
    codes = [code for code, _found in results]
    found = [sentence for _code, sentences in results for sentence in sentences]
    allowed = {0, 75, -signal.SIGKILL}
    found += [] if set(codes) <= allowed else [f"the two ended with {codes}"]
    return f"exits {codes}", found


def move_clock(home: Home, random: Random, usual_s: float) -> Told:
    """Run under a clock that goes wrong by seconds, hours or weeks."""
    shift_s = random.choice([-1, 1]) * random.choice([30, 5 * 3600, 86400 * 40])
    command = _command(home, random, everything=random.random() < 0.5)
    code, found = Watched(home, *command, shift_s=shift_s).end()
    found += _odd(code, 0)
    return f"by {shift_s} s, exit {code}", found


BLOWS: dict[str, Callable[[Home, Random, float], Told]] = {
    "kill the runner": _kill(everything=False),
    "kill the scheduler": _kill(everything=True),
    "kill the kernel": kill_kernel,
    "fill the disk": fill_disk,
    "move the clock": move_clock,
    "change the data": data_change,
    "run two at once": two_at_once,
    "end the runner": _end(everything=False),
    "take the data away": data_vanish,
    "end the scheduler": _end(everything=True),
}
