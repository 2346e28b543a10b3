"""A file whose cells have types, read in a process of its own: whatever the file does to its reader, we go on.

The process is a plain ``python -m`` over pipes, as those that write letters are. A million rows stream through.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from mass_apology.errors import InputError, install_extra
from mass_apology.typed_files.frames import Done, Heading, Lacking, Refused, Request, Rows, receive, send

_PROCESS = "mass_apology.typed_files.reading_process"
_NEXT_STEP = "Export it anew, or export a CSV."


def read_typed(path: Path, request: Request) -> Generator[Heading | Rows]:
    """The heading, then the rows. Leaving off early ends the process.

    Raises:
        InputError: the file cannot be read, it ended its reader, or the extra is not installed.
    """
    with _reader(request) as (process, replies):
        while not isinstance(frame := receive(replies), Done):
            match frame:
                case Heading() | Rows():
                    yield frame
                case Refused():
                    raise InputError(f"{path} {frame.problem}", next_step=frame.next_step)
                case Lacking():
                    raise _not_installed(path, frame.extra)
                case None:
                    raise InputError(f"{path} {_end(process.wait())}", next_step=_NEXT_STEP)


@contextmanager
def _reader(request: Request) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    process = subprocess.Popen(  # noqa: S603 (our own module)
        [sys.executable, "-P", "-m", _PROCESS],  # -P: what lies in the current directory is not ours to import
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what a library says when it dies is no sentence for people
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 (it was started with pipes; this tells mypy)
    assert process.stdout is not None  # noqa: S101 (the same)
    try:
        _ask(process.stdin, request)
        yield process, process.stdout
    finally:
        process.kill()
        with suppress(BrokenPipeError):  # what could not be asked is still in the pipe's buffer
            process.stdin.close()
        process.stdout.close()
        process.wait()


def _ask(pipe: IO[bytes], request: Request) -> None:
    try:
        send(pipe, request)
        pipe.close()
    except BrokenPipeError:  # it died at once; the missing reply tells
        return


def _end(code: int) -> str:
    """What a process that ended too early says of the file, as the end of a sentence."""
    how = signal.Signals(-code).name if code < 0 else f"exit status {code}"  # Windows has no such signals
    if how == "SIGPROF":
        return "takes far longer to read than a file of its size should, and was given up."
    if how == "SIGKILL":
        return "needs more memory to be read than there is."
    return f"is damaged, or made to do damage: its reader ended by {how}."


def _not_installed(path: Path, extra: str) -> InputError:
    return InputError(
        f"{path} cannot be read, since what reads {extra.capitalize()} files is not installed.",
        next_step=f"Save it as CSV, or {install_extra(extra)}",
    )
