"""Connections by name: what a shop's file may say, and what must be seen nowhere.

A shop's file says `engine: NAME`. Where NAME leads stands in the environment or in a file that git
ignores, so no notebook parameter, page or record can hold an address or a password.
"""

import difflib
import os
import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Literal, NamedTuple

from analysis.engine.addresses import HIDDEN, hide_address
from analysis.errors import ParameterError
from analysis.private_settings import read_private

Kind = Literal["postgres", "spark"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FILE = "data/private/connections.yaml"
_KNOWN: dict[Kind, tuple[str, ...]] = {
    "postgres": ("schema", "statement_timeout_s", "reader"),
    "spark": ("schema", "tables"),
}
_PACKAGES: dict[Kind, tuple[str, ...]] = {
    "postgres": ("psycopg", "pyarrow"),
    "spark": ("pyspark", "pyarrow"),
}


class Connection(NamedTuple):
    """Where a name leads.

    Attributes:
        name: As shop files say it.
        kind: Which engine is there.
        url: With whatever secrets it holds.
        options: Option name to its text.
    """

    name: str
    kind: Kind
    url: str
    options: dict[str, str]

    def __repr__(self) -> str:
        return f"Connection('{self.name}', {self.kind})"

    __str__ = __repr__

    def option(self, key: str, default: str, *, shop: str) -> str:
        """Return an option in which `{shop}` stands for the shop's name."""
        return self.options.get(key, default).replace("{shop}", shop)

    def scrubbed(self, error: object) -> str:
        """Return what an error says on its first line, without the address and its secrets."""
        text = next((line for line in str(error).splitlines() if line.strip()), "no reason given")
        text = hide_address(text, self.url)
        elsewhere = os.environ.get("PGPASSWORD", "")
        text = text.replace(elsewhere, HIDDEN) if elsewhere else text
        text = re.sub(r"://[^\s@/]*@", f"://{HIDDEN}@", text)
        return re.sub(r"(?i)\b(password|token)=\S+", rf"\1={HIDDEN}", text).strip()


def check_name(name: Any, *, where: str) -> None:
    """Refuse what is no name of a connection, without repeating it: it may be an address.

    Raises:
        ParameterError: It is not made of lower-case letters, digits and underscores.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ParameterError(
            f"{where} must be the name of a connection such as warehouse (lower-case letters, "
            "digits and _), never its address."
        )


def find_connection(name: Any) -> Connection:
    """Look a connection up: first in the environment, then in the file that git ignores.

    `CRM_CONNECTION_WAREHOUSE` holds the address of `warehouse`, `CRM_CONNECTION_WAREHOUSE_SCHEMA`
    its option `schema`. In data/private/connections.yaml each name has `url` and its options.

    Raises:
        ParameterError: The name is nowhere, the file can be read by others, what stands there is
            no address of an engine, or the packages for that engine are not installed.
    """
    check_name(name, where="engine")
    variable = f"CRM_CONNECTION_{name.upper()}"
    url = os.environ.get(variable, "")
    if url:
        keys = {key for known in _KNOWN.values() for key in known}
        named = {key: os.environ.get(f"{variable}_{key.upper()}", "") for key in sorted(keys)}
        return _connection(name, url, {key: text for key, text in named.items() if text}, variable)
    entries = read_private(_FILE, holds="connection names, each with a `url`")
    if name not in entries:
        close = difflib.get_close_matches(name, list(entries), n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"set {variable} or name it in {_FILE}."
        raise ParameterError(f"There is no connection '{name}': {hint}")
    entry = entries[name]
    if not isinstance(entry, Mapping) or not isinstance(entry.get("url"), str):
        raise ParameterError(f"Connection '{name}' in {_FILE} must have a `url`.")
    options = {str(key): str(value) for key, value in entry.items() if key != "url"}
    return _connection(name, entry["url"], options, _FILE)


def require_postgres(name: str) -> Connection:
    """Look up a connection that tables can be loaded into.

    Raises:
        ParameterError: There is no such connection, or it is none to PostgreSQL.
    """
    where = find_connection(name)
    if where.kind != "postgres":
        raise ParameterError(
            f"--to {name}: tables are loaded into PostgreSQL only. Spark reads parquet: copy the "
            "files of data/SHOP/current to where the connection's option `tables` points."
        )
    return where


def _connection(name: str, url: str, options: dict[str, str], where: str) -> Connection:
    kind = _kind(url)
    if kind is None:
        raise ParameterError(
            f"The address of connection '{name}' ({where}) must begin with postgresql://, "
            "local[, spark://, sc://, yarn or k8s://."
        )
    for key in options:
        if key not in _KNOWN[kind] and not (kind == "spark" and key.startswith("spark.")):
            known = ", ".join(_KNOWN[kind])
            raise ParameterError(
                f"Connection '{name}' ({where}) has the unknown option '{key}': known: {known}."
            )
    for package in _PACKAGES[kind]:
        if find_spec(package) is None:
            raise ParameterError(
                f"Connection '{name}' needs the package {package}, which is not installed: "
                f".venv/bin/uv pip install -c requirements/dev.lock -e '.[{kind}]'"
            )
    return Connection(name, kind, url, options)


def _kind(url: str) -> Kind | None:
    if url.startswith(("postgresql://", "postgres://")):
        return "postgres"
    if re.match(r"local(\[|$)|spark://|sc://|yarn$|k8s://", url):
        return "spark"
    return None
