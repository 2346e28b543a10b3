"""Who holds a campaign's lock: a process, which others can recognise, and the sentences about it."""

from __future__ import annotations

import os
import socket
from typing import Protocol

from mass_apology.errors import FencedOut, LedgerLocked
from mass_apology.ledger.sender_state import Control, Holder, SharedWave
from mass_apology.system.processes import start_of

LEASE = 60.0  # seconds without a renewal after which another host may take the lock
RENEWAL = 10.0  # seconds between two renewals


class SenderRow(Protocol):
    """The row about the sender, for who only reads: who it is, and what a person asks of it: run, pause or stop."""

    def holder(self) -> Holder | None:
        """The process that is sending, as far as can be told; ``None`` where there is none, or it has ended."""

    def request(self, wanted: Control, note: str) -> None:
        """Ask, and keep ``note`` where there is one."""

    def remark(self, what: str) -> None:
        """Keep a note."""

    def shared(self) -> SharedWave | None:
        """As ``port.Requests``."""


def this_process() -> Holder:
    """Who we are."""
    pid = os.getpid()
    return Holder(host=socket.gethostname(), pid=pid, started=start_of(pid) or "")


def taken_over_from(holder: Holder) -> str:
    """What a note says of who had not given the lock back."""
    return f"the lock was taken over from process {holder.pid} on {holder.host}, which had not given it back"


def locked(holder: Holder) -> LedgerLocked:
    """Why the lock cannot be taken."""
    return LedgerLocked(
        f"Process {holder.pid} on {holder.host} is working on this campaign.",
        next_step="Watch it with: mass-apology status. Stop it with: mass-apology stop",
        host=holder.host,
        pid=holder.pid,
    )


def fenced_out(holder: Holder | None, *, was_ours: bool) -> FencedOut:
    """Why we may not write: the lock is this holder's by now, or nobody's, or was never taken by us."""
    if not was_ours:
        return FencedOut("This process does not hold the campaign's lock.", next_step="Run the command again.")
    if holder is None:  # whoever took it has given it back
        return FencedOut(
            "Another process took this campaign over and has ended meanwhile; nothing more is sent from here.",
            next_step="See where it stands with: mass-apology status",
        )
    return FencedOut(
        f"Process {holder.pid} on {holder.host} has taken this campaign over; nothing more is sent from here.",
        next_step="Watch it with: mass-apology status",
    )
