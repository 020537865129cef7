"""What each verb of the command `crm` does.

What a verb needs is imported when it is used: `crm --help` and `crm list` wait for no library.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import paths
from analysis.errors import DataError, ParameterError

if TYPE_CHECKING:
    from analysis.parameters import Parameter
    from analysis.report.run import Result


def run(options: Namespace) -> int:
    """Run reports, tell how they came out, and return the exit code of the worst."""
    from analysis.report.plan import plan_runs

    _require_shops(options.shop)
    plans = plan_runs(
        options.notebooks,
        shops=options.shop,
        as_of=options.as_of,
        parameters=parse_settings(options.param),
    )
    reports = _reports(options.reports)

    from analysis.report.batch import run_all
    from analysis.report.outcome import worst
    from analysis.report.progress import Progress
    from analysis.report.run import Limits

    results = run_all(
        plans,
        reports=reports,
        limits=Limits(cell=options.cell_timeout, run=options.timeout),
        jobs=min(options.jobs or _cores(), len(plans)),
        progress=Progress(),
    )
    _say(_summary(results))
    if (reports / "index.html").exists():
        _say([f"All reports: {reports / 'index.html'}"])
    return worst(result.outcome for result in results).exit_code


def parse_settings(texts: Iterable[str]) -> dict[str, str]:
    """Return name to text of settings given as `name=text`.

    Raises:
        ParameterError: A setting has no `=`, or a name is given twice.

    >>> parse_settings(["url=a?b=c", "note="])
    {'url': 'a?b=c', 'note': ''}
    """
    settings: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not (equals and name):
            raise ParameterError(f"--param {text}: must be NAME=VALUE.")
        if name in settings:
            raise ParameterError(f"--param {name} is given twice.")
        settings[name] = value
    return settings


def _require_shops(names: Sequence[str]) -> None:
    from analysis.shop import list_shops

    if not names:
        known = ", ".join(list_shops())
        raise ParameterError(
            f"Name a shop with --shop: {known}."
            if known
            else "There are no shops: shops/ is empty."
        )


def _reports(folder: Path | None) -> Path:
    return (folder or paths.reports_folder()).expanduser().resolve()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _summary(results: Sequence["Result"]) -> Iterable[str]:
    for result in results:
        name = f"{result.plan.shop} {result.plan.report}"
        where = result.page or result.message
        yield f"{result.outcome.name:<14} {result.seconds:6.1f} s  {name}  {where}"
    if len(results) > 1:
        good = sum(result.outcome.exit_code == 0 for result in results)
        yield f"{good} of {len(results)} reports are complete."


def show_list(_options: Namespace) -> int:
    """Show the notebooks with their parameters, and the shops."""
    from analysis.notebooks import list_notebooks
    from analysis.shop import list_shops

    for notebook in list_notebooks():
        _say([*_notebook_lines(notebook), ""])
    _say(["Shops", *(f"  {_shop_line(name)}" for name in list_shops())])
    return 0


def _notebook_lines(notebook: Path) -> Iterable[str]:
    from analysis.notebooks import read_opening
    from analysis.parameters import RESERVED, read_parameters

    try:
        opening, parameters = read_opening(notebook), read_parameters(notebook)
    except ParameterError as error:
        return [f"{notebook.stem}  cannot be run: {error}"]
    free = [parameter for parameter in parameters if parameter.name not in RESERVED]
    purpose = [f"  {opening.purpose}"] if opening.purpose else []
    return [f"{notebook.stem}  {opening.title}", *purpose, *map(_parameter_line, free)]


def _parameter_line(parameter: "Parameter") -> str:
    rule = f", {parameter.rule}" if parameter.rule else ""
    default = parameter.default
    shown = ",".join(default) if isinstance(default, list) else default
    return f"    {parameter.name}: {parameter.type} = {shown}  {parameter.meaning}{rule}"


def _shop_line(name: str) -> str:
    from analysis.shop import read_shop

    try:
        shop = read_shop(name)
    except ParameterError as error:
        return f"{name}  cannot be used: {error}"
    return f"{name}  {shop.title}, {shop.currency}, {shop.time_zone}: {', '.join(shop.reports)}"


def prune(options: Namespace) -> int:
    """Remove old runs and tell which."""
    from analysis.report.prune import prune
    from analysis.report.publish import rebuild_index

    reports = _reports(options.reports)
    removed = 0
    for pruned in prune(reports, keep=options.keep):
        name = f"{pruned.shop}/{pruned.report}"
        removed += len(pruned.removed)
        _say(f"removed {name}/{run_id}" for run_id in pruned.removed)
        if pruned.busy:
            _say([f"left alone {name}: {pruned.busy}"])
    if removed:
        rebuild_index(reports)
    runs = "run" if removed == 1 else "runs"
    _say([f"{removed} {runs} removed." if removed else "Nothing to remove."])
    return 0


def import_shops(options: Namespace) -> int:
    """Import shops one after another, and tell where every row went.

    A shop whose data cannot be imported does not keep the others from it.
    """
    _require_shops(options.shop)
    from analysis.importing import import_files, import_shop
    from analysis.importing.balance import sentence
    from analysis.shop import read_shop

    names = list(dict.fromkeys(options.shop))
    for name in names:
        read_shop(name)
    if options.files:
        if len(names) > 1:
            raise ParameterError(f"{len(names)} shops, but export files belong to one: name it.")
        balances = import_files(names[0], options.files, layout=options.format)
        _say(f"{names[0]}: {sentence(balance)}" for balance in balances)
        return 0
    if options.format:
        raise ParameterError(f"--format {options.format} is given without a file: name files.")
    failed = False
    for name in names:
        try:
            _say(f"{name}: {sentence(balance)}" for balance in import_shop(name))
        except DataError as error:
            sys.stderr.write(f"crm: {error}\n")
            failed = True
    return 3 if failed else 0


def check(options: Namespace) -> int:
    """Tell what shops' data cover, what they lack, and what looks wrong."""
    _require_shops(options.shop)
    from analysis.check import check_shop

    for name in dict.fromkeys(options.shop):
        report = check_shop(name)
        _say([name, *(f"  {fact}" for fact in report.facts)])
        _say(["  missing, and what it silences:"] if report.silent else [])
        _say(f"    {line}" for line in report.silent)
        _say(["  suspicious:" if report.suspicious else "  nothing suspicious"])
        _say(f"    {line}" for line in report.suspicious)
    return 0


def demo(options: Namespace) -> int:
    """Generate a demo shop, and tell how many rows each table got."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from analysis.importing.shop_import import is_demo
    from analysis.shop import read_shop

    shop = read_shop(options.shop)
    if not is_demo(shop):
        raise ParameterError(
            f"Shop '{shop.name}' has orders of its own: `crm demo` only writes a shop whose file "
            f"says `importer: demo`."
        )
    today = datetime.now(ZoneInfo(shop.time_zone)).date()
    if options.end and options.end > today:
        raise ParameterError(f"--end {options.end}: must not lie in the future (today is {today}).")

    from analysis.demo import Plan, customers_for_lines, generate_shop

    plan = Plan(seed=options.seed, planted=not options.null)
    plan = plan._replace(end=options.end or plan.end, customers=options.customers or plan.customers)
    if options.lines:
        plan = plan._replace(customers=customers_for_lines(options.lines))
    for balance in generate_shop(options.shop, plan):
        _say([f"{options.shop}: {balance.table}, {balance.rows_accepted:,} rows generated"])
    return 0


def _say(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
