"""Files of all conventions: what comes in is true, or a sentence says truly why it does not."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.ingest.world.command import Run, forget, run_import
from tests.ingest.world.draws import draw_world
from tests.ingest.world.judge import Verdict, judge
from tests.ingest.world.world import World, shop_of

ORDINARY = range(300)
SLOW = range(300, 5_300)
LEAST_WHOLE = 0.8


class Tally(NamedTuple):
    """What came of many draws, by convention."""

    outcomes: Counter[str]
    by_convention: dict[tuple[str, str], Counter[str]]
    readable: int
    whole: int

    def __str__(self) -> str:
        total = ", ".join(f"{outcome}: {count}" for outcome, count in sorted(self.outcomes.items()))
        lines = [
            f"{total}; of {self.readable} that a person could read, {self.whole} came in whole"
        ]
        lines += [
            f"  {convention} {value!r}: "
            + ", ".join(f"{outcome} {count}" for outcome, count in sorted(counts.items()))
            for (convention, value), counts in sorted(self.by_convention.items())
        ]
        return "\n".join(lines)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path


def test_three_hundred_worlds(home: Path) -> None:
    _judge_all(ORDINARY, home)


@pytest.mark.slow
def test_five_thousand_worlds(home: Path) -> None:
    _judge_all(SLOW, home)


def _judge_all(seeds: Iterable[int], home: Path) -> None:
    outcomes: Counter[str] = Counter()
    by_convention: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    readable = whole = 0
    wrong = []
    for seed in seeds:
        world = draw_world(seed)
        run = run_import(world, home)
        verdict = judge(world, run)
        outcomes[verdict.outcome] += 1
        for convention in world.labels.items():
            by_convention[convention][verdict.outcome] += 1
        readable += world.readable
        whole += world.readable and verdict.outcome == "whole"
        if verdict.outcome == "WRONG":
            wrong.append(_shown(world, run, verdict, home))
        forget(home)
    tally = Tally(outcomes, by_convention, readable, whole)
    print(f"\n{tally}")  # noqa: T201 - what was counted
    assert not wrong, "\n\n".join(wrong[:20])
    assert whole >= LEAST_WHOLE * readable, tally


def _shown(world: World, run: Run, verdict: Verdict, home: Path) -> str:
    """Keep a failing draw's files for a look, and say what is wrong with it."""
    folder = home / "failed" / str(world.seed)
    world.write(folder)
    (folder / "said.txt").write_text(run.said, encoding="utf-8")
    return f"seed {world.seed}, {folder}: {world.labels}\n{verdict.why}"


def test_a_refusal_leaves_the_former_tables_as_they_were(home: Path) -> None:
    """Tables of an earlier import stay, to the byte, whatever is refused after it."""
    former = home / "former.csv"
    former.write_text("No,Who,When,Sum\n1,a,2024-03-02 10:00:00,5.00\n", encoding="utf-8")
    mapping = {"order_id": "No", "customer_id": "Who", "ordered_at": "When", "amount_plus": "Sum"}
    refused = [world for world in map(draw_world, range(400)) if world.must][:8]
    assert len(refused) == 8
    for world in refused:
        first = world._replace(
            shop=shop_of(world.shop["currency"], mapping),
            files={"former.csv": former.read_bytes()},
        )
        assert run_import(first, home).exit_code == 0
        before = _digests(home)
        run = run_import(world, home)
        assert run.exit_code in (2, 3, 12), run.said
        assert _digests(home) == before
        forget(home)


def _digests(home: Path) -> dict[str, str]:
    current = home / "data" / "drawn" / "current"
    return {
        str(file.relative_to(current)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(current.rglob("*"))
        if file.is_file()
    }
