"""SQL expressions for the cells of a file: only checked column numbers, and values as parameters.

No name that a file or a layout holds becomes part of a statement: a column is the number of its
place (`c17`), and everything else is a bound parameter.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.engine import Workbench
from analysis.errors import DataError
from analysis.ingest.columns import found, has_column, matching, names_in
from analysis.ingest.layouts import Columns, Layout
from analysis.ingest.read_ids import NOTHING
from analysis.ingest.readings import Readings
from analysis.ingest.text import Text

# Blanks, those of typesetters and those that nobody sees.
BLANKS = (
    " \t\r\n\u3000\u00a0\u1680\u2000\u2001\u2002\u2003\u2007\u2009\u200b\u200c\u200d\u202f"
    "\u2060\ufeff"
)
# A value may hold the mark that ends it, but not before what looks like the next name.
_KEYED = r"(^|\|){}:(.*?)(\|[a-z_]+:|$)"
# Trimming costs more than reading; few cells need it. ASCII's blanks sort before `!`, all others
# after `~`.
_TRIMMED = (
    "CASE WHEN {0} < '!' OR ({0} > '~' AND contains($blanks, left({0}, 1))) "
    "OR contains($blanks, right({0}, 1)) THEN nullif(nullif(trim({0}, $blanks), ''), '-') "
    "WHEN {0} = '-' THEN NULL ELSE {0} END AS {0}"
)
_LOAD = """
CREATE OR REPLACE TABLE cells AS
SELECT CAST(row_number() OVER () + 1 + $skip AS BIGINT) AS row_no{trimmed}
FROM read_csv($file, {options})
"""
_SIGNS = """
SELECT count(*) FILTER (amount > 0), count(*) FILTER (amount < 0), max(amount), min(amount)
FROM (SELECT {amount} AS amount FROM cells)
"""
# Where a quote is open, nobody knows where a row ends.
_SHORT_ROWS = """
SELECT count(*) FILTER (error_type = 'MISSING COLUMNS') > 0
    AND count(*) FILTER (error_type NOT IN ('MISSING COLUMNS', 'TOO MANY COLUMNS')) = 0
