"""A relay that goes away for a moment: one trouble, however many connections see it, and no reason to wait in vain."""

from __future__ import annotations

import pytest
from live import campaign_folder, customers, relay, send, statuses
from smtp_fakes import FaultyConversation

from mass_apology.sending import outbox, pacing
from mass_apology.sending.pacing import Backoff
from mass_apology.sending.relay_source import UNREACHABLE_LIMIT
from mass_apology.smtp.sink import SinkSettings

pytestmark = pytest.mark.slow

CONNECTIONS = 3 * UNREACHABLE_LIMIT


class AwayOnce:
    """Ends every connection after so many letters, and takes no new one until it was asked for so many."""

    def __init__(self, letters: int, refusals: int) -> None:
        self.letters, self.refusals = letters, refusals
        self.refused = 0

    def __call__(self, conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        self.letters -= verb == "."
        away = self.letters < 0 and self.refused < self.refusals
        if away and verb == "GREETING":
            self.refused += 1
            return conversation.close()
        return conversation.close() if away and verb == "MAIL" else None


@pytest.mark.parametrize("refusals", [1, CONNECTIONS - 1])
def test_what_many_connections_see_at_once_is_one_failure(tmp_path, monkeypatch, refusals) -> None:
    monkeypatch.setattr(pacing, "RELAY", Backoff(first=1.0, cap=1.0, least=1.0))
    monkeypatch.setattr(pacing, "starting_concurrency", lambda limit: pacing.Concurrency(allowed=limit, limit=limit))
    monkeypatch.setattr(pacing, "shrink", lambda concurrency, **_: concurrency)
    away = AwayOnce(100, refusals)
    with relay(fault=away) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(400), relay={"connections": CONNECTIONS})
        ended = send(folder)
    assert away.refused == refusals
    assert ended.reason is None
    assert statuses(folder) == {"ACCEPTED": 400}


def test_a_relay_that_stays_away_is_given_up(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pacing, "RELAY", Backoff(first=0.01, cap=0.01, least=0.01))
    away = AwayOnce(30, 10**6)
    with relay(fault=away) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(100), relay={"connections": 2})
        ended = send(folder)
    assert "closed the connection" in (ended.reason or "")
    assert away.refused > UNREACHABLE_LIMIT
    assert ended.due > 0


def test_a_connection_that_waits_for_its_next_try_keeps_nobody_when_all_is_sent(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pacing, "RELAY", Backoff(first=1e6, cap=1e6, least=1e6))
    greeted: list[FaultyConversation] = []

    def only_two(conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        """The look at the relay before the sending, and one connection of the sending."""
        if verb != "GREETING":
            return None
        greeted.append(conversation)
        return conversation.close() if len(greeted) > 2 else None

    with relay(fault=only_two) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(60), relay={"connections": 4})
        assert send(folder).reason is None
    assert len(greeted) > 2
    assert statuses(folder) == {"ACCEPTED": 60}


def test_letters_that_waited_for_a_slow_relay_are_not_forgotten(tmp_path, monkeypatch) -> None:
    """All that is ready waits so long that the gate is asked again, just when the ledger has no more."""
    monkeypatch.setattr(outbox, "RESULT_LIFETIME", 0.02)
    with relay(SinkSettings(latency=0.003)) as live:
        table = {"connections": 2, "messages_per_connection": 1}
        folder = campaign_folder(tmp_path, live.sink.url, customers(420), relay=table)
        send(folder)
    assert statuses(folder) == {"ACCEPTED": 420}
