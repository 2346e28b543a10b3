"""Exit codes, and the one place where exceptions become sentences."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from mass_apology.errors import MassApologyError, shortened


class Exit(IntEnum):
    """What a script learns."""

    DONE = 0
    NEEDS_A_PERSON = 1  # findings, refusals, doubts, anything a person has to look at
    USAGE = 2
    INTERRUPTED = 3  # stopped with work left; the same command goes on


@contextmanager
def sentences() -> Iterator[None]:
    """Turn whatever happens into a sentence on standard error and an exit code. No traceback reaches the user."""
    try:
        yield
    except MassApologyError as error:
        complain(error.problem, error.next_step)
        sys.exit(Exit.NEEDS_A_PERSON)
    except OSError as error:  # the machine's, wherever it comes from: a full disk, no more files, a name too long
        where = f"{error.filename}: " if error.filename else ""
        complain(shortened(f"{where}{error.strerror or error}."), "Mend that, then run the command again.")
        sys.exit(Exit.NEEDS_A_PERSON)
    except Exception as error:
        complain(
            f"mass-apology has a fault: {type(error).__name__}: {error}.",
            f"Nothing in the ledger is lost. Please report it with the file {_record(error)}.",
        )
        sys.exit(Exit.NEEDS_A_PERSON)


class Commands(TyperGroup):
    """The commands, cut off in our own words: typer would end with 130 and say nothing."""

    def invoke(self, ctx: Any) -> Any:  # typer names the type in a private module
        """Run one. Raises ``SystemExit`` after Ctrl-C, and where whoever read our output has gone."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            complain("Interrupted.", "Nothing is lost: run the same command again to go on.")
            sys.exit(Exit.INTERRUPTED)
        except BrokenPipeError:  # the reader of our output went away: what was asked for may not be done
            _forget_the_reader()
            sys.exit(Exit.INTERRUPTED)


def complain(problem: str, next_step: str) -> None:
    """The error's two sentences."""
    with suppress(BrokenPipeError):  # nobody reads it; the exit code says that something is wrong
        print(f"{printable(problem)}\n  → {printable(next_step)}", file=sys.stderr, flush=True)


def _forget_the_reader() -> None:
    """What is still to be written goes nowhere, so that Python has nothing to complain of as it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def printable(text: str) -> str:
    """``text`` without what would move the cursor or change the terminal: values of a file may hold anything."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def _record(error: Exception) -> Path:
    with tempfile.NamedTemporaryFile("w", prefix="mass-apology-fault-", suffix=".txt", delete=False) as file:
        traceback.print_exception(error, file=file)
    return Path(file.name)