FROM reject_errors
"""


class Cells:
    """The cells of one file of a known layout, and the parameters of the statement they go into.

    Attributes:
        parameters: Name to value of everything that the expressions refer to.
        file_name: Name of the file.
        where: Where a shop says how its files are written, for sentences.
    """

    def __init__(
        self,
        connection: Workbench,
        text: Text,
        layout: Layout,
        *,
        time_zone: str,
        currency: str,
        shop: str = "",
    ) -> None:
        """Load the columns of the layout into the table `cells`."""
        self._connection = connection
        self._text = text
        self._layout = layout
        self.file_name = text.file.name
        self.where = f"under `mapping:` in shops/{shop}.yaml"
        self.parameters: dict[str, Any] = {"blanks": BLANKS}
        self._readings = Readings(
            connection,
            text,
            layout,
            time_zone=time_zone,
            currency=currency,
            where=self.where,
            bind=self.bind,
        )
        self._load()

    @property
    def notes(self) -> tuple[str, ...]:
        """How the file and its columns were read, where a reader should know."""
        return (*self._text.notes, *self._readings.notes)

    def _load(self) -> None:
        header = self._text.header
        named = tuple(names_in(self._layout))
        wanted = sorted({header.index(name) for name in matching(header, named)})
        self._loaded = wanted
        trimmed = "".join(", " + _TRIMMED.format(f"c{place}") for place in wanted)
        columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(header)))
        options = (
            f"columns = {{{columns}}}, auto_detect = false, header = true, skip = $skip, "
            "delim = $delimiter, quote = '\"', escape = '\"', store_rejects = true, "
            "rejects_limit = 0"
        )
        values = {
            "file": str(self._text.utf8),
            "delimiter": self._text.delimiter,
            "skip": self._text.skip,
            **({"blanks": BLANKS} if trimmed else {}),
        }
        self._connection.execute(_LOAD.format(trimmed=trimmed, options=options), values)
        if self._connection.execute(_SHORT_ROWS).fetchall()[0][0] and _ends_in_a_row(
            self._text.utf8
        ):
            # Spreadsheets leave out empty cells at the end of a row. It costs a reading that does
            # without a second thread, so it is not done for all files.
            self._connection.execute("DELETE FROM reject_errors")
            options += ", null_padding = true, parallel = false"
            self._connection.execute(_LOAD.format(trimmed=trimmed, options=options), values)

    def bind(self, value: Any) -> str:
        """Return the name of a new parameter with this value."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def used(self, statement: str) -> dict[str, Any]:
        """Return the parameters that a statement names: the engine refuses any other."""
        named = set(re.findall(r"\$([a-z]\w*)", statement))
        return {name: value for name, value in self.parameters.items() if name in named}

    def has(self, columns: Columns) -> bool:
        """Tell whether the file has one of these columns."""
        return bool(self._found(columns))

    def has_any(self, columns: Columns) -> bool:
        """Tell whether the file has one of these columns, of which `x*` means all that begin so."""
        return has_column(self._text.header, columns)

    def source(self) -> str:
        """Return the table of the file's rows: each cell as trimmed text or null."""
        return "cells"

    def filled(self) -> str:
        """Return how many of the columns that the layout reads are filled in a row."""
        return " + ".join(f"CAST(c{place} IS NOT NULL AS INTEGER)" for place in self._loaded) or "0"

    def last_row_of(self, columns: Columns) -> int:
        """Return the number of the last row in which one of these columns is filled, or 0."""
        statement = f"SELECT max(row_no) FROM cells WHERE {self.text(columns)} IS NOT NULL"  # noqa: S608
        return self._connection.execute(statement).fetchall()[0][0] or 0

    def text(self, columns: Columns) -> str:
        """Return the first of these columns that is not blank."""
        return _first([f"c{place}" for place in self._found(columns)], "VARCHAR")

    def identifier(self, columns: Columns) -> str:
        """Return a number or code, as it was before a spreadsheet touched it, or null.

        Without the apostrophe that keeps spreadsheets off it, and without `.0`; a number that was
        shortened to 6.8E+12 is lost.
        """
        return _first([self._readings.id(place).sql for place in self._found(columns)], "VARCHAR")

    def shortened(self, columns: Columns) -> str:
        """Return whether a spreadsheet shortened the number to something like 6.8E+12."""
        readings = [self._readings.id(place) for place in self._found(columns)]
        tests = [one.shortened for one in readings if one.shortened]
        return f"coalesce({' OR '.join(tests)}, false)" if tests else "false"

    def public(self, columns: Columns) -> str:
        """Return a text that may be kept: one that looks like a mail address may not."""
        return kept(self.text(columns))

    def each(self, columns: Columns) -> str:
        """Return all of these cells that are not blank as a list; `x*` means all that begin so."""
        names = matching(self._text.header, columns)
        texts = ", ".join(self.text((name,)) for name in names)
        return f"list_filter([{texts}]::VARCHAR[], lambda cell: cell IS NOT NULL)"

    def keyed(self, text: str, names: Columns) -> str:
        """Return the first of the values that a text such as `sku:A1|quantity:2` has by a name."""
        values = [
            f"nullif(trim(translate(regexp_extract({text}, "
            f"{self.bind(_KEYED.format(re.escape(name)))}, 2), "
            "concat(chr(1), chr(2), chr(3)), ';|:'), $blanks), '')"
            for name in names
        ]
        return f"coalesce({', '.join(values)})" if values else "CAST(NULL AS VARCHAR)"

    def money(self, columns: Columns, *, paid: bool = False) -> str:
        """Return an amount as it is written, exact to four decimals, or null.

        Args:
            columns: Where it stands.
            paid: Whether it is money that changed hands, so that it has the currency's decimals.
        """
        readings = [
            (f"c{place}", self._readings.number(place, paid=paid).sql.format(f"c{place}"))
            for place in self._found(columns)
        ]
        if len(readings) == 1:
            return readings[0][1]
        cases = " ".join(f"WHEN {cell} IS NOT NULL THEN {number}" for cell, number in readings)
        return f"CASE {cases} END" if cases else "CAST(NULL AS DECIMAL(18, 4))"

    def count(self, columns: Columns) -> str:
        """Return how many, exact to three decimals, or null."""
        return f"CAST({self.money(columns)} AS DECIMAL(18, 3))"

    def number(self, text: str, *, of: str, title: str) -> str:
        """Return what a text says as a number, exact to four decimals, or null.

        Args:
            text: The expression of the text.
            of: The table that it is of, whose rows together tell the decimal sign.
            title: What it is called in sentences.
        """
        cells = f"SELECT {text} AS cell FROM {of}"  # noqa: S608 own names and parameters
        self._gather(cells)
        return self._readings.number_of("SELECT cell FROM texts", title).sql.format(text)

    def moment_in(self, text: str, *, of: str, title: str) -> str:
        """Return the time stamp that a text says, or null; see `number`."""
        self._gather(f"SELECT {text} AS cell FROM {of}")  # noqa: S608 own names and parameters
        return self._readings.date_of("SELECT cell FROM texts", title).sql.format(text)

    def _gather(self, cells: str) -> None:
        """Keep texts within cells for a look at all of them."""
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE texts AS {cells}", self.used(cells))

    def added(self, plus: Iterable[Columns], minus: Iterable[Columns] = ()) -> str:
        """Return a sum of amounts; a blank one among those to subtract counts as nothing."""
        parts = [f"({self.money(columns, paid=True)})" for columns in plus]
        taken = [
            f"CASE WHEN {self.is_nothing(columns)} THEN 0 ELSE {self.taken(columns)} END"
            for columns in minus
        ]
        return " - ".join([" + ".join(parts) or "CAST(NULL AS DECIMAL(18, 4))", *taken])

    def taken(self, columns: Columns) -> str:
        """Return what is taken away, which some programs write with a minus, as a positive amount.

        Raises:
            DataError: Some cells of a column have a minus, and some have none.
        """
        amount = self.money(columns, paid=True)
        if not self.has(columns):
            return amount
        statement = _SIGNS.format(amount=amount)
        above, below, one, other = self._connection.execute(
            statement, self.used(statement)
        ).fetchall()[0]
        if above and below:
            raise DataError(
                f"{'/'.join(columns)} of {self.file_name} holds {one:f} and {other:f}: money that "
                "is taken away stands with a minus or without, not both; correct the file."
            )
        return f"abs({amount})" if below else amount

    def is_nothing(self, columns: Columns) -> str:
        """Return whether a cell is blank, or says so in a word."""
        text = self.text(columns)
        return f"({text} IS NULL OR {text} IN {NOTHING})"

    def unread(self, columns: Columns) -> str:
        """Return whether a cell tells an amount that cannot be read: it may not be passed over."""
        if not self.has(columns):
            return "false"
        return f"(NOT {self.is_nothing(columns)} AND {self.money(columns)} IS NULL)"

    def percent(self, columns: Columns) -> str:
        """Return a share in percent, with or without the sign, or null."""
        text = f"rtrim({self.text(columns)}, '%\uff05 ')"
        return self.number(text, of="cells", title="/".join(columns))

    def besides(self, plus: Iterable[Columns], minus: Iterable[Columns]) -> str:
        """Return a sum of amounts in which a blank one counts as nothing; see `unread`."""
        parts = [
            f"{sign} coalesce({'' if sign == '+' else 'abs'}({self.money(columns)}), 0)"
            for sign, named in (("+", plus), ("-", minus))
            for columns in named
            if self.has(columns)
        ]
        return f"CAST(0 {' '.join(parts)} AS DECIMAL(18, 4))"

    def moment(self, columns: Columns, *, needed: bool = False) -> str:
        """Return a time stamp on the shop's clock, or null where the text is no such thing.

        Args:
            columns: Where it stands.
            needed: Whether a column without a single date is refused.
        """
        parts = [
            self._readings.date(place, needed=needed).sql.format(f"c{place}")
            for place in self._found(columns)
        ]
        return _first(parts, "TIMESTAMP")

    def one_of(self, expression: str, values: Iterable[str]) -> str:
        """Return whether a text is one of some values, without regard to case."""
        bound = ", ".join(self.bind(value.lower()) for value in values)
        return f"coalesce(lower({expression}) IN ({bound}), false)" if bound else "false"

    def is_among(self, expression: str, values: Iterable[str]) -> str:
        """Return whether a text is one of some values; `x*` means all that begin so."""
        whole = [value for value in values if not value.endswith("*")]
        starts = [self.bind(value[:-1].lower()) for value in values if value.endswith("*")]
        tests = [self.one_of(expression, whole)] if whole else []
        tests += [f"coalesce(starts_with(lower({expression}), {start}), false)" for start in starts]
        return f"({' OR '.join(tests)})" if tests else "false"

    def digest(self, expression: str) -> str:
        """Return HMAC-SHA256 of an address in lower case, as 64 hexadecimal digits.

        No address holds a blank, seen or unseen, or ends in a point.
        """
        plain = f"rtrim(translate(lower({expression}), $blanks, ''), '.')"
        inner = f"sha256($inner_pad || encode({plain}))"
        return f"CASE WHEN {expression} IS NOT NULL THEN sha256($outer_pad || unhex({inner})) END"

    def customer_number(self) -> str:
        """Return the shop's number of the customer; the digest of one that is an address."""
        number = self.identifier(self._layout.customer_id)
        if self._layout.no_customer:
            nobody = self.one_of(number, self._layout.no_customer)
            number = f"CASE WHEN NOT {nobody} THEN {number} END"
        # An address in the place of a number is an address all the same.
        return f"CASE WHEN {is_address(number)} THEN {self.digest(number)} ELSE {number} END"

    def email_key(self) -> str:
        """Return the digest of the customer's address."""
        address = self.text(self._layout.email)
        bare = f"CASE WHEN contains({address}, '@') THEN ltrim({address}, '''') END"
        return self.digest(bare) if self.has(self._layout.email) else "CAST(NULL AS VARCHAR)"

    def customer(self) -> str:
        """Return who the customer is: the shop's number, or else the digest of the address."""
        return f"coalesce({self.customer_number()}, {self.email_key()})"

    def _found(self, columns: Columns) -> list[int]:
        return found(self._text.header, columns)


def kept(text: str) -> str:
    """Return a text unless it looks like a mail address; a name may well hold the sign."""
    return f"CASE WHEN NOT {is_address(text)} THEN {text} END"


def is_address(text: str) -> str:
    """Return whether a text looks like a mail address."""
    # Nearly no text holds the sign, and looking for it costs next to nothing.
    return f"(contains({text}, '@') AND regexp_matches({text}, '[^\\s@]@[^\\s@]+\\.[^\\s@.]'))"


def _first(expressions: list[str], kind: str) -> str:
    """Return the first of some expressions that has a value."""
    if not expressions:
        return f"CAST(NULL AS {kind})"
    return expressions[0] if len(expressions) == 1 else f"coalesce({', '.join(expressions)})"


def _ends_in_a_row(file: Path) -> bool:
    """Tell whether a file ends where a row does; where it does not, its last cells may be gone."""
    with file.open("rb") as content:
        content.seek(-1, os.SEEK_END)
        return content.read(1) in b"\r\n"
