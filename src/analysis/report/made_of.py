"""What a piece of code is made of: functions, constants and reductions of this package.

Code is read, never run: names are followed through imports into the definitions that they stand
for, and from there on. What a name of this package stands for is a dotted name here:
`analysis.churn.hazard.order_hazards`.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from analysis.syntax import parse

_PACKAGE = Path(__file__).resolve().parents[1]
# What shows numbers, and what tests hold to the same rows whatever it looks like inside.
_NOT_COUNTING = (
    "report", "language", "catalog", "codes", "style", "figures", "errors", "engine", "ingest",
    "shop",
)  # fmt: skip
_SHOWING = ("figures", "tables", "sentences", "words", "wording")


class Content(NamedTuple):
    """What matters of a piece of code.

    Attributes:
        text: The code without comments, layout, documentation and words for readers.
        uses: The definitions of this package that it names.
        reductions: The SQL of every reduction that it names.
    """

    text: str
    uses: tuple[str, ...]
    reductions: tuple[str, ...]


def reach(targets: Iterable[str]) -> set[str]:
    """Return every function, class and constant that others are made from, themselves included."""
    reached: set[str] = set()
    waiting = list(targets)
    while waiting:
        target = waiting.pop()
        if target in reached or not _counts(target):
            continue
        reached.add(target)
        waiting += definition(target).uses
    return reached


def _counts(target: str) -> bool:
    parts = target.split(".")
    shows = any(part.endswith(_SHOWING) for part in parts[2:-1])  # `value_tables`, too
    return parts[1] not in _NOT_COUNTING and not shows


def statement(node: ast.stmt, imports: Mapping[str, str]) -> Content:
    """Return what matters of a statement of a notebook, which stays as it is.

    Args:
        node: The statement.
        imports: What each name that the notebook imports stands for.
    """
    (copy,) = parse(ast.unparse(node)).body
    return _content(copy, imports, module="")


@cache
def definition(target: str) -> Content:
    """Return what matters of the statement that defines a dotted name of this package."""
    module, _dot, name = target.rpartition(".")
    found = _module(module)
    return _content(found.defined[name], found.imports, module=module)


def _content(node: ast.stmt, imports: Mapping[str, str], *, module: str) -> Content:
    names, texts = _strip(node)
    uses = dict.fromkeys(filter(None, (_meant(name, imports, module) for name in names)))
    reductions = tuple(sql for text in dict.fromkeys(texts) for sql in _sql(text))
    return Content(ast.unparse(node), tuple(uses), reductions)


def _meant(name: tuple[str, ...], imports: Mapping[str, str], module: str) -> str | None:
    first, *rest = name
    if first in imports:
        return _resolve(".".join([imports[first], *rest]))
    return _resolve(f"{module}.{first}") if module else None


def _strip(node: ast.AST) -> tuple[set[tuple[str, ...]], list[str]]:
    """Take documentation and words for readers out of code; return names and texts left in it."""
    names: set[tuple[str, ...]] = set()
    texts: list[str] = []
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name | ast.Attribute):
            names.add(_dotted(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                value[:] = map(_less, value)
                waiting += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.expr):
                less = _less(value)
                setattr(node, field, less)
                waiting.append(less)
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                waiting.append(value)
    return names - {()}, texts


def _dotted(node: ast.AST) -> tuple[str, ...]:
    """Return a name or a chain of attributes of a name as its parts, none for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *parts[::-1]) if isinstance(node, ast.Name) else ()


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
    body = parse(file.read_text(encoding="utf-8")).body if file else []
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


def _less(node: Any) -> Any:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return ast.Pass() if isinstance(node.value.value, str) else node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
        return ast.Constant("")
    return node


@cache
def _sql(name: str) -> tuple[str, ...]:
    if not re.fullmatch(r"\w+", name, re.ASCII):
        return ()
    file = _PACKAGE / "sql" / f"{name}.sql"
    if not file.is_file():
        return ()
    text = re.sub(r"--[^\n]*", " ", file.read_text(encoding="utf-8"))
    return (f"{name}: {' '.join(text.split())}",)
