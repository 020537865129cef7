"""Every catalog says all that is said in English, and nothing else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
import yaml
from extraction import ROOT, catalog_files, found_messages, read_catalog, template, updated

from analysis.catalog import CONTEXT_END, messages
from analysis.ingest.balance import REASONS

_MARKUP = re.compile(r"\*\*|`[^`]+`|\$[^$\n]+\$")
# Letters of any script but the one that a message is translated from.
_WORDS = re.compile(r"[A-Za-z]{2}")


@pytest.fixture(params=catalog_files(), ids=lambda path: path.parts[-3])
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def placeholders(text: str) -> set[str]:
    text = _MARKUP.sub("", text)
    return {name for _text, name, _form, _conversion in Formatter().parse(text) if name is not None}


def test_messages_are_found_everywhere():
    found = {}
    for file, message, _context in found_messages():
        found.setdefault(file.rsplit(".", 1)[-1], set()).add(message)
    assert set(found) == {"py", "j2", "ipynb"}
    assert "Show code" in found["j2"]
    assert {"Definitions", "shop, a name from shops/"} <= found["ipynb"]
    assert "every order counts as a one-off purchase" in found["py"], "marked with N_"


def test_a_catalog_is_up_to_date(path: Path):
    assert path.read_text(encoding="utf-8") == updated(path), "run `make messages`"


def test_a_catalog_reads_as_babel_reads_it(path: Path):
    entries = [each for each in read_catalog(path) if each.id and each.string and not each.fuzzy]
    keys = [
        f"{each.context}{CONTEXT_END}{each.id}" if each.context else each.id for each in entries
    ]
    strings = [each.string for each in entries]
    assert messages(path.parts[-3]) == dict(zip(keys, strings, strict=True))


def test_a_catalog_translates_every_message(path: Path):
    left = [each.id for each in read_catalog(path) if each.id and not each.string]
    doubtful = [each.id for each in read_catalog(path) if each.id and each.fuzzy]
    assert (left, doubtful) == ([], []), f"run `make messages` and translate in {path}"


def test_translations_hold_what_their_messages_hold(path: Path):
    for message in read_catalog(path):
        if not message.id:
            continue
        assert placeholders(message.string) == placeholders(message.id), message.id
        for mark in set(_MARKUP.findall(message.id)):
            assert message.string.count(mark) == message.id.count(mark), message.id


def test_messages_can_be_told_from_what_they_are_put_into():
    for message in template():
        if message.id:
            placeholders(message.id)  # can be parsed
            assert (
                message.id == message.id.strip()
                or not _WORDS.search(message.id.strip())
                or (message.id.strip() in {"or", "and"})
            ), f"{message.id!r} is a piece of a sentence: make it a whole one"


# Values that the importers' statements compare, not reasons.
CODES = {"subscription", "one_off", "number", "e-mail", "telephone", "goods", "other"}


def test_reasons_for_setting_rows_aside_are_those_of_the_importers():
    folder = ROOT / "src" / "analysis" / "ingest"
    said = set()
    for file in folder.glob("*.py"):
        source = file.read_text(encoding="utf-8")
        quoted = re.findall(r"(?:THEN|ELSE|row_reason =|row_reason,) '((?:[^']|'')+)'", source)
        said |= {text.replace("''", "'") for text in quoted} - CODES
    for file in (folder / "formats").glob("*.yaml"):
        layout = yaml.safe_load(file.read_text(encoding="utf-8"))
        for status in layout.get("status", []):
            said |= set(status.get("drop", {}).values())
    assert len(said) > 20, "the importers' reasons are found"
    assert said <= set(REASONS)


def headings() -> Iterator[tuple[str, list[str]]]:
    """Yield the messages that are keys of one mapping: the columns of one table, mostly."""
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            keys = node.keys if isinstance(node, ast.Dict) else []
            said = [
                key.args[0].value
                for key in keys
                if isinstance(key, ast.Call)
                and getattr(key.func, "id", "") == "_"
                and isinstance(key.args[0], ast.Constant)
            ]
            if said:
                yield f"{file.name}:{node.lineno}", said


def test_columns_of_a_table_keep_names_of_their_own(path: Path):
    known = messages(path.parts[-3])
    found = list(headings())
    assert len(found) > 30, "tables are found"
    for where, said in found:
        assert len({known[message] for message in said}) == len(said), where
