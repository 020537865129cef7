"""What a cell that may be a date looks like, and what strptime would call it."""

import re
from typing import NamedTuple

_TIME = r"(?P<time>9{1,2}:99(?P<seconds>:99(?P<fraction>[.,]9+)?)?)"
_HALF = r"(?P<half>\s?[AaPp]\.?[Mm]\.?)?"
_ZONE = r"(?P<zone>\s?(?:Z|UTC|GMT|[+-]99:?99|[+-]99))?"
_TAIL = rf"(?:(?:T|,?\s+){_TIME}{_HALF}{_ZONE})?"
_YEAR_FIRST = re.compile(rf"(?P<day>9999(?P<sep>[-/.])9{{1,2}}(?P=sep)9{{1,2}}){_TAIL}")
_NUMBERS = re.compile(rf"(?P<day>9{{1,2}}(?P<sep>[-/.])9{{1,2}}(?P=sep)(?P<year>9999|99)){_TAIL}")
_NAMED = re.compile(
    r"(?P<weekday>[A-Za-z]{3,9},?\s)??(?:(?P<month_first>[A-Za-z]{3,9}\.?)\s9{1,2},?\s9999"
    rf"|9{{1,2}}[\s-](?P<day_first>[A-Za-z]{{3,9}}\.?)[\s,-]+(?P<year>9999|99)){_TAIL}"
)
_JAPANESE = re.compile(r"9999年9{1,2}月9{1,2}日(?:\s?9{1,2}[:時]99(?:分|(?=$|:))?(?::?99秒?)?)?")
# What stands beside a date and says nothing more: 2024/03/02(土), 2nd March, Sept 2; and what is
# left out of 20240302T100004.
BESIDE = (
    (r"^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})", r"\1-\2-\3 \4:\5:\6"),
    (r"^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})", r"\1-\2-\3 \4:\5"),
    (r"\s?\([日月火水木金土](?:曜日?)?\)", ""),
    (r"(\d)(?:st|nd|rd|th)\b", r"\1"),
    (r"\b([Ss][Ee][Pp])[Tt]\b", r"\1"),
)
# Years of Japanese eras: 令和6年3月2日, R6.3.2.
ERA = r"(?:明治|大正|昭和|平成|令和|[MTSHR])\.?\s?(?:\d{1,2}|元)"
ERA_BEGINS = {"明M": 1868, "大T": 1912, "昭S": 1926, "平H": 1989, "令R": 2019}
_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_EPOCH = re.compile(r"(9{10}|9{13})(?:\.9+)?")
_SERIAL = re.compile(r"9{5}(?:[.,]9+)?")
EPOCH_UNITS = {10: 1, 13: 1000}
_MONTHS = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    "january", "february", "march", "april", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_WEEKDAYS = (
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday",
    "friday", "saturday", "sunday",
)  # fmt: skip


class DateShape(NamedTuple):
    """What one shape of cells is.

    Attributes:
        format: strptime format of the normal form; empty for numbers that count days or seconds.
        zoned: Whether it tells its offset.
        year_digits: Of three numbers whose order is not known: digits of the last one.
        counted: `serial`, or how many of these make a second.
        era: Whether the year is one of a Japanese era; the format has that of the common one.
    """

    format: str = ""
    zoned: bool = False
    year_digits: int = 0
    counted: str | int = ""
    era: bool = False


def date_shape(shape: str) -> DateShape | None:
    """Return what a shape, its digits as 9, is; None where it is no date.

    >>> date_shape("9999-99-99 99:99").format
    '%Y-%m-%d %H:%M'
    """
    for pattern, instead in BESIDE:
        shape = re.sub(pattern.replace(r"\d", "9"), instead, shape)
    if found := re.match(ERA.replace(r"\d", "9") + r"(?=[年./-])", shape):
        one = date_shape(f"9999{shape[found.end() :]}")
        return one and one._replace(era=True)
    if found := _YEAR_FIRST.fullmatch(shape):
        return _timed(f"%Y{found['sep']}%m{found['sep']}%d", found)
    if found := _NUMBERS.fullmatch(shape):
        year = "%Y" if len(found["year"]) == 4 else "%y"
        # The order of the three is put in where it is known.
        made = _timed(f"\0{found['sep']}\1{found['sep']}{year}", found)
        return made._replace(year_digits=len(found["year"]))
    if found := _NAMED.fullmatch(shape):
        return _named(shape, found)
    if _JAPANESE.fullmatch(shape):
        return DateShape(_digits_as_format(shape))
    if shape.strip("9") == "" and len(shape) in _COMPACT:
        return DateShape(_COMPACT[len(shape)])
    if found := _EPOCH.fullmatch(shape):
        return DateShape(counted=EPOCH_UNITS[len(found[1])])
    return DateShape(counted="serial") if _SERIAL.fullmatch(shape) else None


def _timed(day: str, found: "re.Match[str]") -> DateShape:
    if not found["time"]:
        return DateShape(day)
    half = bool(found["half"])
    form = f"{day} {'%I' if half else '%H'}:%M{':%S' if found['seconds'] else ''}"
    form += " %p" if half else ""
    zone = found["zone"]
    blank = " " if zone and zone[0] == " " and zone.strip()[0] in "+-" else ""
    return DateShape(f"{form}{blank}%z" if zone else form, zoned=bool(zone))


def _named(shape: str, found: "re.Match[str]") -> DateShape | None:
    name = found["month_first"] or found["day_first"]
    weekday = (found["weekday"] or "").rstrip(", ")
    if name.strip(".").lower() not in _MONTHS or weekday.lower() not in ("", *_WEEKDAYS):
        return None
    month = ("%b" if len(name.strip(".")) == 3 else "%B") + ("." if name.endswith(".") else "")
    day = shape[: found.start("time")].rstrip(" ,T") if found["time"] else shape
    day = day.replace(name, "\0", 1)
    if weekday:
        day = ("%a" if len(weekday) == 3 else "%A") + day[len(weekday) :]
    day = re.sub(r"9999|(?<=\D)99$", lambda year: "%Y" if len(year[0]) == 4 else "%y", day)
    return _timed(re.sub(r"9{1,2}", "%d", day).replace("\0", month), found)


def _digits_as_format(shape: str) -> str:
    """Return the format of 2024年3月2日 10時05分: numbers come in the order of the letters."""
    letters = iter(("%Y", "%m", "%d", "%H", "%M", "%S"))
    return re.sub(r"9+", lambda _number: next(letters), shape)
