"""Real servers for the engine tests: PostgreSQL as Debian ships it, and Spark on this machine."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

OWNER = "crm_owner"
READER = "crm_reader"
# Planted: no page, notebook, record or message may ever hold it.
PASSWORD = "Pl4nted/P@ss:word"
_DATABASES = {
    "bytes": "LOCALE 'C'",
    "japanese": "LOCALE_PROVIDER icu ICU_LOCALE 'ja-JP' LOCALE 'C'",
}


class Server(NamedTuple):
    """A running PostgreSQL server.

    Attributes:
        port: On 127.0.0.1.
        programs: Folder of its programs.
        data: Folder of its data.
    """

    port: int
    programs: Path
    data: Path

    def url(self, database: str, *, role: str = OWNER, password: str = PASSWORD) -> str:
        return f"postgresql://{role}:{quote(password, '')}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        _as_server([self.programs / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"])

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {self.data}"
        log = self.data / "server.log"
        _as_server(
            [self.programs / "pg_ctl", "-D", self.data, "-o", options, "-l", log, "-w", "start"]
        )


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, or None where it is not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    return Path(found).parent if found else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_postgres(programs: Path) -> Iterator[Server]:
    """Run a server with one database sorted by bytes and one by a locale, and two roles."""
    import psycopg

    # Not below pytest's folders: those are root's alone, and PostgreSQL refuses to run as root.
    base = Path(tempfile.mkdtemp(prefix="crm-postgres-"))
    secret = base / "secret"
    secret.write_text(PASSWORD)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        for path in (base, secret):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    server = Server(free_port(), programs, base / "data")
    try:
        _as_server(
            [
                programs / "initdb",
                *("-D", server.data, "-U", OWNER, "-A", "scram-sha-256", "--pwfile", secret),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ]
        )
        server.start()
        with psycopg.connect(server.url("postgres"), autocommit=True) as link:
            link.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'")
            for name, locale in _DATABASES.items():
                link.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {locale}")
        yield server
    finally:
        if (server.data / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(base, ignore_errors=True)


def _as_server(command: list) -> None:
    unprivileged = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*unprivileged, *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
