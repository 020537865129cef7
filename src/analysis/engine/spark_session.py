"""A Spark session: a Java process of our own, or somebody else's server."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark.sql

from analysis.engine.connections import Connection
from analysis.errors import DataError

_CONNECT_PORT = 15002
_CONNECT_TIMEOUT_S = 10
_JAVA_VERSION = 17
_JAVA = f"Spark needs Java {_JAVA_VERSION} or later"

# What may be changed while a session runs, and so holds on a server that somebody else started.
_SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # A limit over sorted rows sorts them all: no heap of millions of rows in one task.
    "spark.sql.execution.topKSortFallbackThreshold": "10000",
}
_START = {
    "spark.app.name": "crm",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
_LOCAL = {
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def start_session(where: Connection) -> tuple["pyspark.sql.SparkSession", bool]:
    """Start or join a session with names of its own that counts days in UTC.

    Returns:
        The session, and whether ending it ends nobody else's.

    Raises:
        DataError: Java is missing, or the server cannot be reached.
    """
    try:
        with unwarned():
            session, is_ours = _connected(where)
            for setting, value in _SESSION.items():
                session.conf.set(setting, value)
            zone = session.sql("SELECT current_timezone()").first()[0]
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            f"Connection '{where.name}' cannot be opened: {where.scrubbed(error)}. "
            "Check its address, and that the server runs."
        ) from None
    if zone != "UTC":
        raise DataError(f"Connection '{where.name}' keeps the time zone {zone}, must be UTC.")
    return session, is_ours


def _connected(where: Connection) -> tuple["pyspark.sql.SparkSession", bool]:
    if where.url.startswith("sc://"):
        from pyspark.sql.connect.client.retries import DefaultPolicy
        from pyspark.sql.connect.session import SparkSession

        _require_listening(where)
        session = SparkSession.builder.remote(where.url).create()
        # By itself the client waits ten minutes for a server that went away.
        session.client.set_retry_policies([DefaultPolicy(max_retries=5, max_backoff=4_000)])
        return session, True
    is_ours = pyspark.sql.SparkSession.getActiveSession() is None
    return _started(where), is_ours


def _require_listening(where: Connection) -> None:
    """Refuse a server that is not there at once: the client would try for ten minutes."""
    found = re.match(r"sc://(\[[^\]]+\]|[^:/;]+)(?::(\d+))?", where.url)
    if not found:
        raise DataError(f"Connection '{where.name}' names no server: sc://HOST:15002.")
    host, port = found[1].strip("[]"), int(found[2] or _CONNECT_PORT)
    try:
        socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT_S).close()
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise DataError(
            f"Connection '{where.name}' cannot be opened: {reason}. "
            "Check its address, and that the server runs."
        ) from None


def _started(where: Connection) -> "pyspark.sql.SparkSession":
    _require_java()
    local = _LOCAL if where.url.startswith("local") else {}
    own = {key: value for key, value in where.options.items() if key.startswith("spark.")}
    builder = pyspark.sql.SparkSession.builder.master(where.url)
    for setting, value in {**_START, **local, **own}.items():
        builder = builder.config(setting, value)
    with _quiet():
        # Sessions of one process share its Java process, each with views of its own.
        return builder.getOrCreate().newSession()


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME", "")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if not java or not Path(java).is_file():
        raise DataError(
            f"{_JAVA}, and there is none on this machine: "
            "apt-get install openjdk-17-jre-headless, or name a Spark Connect server (sc://)."
        )
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = told.stderr.partition('"')[2].partition(".")[0]
    if not found.isdigit() or int(found) < _JAVA_VERSION:
        raise DataError(f"{_JAVA}, and {java} is version {found or 'unknown'}.")


@contextmanager
def unwarned() -> Iterator[None]:
    """Keep from readers what does not concern them: rows come back as Arrow, not through pandas."""
    with warnings.catch_warnings():
        # Anything else than these two would be news.
        for said in ("PySpark does not yet fully support pandas", r"\[RETRIES_EXCEEDED\]"):
            warnings.filterwarnings("ignore", message=said)
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """Let what the Java process prints go to a file: a notebook would show it to its readers."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
