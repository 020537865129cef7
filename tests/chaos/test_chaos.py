"""Reports are never wrong and never half, whatever happens while they are made.

A failure names its seed: CHAOS_SEED=... repeats the blows in their order (not to the microsecond).
"""

import os
import secrets
import time
from collections import Counter
from itertools import cycle, islice
from pathlib import Path
from random import Random

import pytest
from blows import BLOWS, RUN
from chaos_home import Home, chaos_home, gone, wait
from reader import faults, leftovers, run_faults, runs, unsettled

_DUE = ("run", "--all", "--no-mail", "--kernels", "plain")


def _quiet_run(home: Home, random: Random) -> list[str]:
    """Run undisturbed, also where nothing is due; return what is wrong then."""
    request = random.choice([(*RUN, "--kernels", "plain"), _DUE])
    code = wait(home.start(*request))
    found = [] if code == 0 else [f"the next undisturbed run ended with {code}"]
    found += faults(home.reports) + leftovers(home.folder) + unsettled(home.reports)
    return found


def _chaos(random: Random, count: int) -> tuple[list[str], Counter, int]:
    """Return what went wrong, how often each blow ended how, and how many runs were published."""
    wrong, tally, known = list[str](), Counter(), set[Path]()
    with chaos_home(random) as home:
        began = time.monotonic()
        assert wait(home.start(*RUN, "--kernels", "plain")) == 0, _log(home)
        usual_s = time.monotonic() - began
        names = list(BLOWS)
        for number, name in enumerate(islice(cycle(names), count), start=1):
            told, found = BLOWS[name](home, random, usual_s)
            tally[name, told] += 1
            found += gone(home) + faults(home.reports)
            found += [f"afterwards: {each}" for each in _quiet_run(home, random)]
            for run in set(runs(home.reports)) - known:
                known.add(run)
                found += run_faults(run)
            wrong += [f"blow {number}, {name} ({told}): {each}" for each in dict.fromkeys(found)]
            print(f"{number} {name}: {told} {found or ''}", flush=True)
        if wrong:
            print(_log(home))
    return wrong, tally, len(known)


def _log(home: Home) -> str:
    return (home.folder / "crm.log").read_text()[-4000:]


@pytest.mark.parametrize(
    ("count", "_part"),
    [(8, ""), *(pytest.param(50, part, marks=pytest.mark.slow) for part in "abcd")],
)
def test_whatever_happens_pages_are_whole_and_right(count: int, _part: str):
    seed = int(os.environ.get("CHAOS_SEED") or secrets.randbits(32))
    print(f"CHAOS_SEED={seed}")
    wrong, tally, published = _chaos(Random(seed), count)
    for (name, told), times in sorted(tally.items()):
        print(f"{times:4} {name}: {told}")
    print(f"{count} blows, {published} runs published")
    assert not wrong, "\n".join([f"CHAOS_SEED={seed}", *wrong])
