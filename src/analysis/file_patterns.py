"""What a shop's file says of where its exports lie: patterns of files, and how to read them."""

import difflib
from collections.abc import Mapping
from typing import Any, NamedTuple

from analysis.errors import ParameterError

_SAMPLE_KEYS = ("importer", "package", "distribution", "file")


class FilePattern(NamedTuple):
    """Files of a shop, as an entry of `source: {files: [...]}` names them.

    Attributes:
        pattern: Path with `*`, `?`, `[...]` or `**`, from the folder that holds `shops/` if it is
            not absolute.
        format: Name of their format; empty to go by their headers.
        mapping: Their own layout, in the place of the shop's `mapping`; None for that one.
    """

    pattern: str
    format: str = ""
    mapping: Any = None


def read_patterns(source: Mapping[str, Any], *, where: str) -> tuple[FilePattern, ...]:
    """Check what a shop's file says under `source`, and return its patterns of files.

    Args:
        source: What stands under the key.
        where: The shop's file, for sentences.

    Raises:
        ParameterError: A key is unknown, or an entry is no pattern.

    >>> read_patterns({"files": ["exports/*.csv"]}, where="shops/tiny.yaml")
    (FilePattern(pattern='exports/*.csv', format='', mapping=None),)
    """
    _refuse_unknown(source, ("files", *_SAMPLE_KEYS), where=f"source of {where}")
    if "files" not in source:
        return ()
    if others := [key for key in _SAMPLE_KEYS if key in source]:
        raise ParameterError(
            f"source of {where} names both files and {others[0]}: leave one of them out."
        )
    entries = source["files"]
    if isinstance(entries, str | Mapping):
        entries = [entries]
    if not isinstance(entries, list) or not entries:
        raise ParameterError(
            f"source.files of {where} == {entries!r}, must be patterns such as [exports/*.csv]."
        )
    return tuple(_entry(entry, where=f"source.files of {where}") for entry in entries)


def _entry(entry: Any, *, where: str) -> FilePattern:
    if isinstance(entry, str):
        entry = {"pattern": entry}
    if not isinstance(entry, Mapping):
        raise ParameterError(
            f"{where} has the entry {entry!r}, must be a pattern such as exports/*.csv, or "
            "{pattern: exports/*.csv, format: NAME}."
        )
    _refuse_unknown(entry, FilePattern._fields, where=where)
    for key in ("pattern", "format"):
        if not isinstance(entry.get(key, ""), str):
            raise ParameterError(f"{key} in {where} == {entry[key]!r}, must be a text.")
    pattern = entry.get("pattern", "").strip()
    if not pattern:
        raise ParameterError(f"{where} has an entry without a pattern such as exports/*.csv.")
    if entry.get("format") and entry.get("mapping") is not None:
        raise ParameterError(
            f"{where} says both format and mapping of {pattern}: leave one of them out."
        )
    if not isinstance(entry.get("mapping", {}), dict | list):
        raise ParameterError(
            f"mapping of {pattern} in {where} == {entry['mapping']!r}, must be keys and values."
        )
    return FilePattern(pattern, entry.get("format", ""), entry.get("mapping"))


def _refuse_unknown(content: Mapping[str, Any], known: tuple[str, ...], *, where: str) -> None:
    for key in content:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"known keys: {', '.join(known)}."
            raise ParameterError(f"{where} has the unknown key '{key}': {hint}")
