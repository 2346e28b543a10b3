"""Troubles of real runs, as somebody sees them who watches the ledger alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from live import campaign_folder, customers, relay, send
from smtp_fakes import Fault, FaultyConversation

from mass_apology.flows import control
from mass_apology.flows.watch.campaign_watch import CampaignWatch
from mass_apology.ledger import Control
from mass_apology.sending import pacing
from mass_apology.sending.pacing import Backoff
from mass_apology.workspace.ledger_store import ledger_store

pytestmark = pytest.mark.slow


def try_later(_: FaultyConversation, said: str, _argument: bytes) -> bytes | None:
    return b"451 4.3.0 try later\r\n" if said == "RCPT" else None


def away(after: int) -> Fault:
    """No connection lasts, from so many final dots on."""
    dots = [after]

    def fault(conversation: FaultyConversation, said: str, _: bytes) -> bytes | None:
        dots[0] -= said == "."
        return conversation.close() if dots[0] < 0 and said in {"GREETING", "MAIL"} else None

    return fault


def lost_dots(conversation: FaultyConversation, said: str, argument: bytes) -> bytes | None:
    """The answer to every tenth letter's dot is lost."""
    conversation_dots[0] += said == "."
    return conversation.close() if said == "." and conversation_dots[0] % 10 == 0 else None


conversation_dots = [0]


def watched(folder: Path, is_enough: Callable[[str], bool]) -> tuple[threading.Thread, list[str]]:
    """Look until something is seen that is enough, then ask the run to stop; what was seen as "state limit"."""
    seen: list[str] = []

    def look() -> None:
        watch = CampaignWatch(folder)
        while not ledger_store(folder).exists():
            time.sleep(0.01)
        while not (seen and (is_enough(seen[-1]) or seen[-1].startswith("stopped"))):
            view = watch.look()
            if (now := f"{view.state} {view.limit.kind}") not in seen:
                seen.append(now)
            time.sleep(0.05)
        control.request(folder, Control.STOP)

    return threading.Thread(target=look, daemon=True), seen


WHILE_IT_RUNS: dict[str, tuple[Fault | None, dict[str, Any]]] = {
    "waiting window": (None, {"windows": ["12/h"]}),
    "waiting relay": (away(20), {}),
}


@pytest.mark.parametrize("trouble", WHILE_IT_RUNS)
def test_a_trouble_is_seen_while_the_run_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(pacing, "RELAY", Backoff(first=0.3, cap=0.3, least=0.3))
    fault, settings = WHILE_IT_RUNS[trouble]
    with relay(fault=fault) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(400), relay=settings)
        looking, seen = watched(folder, lambda now: now == trouble)
        looking.start()
        send(folder)
        looking.join()
    assert seen[-1] == trouble


def test_a_breaker_is_seen_when_the_run_is_over(tmp_path: Path) -> None:
    with relay(fault=try_later) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(100))
        send(folder)
    view = CampaignWatch(folder).look()
    assert (view.state, view.limit.kind, view.limit.needs_a_person) == ("stopped", "breaker", True)
    assert view.limit.sentence.startswith("The campaign paused itself: ")


def test_doubt_is_seen_when_nothing_is_due(tmp_path: Path) -> None:
    conversation_dots[0] = 0
    with relay(fault=lost_dots) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(19), relay={"connections": 1})
        send(folder)
    view = CampaignWatch(folder).look()
    assert (view.state, view.limit.kind, view.people.in_doubt) == ("done", "doubt", 1)
