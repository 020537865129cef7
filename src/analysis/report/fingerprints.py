"""What a run was made of, by content: the same files give the same digits wherever they lie."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import analysis
from analysis import paths
from analysis.ledger import ledger_files
from analysis.notebooks import read_cells

_PACKAGE = Path(analysis.__file__).parent
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(analysis[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n(]+)"
    r"|import[ \t]+(analysis[\w.]*))",
    re.MULTILINE,
)
_WORD = re.compile(r"""["']([a-z][a-z0-9_]{3,})["']""")


def code_fingerprints(notebook: Path) -> dict[str, str]:
    """Return digits of the code behind a report.

    `notebook` covers the cells as they are written, not what they showed. `report` covers the files
    of this package that the notebook's imports lead to, with the SQL that these name, so a change
    that cannot change its numbers leaves it as it is. `package` covers every file of the package.
    """
    code = "\n".join(source for kind, source in _sources(notebook) if kind == "code")
    return {
        "notebook": notebook_fingerprint(notebook),
        "report": _digest(_behind(code)),
        "package": _package(),
    }


def notebook_fingerprint(notebook: Path) -> str:
    """Return digits of the cells as they are written."""
    return hashlib.sha256(json.dumps(_sources(notebook)).encode()).hexdigest()


def package_fingerprint() -> str:
    """Return digits of every file of this package as it is now."""
    return _digest(_relative(file) for file in _PACKAGE.rglob("*") if _counts(file))


def _sources(notebook: Path) -> list[tuple[str, str]]:
    return [(cell["cell_type"], "".join(cell["source"])) for cell in read_cells(notebook)]


def input_fingerprints(
    shop: str, notebook: Path, parameters: Mapping[str, Any]
) -> dict[str, str | None]:
    """Return digits of what a report reads beside the shop's tables, None for what is not there.

    `files` covers the files that the values of parameters name, from the home or the notebook on.
    """
    values = [value for value in parameters.values() if isinstance(value, str) and value]
    folders = (paths.home(), notebook.parent)
    named = dict.fromkeys(folder / value for value in values for folder in folders)
    groups = {
        "shop_file": sorted(paths.shops_folder().glob(f"{shop}.yaml")),
        "campaigns": sorted((paths.campaigns_folder() / shop).glob("*.yaml")),
        "ledgers": ledger_files(shop),
        "files": [file for file in named if _is_file(file)],
    }
    return {
        group: _digest((file.name, file) for file in files) if files else None
        for group, files in groups.items()
    }


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text that no file can be called
        return False


@cache
def _package() -> str:
    return package_fingerprint()


def _counts(file: Path) -> bool:
    return file.is_file() and file.suffix != ".pyc"


def _relative(file: Path) -> tuple[str, Path]:
    return file.relative_to(_PACKAGE).as_posix(), file


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    lines = [f"{name} {_file_digest(file)}\n" for name, file in sorted(files)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _file_digest(file: Path) -> str:
    status = file.stat()
    return _digest_as_of(file, status.st_mtime_ns, status.st_size, status.st_ino)


# Asked for several times in one run; a file that was written since has another moment.
@cache
def _digest_as_of(file: Path, _moment: int, _size: int, _number: int) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _behind(code: str) -> list[tuple[str, Path]]:
    """Return the files of the package that code leads to, by imports and by names of SQL files."""
    found: dict[str, Path] = {}
    words: set[str] = set()
    waiting = list(_imports(code))
    while waiting:
        module = waiting.pop()
        file = _file_of(module)
        if file is None or module in found:
            continue
        found[module] = file
        imports, named = _read(file)
        words |= named
        waiting += [*imports, module.rpartition(".")[0]]
    # A name may be put together from a part, as in f"{name}_margins".
    sql = [file for file in _PACKAGE.glob("sql/*.sql") if _is_named(file.stem, words)]
    files = {*found.values(), *sql, *_beside(found.values())}
    return [_relative(file) for file in files]


def _is_named(stem: str, words: set[str]) -> bool:
    parts = stem.split("_")
    return any("_".join(parts[:count]) in words for count in range(1, len(parts) + 1))


def _beside(modules: Iterable[Path]) -> Iterable[Path]:
    """Yield what lies in the packages of modules and is no module, such as formats in YAML."""
    # Of the package itself that would be everything; how pages look changes no number.
    for folder in {module.parent for module in modules} - {_PACKAGE, _PACKAGE / "report"}:
        yield from (file for file in folder.rglob("*") if _counts(file) and file.suffix != ".py")


@cache
def _read(file: Path) -> tuple[tuple[str, ...], frozenset[str]]:
    text = file.read_text(encoding="utf-8")
    return tuple(_imports(text)), frozenset(_WORD.findall(text))


def _imports(code: str) -> Iterable[str]:
    for package, names, module in _IMPORT.findall(code):
        yield module or package
        for name in re.findall(r"\w+", names):
            yield f"{package}.{name}"


@cache
def _file_of(module: str) -> Path | None:
    """Return the file of a module of this package; what only looks like one has none."""
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if module and file.is_file():
            return file
    return None
