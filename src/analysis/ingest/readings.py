"""How each column of a file is to be read: told once, by all its cells, when it is first asked."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from analysis.engine import Workbench
from analysis.errors import DataError, ParameterError, QuestionError
from analysis.ingest.columns import found
from analysis.ingest.layouts import Layout
from analysis.ingest.read_dates import DateReading, read_dates
from analysis.ingest.read_ids import IdReading, read_ids
from analysis.ingest.read_numbers import (
    Doubtful,
    NumberReading,
    read_as,
    read_doubtful,
    read_numbers,
)
from analysis.ingest.text import Text
from analysis.money import decimals_of


class Readings:
    """How the columns of the table `cells` are read; a column that nobody asks for is not.

    Attributes:
        notes: How columns were read, where a reader should know.
    """

    def __init__(
        self,
        connection: Workbench,
        text: Text,
        layout: Layout,
        *,
        time_zone: str,
        currency: str,
        where: str,
        bind: Callable[[Any], str],
    ) -> None:
        self._connection = connection
        self._text = text
        self._layout = layout
        self._time_zone = time_zone
        self._currency = currency
        self._where = where
        self._bind = bind
        self._numbers: dict[str, NumberReading | Doubtful] = {}
        self._dates: dict[str, DateReading] = {}
        self._ids: dict[str, IdReading] = {}
        self.notes: list[str] = []

    def id(self, place: int) -> IdReading:
        """Return how a column names things."""
        name = f"c{place}"
        if name not in self._ids:
            self._ids[name] = read_ids(self._connection, name, title=self._title(place))
            self.note(self._ids[name].note)
        return self._ids[name]

    def number(self, place: int, *, paid: bool) -> NumberReading:
        """Return how a column is numbers.

        Args:
            place: Its place in the file.
            paid: Whether it is money that changed hands, so that it has the currency's decimals.

        Raises:
            QuestionError: Neither its cells nor the file's other amounts tell the decimal sign, or
                they contradict one another.
        """
        reading = self._own_number(place, paid=paid)
        if isinstance(reading, NumberReading):
            return reading
        signs = {
            other.sign
            for one in self._money_places()
            if isinstance(other := self._own_number(one, paid=False), NumberReading) and other.sign
        }
        likely = reading.likely
        if likely and signs <= {likely.sign}:
            return self._settled(place, likely)
        if len(signs) == 1 and not likely:
            sign, title = signs.pop(), self._title(place)
            return self._settled(place, read_doubtful(sign, currency=self._currency, title=title))
        one, other = reading.cells
        raise QuestionError(
            f"{self._in_file(place)} holds {one}"
            + (f" and {other}" if other != one else "")
            + ', which may be thousands or decimals: say `decimal: "."` or `decimal: ","` '
            f"{self._where}.",
            key="decimal",
            choices={sign: read_as(one, sign) for sign in (".", ",")},
            file=self._text.file.name,
        )

    def _settled(self, place: int, reading: NumberReading) -> NumberReading:
        self._numbers[f"c{place}"] = reading
        self.note(reading.note)
        return reading

    def _own_number(self, place: int, *, paid: bool) -> NumberReading | Doubtful:
        name = f"c{place}"
        known = self._numbers.get(name)
        if known is None or (paid and isinstance(known, Doubtful)):
            decimals = decimals_of(self._currency) if self._layout.unit == "major" else 0
            self._numbers[name] = read_numbers(
                self._connection,
                self._column(place),
                title=self._in_file(place),
                currency=self._currency,
                decimal=self._layout.decimal,
                decimals=decimals if paid else None,
                where=self._where,
            )
            self.note(getattr(self._numbers[name], "note", ""))
        return self._numbers[name]

    def _money_places(self) -> list[int]:
        layout, line = self._layout, self._layout.line
        named = [*layout.amount_plus, *layout.amount_minus, layout.goods, layout.discount]
        named += [line.price, line.amount, line.discount] if line and not line.packed else []
        return [place for columns in named for place in found(self._text.header, columns)]

    def date(self, place: int, *, needed: bool) -> DateReading:
        """Return how a column is dates.

        Args:
            place: Its place in the file.
            needed: Whether a column without a single date is refused.

        Raises:
            QuestionError: Neither its cells nor the file's other dates tell day from month.
            DataError: It is needed, and no cell is a date.
        """
        name = f"c{place}"
        if name not in self._dates:
            try:
                reading = self._read_dates(self._column(place), self._in_file(place))
            except QuestionError:
                reading = self._read_as_other_dates(place)
            except DataError:
                if needed:
                    raise
                reading = DateReading(
                    "CAST(NULL AS TIMESTAMP)", f"{self._title(place)}: no cell is a date"
                )
            self._dates[name] = reading
            self.note(reading.note)
        return self._dates[name]

    def _read_as_other_dates(self, place: int) -> DateReading:
        """Read a column whose cells do not tell which number is the day as the file's others do.

        Raises:
            QuestionError: They do not tell either, or do not agree.
        """
        orders = set()
        for other in self._date_places():
            if other != place:
                with suppress(ParameterError, DataError):
                    orders.add(self._read_dates(self._column(other), "").order)
        told = orders & {"dmy", "mdy"}
        if len(told) != 1:
            return self._read_dates(self._column(place), self._in_file(place))
        day_first = told == {"dmy"}
        reading = self._read_dates(self._column(place), self._in_file(place), day_first=day_first)
        word = "day" if day_first else "month"
        return reading._replace(note=f"{self._title(place)}: {word} first, as in other columns")

    def _date_places(self) -> list[int]:
        layout = self._layout
        named = [layout.ordered_at, layout.refunded_at, layout.registered_at, layout.birth_day]
        named += [(moment,) for moment in layout.moments]
        return [place for columns in named for place in found(self._text.header, columns)]

    def _read_dates(self, cells: str, title: str, *, day_first: bool | None = None) -> DateReading:
        return read_dates(
            self._connection,
            cells,
            title=title,
            time_zone=self._time_zone,
            zone=self._layout.zone,
            day_first=self._layout.day_first if day_first is None else day_first,
            formats=self._layout.dates,
            today=datetime.now(ZoneInfo(self._time_zone)).date(),
            bind=self._bind,
            where=self._where,
        )

    def number_of(self, cells: str, title: str) -> NumberReading:
        """Return how texts within cells are numbers."""
        reading = read_numbers(self._connection, cells, title=title, currency=self._currency)
        if isinstance(reading, NumberReading):
            return reading
        # Programs pack cells, and programs write a point.
        return read_doubtful(".", currency=self._currency, title=title)

    def date_of(self, cells: str, title: str) -> DateReading:
        """Return how texts within cells are dates."""
        return self._read_dates(cells, title)

    def _column(self, place: int) -> str:
        return f"SELECT c{place} AS cell FROM cells"  # noqa: S608 a column number

    def _title(self, place: int) -> str:
        return self._text.header[place]

    def _in_file(self, place: int) -> str:
        return f"{self._title(place)} of {self._text.file.name}"

    def note(self, note: str) -> None:
        """Keep what a reader should know, once."""
        if note and note not in self.notes:
            self.notes.append(note)
