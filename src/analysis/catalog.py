"""Catalogs of translated messages, read from gettext's own text files, `LANGUAGE/LC_MESSAGES/*.po`.

The text file is the only form that is kept: there is no compiled one beside it that could fall
behind, and reading the largest takes some ten milliseconds, in a run that is not in English only.
"""

import json
from functools import lru_cache
from pathlib import Path

from analysis import paths
from analysis.errors import ParameterError

# English is what the code itself says.
SOURCE_LANGUAGE = "en"
_FILE = Path("LC_MESSAGES", "analysis.po")
_PACKAGED = Path(__file__).parent / "locale"
# As gettext joins a context and its message.
CONTEXT_END = "\x04"


def languages() -> list[str]:
    """Return the languages that reports can be written in, English first.

    >>> languages()[:2]
    ['en', 'ja']
    """
    found = {file.parts[-3] for folder in _folders() for file in folder.glob(f"*/{_FILE}")}
    return [SOURCE_LANGUAGE, *sorted(found - {SOURCE_LANGUAGE})]


def check_language(language: str, *, where: str = "language") -> str:
    """Return the language, if there is a catalog for it.

    Args:
        language: Its code, such as "ja".
        where: What holds the value, for the message.

    Raises:
        ParameterError: There is none.
    """
    if language not in languages():
        raise ParameterError(f"{where} == {language!r}, must be one of {', '.join(languages())}.")
    return language


def messages(language: str) -> dict[str, str]:
    """Return what the messages of the code are in a language; nothing for English.

    The folder `locale` of the home, beside `shops`, goes before the catalogs that come along: a
    further language, or a shop's own words for some messages.

    Raises:
        ParameterError: There is no catalog of the language.
    """
    check_language(language)
    files = [folder / language / _FILE for folder in _folders()]
    return {key: value for file in files if file.is_file() for key, value in _read(file).items()}


def _folders() -> tuple[Path, Path]:
    return _PACKAGED, paths.home() / "locale"


def _read(file: Path) -> dict[str, str]:
    return _parsed(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _parsed(file: Path, _changed_ns: int) -> dict[str, str]:
    return parse(file.read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, str]:
    r"""Return message to translation of a .po file; those missing or in doubt are left out.

    >>> parse('msgid "{n} days"\nmsgstr "{n}日"\n\n#, fuzzy\nmsgid "day"\nmsgstr "月"')
    {'{n} days': '{n}日'}
    """
    found: dict[str, str] = {}
    fields: dict[str, str] = {}
    field, doubtful = "", False
    for line in (*text.splitlines(), ""):
        if line.startswith('"'):
            fields[field] += line.rstrip()[1:-1]
        elif line.startswith("msg"):
            field, _space, quoted = line.rstrip().partition(" ")
            fields[field] = quoted[1:-1]
        else:
            if fields and not doubtful:
                found |= _entry({name: _unescape(said) for name, said in fields.items()})
            doubtful = (doubtful and not fields) or (line.startswith("#,") and "fuzzy" in line)
            fields = {}
    return found


def _entry(fields: dict[str, str]) -> dict[str, str]:
    if not (fields.get("msgid") and fields.get("msgstr")):
        return {}
    context = fields["msgctxt"] + CONTEXT_END if "msgctxt" in fields else ""
    return {context + fields["msgid"]: fields["msgstr"]}


def _unescape(text: str) -> str:
    # gettext escapes what JSON escapes.
    return json.loads(f'"{text}"') if "\\" in text else text
