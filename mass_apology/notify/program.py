"""Tells a program of the user: the JSON on its standard input, no shell, in the campaign's folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from mass_apology.notify.channel import NotTold
from mass_apology.notify.notification import Notification, encoded

SECONDS = 60.0  # a program that takes longer is ended


def found_program(name: str, folder: Path) -> str | None:
    """The program's path: on the PATH, or, where the name holds a slash, relative to the campaign's folder."""
    if Path(name).name != name:
        name = str(folder.absolute() / Path(name).expanduser())
    return shutil.which(name)


class ProgramChannel:
    """One program; see ``channel.Channel``. It is tried once: what it did before it failed is not known."""

    def __init__(self, command: Sequence[str], folder: Path, *, secret_variables: Collection[str]) -> None:
        """``secret_variables`` of the environment are kept from the program."""
        self.name = f"the command {Path(command[0]).name}"
        self._command = command
        self._folder = folder
        self._secret_variables = secret_variables
        self._process: subprocess.Popen[bytes] | None = None

    def tell(self, notification: Notification) -> None:
        """Run it to its end."""
        program = found_program(self._command[0], self._folder)
        if program is None:
            raise NotTold("there is no such program, or it may not be run", may_help=False)
        try:
            self._process = self._started(program)
        except (OSError, ValueError) as error:  # ValueError: an argument with NUL
            raise NotTold(f"it cannot be run ({getattr(error, 'strerror', None) or error})", may_help=False) from error
        try:
            self._process.communicate(encoded(notification), timeout=SECONDS)
        except subprocess.TimeoutExpired as error:
            self.abandon()
            raise NotTold(f"it did not end within {SECONDS:g} s, and was ended", may_help=False) from error
        if self._process.returncode:
            raise NotTold(f"it ended with exit code {self._process.returncode}", may_help=False)

    def _started(self, program: str) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if name not in self._secret_variables}
        return subprocess.Popen(  # noqa: S603 (the user's own, a list, and no shell)
            [program, *self._command[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env=environment,
            start_new_session=True,  # a Ctrl-C is meant for the sending; and what it starts ends with it
        )

    def abandon(self) -> None:
        """End it, with what it started."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        with suppress(OSError):
            if sys.platform == "win32":  # it has no groups of this kind
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
