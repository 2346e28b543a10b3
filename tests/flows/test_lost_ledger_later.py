"""A ledger that was lost, copied or set back sends no follow-up and no correction, and arms none."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live import Person, customers, relay, send, write_rows
from smtp_fakes import Relay
from test_follow_up import DAY, Clock, armed, campaign, followed, sent_in

from mass_apology.errors import ConfirmationError, MassApologyError
from mass_apology.flows.continuity.rebuild import rebuild
from mass_apology.flows.follow_up.affected import CorrectOptions
from mass_apology.flows.follow_up.consent import agree
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.follow_up.follow_up import run
from mass_apology.flows.follow_up.outlook import outlook
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.model import FIRST_WAVE, Status
from mass_apology.system.state_folder import STATE_VARIABLE
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    import time

    clock = Clock(1_795_000_000.0)
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def set_back(tmp_path: Path, live: Relay, clock: Clock) -> Path:
    """The follow-up was sent, and a ledger from before it was put back."""
    folder = campaign(tmp_path / "trial", live)
    send(folder)
    armed(folder, 20)
    shutil.copy(folder / "ledger.sqlite", tmp_path / "older.sqlite")
    clock.at += 3 * DAY + 1
    assert sent_in(followed(folder)) == 20
    shutil.copy(tmp_path / "older.sqlite", folder / "ledger.sqlite")
    return folder


def corrected(folder: Path, override: tuple[str, ...] = ()) -> object:
    return correct(Workspace.open(folder), CorrectOptions(template="later", confirm=20, override=override), Person())


def arm(folder: Path, override: tuple[str, ...] = ()) -> object:
    flow = agree(
        Workspace.open(folder), "later", lambda _: "", confirm=20, on_progress=lambda *_: None, override=override
    )
    return asyncio.run(flow)


COMMANDS: dict[str, Callable[..., object]] = {
    "follow-up": lambda folder, override=(): run(Workspace.open(folder), Person(), override=override),
    "follow-up --arm": arm,
    "correct": corrected,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_an_older_copy_sends_and_arms_nothing_unless_it_is_meant(set_back: Path, live: Relay, command: str) -> None:
    before = len(live.received)
    with pytest.raises(ConfirmationError, match="ledger-set-back") as refused:
        COMMANDS[command](set_back)
    assert "--override ledger-set-back" in refused.value.next_step
    assert len(live.received) == before
    COMMANDS[command](set_back, override=("ledger-set-back",))
    if command == "follow-up":
        assert len(live.received) == before + 20  # as was said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_lost_ledger_is_no_empty_one(set_back: Path, live: Relay, command: str) -> None:
    (set_back / "ledger.sqlite").unlink()
    before = len(live.received)
    with pytest.raises(ConfirmationError, match="ledger-lost"):
        COMMANDS[command](set_back)
    assert len(live.received) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_copy_of_the_folder_sends_and_arms_nothing(set_back: Path, live: Relay, command: str) -> None:
    copy = set_back.with_name("copy")
    shutil.copytree(set_back, copy)
    (copy / "log.jsonl").unlink()
    shutil.rmtree(os.environ[STATE_VARIABLE])
    with pytest.raises(ConfirmationError, match="ledger-copied"):
        COMMANDS[command](copy)


def test_a_code_that_is_none_is_refused(set_back: Path) -> None:
    with pytest.raises(ConfirmationError, match="no guard everything"):
        run(Workspace.open(set_back), Person(), override=("everything",))


def test_the_outlook_says_it(set_back: Path) -> None:
    assert [finding.code for finding in outlook(Workspace.open(set_back)).findings] == ["ledger-set-back"]
    (set_back / "ledger.sqlite").unlink()
    with pytest.raises(MassApologyError, match="There is no ledger, but"):
        outlook(Workspace.open(set_back))


@pytest.mark.parametrize("with_key", [True, False])
def test_follow_ups_are_learned_from_the_log_too(tmp_path: Path, live: Relay, clock: Clock, with_key: bool) -> None:
    folder = campaign(tmp_path / "trial", live)
    send(folder)
    armed(folder, 20)
    clock.at += 3 * DAY + 1
    assert sent_in(followed(folder)) == 20
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as records:
        before = {wave: [each.message_id for each in records.results(wave)] for wave in (FIRST_WAVE, "later")}
    (folder / "ledger.sqlite").unlink()
    if not with_key:
        shutil.rmtree(os.environ[STATE_VARIABLE])
    found = rebuild(Workspace.open(folder), folder / "log.jsonl", on_progress=lambda *_: None)
    assert (found.accepted, found.whole) == (40, True)
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as records:
        assert {wave: [each.message_id for each in records.results(wave)] for wave in before} == before
        assert records.counts("later")[Status.ACCEPTED] == 20
    write_rows(folder / "affected.csv", customers(23))
    assert send(folder).sent == 3
    clock.at += 3 * DAY + 1
    armed(folder, 23)
    assert sent_in(followed(folder)) == 3
    assert set(Counter(live.numbers).values()) == {2}
