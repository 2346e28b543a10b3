"""Defines the exit codes, and turns every exception into sentences for the user."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn

from typer.core import TyperGroup
from typer.exceptions import TyperException

from mass_apology.cli.terminal_lines import terminal_width, wrapped
from mass_apology.cli.wrong_usage import sentences
from mass_apology.errors import MassApologyError, shortened


class Exit(IntEnum):
    """The exit codes of all commands."""

    DONE = 0
    NEEDS_A_PERSON = 1  # findings, refusals, letters in doubt, errors
    USAGE = 2  # wrong options; typer uses it
    INTERRUPTED = 3  # stopped with work left; the same command continues it


def escape_unencodable() -> None:
    """Print what the output's encoding lacks as an escape: a pipe on Windows, or under an old locale, has no "→"."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Turn any exception into two sentences on standard error and an exit code, without a traceback."""
    try:
        yield
    except MassApologyError as error:
        print_error(error.problem, error.next_step)
        sys.exit(Exit.NEEDS_A_PERSON)
    except OSError as error:  # from any place: a full disk, too many open files, a name too long
        where = f"{error.filename}: " if error.filename else ""
        print_error(shortened(f"{where}{error.strerror or error}."), "Mend that, then run the command again.")
        sys.exit(Exit.NEEDS_A_PERSON)
    except Exception as error:
        print_error(
            f"mass-apology has a fault: {type(error).__name__}: {error}.",
            f"Nothing in the ledger is lost. Please report it with the file {_write_traceback(error)}.",
        )
        sys.exit(Exit.NEEDS_A_PERSON)


class Commands(TyperGroup):
    """The commands, with our own exit on Ctrl-C and on a closed output: typer would exit with 130 and print nothing."""

    def main(self, *given: Any, **named: Any) -> NoReturn:
        """Run the program and exit with its code; wrong usage is told in our own sentences."""
        try:
            code = super().main(*given, **{**named, "standalone_mode": False})
        except TyperException as error:
            if type(error).__name__ == "NoArgsIsHelpError":  # a group without a command: its help
                print(error.message, file=sys.stderr)
            else:
                print_error(*sentences(error, self, sys.argv[1:]))
            sys.exit(Exit.USAGE)
        sys.exit(code if isinstance(code, int) else Exit.DONE)

    def invoke(self, ctx: Any) -> Any:  # typer names the type in a private module
        """Run a command. Raises ``SystemExit`` after Ctrl-C, and when the reader of our output has gone."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            print_error("Interrupted.", "Nothing is lost: run the same command again to go on.")
            sys.exit(Exit.INTERRUPTED)
        except BrokenPipeError:  # the reader of our output went away, so the command may not be complete
            _discard_output()
            sys.exit(Exit.INTERRUPTED)


def print_error(problem: str, next_step: str) -> None:
    """Print the problem and the next step on standard error."""
    with suppress(BrokenPipeError):  # nobody reads it; the exit code says that something is wrong
        text = f"{printable(problem)}\n  → {printable(next_step)}"
        width = terminal_width(sys.stderr)
        print(text if width is None else wrapped(text, width), file=sys.stderr, flush=True)


def _discard_output() -> None:
    """Send all further output to the null device, so that Python reports no error when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def printable(text: str) -> str:
    """``text`` with control characters escaped: values of a file could otherwise control the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def _write_traceback(error: Exception) -> Path:
    with tempfile.NamedTemporaryFile("w", prefix="mass-apology-fault-", suffix=".txt", delete=False) as file:
        traceback.print_exception(error, file=file)
    return Path(file.name)
