"""How a recorded number is defined: a fingerprint that stands as long as its meaning does.

A number belongs to one line with that of an earlier run only if both were computed alike. What
computes it is followed from the notebook cell that records it, through the variables that the cell
uses, into the functions and reductions that those are made from. What is found there goes into the
fingerprint: functions without comments, layout, documentation and words for readers, SQL without
comments and layout, and the settings among the variables. A new figure, a sentence in another
language, or a change of a function that this number never meets leaves it as it is.

It errs on the side of a new line: a change that happens not to touch the result looks like any
other. Running an earlier day again computes that day anew too, and puts it on the new line. Not in
it are the engine and the import, which tests hold to the same rows, and versions of packages, which
the run record lists.
"""

import ast
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from analysis.report import made_of
from analysis.report.record import MIME
from analysis.syntax import parse

_RECORDING = ("headline", "record", "findings")
_NAMES_OF_METRICS = ("headline", "record")
# Whom and when a run is about, not how it counts.
_NOT_SETTINGS = ("shop_name", "as_of", "language")
_LENGTH = 16


class Definitions(NamedTuple):
    """How what the cells of a notebook record is defined.

    Attributes:
        fingerprints: Of each cell's numbers, in the order of the notebook's own cells; empty where
            it has none.
        settings: Names of the parameters that bear on a number or a finding.
    """

    fingerprints: tuple[str, ...]
    settings: frozenset[str]


def definitions(cells: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]) -> Definitions:
    """Return how the numbers that cells record are defined.

    Args:
        cells: Of the notebook as it is written.
        parameters: The values that it is run with.

    >>> definitions([], {})
    Definitions(fingerprints=(), settings=frozenset())
    """
    read = [_statements(cell) for cell in _own(cells)]
    imports = made_of.imports_of(node for cell in read for node in cell)
    fingerprints = [""] * len(read)
    settings: set[str] = set()
    for place, cell in enumerate(read):
        if any(_calls_show(node, _RECORDING) for node in cell):
            settings |= _slice(read, place, _RECORDING, imports).names & set(parameters)
        if any(_calls_show(node, _NAMES_OF_METRICS) for node in cell):
            found = _slice(read, place, _NAMES_OF_METRICS, imports)
            fingerprints[place] = _digest(found, imports, parameters)
    return Definitions(tuple(fingerprints), frozenset(settings - set(_NOT_SETTINGS)))


def fingerprints_of(defined: Definitions, executed: Mapping[str, Any]) -> dict[str, str]:
    """Return metric name to fingerprint of what the notebook recorded when it was run."""
    cells = _own(executed["cells"])
    return {
        name: fingerprint
        for cell, fingerprint in zip(cells, defined.fingerprints, strict=True)
        for name in _recorded(cell)
    }


class _Slice(NamedTuple):
    """The statements of a notebook that a cell depends on, and all names they use."""

    statements: list[ast.stmt]
    names: set[str]


def _statements(cell: Mapping[str, Any]) -> list[ast.stmt]:
    if cell.get("cell_type") != "code" or "parameters" in _tags(cell):
        return []
    try:
        return parse("".join(cell["source"])).body
    except SyntaxError:  # a line that only a notebook understands, such as %time
        return []


def _own(cells: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the cells that somebody wrote, without the parameters that papermill put in."""
    return [cell for cell in cells if "injected-parameters" not in _tags(cell)]


def _tags(cell: Mapping[str, Any]) -> Sequence[str]:
    tags: Sequence[str] = cell.get("metadata", {}).get("tags", [])
    return tags


def _recorded(cell: Mapping[str, Any]) -> list[str]:
    bundles = (output.get("data", {}).get(MIME) for output in cell.get("outputs", []))
    return [metric["name"] for bundle in bundles if bundle for metric in bundle.get("metrics", [])]


def _calls_show(node: ast.AST, names: Sequence[str]) -> bool:
    return any(
        isinstance(part, ast.Attribute)
        and isinstance(part.value, ast.Name)
        and part.value.id == "show"
        and part.attr in names
        for part in ast.walk(node)
    )


def _slice(
    cells: Sequence[list[ast.stmt]], place: int, calls: Sequence[str], imports: Mapping[str, str]
) -> _Slice:
    """Go back from the statements of a cell that record, over all that their variables need."""
    kept: list[ast.stmt] = []
    names: set[str] = set()
    for number in range(place, -1, -1):
        for node in reversed(cells[number]):
            records = number == place and _calls_show(node, calls)
            if records or (_stores(node) & names - set(imports)):
                kept.append(node)
                names |= _loads(node)
    return _Slice(kept[::-1], names)


def _stores(node: ast.stmt) -> set[str]:
    """Return the names that a statement gives a value, or calls a method of."""
    stored = {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        changed = node.value.func
        if isinstance(changed, ast.Attribute) and isinstance(changed.value, ast.Name):
            stored.add(changed.value.id)
    return stored


def _loads(node: ast.AST) -> set[str]:
    return {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }


def _digest(found: _Slice, imports: Mapping[str, str], parameters: Mapping[str, Any]) -> str:
    statements = [made_of.statement(node, imports) for node in found.statements]
    reached = made_of.reach(target for content in statements for target in content.uses)
    contents = [*statements, *map(made_of.definition, reached)]
    texts = {content.text for content in contents}
    texts |= {sql for content in contents for sql in content.reductions}
    settings = {
        name: parameters[name]
        for name in sorted(found.names & set(parameters))
        if name not in _NOT_SETTINGS
    }
    whole = json.dumps([sorted(texts), settings], ensure_ascii=False, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()[:_LENGTH]
