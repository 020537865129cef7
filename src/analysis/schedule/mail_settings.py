"""Who gets mail and through which server: from the environment, or a file that git ignores."""

import difflib
import os
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

from analysis.errors import ParameterError
from analysis.private_settings import read_private
from analysis.shop import list_shops

Security = Literal["starttls", "tls", "none"]

_FILE = "data/private/mail.yaml"
_VARIABLE = "CRM_MAIL_"
_KEYS = (
    *("server", "security", "user", "password", "sender"),
    *("maintainer", "readers", "link"),
)
_PORTS: dict[str, int] = {"starttls": 587, "tls": 465, "none": 25}
_LABEL = r"[A-Za-z0-9_-]{1,63}"
_SERVER = re.compile(
    rf"(?P<host>{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:]+\])(?::(?P<port>\d{{1,5}}))?"
)
_ADDRESS = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+")


class MailSettings(NamedTuple):
    """Who gets mail and how it is sent.

    Attributes:
        host: Name or address of the server.
        port: Its port.
        security: `starttls`, `tls` from the first byte, or `none`, which takes no login.
        user: Name to log in with, empty for no login.
        password: For the login.
        sender: Address that mails come from.
        maintainer: Addresses that hear of failures.
        readers: Shop to the addresses that get its page; under "" those of every other shop.
        link: Address under which the folder of reports can be opened, or empty.
    """

    host: str
    port: int
    security: Security
    user: str
    password: str
    sender: str
    maintainer: tuple[str, ...]
    readers: dict[str, tuple[str, ...]]
    link: str

    def __repr__(self) -> str:
        return f"MailSettings({self.host}:{self.port})"

    __str__ = __repr__

    def readers_of(self, shop: str) -> tuple[str, ...]:
        """Return the addresses that get a shop's page."""
        return self.readers.get(shop, self.readers.get("", ()))


def read_mail_settings() -> MailSettings | None:
    """Return the settings, or None where nothing is set, so that no mail is wanted.

    `CRM_MAIL_SERVER` and its like stand over the keys of data/private/mail.yaml; an empty one is as
    good as none. Readers of one shop alone are in `CRM_MAIL_READERS_SHOP`, or under the shop's name
    in `readers` of the file.

    Raises:
        ParameterError: A setting is missing, unknown or wrong, or others can read the file. No
            message repeats a value.
    """
    settings = {**_from_file(), **_from_environment()}
    if not settings:
        return None
    for key in ("server", "sender"):
        if not settings.get(key):
            raise ParameterError(f"Mail has no {key}: set {_VARIABLE}{key.upper()} or {_FILE}.")
    security = str(settings.get("security", "starttls"))
    if security not in get_args(Security):
        raise ParameterError("The security of mail must be starttls, tls or none.")
    user, password = (str(settings.get(key, "")) for key in ("user", "password"))
    if bool(user) != bool(password):
        raise ParameterError("Mail has a user or a password alone: set both or neither.")
    if not f"{user}{password}".isascii():
        raise ParameterError("The user and the password of mail must be ASCII characters.")
    if user and security == "none":
        raise ParameterError(
            "Mail has a user and security none, which would send the password in clear text: "
            "set starttls or tls, or leave user and password out."
        )
    host, port = _server(str(settings["server"]), security)
    (sender,) = _addresses("sender", settings["sender"])
    link = str(settings.get("link", ""))
    if link and not re.match(r"https?://\S+$", link):
        raise ParameterError("The link of mail must be an address such as https://example.org/.")
    maintainer = _addresses("maintainer", settings.get("maintainer", ()))
    readers = _readers(settings.get("readers", ()))
    return MailSettings(
        host, port, security, user, password, sender, maintainer, readers, link  # type: ignore[arg-type]
    )  # fmt: skip


def _from_environment() -> dict[str, Any]:
    found: dict[str, Any] = {
        key: os.environ[f"{_VARIABLE}{key.upper()}"]
        for key in _KEYS
        if os.environ.get(f"{_VARIABLE}{key.upper()}")
    }
    named = {f"{_VARIABLE}READERS_{_spelled(shop)}": shop for shop in list_shops()}
    readers = {shop: os.environ[name] for name, shop in named.items() if os.environ.get(name)}
    if readers:
        every = {"": found["readers"]} if "readers" in found else {}
        found["readers"] = {**every, **readers}
    return found


def _spelled(shop: str) -> str:
    return re.sub(r"\W", "_", shop).upper()


def _from_file() -> dict[str, Any]:
    content = read_private(_FILE, holds="keys and values")
    for key in content:
        if key not in _KEYS:
            close = difflib.get_close_matches(str(key), _KEYS, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"known keys: {', '.join(_KEYS)}."
            raise ParameterError(f"{_FILE} has an unknown key: {hint}")
    return content


def _server(text: str, security: str) -> tuple[str, int]:
    found = _SERVER.fullmatch(text.strip())
    port = int(found["port"] or _PORTS[security]) if found else 0
    if not found or not 0 < port < 65_536:
        raise ParameterError("The server of mail must be HOST or HOST:PORT.")
    return found["host"].strip("[]"), port


def _readers(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        return {"": _addresses("readers", value)}
    known = ["", *list_shops()]
    for shop in value:
        if shop not in known:
            close = difflib.get_close_matches(str(shop), known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else "no shop has that name."
            raise ParameterError(f"The readers of mail are given for an unknown shop: {hint}")
    return {str(shop): _addresses(f"readers of {shop}", each) for shop, each in value.items()}


def _addresses(key: str, value: Any) -> tuple[str, ...]:
    texts = value.replace(";", ",").split(",") if isinstance(value, str) else value
    if not isinstance(texts, list | tuple):
        raise ParameterError(f"The {key} of mail must be addresses, separated by commas.")
    found = tuple(str(text).strip() for text in texts if str(text).strip())
    # Addresses in other letters need SMTPUTF8, which not every server offers.
    right = all(text.isascii() and _ADDRESS.fullmatch(text) for text in found)
    if not right or (key == "sender" and len(found) != 1):
        raise ParameterError(
            f"The {key} of mail must be an address such as reports@example.org, in ASCII letters."
        )
    return found
