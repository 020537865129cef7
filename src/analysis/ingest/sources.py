"""Export files that lie where a shop's file says: which are new, which are still being written.

What was imported is known by its content (`import.json`). Beside it, `sources.json` keeps size and
time of the last change of each file, so that one which nobody touched is not even opened, and how
it was read, so that it is read again once the shop's file says something else of it.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from glob import glob
from pathlib import Path
from typing import Any, NamedTuple

from analysis import paths
from analysis.errors import DataError
from analysis.file_patterns import FilePattern
from analysis.ingest.balance import Balance
from analysis.ingest.digests import content_digest
from analysis.ingest.given import Given
from analysis.shop import ShopFile, read_shop
from analysis.versions import RECORD
from analysis.whole_files import write_whole

_SEEN = "sources.json"
# Between the two looks at a file, and how long nobody may have written to it.
_MOMENT_S = 0.3
_AT_REST_S = 5.0


class Seen(NamedTuple):
    """What is known of a file.

    Attributes:
        stamp: Its size and the time of its last change.
        digest: Digest of its content.
        read_as: Digits of what the shop's file says of how to read it.
    """

    stamp: tuple[int, int]
    digest: str
    read_as: str


class Look(NamedTuple):
    """What lies where a shop's exports lie.

    Attributes:
        fresh: The files to import, the one that was changed last at the end.
        waiting: The files that somebody may still be writing.
        unchanged: How many files are imported as they are.
        seen: What to remember once the import is done, by path.
    """

    fresh: tuple[Given, ...]
    waiting: tuple[Path, ...]
    unchanged: int
    seen: dict[str, Seen]


class Brought(NamedTuple):
    """What an import of the files of a shop brought.

    Attributes:
        balances: The balance of each file that was imported; empty where none was new.
        files: Those files, as they are called in sentences.
        waiting: The files that somebody may still be writing.
        unchanged: How many files were imported before.
    """

    balances: tuple[Balance, ...] = ()
    files: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    unchanged: int = 0


def import_sources(
    name: str, *, patience_s: float = 0, again: bool = False, accept: bool = False
) -> Brought:
    """Import the new and changed files of a shop, all in one step.

    Args:
        name: The shop, as `shops/NAME.yaml` names it.
        patience_s: How long to wait for files that are being written, in seconds.
        again: Whether files are read that were imported before, too.
        accept: Whether the tables are replaced whatever alarms say.

    Raises:
        ParameterError: There is no such shop, or what its file says of its files is wrong.
        DataError: A file cannot be read; nothing is changed.
        AlarmError: Too much would be set aside; nothing is changed.
    """
    shop = read_shop(name)
    found = look(shop, patience_s=patience_s, again=again)
    balances = []
    if found.fresh:
        # What the engine needs is imported when there is something to import.
        from analysis.ingest.export_files import import_files

        balances = import_files(name, found.fresh, accept=accept)
    remember(name, found)
    return Brought(
        tuple(balances),
        tuple(shown(given.file) for given in found.fresh),
        tuple(map(shown, found.waiting)),
        found.unchanged,
    )


def refuse_nothing(shop: ShopFile, brought: Brought) -> None:
    """Refuse an import for which no file lies where a shop's exports ought to lie.

    Raises:
        DataError: There is none.
    """
    if not (brought.files or brought.waiting or brought.unchanged):
        patterns = ", ".join(pattern.pattern for pattern in shop.patterns)
        raise DataError(
            f"No file lies where source.files of shops/{shop.name}.yaml looks for exports: "
            f"{patterns}, from {paths.home()} on."
        )


def look(shop: ShopFile, *, patience_s: float = 0, again: bool = False) -> Look:
    """Return which files of a shop are to be imported, without importing any.

    Args:
        shop: What the shop's file says.
        patience_s: How long to wait for files that are being written, in seconds.
        again: Whether all of them are to be imported.

    Raises:
        DataError: A file may not be read.
    """
    imported = _imported(shop.name)
    before = _remembered(shop.name)
    # Of a file that is gone, too: it may come back once it has to be read otherwise.
    known = {path: seen for path, seen in before.items() if seen.digest in imported}
    read_as_before = {seen.digest: seen.read_as for seen in known.values()}
    files = _files(shop.patterns)
    read_as = {file: _read_as(shop, pattern) for file, pattern in files.items()}
    changed = [file for file in files if again or not _is_as(known, file, read_as[file])]
    at_rest, waiting = _at_rest(changed, patience_s=patience_s)
    fresh = []
    for file, stamp in sorted(at_rest.items(), key=lambda one: (one[1][1], str(one[0]))):
        seen = Seen(stamp, _digest(file), read_as[file])
        is_known = read_as_before.get(seen.digest, seen.read_as) == seen.read_as
        if again or seen.digest not in imported or not is_known:
            fresh.append(Given(file, files[file].format, files[file].mapping))
        known[str(file)] = seen
    unchanged = len(files) - len(fresh) - len(waiting)
    return Look(tuple(fresh), tuple(waiting), unchanged, known)


def _is_as(known: dict[str, Seen], file: Path, read_as: str) -> bool:
    """Tell whether a file is as it was when it was imported, and to be read as it was then."""
    seen = known.get(str(file))
    return bool(seen) and (seen.stamp, seen.read_as) == (_stamp(file), read_as)


def remember(name: str, found: Look) -> None:
    """Keep what a look at the files of a shop saw, once they are imported."""
    if found.seen != _remembered(name):
        entries = {path: seen._asdict() for path, seen in sorted(found.seen.items())}
        file = paths.data_folder() / name / _SEEN
        write_whole(file, json.dumps({"files": entries}, indent=1, ensure_ascii=False) + "\n")


def shown(file: Path) -> str:
    """Return what a file is called in sentences: its path from the home on, if it lies there."""
    home = paths.home()
    return str(file.relative_to(home) if file.is_relative_to(home) else file)


def _files(patterns: Sequence[FilePattern]) -> dict[Path, FilePattern]:
    """Return the files that patterns match, each with the one that says how to read it.

    A pattern with a format or a mapping stands over one without; of two such, the later one.
    """
    files: dict[Path, FilePattern] = {}
    for pattern in sorted(patterns, key=_says):
        text = str(Path(pattern.pattern).expanduser())
        # Hidden files, which are drafts of others, do not match here; those of Path.glob do.
        for path in glob(text, root_dir=paths.home(), recursive=True):  # noqa: PTH207
            if (file := paths.home() / path).is_file():
                files[file] = pattern
    return files


def _says(pattern: FilePattern) -> bool:
    return bool(pattern.format) or pattern.mapping is not None


def _at_rest(
    files: Iterable[Path], *, patience_s: float
) -> tuple[dict[Path, tuple[int, int]], list[Path]]:
    """Return files with their stamps, and apart from them those that somebody may be writing."""
    end = time.monotonic() + patience_s
    left, at_rest = sorted(files), {}
    while left:
        first = {file: _stamp(file) for file in left}
        time.sleep(_MOMENT_S)
        second = {file: stamp for file in left if (stamp := _stamp(file))}
        at_rest |= dict(_quiet(first, second))
        left = [file for file in second if file not in at_rest]
        if time.monotonic() >= end:
            break
    return at_rest, left


def _quiet(first: dict[Path, Any], second: dict[Path, Any]) -> Iterator[tuple[Path, Any]]:
    now = time.time_ns()
    for file, stamp in second.items():
        # A time that lies well ahead comes from a wrong clock and says nothing.
        if stamp == first[file] and abs(now - stamp[1]) > _AT_REST_S * 1e9:
            yield file, stamp


def _stamp(file: Path) -> tuple[int, int] | None:
    """Return size and time of the last change; None for a file that is gone."""
    with suppress(FileNotFoundError):
        facts = file.stat()
        return facts.st_size, facts.st_mtime_ns
    return None


def _digest(file: Path) -> str:
    try:
        return content_digest(file)
    except OSError as error:
        raise DataError(f"{shown(file)} cannot be read: {error.strerror or error}.") from error


def _read_as(shop: ShopFile, pattern: FilePattern) -> str:
    said = [pattern.format, pattern.mapping, shop.mapping, shop.currency, shop.time_zone]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:16]


def _imported(name: str) -> set[str]:
    """Return the digests of the contents that the current tables come from."""
    file = paths.data_folder() / name / "current" / RECORD
    if not file.exists():
        return set()
    record = json.loads(file.read_text(encoding="utf-8"))
    return {entry.get("digest", "") for entry in record.get("files", [])}


def _remembered(name: str) -> dict[str, Seen]:
    """Return what is known of a shop's files; nothing where that was lost, so all are looked at."""
    file = paths.data_folder() / name / _SEEN
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        entries = json.loads(file.read_text(encoding="utf-8"))["files"]
        return {
            path: Seen(tuple(seen["stamp"]), seen["digest"], seen["read_as"])
            for path, seen in entries.items()
        }
    return {}
