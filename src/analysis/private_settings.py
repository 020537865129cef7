"""Settings with secrets, from a file that git ignores and only its owner may read."""

import stat
from typing import Any

import yaml

from analysis import paths
from analysis.errors import ParameterError


def read_private(file: str, *, holds: str) -> dict[str, Any]:
    """Return keys and values of a YAML file, none where there is no such file.

    Args:
        file: Its path in the folder that `ANALYSIS_HOME` names.
        holds: What its keys and values are, for the error.

    Raises:
        ParameterError: Others can read it, or it holds something else. No message repeats a value.
    """
    place = paths.home() / file
    if not place.is_file():
        return {}
    if stat.S_IMODE(place.stat().st_mode) & 0o077:
        raise ParameterError(f"{file} can be read by others: chmod 600 {file}")
    try:
        content = yaml.safe_load(place.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError):
        # What YAML says of it would quote the line, and the password with it.
        raise ParameterError(f"{file} is no valid YAML.") from None
    if not isinstance(content, dict):
        raise ParameterError(f"{file} must hold {holds}.")
    return content
