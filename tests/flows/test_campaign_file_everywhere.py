"""campaign.toml is read in one place: what one command refuses is refused by all, before anything is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, send, statuses, write_toml
from smtp_fakes import Relay
from test_follow_up import armed, followed

from mass_apology.errors import CampaignError
from mass_apology.flows import control
from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.feedback.answers import answers
from mass_apology.flows.feedback.bounces import settle
from mass_apology.flows.feedback.choices import choose
from mass_apology.flows.feedback.reconcile import reconcile
from mass_apology.flows.follow_up import affected
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.follow_up.outlook import outlook
from mass_apology.flows.follow_up.timers import text
from mass_apology.flows.purge.purge import PurgeOptions, purge
from mass_apology.flows.report.campaign_status import campaign_status
from mass_apology.flows.report.report import report
from mass_apology.ledger import Control
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

BAD = {
    "schedule": {"hours": "25:00-26:00", "first_letter": True},
    "limits": {"give_up_after": "some time"},
}


def nothing(*_: object) -> None:
    pass


COMMANDS: dict[str, Callable[[Path], object]] = {
    "check": lambda folder: asyncio.run(
        check(Workspace.open(folder), CheckOptions(offline=True), None, force=False, on_progress=nothing)
    ),
    "send": send,
    "correct": lambda folder: correct(Workspace.open(folder), affected.CorrectOptions(template="sorry"), Person()),
    "follow-up": followed,
    "follow-up --plan": lambda folder: outlook(Workspace.open(folder)),
    "follow-up --arm": lambda folder: armed(folder, 1),
    "schedule": lambda folder: text("cron", folder, 15),
    "status": lambda folder: campaign_status(Workspace.open(folder)),
    "report": lambda folder: report(Workspace.open(folder), None, None, force=False),
    "bounces": lambda folder: settle(Workspace.open(folder), str(folder), on_progress=nothing),
    "choices": lambda folder: choose(Workspace.open(folder), None, None, force=False),
    "answers": lambda folder: answers(Workspace.open(folder), [], None, None, force=False),
    "reconcile": lambda folder: reconcile(Workspace.open(folder), [], show=nothing, on_progress=nothing),
    "purge": lambda folder: purge(Workspace.open(folder), PurgeOptions(older_than="1 day"), str),
}


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.mark.parametrize("command", COMMANDS)
def test_each_names_all_mistakes_and_does_nothing(tmp_path: Path, live: Relay, command: str) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(3), **BAD)
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(CampaignError) as caught:
        COMMANDS[command](folder)
    assert "`$.schedule.hours` holds '25:00-26:00'" in caught.value.problem
    assert "`$.limits.give_up_after` is 'some time'" in caught.value.problem
    assert sorted(path.name for path in folder.iterdir()) == before
    assert live.received == []


def test_a_run_can_be_stopped_whatever_the_file_says_meanwhile(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(3))
    send(folder)
    write_toml(folder, live.sink.url, **BAD)
    control.request(folder, Control.STOP)
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as records:
        assert records.requested() is Control.STOP
    assert statuses(folder) == {"ACCEPTED": 3}
