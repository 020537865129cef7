import numpy as np
import pytest

from analysis.ltv.newton import maximize

BOX = (np.full(2, -5.0), np.full(2, 5.0))


def banana(at: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Rosenbrock's valley, upside down, with its top at (1, 1): far from it, it curves upwards."""
    x, y = at
    gradient = np.array([2 * (1 - x) + 400 * x * (y - x**2), -200 * (y - x**2)])
    hessian = np.array([[-2 + 400 * y - 1200 * x**2, 400 * x], [400 * x, -200]])
    return -((1 - x) ** 2) - 100 * (y - x**2) ** 2, gradient, hessian


def slide(at: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Rises in x without end, ever slower, like a likelihood whose parameter wants infinity."""
    x, y = at
    rest = np.exp(-x)
    return -rest - y**2, np.array([rest, -2 * y]), np.diag([-rest, -2.0])


@pytest.mark.parametrize("start", [(-1.2, 1.0), (4.0, -4.0), (0.0, 0.0), (-5.0, 5.0)])
def test_top_of_a_bent_valley_is_found(start: tuple[float, float]) -> None:
    found = maximize(banana, np.array(start), *BOX)
    assert found.point == pytest.approx([1, 1], abs=1e-9)
    assert np.abs(found.gradient).max() < 1e-8
    assert not found.held.any()


def test_edge_is_held_and_the_rest_is_free() -> None:
    found = maximize(slide, np.array([0.0, 3.0]), *BOX)
    assert found.point == pytest.approx([5, 0], abs=1e-9)
    assert found.held.tolist() == [True, False]


def test_coordinate_comes_back_from_the_edge() -> None:
    found = maximize(banana, np.array([-5.0, -5.0]), *BOX)
    assert found.point == pytest.approx([1, 1], abs=1e-9)


def test_start_outside_the_box_is_moved_inside() -> None:
    found = maximize(slide, np.array([99.0, 99.0]), *BOX)
    assert (found.point <= 5).all()


def test_end_of_a_flat_function_is_where_it_began() -> None:
    found = maximize(lambda at: (0.0, 0 * at, np.zeros((2, 2))), np.ones(2), *BOX)
    assert found.point.tolist() == [1, 1]
    assert found.evaluations == 1
