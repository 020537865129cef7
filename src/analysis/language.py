"""The one door through which every sentence on a page passes on its way to another language."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from typing import NamedTuple

from analysis.catalog import CONTEXT_END, SOURCE_LANGUAGE, messages


class _Reader(NamedTuple):
    language: str
    messages: dict[str, str]


# A notebook's kernel sets the language once and for all cells, whatever context each runs in; the
# command writes pages of several languages side by side, each in a block of its own.
_of_process = _Reader(SOURCE_LANGUAGE, {})
_of_block: ContextVar[_Reader] = ContextVar("language")

# Formulas and blocks of code are the same in every language.
_UNTOUCHED = re.compile(r"(\$\$.*?\$\$|```.*?```)", re.DOTALL)
_LINE = re.compile(r"^(\s*(?:#{1,6} |[-*] |\d+\. |> )?)(\S.*?)(\s*)$", re.MULTILINE)


def _(message: str) -> str:
    """Return the message in the reader's language, or as it stands where no catalog has it.

    >>> _("customers")
    'customers'
    >>> with using("ja"):
    ...     _("January")
    '1月'
    """
    return _of_block.get(_of_process).messages.get(message, message)


def N_(message: str) -> str:  # noqa: N802 - what gettext's tools look for
    """Mark a message that is kept in a variable, for `_` to look up when it is shown."""
    return message


def p_(context: str, message: str) -> str:
    """Return a message that other languages say differently in different contexts.

    >>> p_("row set aside", "cancelled")
    'cancelled'
    """
    return _of_block.get(_of_process).messages.get(f"{context}{CONTEXT_END}{message}", message)


def NP_(context: str, message: str) -> str:  # noqa: ARG001, N802 - what gettext's tools look for
    """Mark a message with its context that is kept in a variable, for `p_`."""
    return message


def use(language: str) -> None:
    """Set the language of everything that this process writes from now on.

    Raises:
        ParameterError: There is no catalog of the language.
    """
    global _of_process
    _of_process = _Reader(language, messages(language))


@contextmanager
def using(language: str) -> Iterator[None]:
    """Set the language within a block of one thread.

    Raises:
        ParameterError: There is no catalog of the language.
    """
    token = _of_block.set(_Reader(language, messages(language)))
    try:
        yield
    finally:
        _of_block.reset(token)


def current() -> str:
    """Return the code of the language that is written now, as HTML names it."""
    return _of_block.get(_of_process).language


def join_sentences(*sentences: str) -> str:
    """Write sentences one after another, leaving out empty ones.

    >>> join_sentences("One.", "", "Two.")
    'One. Two.'
    """
    two = _("{sentence} {next}")
    said = [each for each in sentences if each]
    return reduce(lambda one, other: two.format(sentence=one, next=other), said) if said else ""


def join_list(parts: Iterable[str]) -> str:
    """Write the parts of a list.

    >>> join_list(["tea", "rice"])
    'tea, rice'
    """
    return _(", ").join(parts)


def markdown_messages(source: str) -> list[str]:
    r"""Return the messages of a Markdown cell: each line of prose without what marks it.

    >>> markdown_messages("## Definitions\n\n- **Age**: days\n\n$$x = 1$$")
    ['Definitions', '**Age**: days']
    """
    prose = _UNTOUCHED.split(source)[::2]
    return [found[2] for text in prose for found in _LINE.finditer(text)]


def translate_markdown(source: str) -> str:
    """Return a Markdown cell in the reader's language."""
    parts = _UNTOUCHED.split(source)
    parts[::2] = [
        _LINE.sub(lambda found: f"{found[1]}{_(found[2])}{found[3]}", text) for text in parts[::2]
    ]
    return "".join(parts)
