"""A file that is given to an import, with what is said of it alone."""

from pathlib import Path
from typing import Any, NamedTuple


class Given(NamedTuple):
    """A file to import.

    Attributes:
        file: The file.
        layout: Name of its format, `mapping` for the shop's own, empty to go by its header.
        mapping: What stands in the place of the shop's mapping for this file, or None.
    """

    file: Path
    layout: str = ""
    mapping: Any = None
