"""One side of one reduction, in a process of its own so that its peak memory can be told.

`python -m benchmarks.customers.side TOOL REDUCTION FOLDER` prints one line of JSON: CPU and wall
seconds (medians of three where the work is short), peak memory after the first time, and a digest
of what came out.
"""

import hashlib
import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.customers.asked import AS_OF, REDUCTIONS
from benchmarks.timing import peak_bytes

_REPEATS = 3
_SHORT_SECONDS = 2.0


def work_of(tool: str, name: str, folder: Path) -> Callable[[], Any]:
    """Return the work: from parquet files to a frame of the tool's own."""
    if tool == "ours":
        from analysis.engine import open_engine
        from analysis.engine.statements import parameter_names, reduction

        day = {"as_of": AS_OF} if "as_of" in parameter_names(reduction(name)) else {}
        engine = open_engine(folder)  # once for all, as a notebook does
        return lambda: engine.reduce(name, **day, **REDUCTIONS[name])
    kinds = ("days", "baskets", "orders")
    modules = (import_module(f"benchmarks.customers.{tool}_{kind}") for kind in kinds)
    (side,) = (module for module in modules if name in vars(module))
    reduce = getattr(side, name)
    if tool == "pandas":
        return lambda: reduce(folder)
    return lambda: reduce(folder).collect(engine="streaming")


def digest(result: Any) -> str:
    """Return the same for equal rows, in whatever order and types a tool gives them."""
    import pandas as pd

    frame = result if isinstance(result, pd.DataFrame) else result.to_pandas()
    plain = {name: _plain(frame[name]) for name in sorted(frame.columns)}
    table = pd.DataFrame(plain).sort_values(list(plain), ignore_index=True)
    rows = pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes()
    return f"{len(table)} rows {hashlib.sha256(rows).hexdigest()}"


def _plain(column: Any) -> Any:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return column.astype("datetime64[s]").astype("int64").to_numpy()
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("int64").to_numpy()
    return column.astype(object).to_numpy()


def main(tool: str, name: str, folder: str) -> None:
    """Do the work of one side, and say what it took."""
    work = work_of(tool, name, Path(folder))
    seconds, peak, result = [], 0, None
    while not seconds or (len(seconds) < _REPEATS and seconds[0][0] < _SHORT_SECONDS):
        result = None
        before = time.process_time(), time.perf_counter()
        result = work()
        seconds.append((time.process_time() - before[0], time.perf_counter() - before[1]))
        peak = peak or peak_bytes()
    cpu_seconds, wall_seconds = map(statistics.median, zip(*seconds, strict=True))
    said = {"cpu_seconds": cpu_seconds, "wall_seconds": wall_seconds, "peak_bytes": peak}
    print(json.dumps({**said, "digest": digest(result)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
