"""The country of a time zone, whose telephone numbers are written without a country code."""

from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import TZPATH

_TABLE = "zone.tab"


@cache
def region_of(time_zone: str) -> str:
    """Return the ISO code of the country that a time zone is of, empty where nobody says.

    >>> region_of("Asia/Tokyo"), region_of("UTC")
    ('JP', '')
    """
    for line in _zones().splitlines():
        if not line.startswith("#") and (cells := line.split("\t"))[2] == time_zone:
            return cells[0]
    return ""


def _zones() -> str:
    """Return the table of zones of this machine, or else that of the package `tzdata`."""
    for folder in TZPATH:
        if (file := Path(folder) / _TABLE).is_file():
            return file.read_text(encoding="utf-8")
    try:
        return (resources.files("tzdata") / "zoneinfo" / _TABLE).read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return ""
