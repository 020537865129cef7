"""PostgreSQL and Spark as sides of the scale table: started here, and measured from outside.

What a query costs there is spent in other processes: PostgreSQL's server, or the Java process that
holds a Spark session on this machine. Both answer as a shop's own would, through the engine.
"""

import contextlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil

from benchmarks.scale_data import Data

CONNECTION = "benchmark"
TOOLS = ("postgres", "spark")
_ADDRESS = f"CRM_CONNECTION_{CONNECTION.upper()}"
_SERVER = "BENCHMARK_SERVER_PROCESS"
_SAMPLED_EVERY_S = 0.1


class MissingError(Exception):
    """There is no such server on this machine; the message says what to install."""


@contextlib.contextmanager
def served(tool: str, data: Data) -> Iterator[dict[str, str]]:
    """Yield the variables with which a side finds the shop's derived tables in a running server.

    Raises:
        MissingError: It, or the package that reads from it, is not installed.
    """
    packages = {"postgres": "psycopg", "spark": "pyspark"}
    if find_spec(packages[tool]) is None:
        raise MissingError(f"no package {packages[tool]}: pip install 'crm-analysis[{tool}]'")
    if tool == "spark":
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            raise MissingError("no Java: apt-get install openjdk-17-jre-headless")
        yield {_ADDRESS: f"local[{os.cpu_count()}]"}
        return
    # The tests' own server: they run it as Debian ships it, too.
    from tests.engine.engine_servers import programs, running_postgres

    found = programs()
    if found is None:
        raise MissingError("no PostgreSQL: apt-get install postgresql")
    with running_postgres(found) as server:
        address = {_ADDRESS: server.url("bytes")}
        _load(data, address[_ADDRESS])
        process = (server.data / "postmaster.pid").read_text().splitlines()[0]
        yield {**address, _SERVER: process}


def _load(data: Data, address: str) -> None:
    from analysis.engine.loading import load_shop

    kept = os.environ.get(_ADDRESS)
    os.environ[_ADDRESS] = address
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            for table in data.derived.iterdir():
                (folder / table.name).symlink_to(table)
            record = {"imported_at": "", "fingerprint": ""}
            (folder / "import.json").write_text(json.dumps(record))
            load_shop(CONNECTION, CONNECTION, folder=folder)
    finally:
        del os.environ[_ADDRESS]
        if kept is not None:
            os.environ[_ADDRESS] = kept


class Meter:
    """CPU seconds and peak memory of what a side has running beside its own process.

    Attributes:
        cpu_seconds: Spent there between entering and leaving, less what watching took here.
        peak_bytes: Most memory at any time; pages that PostgreSQL's processes share count once.
    """

    def __init__(self) -> None:
        self.cpu_seconds = 0.0
        self.peak_bytes = 0
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "Meter":
        self._before = sum(map(_cpu_seconds, _others()))
        if _others():
            self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._watch.is_alive():
            self._watch.join()
        self.cpu_seconds += sum(map(_cpu_seconds, _others())) - self._before

    def _sample(self) -> None:
        while not self._done.is_set():
            found = [held for other in _others() if (held := _held(other))]
            own = sum(resident - shared for resident, shared in found)
            shared = max((shared for _, shared in found), default=0)
            self.peak_bytes = max(self.peak_bytes, own + shared)
            self._done.wait(_SAMPLED_EVERY_S)
        self.cpu_seconds -= time.thread_time()


def _others() -> list[psutil.Process]:
    """Return the processes that work for this one, the server's included."""
    mine = psutil.Process().children(recursive=True)
    if _SERVER not in os.environ:
        return mine
    server = psutil.Process(int(os.environ[_SERVER]))
    return [*mine, server, *server.children(recursive=True)]


def _cpu_seconds(process: psutil.Process) -> float:
    """Return what a process spent, with children of its own that have ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return sum(process.cpu_times()[:4])
    return 0.0


def _held(process: psutil.Process) -> tuple[int, int] | None:
    with contextlib.suppress(psutil.NoSuchProcess):
        memory = process.memory_info()
        return memory.rss, memory.shared
    return None
