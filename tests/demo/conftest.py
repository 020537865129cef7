"""Demo shops of several seeds, generated once per test process, and a way to ask them."""

import functools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd
import pytest

from analysis.demo import Plan, generate_shop

CUSTOMERS = 20_000


class Demo(NamedTuple):
    """A generated shop: its folder and its truth."""

    folder: Path
    plan: Plan

    @property
    def truth(self) -> dict:
        return json.loads((self.folder / "truth.json").read_text())

    def ask(self, question: str) -> pd.DataFrame:
        """Answer SQL over the shop's tables."""
        with duckdb.connect(":memory:") as connection:
            for file in sorted(self.folder.glob("*.parquet")):
                connection.read_parquet(str(file)).create_view(file.stem)
            return connection.execute(question).fetch_df()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Demo]]:
    """Generate a shop, once for equal plans."""
    base = tmp_path_factory.mktemp("demo")

    @functools.cache
    def generate(seed: int, planted: bool) -> Demo:
        plan = Plan(customers=CUSTOMERS, seed=seed, planted=planted)
        name = f"seed-{seed}-{planted}"
        before = os.environ.get("ANALYSIS_HOME")
        os.environ["ANALYSIS_HOME"] = str(base)
        try:
            generate_shop(name, plan)
        finally:
            if before is None:
                del os.environ["ANALYSIS_HOME"]
            else:
                os.environ["ANALYSIS_HOME"] = before
        return Demo((base / "data" / name / "current").resolve(), plan)

    def make(seed: int = 1, *, planted: bool = True) -> Demo:
        return generate(seed, planted)

    return make
