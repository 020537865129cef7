"""What the code, the templates and the notebooks say to readers, and the catalogs kept of it.

`make messages` runs this: it brings every catalog up to date and names what is left to translate.
"""

import io
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from analysis.language import markdown_messages
from analysis.parameters import read_parameters

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "src" / "analysis" / "locale"
_KEYWORDS = {"_": None, "N_": None, "p_": ((1, "c"), 2), "NP_": ((1, "c"), 2)}


@cache
def found_messages() -> tuple[tuple[str, str, str | None], ...]:
    """Return file, message and context of all there are, in the order of files and of lines."""
    return tuple(_find())


def _find() -> Iterator[tuple[str, str, str | None]]:
    package = ROOT / "src" / "analysis"
    for pattern, method in (("**/*.py", "python"), ("**/*.j2", "jinja2.ext:babel_extract")):
        for path in sorted(package.glob(pattern)):
            with path.open("rb") as file:
                for _line, found, _comments, context in extract(method, file, _KEYWORDS):
                    message = found[-1] if isinstance(found, tuple) else found
                    yield f"{path.relative_to(ROOT)}", message, context
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for message in notebook_messages(path):
            yield f"{path.relative_to(ROOT)}", message, None


def notebook_messages(path: Path) -> Iterator[str]:
    """Yield the prose of a notebook, and the meanings of its parameters."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            yield from markdown_messages("".join(cell["source"]))
    for parameter in read_parameters(path):
        yield parameter.meaning


def template() -> Catalog:
    """Return all messages, none translated."""
    catalog = Catalog(fuzzy=False)
    for file, message, context in found_messages():
        entry = catalog.add(message, locations=[(file, 0)], context=context)
        # Our messages hold {names}; "95% interval" is no place for a value.
        entry.flags.discard("python-format")
    return catalog


def catalog_files() -> list[Path]:
    """Return the catalogs that come along."""
    return sorted(LOCALES.glob("*/LC_MESSAGES/analysis.po"))


def read_catalog(path: Path) -> Catalog:
    """Return a catalog as it is kept."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.parts[-3], abort_invalid=True)
    for message in catalog:
        message.flags.discard("python-format")
    return catalog


def updated(path: Path) -> str:
    """Return the text of a catalog with the messages that there are now."""
    catalog, messages = read_catalog(path), template()
    catalog.update(messages)
    for message in catalog:
        message.flags.discard("python-format")
    return as_text(catalog)


def as_text(catalog: Catalog) -> str:
    """Return a catalog as its file holds it, without dates and line numbers."""
    text = io.BytesIO()
    catalog.header_comment = ""
    write_po(text, catalog, width=100, include_lineno=False, ignore_obsolete=True, omit_header=True)
    header = (
        'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {plural}\\n"\n\n'
    )
    plural = catalog.plural_forms if catalog.locale else "nplurals=1; plural=0;"
    header = header.format(language=catalog.locale_identifier or "", plural=plural)
    return header + text.getvalue().decode("utf-8").strip() + "\n"


def main() -> int:
    """Bring the catalogs up to date, and say what is left to do in each."""
    for path in catalog_files():
        path.write_text(updated(path), encoding="utf-8")
        waiting = [each for each in read_catalog(path) if each.id and _waits(each)]
        sys.stdout.write(f"{path.relative_to(ROOT)}: {len(waiting)} messages to translate\n")
        for message in waiting:
            sys.stdout.write(f"  {message.id}\n")
    return 0


def _waits(message) -> bool:
    return message.fuzzy or not message.string


if __name__ == "__main__":
    sys.exit(main())
