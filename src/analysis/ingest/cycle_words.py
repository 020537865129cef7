"""How often a subscription is due, as carts write it: `30`, `30日ごと`, `1ヶ月`, `2 weeks`."""

from analysis.ingest.cycles import MONTH_DAYS

_DAY = r"日|days?|tage?|jours?|d[ií]as?|giorni|dagen"
_WEEK = r"週間?|weeks?|wochen?|semaines?|semanas?|settiman[ae]|weken"
_MONTH = r"[ヶケかカヵ箇]?月|months?|monate?|mois|mes(?:es)?|mes[ei]|maanden"
_YEAR = r"年間?|years?|jahre?|ans?|a[nñ]os?|anni|jaren"
UNITS = ((_MONTH, MONTH_DAYS), (_WEEK, 7), (_YEAR, 365), (_DAY, 1))

# Words that say a number and a unit at once; a day of the month beside them is no number of days.
_WORDS = (
    ("隔月|bi-?monthly|every (?:other|second) month", 2 * MONTH_DAYS),
    ("隔週|bi-?weekly|fortnight(?:ly)?|every (?:other|second) week", 14),
    ("毎週|weekly|every week|wöchentlich|semanal|hebdomadaire", 7),
    ("quarterly|every quarter|vierteljährlich|trimestriel|trimestral", 3 * MONTH_DAYS),
    ("毎月|月[1一]回|monthly|every month|monatlich|mensuel|mensual|mensile|mensal", MONTH_DAYS),
    ("毎年|yearly|annual(?:ly)?|every year|jährlich|annuel|anual", 365),
    ("毎日|daily|every day|täglich", 1),
)
_WIDE, _NARROW = "０１２３４５６７８９．", "0123456789."  # noqa: RUF001 as carts write them
_NUMBER = r"(\d+(?:\.\d+)?)"
# The day of the week on which a parcel comes: no month and no number of days.
_WEEKDAY = "第?[0-9一二三四五]?[月火水木金土日]曜日?"
_LONGEST_DAYS = 1000


def cycle_days(text: str, unit: str = "") -> str:
    """Return the expression of the days that a text says, or null where it says none.

    Args:
        text: Expression of a number, or of words.
        unit: Expression of the number's unit, where that stands in a cell of its own.

    >>> import duckdb
    >>> cells = ["30", "30日ごと", "1ヶ月", "毎月10日", "Every 2 weeks", "月", "often"]
    >>> days = cycle_days("cell")
    >>> duckdb.execute(f"SELECT {days} FROM (SELECT unnest($1) AS cell)", [cells]).fetchall()
    [(30,), (30,), (30,), (30,), (14,), (30,), (None,)]
    """
    plain = f"lower(trim(translate({text}, '{_WIDE}', '{_NARROW}')))"
    days = _said(f"trim(regexp_replace({plain}, '{_WEEKDAY}', '', 'g'))")
    if unit:
        times = f"try_cast({plain} AS DOUBLE) * {_unit(unit)}"
        days = f"CASE WHEN {unit} IS NULL THEN {days} ELSE {times} END"
    whole = f"CAST(round({days}) AS BIGINT)"
    return f"CASE WHEN {whole} BETWEEN 1 AND {_LONGEST_DAYS} THEN {whole} END"


def _said(plain: str) -> str:
    """Return the days that words with or without a number say."""
    cases = [f"WHEN regexp_matches({plain}, '{words}') THEN {days}" for words, days in _WORDS]
    for words, days in UNITS:
        found = f"regexp_extract({plain}, '{_NUMBER}\\s*-?(?:{words})', 1)"
        cases.append(f"WHEN {found} <> '' THEN CAST({found} AS DOUBLE) * {days}")
    cases += [f"WHEN regexp_full_match({plain}, '{words}') THEN {days}" for words, days in UNITS]
    return f"CASE {' '.join(cases)} ELSE try_cast({plain} AS DOUBLE) END"


def _unit(unit: str) -> str:
    """Return the days of a unit in a cell of its own, or null where it is none."""
    said = f"lower(trim({unit}))"
    cases = [
        f"WHEN regexp_full_match({said}, '{words}') THEN {days}"
        for words, days in (*UNITS, *_WORDS)
    ]
    return f"CASE {' '.join(cases)} END"
