"""Print the tables.

`python -m benchmarks [summary] [fits] [lifetime_value] [report] [imports] [demo] [increment]
[churn] [experiments] [assignment] [customers]` compares with what one would use instead;
`python -m benchmarks scale [--lines 1M 10M 100M]` and `python -m benchmarks customers --lines 1M
10M` tell how costs grow.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Iterable

warnings.simplefilter("ignore")  # lifetimes' own, on both sides

from analysis.ingest import import_shop  # noqa: E402
from benchmarks import (  # noqa: E402
    assignment,
    churn,
    demo,
    experiments,
    fits,
    imports,
    increment,
    lifetime_value,
    report,
    scale,
    summary,
)
from benchmarks.customers import compare as customers  # noqa: E402
from benchmarks.timing import Comparison, forget_peak  # noqa: E402

_BENCHMARKS = {
    "summary": summary.run,
    "fits": fits.run,
    "lifetime_value": lifetime_value.run,
    "report": report.run,
    "imports": imports.run,
    "demo": demo.run,
    "increment": increment.run,
    "churn": churn.run,
    "experiments": experiments.run,
    "assignment": assignment.run,
    "customers": customers.run,
}


def main(names: list[str]) -> int:
    """Run the benchmarks named, or all, and print their table."""
    if names[:1] == ["scale"]:
        return _scale(names[1:])
    if names[:1] == ["customers"]:
        return _customers(names[1:])
    unknown = [name for name in names if name not in _BENCHMARKS]
    if unknown:
        print(f"benchmark == '{unknown[0]}', must be one of {', '.join(_BENCHMARKS)}.")
        return 2
    import_shop("cdnow")
    for_each = (_BENCHMARKS[name] for name in names or _BENCHMARKS)
    _print(row for run in for_each for row in _alone(run))
    return 0


def _alone(run: Callable[[], Iterable[Comparison]]) -> Iterable[Comparison]:
    """Run a benchmark whose peak of memory is its own, not that of one before."""
    forget_peak()
    return run()


def _print(rows: Iterable[Comparison]) -> None:
    print("CPU seconds, medians of 3 (fits: 5) runs in turns; ratio = theirs / ours\n")
    print(f"{'work':58} {'ours':>8} {'theirs':>8} {'ratio':>7}  note")
    for row in rows:
        ratio = row.theirs_cpu_seconds / row.ours_cpu_seconds
        print(
            f"{row.work:58} {row.ours_cpu_seconds:8.2f} {row.theirs_cpu_seconds:8.2f} "
            f"{ratio:6.1f}x  {row.ours} / {row.theirs}: {row.note}",
            flush=True,
        )


def _customers(options: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks customers", allow_abbrev=False)
    parser.add_argument("--lines", nargs="+", choices=customers.SIZES, default=["1M"])
    parser.add_argument("--reduction", nargs="+", choices=customers.REDUCTIONS, default=[])
    chosen = parser.parse_args(options)
    print(
        "CPU seconds (medians of 3 where under 2) and peak MB, each side in a process of its own\n"
    )
    print(customers.HEADING, flush=True)
    with customers.data_folder() as folder:
        for sides in customers.measure(folder, chosen.lines, chosen.reduction):
            print(customers.table_row(sides), flush=True)
        if not chosen.reduction:
            print()
            _print(customers.whole_notebook(folder, chosen.lines))
    return 0


def _scale(options: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks scale", allow_abbrev=False)
    parser.add_argument("--lines", nargs="+", choices=scale.SIZES, default=["1M", "10M"])
    parser.add_argument("--task", nargs="+", choices=scale.TASKS, default=[])
    parser.add_argument("--tool", nargs="+", choices=scale.TOOLS, default=[])
    chosen = parser.parse_args(options)
    return scale.run(chosen.lines, chosen.task, chosen.tool)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
