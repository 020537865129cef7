"""The countries of time zones: one zone tells its country, some countries tell their zone."""

from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import TZPATH

_TABLE = "zone.tab"


@cache
def region_of(time_zone: str) -> str:
    """Return the ISO code of the country that a time zone is of, empty where nobody says.

    Telephone numbers of that country are written without a country code.

    >>> region_of("Asia/Tokyo"), region_of("UTC")
    ('JP', '')
    """
    countries = zones_by_country()
    return next((country for country, zones in countries.items() if time_zone in zones), "")


@cache
def zones_by_country() -> dict[str, list[str]]:
    """Return the time zones of each country by its ISO code, the one of most people first."""
    zones: dict[str, list[str]] = {}
    for line in _zones().splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones.setdefault(country, []).append(zone)
    return zones


def _zones() -> str:
    """Return the table of zones of this machine, or else that of the package `tzdata`."""
    for folder in TZPATH:
        if (file := Path(folder) / _TABLE).is_file():
            return file.read_text(encoding="utf-8")
    try:
        return (resources.files("tzdata") / "zoneinfo" / _TABLE).read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return ""
