"""SQL expressions for the cells of a file: only checked column numbers, and values as parameters.

No name that a file or a layout holds becomes part of a statement: a column is the number of its
place (`c17`), and everything else is a bound parameter.
"""

import re
from collections.abc import Iterable
from typing import Any

from analysis.ingest.layouts import Columns, Layout
from analysis.ingest.text import Text, normalize

_BLANKS = " \t\r\n\u3000"
# A value may hold the mark that ends it, but not before what looks like the next name.
_KEYED = r"(^|\|){}:(.*?)(\|[a-z_]+:|$)"
# Trimming costs more than reading; few cells need it. All blanks but the last sort before `!`.
_TRIMMED = (
    "CASE WHEN {0} < '!' OR {0} BETWEEN '\u3000' AND '\u3001' OR contains($blanks, right({0}, 1)) "
    "THEN nullif(trim({0}, $blanks), '') ELSE {0} END AS {0}"
)
_OFFSET = r"\s*([+-]\d{2}:?\d{2}|Z)$"
_YEAR_FIRST = ("%Y-%m-%d", "%Y/%m/%d")
# CP932 has no yen sign: what looks like one in Japan is stored as a backslash.
_CURRENCY_MARKS = "\\¥￥$€£円, \u3000"


class Cells:
    """The cells of one file of a known layout, and the parameters of the statement they go into.

    Attributes:
        parameters: Name to value of everything that the expressions refer to.
    """

    def __init__(self, text: Text, layout: Layout, *, time_zone: str) -> None:
        self._places = {name: place for place, name in enumerate(text.header)}
        self._width = len(text.header)
        self._layout = layout
        self._asked: set[int] = set()
        self.parameters: dict[str, Any] = {"file": str(text.utf8), "blanks": _BLANKS}
        self._delimiter = self.bind(text.delimiter)
        self._time_zone = self.bind(time_zone)

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
        return any(normalize(name) in self._places for name in columns)

    def source(self) -> str:
        """Return the rows of the file: each cell that was asked for, as trimmed text or null.

        To be called last. Cells are trimmed here once, however often an expression names them.
        """
        trimmed = ", ".join(_TRIMMED.format(f"c{place}") for place in sorted(self._asked))
        columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(self._width))
        options = (
            f"columns = {{{columns}}}, auto_detect = false, header = true, "
            f"delim = {self._delimiter}, quote = '\"', escape = '\"', store_rejects = true, "
            "rejects_limit = 0"
        )
        return f"(SELECT {trimmed} FROM read_csv($file, {options}))"  # noqa: S608

    def text(self, columns: Columns) -> str:
        """Return the first of these columns that is not blank."""
        places = [self._places[normalize(name)] for name in columns if self.has((name,))]
        self._asked.update(places)
        parts = [f"c{place}" for place in places]
        return f"coalesce({', '.join(parts)})" if parts else "CAST(NULL AS VARCHAR)"

    def identifier(self, columns: Columns) -> str:
        """Return a number or code, without the apostrophe that keeps spreadsheets off it."""
        text = self.text(columns)
        bare = f"nullif(ltrim({text}, ''''), '')"
        return f"CASE WHEN starts_with({text}, '''') THEN {bare} ELSE {text} END"

    def public(self, columns: Columns) -> str:
        """Return a text that may be kept: one that looks like a mail address may not."""
        return kept(self.text(columns))

    def each(self, columns: Columns) -> str:
        """Return all of these cells that are not blank as a list; `x*` means all that begin so."""
        names = [
            name
            for column in map(normalize, columns)
            for name in self._places
            if name == column or (column.endswith("*") and name.startswith(column[:-1]))
        ]
        texts = ", ".join(self.text((name,)) for name in names)
        return f"list_filter([{texts}]::VARCHAR[], lambda cell: cell IS NOT NULL)"

    def keyed(self, text: str, names: Columns) -> str:
        """Return the first of the values that a text such as `sku:A1|quantity:2` has by a name."""
        values = [
            f"nullif(trim(regexp_extract({text}, {self.bind(_KEYED.format(re.escape(name)))}, 2), "
            "$blanks), '')"
            for name in names
        ]
        return f"coalesce({', '.join(values)})" if values else "CAST(NULL AS VARCHAR)"

    def sum_of(self, columns: Columns, name: str) -> str:
        """Return the sum of all values that a cell such as `amount:5|reason:a;amount:2` has."""
        pattern = self.bind(rf"(?:^|[|;]){re.escape(name)}:([^|;]*)")
        values = f"regexp_extract_all({self.text(columns)}, {pattern}, 1)"
        numbers = f"list_transform({values}, lambda value: {self.number('value')})"
        return f"coalesce(CAST(list_sum({numbers}) AS DECIMAL(18, 4)), 0)"

    def money(self, columns: Columns) -> str:
        """Return an amount as it is written, exact to four decimals, or null."""
        return self.number(self.text(columns))

    def number(self, text: str) -> str:
        """Return what a text says as a number, exact to four decimals, or null."""
        marks = self.bind(_CURRENCY_MARKS)
        if self._layout.decimal == ",":
            marks = self.bind(_CURRENCY_MARKS.replace(",", "."))
            return f"try_cast(replace(translate({text}, {marks}, ''), ',', '.') AS DECIMAL(18, 4))"
        # Most amounts are plain numbers, and looking for marks costs more than reading one.
        plain, marked = text, f"translate({text}, {marks}, '')"
        return f"coalesce({', '.join(f'try_cast({x} AS DECIMAL(18, 4))' for x in (plain, marked))})"

    def added(self, plus: Iterable[Columns], minus: Iterable[Columns] = ()) -> str:
        """Return a sum of amounts; a blank one among those to subtract counts as nothing."""
        parts = [f"({self.money(columns)})" for columns in plus]
        taken = [
            f"CASE WHEN {self.text(columns)} IS NULL THEN 0 ELSE {self.money(columns)} END"
            for columns in minus
        ]
        return " - ".join([" + ".join(parts), *taken])

    def moment(self, columns: Columns) -> str:
        """Return a time stamp on the shop's clock, or null where the text is no such thing."""
        text = self.text(columns)
        formats = self._layout.date_formats()
        zoned = [form for form in formats if "%z" in form]
        plain = [form for form in formats if "%z" not in form]
        parts = []
        if zoned:
            # With a zone the engine takes February 30 for March 1; without one it does not.
            bare = f"regexp_replace({text}, {self.bind(_OFFSET)}, '')"
            plainly = [form.replace("%z", "").strip() for form in zoned]
            exists = f"try_strptime({bare}, {self._bound_list(plainly)}) IS NOT NULL"
            if all(form.startswith(_YEAR_FIRST) for form in zoned):
                # The first ten characters tell in a fifth of the time, for nearly all.
                exists = f"try_cast(left({text}, 10) AS DATE) IS NOT NULL OR {exists}"
            parts.append(
                f"CASE WHEN {exists} THEN "
                f"timezone({self._time_zone}, try_strptime({text}, {self._bound_list(zoned)})) END"
            )
        if plain:
            part = f"CAST(try_strptime({text}, {self._bound_list(plain)}) AS TIMESTAMP)"
            if self._layout.zone:
                zone = self.bind(self._layout.zone)
                part = f"timezone({self._time_zone}, timezone({zone}, {part}))"
            parts.append(part)
        return f"coalesce({', '.join(parts)})"

    def one_of(self, expression: str, values: Iterable[str]) -> str:
        """Return whether a text is one of some values, without regard to case."""
        bound = ", ".join(self.bind(value.lower()) for value in values)
        return f"coalesce(lower({expression}) IN ({bound}), false)"

    def digest(self, expression: str) -> str:
        """Return HMAC-SHA256 of an address in lower case, as 64 hexadecimal digits."""
        inner = f"sha256($inner_pad || encode(lower({expression})))"
        return f"CASE WHEN {expression} IS NOT NULL THEN sha256($outer_pad || unhex({inner})) END"

    def customer(self) -> str:
        """Return who the customer is: the shop's number, or else the digest of the address."""
        number = self.identifier(self._layout.customer_id)
        nobody = self.one_of(number, self._layout.no_customer) if self._layout.no_customer else ""
        known = f"CASE WHEN NOT {nobody} THEN {number} END" if nobody else number
        # An address in the place of a number is an address all the same.
        kept = f"CASE WHEN contains({known}, '@') THEN {self.digest(known)} ELSE {known} END"
        if not self.has(self._layout.email):
            return kept
        return f"coalesce({kept}, {self.digest(self.identifier(self._layout.email))})"

    def _bound_list(self, values: Iterable[str]) -> str:
        return f"[{', '.join(self.bind(value) for value in values)}]"


def kept(text: str) -> str:
    """Return a text unless it looks like a mail address."""
    return f"CASE WHEN NOT contains({text}, '@') THEN {text} END"
