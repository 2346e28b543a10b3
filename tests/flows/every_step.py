"""A process that is killed at its n-th durable step, and where a step is: seen from outside of the product.

Durable is what the next process finds: a commit, a change outside of any transaction, a file that is made, flushed,
renamed or removed, and the final dot of a letter, which cannot be taken back. The process is forked from the test, so
that nothing is imported again, and kills itself; nothing of it is tidied up.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from forked import forked
from msgspec import Struct

from mass_apology.flows import event_loop
from mass_apology.smtp.wire import Wire

DOT = "the dot"

_COMMENTS = re.compile(r"^(\s*--[^\n]*\n)*\s*")
_CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "WITH"})
_RANDOM = re.compile(r"(?<=\.)[a-z0-9_]{8}$")
_ENDS = frozenset({"COMMIT", "VACUUM"})
_FILES = ("replace", "rename", "link", "unlink", "fsync", "mkdir", "rmdir")
_END_OF_CONTENT = b"\r\n.\r\n"


class Death(Struct, frozen=True, kw_only=True):
    """Where a process died."""

    place: str  # "before COMMIT of ledger.sqlite", "after the dot"

    @property
    def may_leave_doubt(self) -> bool:
        """Whether a letter may be in doubt although the relay never had it: marked durably, and the dot not written.

        In between, the first marks of a run are also put down outside the ledger: a file is written there in one step.
        """
        record = self.place.startswith("after ") and (self.place.endswith(" a file") or ".json" in self.place)
        return record or self.place in {"after a mark of ledger.sqlite", f"before {DOT}"}


class Steps:
    """Counts the moments just before and just after each step; at one of them the process kills itself."""

    def __init__(self, die_at: int, told: int, *, thorough: bool) -> None:
        """``told`` is where the place of death is written.

        ``thorough``: steps in a plan's temporary file count too, and every moment before a step. To the next process it
        is the moment after the step before, except for the dot, which is written for others to see.
        """
        self._die_at = die_at
        self._told = told
        self._thorough = thorough
        self._count = 0
        self._lock = threading.Lock()

    def watch(self) -> None:
        """From here on, in all of this process."""
        event_loop._factory = lambda: None  # asyncio's own loop: what is written has left when the call returns
        self._watch_files()
        self._watch_databases()
        send = Wire.send

        def watched(wire: Wire, data: bytes | memoryview, *, replies: int) -> None:
            if _END_OF_CONTENT in bytes(data):
                self.step(DOT, send, wire, data, replies=replies)
            else:
                send(wire, data, replies=replies)

        Wire.send = watched  # type: ignore[method-assign]

    def step(self, name: str, act: Callable[..., Any], *args: object, **named: object) -> Any:
        if self._thorough or name == DOT or not self._count:
            self._moment(f"before {name}")
        answer = act(*args, **named)
        self._moment(f"after {name}")
        return answer

    def _moment(self, place: str) -> None:
        with self._lock:
            self._count += 1
            if self._count == self._die_at:
                os.write(self._told, place.encode())
                os.kill(os.getpid(), signal.SIGKILL)

    def _watch_files(self) -> None:
        for name in _FILES:
            whole = getattr(os, name)

            def watched(*args: object, _whole: Any = whole, _name: str = name, **named: object) -> Any:
                return self.step(f"{_name} {_file_name(args[0])}", _whole, *args, **named)

            setattr(os, name, watched)

    def _watch_databases(self) -> None:
        steps, connect = self, sqlite3.connect

        class Watched(sqlite3.Connection):
            """Every statement that is durable when it returns is a step."""

            name = ""

            def execute(self, sql: str, *facts: Any) -> sqlite3.Cursor:
                return self._do(super().execute, sql, *facts)

            def executemany(self, sql: str, *facts: Any) -> sqlite3.Cursor:
                return self._do(super().executemany, sql, *facts)

            def executescript(self, sql: str) -> sqlite3.Cursor:
                return self._do(super().executescript, sql)

            def _do(self, whole: Callable[..., Any], sql: str, *facts: Any) -> Any:
                what = durable(sql, in_transaction=self.in_transaction)
                if not what or (self.name.startswith("ledger.sqlite.plan-") and not steps._thorough):
                    return whole(sql, *facts)
                return steps.step(f"{what} of {self.name.partition('.plan-')[0]}", whole, sql, *facts)

        def watched(place: str, /, *args: Any, **named: Any) -> sqlite3.Connection:
            connection = connect(place, *args, **named, factory=Watched)
            connection.name = _file_name(place.partition("?")[0])
            return connection

        sqlite3.connect = watched  # type: ignore[assignment]


def durable(sql: str, *, in_transaction: bool) -> str:
    """What of a statement is durable when it returns, as a word; empty where nothing is."""
    plain = _COMMENTS.sub("", sql, count=1)
    word = plain.split(None, 1)[0].rstrip(";").upper()
    if word in _ENDS:
        return word
    if word == "PRAGMA" and ("wal_checkpoint" in plain or "journal_mode" in plain) and "synchronous" not in plain:
        return word
    if word == "WITH" and not re.search(r"^\s*(INSERT|UPDATE|DELETE)\b", plain, re.MULTILINE):
        return ""  # it only reads
    if word not in _CHANGES or in_transaction or " TEMP " in plain:
        return ""
    if re.search(r"\b(held|transition)\b", plain) and "INTO mark" not in plain:
        return ""  # what a connection keeps for itself
    return "a mark" if "INTO mark" in plain else word


def killed_at_step(n: int, act: Callable[[], object], *, thorough: bool = False) -> Death | None:
    """Do it in a process that dies at the n-th moment, counted from 1; ``None`` where it ended before."""
    reading, telling = os.pipe()

    def watched() -> None:
        Steps(n, telling, thorough=thorough).watch()
        act()

    process = forked(watched)
    os.close(telling)
    _, status = os.waitpid(process, 0)
    with os.fdopen(reading, "rb") as told:
        place = told.read().decode()
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the flow failed; its traceback is on standard error"
    assert bool(place) == os.WIFSIGNALED(status)
    return Death(place=place) if place else None


def _file_name(path: object) -> str:
    """Without what tempfile adds."""
    if isinstance(path, int):
        return "a file"
    name = Path(os.fspath(path)).name  # type: ignore[arg-type]
    return _RANDOM.sub("…", name)
