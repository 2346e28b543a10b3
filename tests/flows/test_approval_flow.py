"""A campaign that asks for two people's word is not sent with less, nor after a change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import LETTER, Person, campaign_folder, customers, relay, send
from smtp_fakes import Relay

from mass_apology.errors import ConfirmationError
from mass_apology.flows.plan.approve import Approved, ApproveOptions, approve
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.workspace.workspace import Workspace


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def trial(tmp_path: Path, live: Relay) -> Path:
    return campaign_folder(tmp_path / "trial", live.sink.url, customers(10), approval={"required": 2})


def given(folder: Path, by: str) -> Approved:
    return asyncio.run(approve(Workspace.open(folder), ApproveOptions(by=by), on_progress=lambda *_: None))


def test_two_people_are_needed(trial: Path, live: Relay) -> None:
    with pytest.raises(ConfirmationError, match="needs 2 approvals and has none"):
        send(trial)
    given(trial, "Anna")
    given(trial, "anna ")
    person = Person()
    with pytest.raises(ConfirmationError, match="has 1, by anna"):
        send(trial, person)
    assert person.asked == []
    assert not live.received
    given(trial, "Boris")
    assert send(trial).sent == 10


def test_any_change_voids_them_and_is_named(trial: Path, live: Relay) -> None:
    given(trial, "Anna")
    given(trial, "Boris")
    (trial / "templates/sorry/en.md").write_text(LETTER + "\nOne more thing.\n", encoding="utf-8")
    with pytest.raises(ConfirmationError, match="changes to the template since"):
        send(trial)
    assert not live.received


def test_unattended_runs_need_the_number_and_the_approvals(trial: Path, live: Relay) -> None:
    with pytest.raises(ConfirmationError, match="approvals"):
        send(trial, confirm=10)
    given(trial, "Anna")
    given(trial, "Boris")
    with pytest.raises(ConfirmationError, match="number given was 9"):
        send(trial, confirm=9)
    assert send(trial, confirm=10).sent == 10


def test_who_approved_stands_in_the_record(trial: Path) -> None:
    code = given(trial, "Anna").code
    given(trial, "Boris")
    send(trial)
    with SqliteRecords.open(trial / "ledger.sqlite", "trial") as ledger:
        (note,) = ledger.notes()
    assert code in note.what
    assert "Approved by Anna and Boris." in note.what


def test_a_plan_with_errors_cannot_be_approved(tmp_path: Path, live: Relay) -> None:
    rows = [*customers(3), {**customers(1)[0], "email": "nobody"}]
    folder = campaign_folder(tmp_path / "trial", live.sink.url, rows, approval={"required": 1})
    with pytest.raises(ConfirmationError):
        given(folder, "Anna")
    assert not (folder / "approvals.jsonl").exists()


def test_going_on_after_a_stop_needs_no_new_word(trial: Path, live: Relay) -> None:
    given(trial, "Anna")
    given(trial, "Boris")
    live.fault = lambda _, verb, __: b"530 5.7.0 log in first" if verb == "MAIL" and len(live.received) >= 4 else None
    assert send(trial).sent < 10
    (trial / "approvals.jsonl").unlink()
    live.fault = None
    assert send(trial, Person()).counts  # the plan is the ledger's, and was approved
