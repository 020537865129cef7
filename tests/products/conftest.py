"""Small tables written for the engine, and a generated shop with a known truth."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from analysis.schema import SQL_TYPES, TABLES


@pytest.fixture(scope="session")
def write_table() -> Callable[..., None]:
    """Write rows as a table of the contract; columns that rows lack are left out."""

    def write(folder: Path, name: str, rows: list[tuple], *, shuffle: int | None = None) -> None:
        columns = TABLES[name][: len(rows[0])]
        # As objects: a missing number would turn its column into floats, and NaN is no number.
        frame = pd.DataFrame(rows, columns=[column.name for column in columns], dtype=object)
        if shuffle is not None:
            frame = frame.iloc[np.random.default_rng(shuffle).permutation(len(frame))]
        casts = ", ".join(f"CAST({c.name} AS {SQL_TYPES[c.kind]}) AS {c.name}" for c in columns)
        duckdb.sql(f"SELECT {casts} FROM frame").write_parquet(str(folder / f"{name}.parquet"))

    return write
