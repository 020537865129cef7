"""Keeping an engine's address, and what it holds, out of what people read."""

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

HIDDEN = "***"

_SECRETS = re.compile(r"(?i)(?:password|token)=([^&;\s]+)")
_NAMES = re.compile(r"(?i)[?&;](?:host|hostaddr|user|user_id)=([^&;\s]+)")
# What stands before the @ in an address, its password apart, and the hosts after it.
_PASSWORD = re.compile(r"://[^@]*?:(.*)@")
_AUTHORITY = re.compile(r"://(?:(?P<user>[^:@/]*)[^@/]*@)?(?P<hosts>[^/?;#]*)")
_IP_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\w.]*\w)")
_QUOTED = re.compile(
    r"(?<!database )(?<!service )\"[^\"]*\"|'[^']*'|(?<=\()[\da-fA-F.:]+(?=\))|(?<=\bport )\d+"
)
_SHORTEST_NAME = 4


def hide_address(text: str, url: str) -> str:
    """Return a text without an address, its password or token, its hosts and its user.

    A host or user that may be an ordinary word stays, unless a port follows it.

    >>> url = "postgresql://crm_reader:pw@db.example.org,demo:6000/shops"
    >>> hide_address("no crm_reader at db.example.org:5432 or demo:6000 for shop demo: pw", url)
    'no *** at *** or *** for shop demo: ***'
    """
    for secret in sorted(_spelled({url, *_secrets(url)}), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for name in sorted(_spelled(_names(url)), key=len, reverse=True):
        is_word = name.isalpha() or len(name) < _SHORTEST_NAME
        port = r":\d+" if is_word else r"(?::\d+)?"
        text = re.sub(rf"(?<![\w.-])\[?{re.escape(name)}\]?{port}(?![\w-])", HIDDEN, text)
    return _IP_ADDRESS.sub(HIDDEN, text)


def hide_quoted(text: str) -> str:
    """Return what libpq says of a connection that failed, without what it quotes, and ports.

    It names hosts, sockets and users, looked up in files and variables as well. What database or
    service there is none of has to be told.

    >>> hide_quoted('connection to server at "db" (::1), port 5432 failed: database "x" is not')
    'connection to server at *** (***), port *** failed: database "x" is not'
    """
    return _QUOTED.sub(HIDDEN, text)


def _secrets(url: str) -> list[str]:
    return [*_PASSWORD.findall(url), *_SECRETS.findall(url)]


def _names(url: str) -> set[str]:
    found = _AUTHORITY.search(url)
    user, hosts = (found["user"] or "", found["hosts"]) if found else ("", "")
    listed = [*hosts.split(","), *",".join(_NAMES.findall(url)).split(",")]
    return {user, *(re.sub(r"^([^:]*|\[.*\]):\d*$", r"\1", host).strip("[]") for host in listed)}


def _spelled(texts: Iterable[str]) -> set[str]:
    """Return texts as they stand and as URLs spell them."""
    kept = [text for text in texts if text]
    return {spelling for text in kept for spelling in (text, unquote(text), quote(text, safe=""))}
