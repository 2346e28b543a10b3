"""Where the bench works, and the processes it starts: every one is ended by the bench, also on failure and Ctrl-C."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from bench.result import MissingProgramError, TrialError

ROOT = Path(__file__).resolve().parent.parent
OUT = Path(__file__).resolve().parent / "out"  # git-ignored
HOST = "127.0.0.1"
_PATIENCE = 10.0  # seconds for a program to listen, or to end when it is asked to


def environment() -> dict[str, str]:
    """This checkout's package is the one that is measured, whatever is installed."""
    path = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def python(*arguments: str) -> list[str]:
    """The command for this interpreter."""
    return [sys.executable, *arguments]


def program(name: str, package: str) -> str:
    """The path of a program that a Debian package brings; raises ``MissingProgramError``."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if path is None:
        raise MissingProgramError(f"{name} is not installed; it comes with Debian's package {package}.")
    return path


def install_modules(home: Path, *modules: str) -> None:
    """Have npm put modules into ``home``; raises ``MissingProgramError`` where that fails."""
    home.mkdir(parents=True, exist_ok=True)
    install = [program("npm", "npm"), "install", "--silent", "--ignore-scripts", "--prefix", str(home), *modules]
    try:
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise MissingProgramError(f"{modules[0]} cannot be installed into {home}: {error}.") from error


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """An empty folder under ``bench/out`` that is removed afterwards."""
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=OUT, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def running(
    command: Sequence[str], *, stdin: int | None = None, stdout: int | IO[bytes] | None = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours; what is left of it when the block ends is ended."""
    # A session of its own: Ctrl-C reaches the bench only, which then ends its processes in order.
    process = subprocess.Popen(command, stdin=stdin, stdout=stdout, cwd=ROOT, env=environment(), start_new_session=True)
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End one process: kindly, then by force."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was not written to a dead process is of no interest
                pipe.close()


def free_port() -> int:
    """A TCP port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def wait_until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when somebody accepts connections on the port; raises ``TrialError`` if nobody does."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.02)
    raise TrialError(f"{process.args!r} does not listen on port {port}.")
