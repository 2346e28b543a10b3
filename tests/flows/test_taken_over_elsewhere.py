"""A campaign on a disk that two machines share: one stops in the middle, and the other one takes over."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, statuses
from smtp_fakes import FaultyConversation
from test_crash import due, received, start

from mass_apology.ledger.in_sql.holders import LEASE

pytestmark = pytest.mark.slow

LETTERS, BEFORE, CONNECTIONS = 60, 20, 2
PATIENCE = 60.0  # seconds; a guard against hanging


class SilentAfter:
    """A relay that falls silent at the dot once it has so many letters, until it is told to go on."""

    def __init__(self, letters: int) -> None:
        self.left = letters
        self.waiting = 0  # connections that wait for an answer to their dot
        self._answers: list[Callable[[], object]] = []

    def __call__(self, conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        if verb != ".":
            return None
        self.left -= 1
        if self.left >= 0:
            return None
        self.waiting += 1
        loop = asyncio.get_running_loop()
        reply = partial(conversation.answer_late, b"250 2.0.0 Ok, at last\r\n")
        self._answers.append(partial(loop.call_soon_threadsafe, reply))
        return conversation.hang()

    def answer(self) -> None:
        """Accept all that waits."""
        for answer in self._answers:
            answer()


def elsewhere(folder: Path, seconds: float) -> None:
    """The lock's holder is on another machine, and renewed it so many seconds ago."""
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as connection, connection:
        connection.execute("UPDATE lock SET host = 'elsewhere', renewed_at = ?", (time.time() - seconds,))


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, complaint = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in complaint
    return process.returncode, complaint


@pytest.mark.parametrize("late", [False, True], ids=["no reply", "a late reply"])
def test_a_sender_that_was_taken_over_sends_nothing_more_and_nobody_gets_two(tmp_path: Path, *, late: bool) -> None:
    silent = SilentAfter(BEFORE)
    with relay(fault=silent) as live:
        table = {"rate": "100/s", "connections": CONNECTIONS, "dot_timeout": PATIENCE if late else 3.0}
        folder = campaign_folder(tmp_path, live.sink.url, customers(LETTERS), relay=table)
        first = start(folder, LETTERS)
        deadline = time.monotonic() + PATIENCE
        while silent.waiting < CONNECTIONS and time.monotonic() < deadline:
            time.sleep(0.01)
        first.send_signal(signal.SIGSTOP)  # as a machine that lost its disk for a while
        silent.left = LETTERS

        elsewhere(folder, LEASE / 2)
        code, complaint = ended(start(folder, due(folder)))
        assert code == 1
        assert f"Process {first.pid} on elsewhere is working on this campaign." in complaint
        assert len(live.received) == BEFORE

        elsewhere(folder, LEASE + 1)
        code, complaint = ended(start(folder, due(folder)))
        assert code == 1, complaint  # for what is in doubt needs a person
        assert statuses(folder) == {"ACCEPTED": LETTERS - CONNECTIONS, "IN_DOUBT": CONNECTIONS}

        if late:
            silent.answer()
        first.send_signal(signal.SIGCONT)
        code, complaint = ended(first)
    assert code == 1
    assert "took this campaign over and has ended meanwhile; nothing more is sent from here.\n  → See" in complaint
    assert len(live.received) == LETTERS - CONNECTIONS
    assert max(received(live).values()) == 1
    in_doubt = {} if late else {"IN_DOUBT": CONNECTIONS}
    assert statuses(folder) == {"ACCEPTED": LETTERS - sum(in_doubt.values())} | in_doubt
