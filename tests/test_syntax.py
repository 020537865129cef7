"""Threads that parse at once, as reports that are written side by side do."""

import ast
import gc
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import analysis
from analysis.syntax import parse

SOURCES = [file.read_text("utf-8") for file in Path(analysis.__file__).parent.glob("*.py")]


class Finalized:
    """Lets other threads have their turn wherever garbage is collected, in the midst of a tree."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        for _ in range(1000):
            pass


@pytest.fixture
def restless() -> Iterator[None]:
    interval, threshold = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(20)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*threshold)


def test_threads_parse_at_once(restless: None) -> None:
    trees: list[str] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for source in SOURCES[:8]:
                for _ in range(20):
                    Finalized()
                trees.append(ast.dump(parse(source)))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(trees) == sorted(ast.dump(ast.parse(source)) for source in SOURCES[:8] * 4)
