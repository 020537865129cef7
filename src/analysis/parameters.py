"""A notebook's parameters: read from its own tagged cell, and resolved before anything runs.

The cell holds one line per parameter, `name: type = value  # meaning, unit`, whose comment may end
in a rule: `, 1 to 3650` (inclusive limits), `, one of welch bootstrap` (choices), or
`, with columns customer_id|customer arm` (a CSV or parquet file; some columns have several names).
A text whose comment says "ISO date" is a date or empty.
"""

import ast
import difflib
import io
import json
import re
import tokenize
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.errors import DataError, ParameterError
from analysis.parameter_values import CASTS, Parameter, Value, cast_text, check_value
from analysis.syntax import parse
from analysis.table_files import find_columns, read_table, table_path

# What every notebook has and only the command's own options set.
RESERVED = {"shop_name": "--shop", "as_of": "--as-of"}

_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_LIMITS = re.compile(rf",\s*({_NUMBER})\s+to\s+({_NUMBER})\s*$")
_COLUMNS = re.compile(r",\s*with columns\s+(\S.*?)\s*$")
_CHOICES = re.compile(r",\s*one of\s+(\S.*?)\s*$")


def read_parameters(notebook: Path) -> list[Parameter]:
    """Return the parameters of a notebook file in the order of its tagged cell.

    Raises:
        ParameterError: The file is no notebook, has no such cell, or the cell has a line that is
            no parameter.
    """
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        tagged = [
            "".join(cell["source"])
            for cell in content["cells"]
            if "parameters" in cell.get("metadata", {}).get("tags", [])
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParameterError(f"{notebook.name} is no notebook: it cannot be read.") from error
    if len(tagged) != 1:
        raise ParameterError(
            f"{notebook.name} has {len(tagged)} cells with the tag 'parameters', must have one."
        )
    return parse_parameters(tagged[0], notebook=notebook.name)


def parse_parameters(source: str, *, notebook: str = "notebook") -> list[Parameter]:
    """Return the parameters that a cell's source declares.

    Raises:
        ParameterError: A line is not `name: type = value  # meaning`, or its default breaks its
            own rule; the message names the notebook and the line.

    >>> parse_parameters("weeks: int = 52  # horizon, weeks, 1 to 520")[0].rule
    'from 1 to 520'
    """

    def refuse(line: int, why: str) -> ParameterError:
        return ParameterError(f"{notebook}, parameters cell, line {line}: {why}.")

    try:
        statements = parse(source).body
        comments = _comments(source)
    except (SyntaxError, tokenize.TokenError) as error:
        raise refuse(getattr(error, "lineno", None) or 1, "this is no valid Python") from error
    found: dict[str, Parameter] = {}
    for statement in statements:
        line = statement.lineno
        try:
            parameter = _parameter(statement, comments.get(statement.end_lineno or line, ""))
        except ParameterError as error:
            raise refuse(line, str(error).rstrip(".")) from error
        if parameter.name in found:
            raise refuse(line, f"{parameter.name} stands there twice")
        found[parameter.name] = parameter
    return list(found.values())


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def _parameter(statement: ast.stmt, comment: str) -> Parameter:
    if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
        raise ParameterError("must be 'name: type = value  # meaning, unit' and nothing else")
    name, kind = statement.target.id, ast.unparse(statement.annotation)
    if kind not in CASTS:
        raise ParameterError(f"{name} has the type {kind}, must be one of {', '.join(CASTS)}")
    if statement.value is None:
        raise ParameterError(f"{name} has no default")
    try:
        default = ast.literal_eval(statement.value)
    except (ValueError, TypeError):
        raise ParameterError(f"the default of {name} must be a plain value") from None
    meaning, rule = _read_rule(kind, comment)
    if not meaning:
        raise ParameterError(f"{name} needs a comment that says what it means, with its unit")
    parameter = Parameter(name, kind, default, meaning, **rule)
    return parameter._replace(default=check_value(parameter, default))


def _read_rule(kind: str, comment: str) -> tuple[str, dict[str, Any]]:
    if kind in ("int", "float") and (limits := _LIMITS.search(comment)):
        low, high = float(limits[1]), float(limits[2])
        if low > high:
            raise ParameterError(f"limits {limits[1]} to {limits[2]} are the wrong way round")
        return comment[: limits.start()].strip(), {"low": low, "high": high}
    if kind in ("str", "list[str]") and (choices := _CHOICES.search(comment)):
        return comment[: choices.start()].strip(), {"choices": tuple(choices[1].split())}
    if kind == "str" and (columns := _COLUMNS.search(comment)):
        names = tuple(tuple(name.split("|")) for name in columns[1].split())
        return comment[: columns.start()].strip(), {"columns": names}
    return comment, {"is_date": kind == "str" and "iso date" in comment.lower()}


def resolve_parameters(
    parameters: Iterable[Parameter],
    *,
    notebook: str,
    from_shop: Mapping[str, object],
    from_command: Mapping[str, str],
) -> dict[str, Value]:
    """Return every parameter's value but the reserved ones: command over shop file over default.

    Args:
        parameters: The notebook's parameters.
        notebook: Its name, for messages.
        from_shop: Values of the shop file, of any type that YAML has.
        from_command: Texts given as `--param name=text`.

    Raises:
        ParameterError: A name is unknown or reserved, a value has the wrong type or breaks a rule.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in [name for name in RESERVED if name not in known]:
        raise ParameterError(
            f"{notebook} lacks the parameter '{name}: str', which every report has."
        )
    values = {name: known[name].default for name in known if name not in RESERVED}
    for name, value in from_shop.items():
        values[name] = check_value(_find(known, str(name), notebook), value)
    for name, text in from_command.items():
        values[name] = cast_text(_find(known, name, notebook), text)
    return values


def check_files(parameters: Iterable[Parameter], from_command: Mapping[str, str]) -> None:
    """Look at the files that a request names, before anything runs.

    Args:
        parameters: The notebook's parameters.
        from_command: Texts given as `--param name=text`.

    Raises:
        ParameterError: One is not there, is no table, or lacks a column.
    """
    for parameter in parameters:
        text = from_command.get(parameter.name, "")
        if not (parameter.columns and text):
            continue
        path = table_path(text)
        try:
            columns = list(read_table(path, parameter=parameter.name, head=True).columns)
            find_columns(columns, parameter.columns, file=path.name)
        except DataError as error:
            raise ParameterError(str(error)) from error


def _find(known: Mapping[str, Parameter], name: str, notebook: str) -> Parameter:
    if name in RESERVED:
        raise ParameterError(f"{name} is no parameter to set: use {RESERVED[name]}.")
    if name not in known:
        free = [each for each in known if each not in RESERVED]
        close = difflib.get_close_matches(name, free, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"it has {', '.join(free) or 'none'}."
        raise ParameterError(f"{notebook} has no parameter '{name}': {hint}")
    return known[name]
