"""The cycle of a subscription is told by its waits: planted ones are found, though disturbed."""

import numpy as np
import pytest

from analysis.ingest.cycles import CERTAINTIES, Waits, estimate_cycles, usual_cycles

CERTAIN, LIKELY, ASSUMED = range(3)


def waits_of(*each: list[float]) -> Waits:
    """The waits of subscriptions, one list each."""
    owners = [place for place, waits in enumerate(each) for _wait in waits]
    days = [wait for waits in each for wait in waits]
    return Waits(np.array(owners, dtype=np.int64), np.array(days, dtype=float))


def drawn(
    rng: np.random.Generator,
    cycles: np.ndarray,
    *,
    skip: float = 0.1,
    shift: int = 0,
    leave: float = 0.15,
) -> Waits:
    """Waits of subscriptions with these cycles: skipped, shifted by days, and given up."""
    owners, days = [], []
    for place, cycle in enumerate(cycles):
        for _wait in range(min(rng.geometric(leave) - 1, 24)):
            times = 2 if rng.random() < skip else 1
            owners.append(place)
            days.append(times * cycle + (rng.integers(-shift, shift + 1) if shift else 0))
    return Waits(np.array(owners), np.array(days, dtype=float))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shift", [0, 2])
@pytest.mark.parametrize(
    ("offered", "mix"),
    [
        ([30], [1.0]),
        ([14, 28], [0.5, 0.5]),
        ([30, 60, 90], [0.6, 0.25, 0.15]),
        ([7, 30, 45], [0.3, 0.5, 0.2]),
        ([30, 180], [0.8, 0.2]),
    ],
)
def test_planted_cycles_are_found(
    offered: list[int], mix: list[float], shift: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.choice(offered, size=1500, p=mix)
    waits = drawn(rng, truth, shift=shift)
    found = estimate_cycles(waits, np.zeros(len(truth)))
    counts = np.bincount(waits.subscription, minlength=len(truth))
    # A shop's own name for a cycle may be a day or two off what its parcels do.
    right = np.abs(found.days - truth) <= shift
    assert right[counts >= 3].mean() > 0.98
    assert right[(counts > 0) & (counts < 3)].mean() > 0.85
    assert right[found.certainty == CERTAIN].mean() > 0.99
    assert set(found.certainty[counts == 0]) == {ASSUMED if len(offered) > 1 else LIKELY}
    assert (found.first_wait_days >= max(offered) - shift).all()


def test_two_spikes_near_each_other_are_two_and_a_bell_is_one() -> None:
    rng = np.random.default_rng(1)
    spikes = np.repeat([28.0, 30.0], [400, 600])
    assert usual_cycles(spikes, np.full(1000, 5)).tolist() == [28, 30]
    bell = rng.normal(30, 2, 2000).round()
    assert usual_cycles(bell, np.full(2000, 5)).tolist() == [30]


def test_a_skip_among_few_waits_is_no_long_cycle_where_the_product_has_none() -> None:
    """One wait of sixty days: two months, or a skipped month? What others with the product do."""
    monthly, mixed = np.zeros(400), np.ones(400)
    waits = waits_of(
        *([30.0] * 4 for _ in range(400)),
        *([60.0] * 4 for _ in range(200)),
        *([30.0] * 4 for _ in range(200)),
        [60.0],
        [60.0],
    )
    found = estimate_cycles(waits, np.concatenate([monthly, mixed, [0, 1]]))
    assert found.days[-2:].tolist() == [30, 60]
    assert found.certainty[-1] == LIKELY


def test_without_a_wait_the_usual_cycle_of_the_product_is_assumed() -> None:
    waits = waits_of(
        *([30.0] * 3 for _ in range(100)), *([14.0] * 3 for _ in range(40)), [], [], []
    )
    product = np.array([0] * 100 + [1] * 40 + [0, 1, 7])
    found = estimate_cycles(waits, product)
    assert found.days[-3:].tolist() == [30, 14, 30]
    # The product that nobody else has may be of either kind.
    assert found.certainty[-1] == ASSUMED
    assert found.first_wait_days[-1] == 60


def test_a_cycle_of_its_own_is_kept_where_most_waits_agree() -> None:
    waits = waits_of(
        *([30.0] * 5 for _ in range(50)), [44.0, 45.0, 46.0, 45.0, 90.0], [45.0, 70.0, 30.0]
    )
    found = estimate_cycles(waits, np.zeros(52))
    assert found.days[-2] == 45
    assert found.days[-1] == 30, "waits that agree with nothing are the shop's cycle, disturbed"
    assert found.certainty[-1] != CERTAIN


def test_no_second_order_anywhere_leaves_a_month() -> None:
    found = estimate_cycles(waits_of([], []), np.zeros(2))
    assert found.days.tolist() == [30, 30]
    assert [CERTAINTIES[place] for place in found.certainty] == ["assumed", "assumed"]


def test_the_answer_does_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(3)
    truth = rng.choice([30, 60], size=300)
    waits = drawn(rng, truth)
    shuffled = rng.permutation(len(waits.days))
    one = estimate_cycles(waits, np.zeros(300))
    other = estimate_cycles(
        Waits(waits.subscription[shuffled], waits.days[shuffled]), np.zeros(300)
    )
    for mine, same in zip(one, other, strict=True):
        assert mine.tolist() == same.tolist()


def test_waits_of_years_are_no_cycle_but_break_nothing() -> None:
    found = estimate_cycles(waits_of([900.0, 950.0], [1400.0]), np.zeros(2))
    assert (found.days >= 1).all()
    assert [CERTAINTIES[place] for place in found.certainty] != ["certain", "certain"]
