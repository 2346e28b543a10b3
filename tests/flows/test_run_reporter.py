"""What a run says of itself in the ledger, as somebody who watches sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send
from smtp_fakes import FaultyConversation

from mass_apology.errors import LedgerError
from mass_apology.flows import control
from mass_apology.ledger import Control
from mass_apology.ledger.sender_state import SenderReport
from mass_apology.model import Status, StopCause
from mass_apology.sending import pacing
from mass_apology.sending.pacing import Backoff
from mass_apology.workspace.ledger_store import ledger_store

pytestmark = pytest.mark.slow


def last_report(folder: Path) -> SenderReport | None:
    with ledger_store(folder).read("trial") as ledger:
        return next(iter(ledger.reports()), None)


def stop_once_seen(folder: Path, is_seen: Callable[[SenderReport], bool]) -> None:
    """Ask the run to stop as soon as such a report is there, from a thread of its own."""

    def watch() -> None:
        while (found := report_so_far(folder)) is None or not is_seen(found):
            time.sleep(0.05)
        seen.append(found)
        control.request(folder, Control.STOP)

    threading.Thread(target=watch, daemon=True).start()


def report_so_far(folder: Path) -> SenderReport | None:
    """``None``: there is none, also while the ledger is being made."""
    with suppress(LedgerError):
        return last_report(folder) if (folder / "ledger.sqlite").exists() else None
    return None


seen: list[SenderReport] = []


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    seen.clear()


def test_a_run_tells_how_it_is_and_how_it_ended(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(40), relay={"windows": ["12/h"]})
        stop_once_seen(folder, lambda report: report.cause is StopCause.WINDOW)
        send(folder)
    (window,) = seen
    assert (window.due_at_start, window.counts, window.ended) == (40, {Status.ACCEPTED: 12}, False)
    assert window.waits_for.startswith("the window, which reopens at ")
    assert window.until is not None
    assert window.until > window.at
    ended = last_report(folder)
    assert ended is not None
    assert (ended.ended, ended.counts, ended.reason, ended.cause) == (True, {Status.ACCEPTED: 12}, "", None)


def test_a_relay_that_cannot_be_reached_is_told_while_it_is_tried(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(pacing, "RELAY", Backoff(first=0.3, cap=0.3, least=0.3))
    letters = [30]

    def away(conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        letters[0] -= verb == "."
        return conversation.close() if letters[0] < 0 and verb in {"GREETING", "MAIL"} else None

    with relay(fault=away) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(100), relay={"connections": 2})
        stop_once_seen(folder, lambda report: report.trouble != "" and not report.ended)
        send(folder)
    (trouble,) = seen
    assert "closed the connection" in trouble.trouble


def test_a_run_that_paused_itself_says_why_when_it_has_ended(tmp_path: Path) -> None:
    def refuse(_: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        return b"451 4.3.0 try later\r\n" if verb == "RCPT" else None

    with relay(fault=refuse) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(100))
        send(folder)
    ended = last_report(folder)
    assert ended is not None
    assert (ended.ended, ended.is_latest, ended.cause) == (True, True, StopCause.BREAKER)
    assert ended.reason.startswith("The campaign paused itself: ")
