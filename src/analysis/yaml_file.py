"""Reading YAML: files that a person wrote, saying where they are none, and those of the package."""

from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from analysis.errors import ParameterError


def read_yaml(file: Path, *, where: str) -> Any:
    """Return what a YAML file holds, `{}` where it holds nothing.

    Args:
        file: The file.
        where: What it is called in sentences.

    Raises:
        ParameterError: It is no YAML; the sentence names the line.
    """
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}: " if mark else ""
        said = error.problem or error.context
        raise ParameterError(f"{where} is no valid YAML: {line}{said}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f"{where} is no valid YAML: {str(error).splitlines()[0]}.") from error


def read_bundled(*folder: str) -> dict[str, Any]:
    """Return what the YAML files in a folder of this package hold, by their names.

    >>> sorted(read_bundled("targets", "contacts"))[:2]
    ['eccube', 'line_members']
    """
    files = resources.files("analysis").joinpath(*folder).iterdir()
    return {
        file.name.removesuffix(".yaml"): yaml.safe_load(file.read_text(encoding="utf-8"))
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".yaml")
    }
