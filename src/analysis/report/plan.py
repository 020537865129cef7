"""What a request asks for: every report checked before the first one runs."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from analysis import shop
from analysis.catalog import SOURCE_LANGUAGE, check_language
from analysis.check import check_data
from analysis.errors import DataError, ParameterError
from analysis.language import _, using
from analysis.notebooks import find_notebook, read_opening
from analysis.parameters import Parameter, check_files, read_parameters, resolve_parameters


class Plan(NamedTuple):
    """One report that is to be run.

    Attributes:
        shop: Name of the shop.
        report: Name of the notebook.
        title: Its heading, in its language.
        notebook: Its file.
        as_of: The day it speaks of, or None where the shop's data allow none.
        parameters: Every parameter's value, `shop_name` and `as_of` included.
        parameter_help: Every parameter's meaning.
        data: What the run records of the shop's data.
        language: Code of the language that it is written in.
        refusal: Why the shop's data allow no report, or empty.
        asked: Day and parameters as the request gave them, before shop and notebook filled in.
        changed: Parameters that the request sets otherwise than the shop's file and the notebook.
        tables: The version of the shop's tables that `data` describes; None in a warehouse.
    """

    shop: str
    report: str
    title: str
    notebook: Path
    as_of: date | None
    parameters: dict[str, Any]
    parameter_help: dict[str, str]
    data: dict[str, Any]
    language: str = SOURCE_LANGUAGE
    refusal: str = ""
    asked: dict[str, Any] | None = None
    changed: tuple[str, ...] = ()
    tables: Path | None = None


def acts(parameter: str) -> bool:
    """Return whether a parameter of that name makes a report do more than tell.

    >>> acts("write_lists"), acts("horizon_days")
    (True, False)
    """
    return parameter.startswith("write_")


def plan_runs(
    notebooks: Sequence[str],
    *,
    shops: Sequence[str],
    as_of: str = "",
    parameters: Mapping[str, str] | None = None,
) -> list[Plan]:
    """Return the reports that a request means, in its order, without running any.

    Args:
        notebooks: Names, unique parts of names, or paths; none for what each shop's file names.
        shops: Names of shops.
        as_of: The day, empty for each shop's own rule.
        parameters: Parameter name to the text given for it.

    Raises:
        ParameterError: Anything in the request is unknown, of a wrong type or impossible.
    """
    plans = []
    for name in dict.fromkeys(shops):
        file = shop.read_shop(name)
        wanted = list(notebooks) or list(file.reports)
        if not wanted:
            raise ParameterError(f"shops/{name}.yaml names no reports: name a notebook to run.")
        ready = [
            _check(file, notebook, parameters or {}) for notebook in _find(wanted, file, notebooks)
        ]
        plans += _on_day(file, as_of, ready)
    asked = {"as_of": as_of, "parameters": dict(parameters or {})}
    return [plan._replace(asked=asked) for plan in plans]


def _find(wanted: list[str], file: shop.ShopFile, asked: Sequence[str]) -> list[Path]:
    """Return the notebooks once each; a name that only the shop file holds is its mistake."""
    try:
        return list(dict.fromkeys(find_notebook(name) for name in wanted))
    except ParameterError as error:
        if asked:
            raise
        raise ParameterError(f"reports of shops/{file.name}.yaml: {error}") from error


def _check(file: shop.ShopFile, notebook: Path, texts: Mapping[str, str]) -> Plan:
    declared = read_parameters(notebook)
    from_shop = {
        name: value
        for report, values in file.reports.items()
        if report.removesuffix(".ipynb") == notebook.stem
        for name, value in values.items()
    }
    standing = _check_shop(file, declared, notebook, from_shop)
    values = resolve_parameters(
        declared, notebook=notebook.stem, from_shop=from_shop, from_command=texts
    )
    check_files(declared, texts)
    language = check_language(str(values.get("language") or file.language))
    with using(language):
        title = _(read_opening(notebook).title)
        meanings = {parameter.name: _(parameter.meaning) for parameter in declared}
    return Plan(
        shop=file.name,
        report=notebook.stem,
        title=title,
        notebook=notebook,
        as_of=None,
        parameters={"shop_name": file.name, "as_of": "", **values},
        parameter_help=meanings,
        data={},
        language=language,
        changed=tuple(name for name, value in values.items() if value != standing[name]),
    )


def _check_shop(
    file: shop.ShopFile,
    declared: list[Parameter],
    notebook: Path,
    from_shop: Mapping[str, object],
) -> dict[str, Any]:
    """Return the shop's own settings; a wrong value is refused in a way that tells where it is."""
    try:
        return resolve_parameters(
            declared, notebook=notebook.stem, from_shop=from_shop, from_command={}
        )
    except ParameterError as error:
        raise ParameterError(f"shops/{file.name}.yaml: {error}") from error


def _on_day(file: shop.ShopFile, as_of: str, plans: list[Plan]) -> list[Plan]:
    """Resolve the day once for all reports of a shop, so that they speak of the same."""
    try:
        tables = None if file.engine else shop.tables_folder(file.name)
        opened = shop.open_shop(file.name, as_of=as_of, tables=tables)
        try:
            day = opened.as_of
            data = shop.describe(opened)
            checks = {
                language: _check_data(opened, language)
                for language in {plan.language for plan in plans}
            }
        finally:
            # The reports open it themselves: nothing stays connected while they run.
            opened.engine.close()
    except DataError as error:
        return [plan._replace(refusal=str(error)) for plan in plans]
    return [
        plan._replace(
            as_of=day,
            data={**data, "check": checks[plan.language]},
            tables=tables,
            parameters={**plan.parameters, "as_of": day.isoformat()},
        )
        for plan in plans
    ]


def _check_data(opened: shop.Shop, language: str) -> dict[str, list[str]]:
    """Look at the data once for all reports of a shop; each record keeps what was seen."""
    with using(language):
        found = check_data(opened, today=opened.as_of)
    return {"suspicious": found.suspicious, "missing": found.silent}
