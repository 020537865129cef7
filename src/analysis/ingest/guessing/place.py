"""Where a shop is: its currency, its clock and its language, as far as a file shows them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from analysis.errors import ParameterError
from analysis.ingest.currencies import currencies_with
from analysis.ingest.guessing.columns import column_meanings
from analysis.ingest.guessing.contents import Column, Sample
from analysis.ingest.guessing.questions import Answers, Question
from analysis.ingest.regions import zones_by_country
from analysis.money import decimals_of

_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_STAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::\d{2})?(?:\.\d+)? ?([+-]\d{2}):?(\d{2})"
)
_CODE_IN_NAME = re.compile(r"\b([A-Z]{3})\b")
_NO_MARK = re.compile(r"[\d.,'()\s+\u2212-]")
_MOST_STAMPS = 2_000
_MOST_CELLS = 100_000


class Place(NamedTuple):
    """Where a shop is.

    Attributes:
        currency: ISO code of its currency, empty where it is asked.
        time_zone: IANA name of its zone, empty where it is asked.
        language: Code of the language of its pages.
        questions: What a person has to say.
    """

    currency: str
    time_zone: str
    language: str
    questions: tuple[Question, ...] = ()


def guess_place(samples: Sequence[Sample], answers: Answers) -> Place:
    """Return where a shop is.

    Args:
        samples: The first rows of its files.
        answers: What a person said.

    Raises:
        ParameterError: An answer is no currency or zone.
    """
    names = [name for sample in samples for name in sample.columns]
    is_japanese = any(map(_JAPANESE.search, names))
    currency = answers.get("currency").upper() or _currency(samples)
    currency = currency or ("JPY" if is_japanese else "")
    zone = answers.get("time_zone") or ("Asia/Tokyo" if is_japanese else _zone(samples, currency))
    _check(currency, zone)
    files = ", ".join(sample.name for sample in samples)
    questions = []
    if not currency:
        sentence = f"Which currency are the amounts of {files} in (an ISO code such as USD)?"
        questions.append(Question("currency", sentence))
    if not zone:
        sentence = "Which time zone is the shop in (an IANA name such as Europe/Berlin)?"
        likely = (zones_by_country().get(currency[:2]) or [""])[0]
        questions.append(Question("time_zone", sentence, default=likely))
    language = answers.get("language") or ("ja" if is_japanese else "en")
    return Place(currency, zone, language, tuple(questions))


def _check(currency: str, zone: str) -> None:
    if currency:
        decimals_of(currency)
    try:
        ZoneInfo(zone or "UTC")
    except (KeyError, ValueError, OSError):
        raise ParameterError(
            f"time_zone == '{zone}', must be an IANA name such as Europe/Berlin."
        ) from None


def _currency(samples: Sequence[Sample]) -> str:
    """Return the currency that the files tell: by a column, else by what stands beside amounts."""
    columns = [column for sample in samples for column in sample.columns.values()]
    told = Counter(
        cell for column in columns if _is_of_currencies(column) for cell in column.filled
    )
    if told:
        return told.most_common(1)[0][0]
    in_names = {code for column in columns if column.is_number for code in _codes(column.name)}
    found = in_names or _beside(columns)
    return found.pop() if len(found) == 1 else ""


def _beside(columns: Iterable[Column]) -> set[str]:
    """Return the currencies that all signs beside amounts may be of."""
    cells = (cell for column in columns if column.is_number for cell in column.filled)
    marks = {mark for cell in islice(cells, _MOST_CELLS) if (mark := _NO_MARK.sub("", cell))}
    found = [currencies_with(mark) for mark in marks]
    return set.intersection(*found) if found else set()


def _is_of_currencies(column: Column) -> bool:
    """Tell whether a column holds codes of currencies, by its name or because it can be no others.

    Codes of countries look the same.
    """
    is_called_so = "currency" in column_meanings(column.name)
    return column.is_currency and all(
        _is_currency(code) and (is_called_so or currencies_with(code))
        for code in set(column.filled)
    )


def _codes(name: str) -> Iterator[str]:
    return (code for code in _CODE_IN_NAME.findall(name) if currencies_with(code))


def _is_currency(code: str) -> bool:
    """Tell whether a code of three letters may be a currency: that of a country, or the euro."""
    with suppress(ParameterError):
        decimals_of(code)
        return code == "EUR" or code[:2] in zones_by_country()
    return False


def _zone(samples: Sequence[Sample], currency: str) -> str:
    """Return the zone of the currency's country, if it has one only or time stamps tell which.

    Of several with these clocks, the first is that of most people.
    """
    zones = zones_by_country().get(currency[:2], []) if currency else []
    if len(zones) == 1:
        return zones[0]
    stamps = [*_stamps(samples)]
    fitting = [zone for zone in zones if stamps and all(_shows(zone, *stamp) for stamp in stamps)]
    return fitting[0] if fitting else ""


def _stamps(samples: Iterable[Sample]) -> Iterator[tuple[datetime, timedelta]]:
    for sample in samples:
        for column in sample.columns.values():
            for cell in column.filled[:_MOST_STAMPS] if column.is_date else ():
                if found := _STAMP.match(cell):
                    hours, minutes = int(found[3]), int(found[3][0] + found[4])
                    with suppress(ValueError):
                        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}")
                        yield moment, timedelta(hours=hours, minutes=minutes)


def _shows(zone: str, moment: datetime, offset: timedelta) -> bool:
    """Tell whether the clocks of a zone were that far from UTC."""
    return moment.replace(tzinfo=ZoneInfo(zone)).utcoffset() == offset
