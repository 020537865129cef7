"""Reading a file of settings that a person wrote, and saying where it is no YAML."""

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
