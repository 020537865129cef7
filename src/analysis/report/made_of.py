"""What a piece of code is made of: functions, constants and reductions of this package.

Code is read, never run: names are followed through imports into the definitions that they stand
for, and from there on. What a name of this package stands for is a dotted name here:
`analysis.churn.hazard.order_hazards`.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from analysis.syntax import parse

_PACKAGE = Path(__file__).resolve().parents[1]
# What shows numbers, and what tests hold to the same rows whatever it looks like inside.
_NOT_COUNTING = (
    "report", "language", "catalog", "codes", "style", "figures", "errors", "engine", "importing",
    "shop",
)  # fmt: skip
_SHOWING = ("figures", "tables", "sentences", "words", "wording")


def reach(targets: Iterable[str]) -> set[str]:
    """Return every function, class and constant that others are made from, themselves included."""
    reached: set[str] = set()
    waiting = list(targets)
    while waiting:
        target = waiting.pop()
        if target in reached or not _counts(target):
            continue
        reached.add(target)
        waiting += _uses(target)
    return reached


def _counts(target: str) -> bool:
    parts = target.split(".")
    return parts[1] not in _NOT_COUNTING and not set(parts[2:-1]) & set(_SHOWING)


@cache
def _uses(target: str) -> tuple[str, ...]:
    module, _dot, _name = target.rpartition(".")
    return tuple(targets(definition_of(target), _module(module).imports, module=module))


def targets(node: ast.AST, imports: Mapping[str, str], *, module: str) -> Iterator[str]:
    """Yield the definitions of this package that a piece of code names."""
    for part in _walk(node):
        dotted = _dotted(part)
        if not dotted:
            continue
        first, *rest = dotted
        if first in imports:
            found = _resolve(".".join([imports[first], *rest]))
        else:
            found = _resolve(f"{module}.{first}") if module else None
        if found:
            yield found


def _dotted(node: ast.AST) -> list[str]:
    """Return a name or a chain of attributes of a name as its parts, none for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *parts[::-1]] if isinstance(node, ast.Name) else []


@cache
def _resolve(dotted: str) -> str | None:
    """Return where a dotted name is defined, through packages that pass it on; None for others."""
    parts = dotted.split(".")
    if parts[0] != _PACKAGE.name:
        return None
    for length in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:length])
        if not _file(module):
            continue
        name = parts[length]
        found = _module(module)
        if name in found.defined:
            return f"{module}.{name}"
        if name in found.imports and found.imports[name] != dotted:
            return _resolve(".".join([found.imports[name], *parts[length + 1 :]]))
        return None
    return None


class _Module(NamedTuple):
    defined: dict[str, ast.stmt]
    imports: dict[str, str]


@cache
def _module(name: str) -> _Module:
    file = _file(name)
    body = _bare(parse(file.read_text(encoding="utf-8"))).body if file else []
    defined: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {
                part.id: node
                for target in targets
                for part in ast.walk(target)
                if isinstance(part, ast.Name)
            }
    return _Module(defined, imports_of(body))


def imports_of(body: Iterable[ast.stmt]) -> dict[str, str]:
    """Return what each imported name stands for; this package imports by whole names only."""
    found: dict[str, str] = {}
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                found[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names
            }
    return found


@cache
def _file(module: str) -> Path | None:
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file() and module.split(".")[0] == _PACKAGE.name:
            return file
    return None


def definition_of(target: str) -> ast.stmt:
    """Return the statement that defines a dotted name, without documentation and wording."""
    module, _dot, name = target.rpartition(".")
    return _module(module).defined[name]


@cache
def text(target: str) -> str:
    """Return the definition of a dotted name as `normal` writes it."""
    return ast.unparse(definition_of(target))


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all below it, in any order; `ast.walk` takes twice as long."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                waiting += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                waiting.append(value)


_Tree = TypeVar("_Tree", bound=ast.AST)


def _bare(tree: _Tree) -> _Tree:
    """Take documentation and words for readers out of code."""
    for node in _walk(tree):  # which asks for a node's parts after it was given out
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                value[:] = map(_less, value)
            elif isinstance(value, ast.expr):
                setattr(node, name, _less(value))
    return tree


def _less(node: Any) -> Any:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return ast.Pass() if isinstance(node.value.value, str) else node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
        return ast.Constant("")
    return node


def normal(node: ast.stmt) -> str:
    """Return code as text that comments, layout, documentation and wording do not change."""
    return ast.unparse(_bare(parse(ast.unparse(node))))


def reductions(node: ast.AST) -> Iterator[str]:
    """Yield the SQL of every reduction that code names."""
    for part in _walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield from _sql(part.value)


@cache
def reductions_of(target: str) -> tuple[str, ...]:
    """Return the SQL of every reduction that the definition of a dotted name names."""
    return tuple(reductions(definition_of(target)))


@cache
def _sql(name: str) -> tuple[str, ...]:
    if not re.fullmatch(r"\w+", name, re.ASCII):
        return ()
    file = _PACKAGE / "sql" / f"{name}.sql"
    if not file.is_file():
        return ()
    text = re.sub(r"--[^\n]*", " ", file.read_text(encoding="utf-8"))
    return (f"{name}: {' '.join(text.split())}",)
