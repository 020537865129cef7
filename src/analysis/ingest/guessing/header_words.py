"""What the name of a column says: names of columns in five languages, and of states of an order."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from analysis.yaml_file import read_bundled

# What no column of a table is made of, although it may be called much the same.
NONE_OF_THEM = ("person", "other", "bare")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ASIAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_ENOUGH_KEYS = 3
# A part of a name says enough if it is at least so much of it.
_ENOUGH = 0.5


class Match(NamedTuple):
    """How well a name of a column fits what it may mean.

    Attributes:
        share: How much of it is a known name: 1 where it is one.
        place: Where that stands in its list, whose first names say most.
    """

    share: float
    place: int

    @property
    def rank(self) -> tuple[float, int]:
        """What to compare by: the larger, the better."""
        return self.share, -self.place


def meanings(header: str) -> dict[str, Match]:
    """Return what a column of this name may mean, each with how well it fits.

    >>> meanings("InvoiceDate")["ordered_at"].share
    1.0
    >>> sorted(meanings("Gesamtbetrag EUR"))
    ['amount']
    """
    found = {}
    for key, names in _columns().items():
        matches = [Match(share, place) for place, name in names if (share := _share(header, name))]
        if matches:
            found[key] = max(matches, key=lambda match: match.rank)
    return found


def is_header(names: Sequence[str]) -> bool:
    """Tell whether a row of cells names columns: those of an order, or of a person.

    >>> is_header(["Bestellnummer", "Datum", "Betrag"]), is_header(["All amounts in EUR"])
    (True, False)
    """
    told = {
        key for name in names for key, match in meanings(name).items() if match.share == 1
    } - set(NONE_OF_THEM)
    return len(told) >= _ENOUGH_KEYS


def state(value: str) -> str:
    """Return what a state of an order means: `keep`, why its orders are set aside, or nothing.

    >>> state("Storniert"), state("発送済み"), state("on its way")
    ('cancelled', 'keep', '')
    """
    return _states().get(_plain(value), "")


def means(value: str, what: str) -> bool:
    """Tell whether a cell on a person means consent (`granted`, `refused`) or `nobody`.

    >>> means("Guest", "nobody"), means("はい", "granted"), means("1", "nobody")
    (True, True, False)
    """
    return value.strip().lower() in _people()[what]


def _share(header: str, name: str) -> float:
    """Return how much of a header a known name is, 0 where it is not part of it."""
    plain = _plain(header)
    if plain.replace(" ", "") == name.replace(" ", ""):
        return 1.0
    if _ASIAN.search(name):
        bare = plain.replace(" ", "")
        share = len(name) / len(bare) if name in bare else 0.0
    else:
        words, wanted = plain.split(), name.split()
        places = range(len(words) - len(wanted) + 1)
        found = any(words[place : place + len(wanted)] == wanted for place in places)
        share = len(wanted) / len(words) if found else 0.0
    return share if share >= _ENOUGH else 0.0


@cache
def _columns() -> dict[str, list[tuple[int, str]]]:
    return {
        key: [(place, _plain(name)) for names in lists for place, name in enumerate(names)]
        for key, lists in read_bundled("ingest", "guessing", "words")["columns"].items()
    }


@cache
def _states() -> dict[str, str]:
    words = read_bundled("ingest", "guessing", "words")["states"]
    return {_plain(str(value)): meaning for meaning, values in words.items() for value in values}


@cache
def _people() -> dict[str, frozenset[str]]:
    words = read_bundled("ingest", "guessing", "words")["people"]
    return {meaning: frozenset(values) for meaning, values in words.items()}


@cache
def _plain(text: str) -> str:
    """Return a name in lower case, its words apart by single blanks."""
    text = unicodedata.normalize("NFKC", text)
    text = _CAMEL.sub(" ", text).replace("#", " no ").lower()
    return " ".join(re.sub(r"[^\w°]|_", " ", text).split())
