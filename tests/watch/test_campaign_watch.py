"""Looks at real ledgers: of a run that goes, and of one that is over."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send, statuses, write_toml
from smtp_fakes import FaultyConversation

from mass_apology.errors import CampaignError, LedgerError
from mass_apology.flows import control
from mass_apology.flows.watch import campaign_watch
from mass_apology.flows.watch.campaign_watch import CampaignWatch
from mass_apology.flows.watch.view_model import CampaignView
from mass_apology.ledger import Control
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.workspace.ledger_store import ledger_store

pytestmark = pytest.mark.slow


def refuse_some(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
    return b"550 5.1.1 no such user\r\n" if verb == "RCPT" and b"r7@" in argument else None


def watch_until(folder: Path, sent: threading.Event, seen: list[CampaignView]) -> None:
    """Look until the run is over, and once more; pause once, and resume."""
    watch = CampaignWatch(folder)
    while not ledger_store(folder).exists():
        time.sleep(0.01)
    is_over = False
    while not is_over:
        is_over = sent.is_set()
        view = watch.look()
        is_early = all(each.state != "paused" for each in seen)
        if view.state == "sending" and view.people.reached > 50 and is_early:
            control.request(folder, Control.PAUSE)
        if view.state == "paused":
            control.request(folder, Control.RUN)
        seen.append(view)
        time.sleep(0.05)


def test_a_run_is_followed_to_its_end(tmp_path: Path) -> None:
    sent, seen = threading.Event(), []
    with relay(fault=refuse_some) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(300), relay={"rate": "100/s"})
        watching = threading.Thread(target=watch_until, args=(folder, sent, seen))
        watching.start()
        try:
            send(folder)
        finally:
            sent.set()
            watching.join()
    states = list(dict.fromkeys(view.state.value for view in seen))
    assert [state for state in states if state in {"sending", "paused", "done"}] == ["sending", "paused", "done"]
    reached = [view.people.reached for view in seen if view.people.total]
    assert reached == sorted(reached)
    assert {key.value: count for key, count in seen[-1].people.counts.items() if count} == statuses(folder)


def test_closer_looks_tell_languages_destinations_and_replies(tmp_path: Path) -> None:
    with relay(fault=refuse_some) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(70))
        send(folder)
    watch = CampaignWatch(folder)
    assert watch.look().details is None
    assert watch.look_closer()
    assert not watch.look_closer()
    details = watch.look().details
    assert details is not None
    assert [(each.name, each.total, each.reached, each.not_reached) for each in details.languages] == [
        ("en", 70, 69, 1)
    ]
    assert len(details.destinations) == 7
    assert [(each.text, each.letters) for each in details.replies] == [("550 5.1.1 no such user", 1)]
    assert sum(step.letters for step in details.over_time) == 69


def test_letters_are_not_counted_at_every_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(5))
        send(folder)
    counted: list[str] = []
    people = SqliteRecords.people

    def counting(self: SqliteRecords, wave: str) -> object:
        counted.append(wave)
        return people(self, wave)

    monkeypatch.setattr(SqliteRecords, "people", counting)
    monkeypatch.setattr(campaign_watch, "COUNT_SECONDS", 3600.0)
    watch = CampaignWatch(folder)
    assert [watch.look().people.reached for _ in range(5)] == [5] * 5
    assert counted == ["first"]


def test_a_mistake_in_the_campaign_file_stops_nobody_from_watching(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(5))
        with pytest.raises(LedgerError):
            CampaignWatch(folder).look()
        send(folder)
    watch = CampaignWatch(folder)
    watch.look()
    (folder / "campaign.toml").write_text("name = ", encoding="utf-8")
    assert watch.look().campaign == "trial"
    with pytest.raises(CampaignError):
        CampaignWatch(folder).look()
    write_toml(folder, live.sink.url, top={"time_zone": "Europe/Warsaw"})
    assert watch.workspace().campaign.time_zone == "Europe/Warsaw"
