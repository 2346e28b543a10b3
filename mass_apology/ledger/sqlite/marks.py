"""A group of marks as one statement: all of it durable, or none."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from sqlite3 import Connection

from mass_apology.errors import IllegalTransition, LedgerError
from mass_apology.ledger.local_file import ILLEGAL, ledger_error, transaction
from mass_apology.ledger.sqlite.lock import why_fenced_out
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.model import TRANSITIONS, Mark, Status

LARGEST_GROUP = 1024  # eleven parameters each, and SQLite takes 32,766 in a statement

_COLUMNS = 11  # of the view ``mark``
_QUERIES = statements("marks.sql")


def prepare(connection: Connection) -> None:
    """What a connection needs once before ``apply``."""
    connection.executescript(_QUERIES["prepare"])
    legal = {(before.value, after.value) for before, afters in TRANSITIONS.items() for after in afters}
    if set(connection.execute(_QUERIES["transitions"])) != legal:  # a new ledger, or one of another version of ours
        with transaction(connection):
            connection.execute(_QUERIES["forget-transitions"])
            connection.executemany(_QUERIES["add-transition"], sorted(legal))


def apply(connection: Connection, path: Path, marks: Sequence[Mark]) -> None:
    """Make 1 to ``LARGEST_GROUP`` marks durable, in their order, with one commit.

    Raises ``FencedOut``, ``IllegalTransition`` or another ``LedgerError``; none of the marks is recorded then.
    """
    width = 1 << (len(marks) - 1).bit_length()
    before = connection.total_changes
    try:
        connection.execute(_statement(width), _parameters(marks, width))
    except sqlite3.IntegrityError as error:
        raise _explanation(connection, path, marks, error) from error
    except sqlite3.Error as error:
        raise ledger_error(error, path) from error
    if connection.total_changes == before:
        raise why_fenced_out(connection)


def apply_late(connection: Connection, marks: Sequence[Mark]) -> list[Mark]:
    """Make those of the marks durable that are true though the lock is another's by now; which they are.

    They say what became of letters that were handed over while it was ours, and that nothing else is known of since.
    """
    with transaction(connection):
        return [mark for mark in marks if _apply_outcome(connection, mark)]


def _apply_outcome(connection: Connection, mark: Mark) -> bool:
    row = connection.execute(_QUERIES["status-of-ours"], (mark.delivery,)).fetchone()
    if row is None or mark.status not in TRANSITIONS[Status(row[0])]:
        return False
    connection.execute(_QUERIES["apply-late"], _parameters([mark], 1))
    return True


def _parameters(marks: Sequence[Mark], width: int) -> list[object]:
    values: list[object] = []
    for mark in marks:
        values += (
            mark.delivery,
            mark.status.value,  # a plain str: sqlite3 would look for an adapter for the enum, at a microsecond each
            mark.at,
            mark.attempts,
            mark.due_at,
            mark.code,
            mark.enhanced_code,
            mark.reply,
            mark.sha256,
            mark.subject,
            mark.relay,
        )
    values += [0] * (_COLUMNS * (width - len(marks)))
    return values


@cache
def _statement(width: int) -> str:
    row = f"({', '.join('?' * _COLUMNS)})"
    return _QUERIES["apply"].replace("VALUES (marks)", f"VALUES {', '.join([row] * width)}")


def _explanation(
    connection: Connection, path: Path, marks: Sequence[Mark], error: sqlite3.IntegrityError
) -> LedgerError:
    """The error for a group that the trigger refused."""
    if str(error) == ILLEGAL:
        return IllegalTransition(
            f"{_first_illegal(connection, marks)} Nothing of its group was recorded, and sending has stopped.",
            next_step="Run send again, and report this as a mistake in mass-apology.",
        )
    return ledger_error(error, path)


def _first_illegal(connection: Connection, marks: Sequence[Mark]) -> str:
    """Replay the group to find the mark that has no way."""
    statuses: dict[int, Status] = {}
    for mark in marks:
        before = statuses.get(mark.delivery) or _status(connection, mark.delivery)
        if before is None:
            return f"There is no delivery {mark.delivery} to become {mark.status}."
        if mark.status not in TRANSITIONS[before]:
            return f"Delivery {mark.delivery} is {before} and cannot become {mark.status}."
        statuses[mark.delivery] = mark.status
    raise AssertionError("the trigger refused a group in which every mark is legal")


def _status(connection: Connection, delivery: int) -> Status | None:
    row = connection.execute(_QUERIES["status-of"], (delivery,)).fetchone()
    return Status(row[0]) if row else None
