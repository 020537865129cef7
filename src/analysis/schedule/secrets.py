"""Keeping out of mails and logs what nobody may read there."""

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import yaml

from analysis import paths
from analysis.engine.addresses import HIDDEN, hide_address
from analysis.errors import AnalysisError

_NAME = re.compile(r"(?i)(pass(word|wd|phrase)?|secret|token|key|credentials?|dsn|url)$")
_CONNECTION, _MAIL_PASSWORD = "CRM_CONNECTION_", "CRM_MAIL_PASSWORD"
_IN_ADDRESS = re.compile(r"(?<=://)[^\s@/]+(?=@)")
_ASSIGNED = re.compile(r"(?i)\b(password|passwd|secret|token|api_?key)(\s*[=:]\s*)[^\s,;&]+")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Shorter values of variables that are not ours are words, such as `true`.
_SHORTEST, _SHORTEST_OF_OTHERS = 3, 8


def scrub(text: str) -> str:
    """Return a text without passwords, keys and e-mail addresses.

    What counts as secret: the values of environment variables and of keys in `data/private/*.yaml`
    whose names say so, addresses of connections with what they hold (other options of connections
    are words of every day), whatever stands before the @ of an address, and values that are
    assigned to such names in the text itself.

    >>> scrub("cannot reach postgresql://reader:pw@db/shops for a@example.org, password=pw")
    'cannot reach postgresql://***@db/shops for ***, password=***'
    """
    values = set(_values())
    for url in sorted((value for value in values if "://" in value), key=len, reverse=True):
        text = hide_address(text, url)
    spelled = {each for value in values for each in (value, unquote(value), quote(value, safe=""))}
    for secret in sorted(spelled, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _IN_ADDRESS.sub(HIDDEN, text)
    text = _ASSIGNED.sub(rf"\1\2{HIDDEN}", text)
    return _ADDRESS.sub(HIDDEN, text)


def _values() -> Iterator[str]:
    named = [value for name, value in os.environ.items() if _is_secret(name, value)]
    for file in sorted((paths.data_folder() / "private").glob("*.yaml")):
        try:
            named += _leaves(yaml.safe_load(file.read_text(encoding="utf-8")), secret=False)
        except (OSError, ValueError, yaml.YAMLError):
            continue
    yield from (value for value in named if len(value) >= _SHORTEST)


def _is_secret(name: str, value: str) -> bool:
    if name.startswith(_CONNECTION):
        return "://" in value
    return name == _MAIL_PASSWORD or (
        bool(_NAME.search(name)) and len(value) >= _SHORTEST_OF_OTHERS
    )


def _leaves(content: Any, *, secret: bool) -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _leaves(value, secret=secret or bool(_NAME.search(str(key))))
    elif isinstance(content, list):
        for value in content:
            yield from _leaves(value, secret=secret)
    elif secret and content is not None:
        yield str(content)


def tell_error(error: Exception) -> str:
    """Say an error in one line: our own as it stands, another by its name and without secrets."""
    if isinstance(error, AnalysisError):
        return str(error)
    return scrub(f"{type(error).__name__}: {' '.join(str(error).split())}")
