"""A dry run says what `send` would do, and does nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send, write_rows
from shell import command
from smtp_fakes import Relay

from mass_apology.flows.send.dry_run import DryRun, dry_run
from mass_apology.flows.send.send import SendOptions
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def tried(folder: Path) -> DryRun:
    return asyncio.run(dry_run(Workspace.open(folder), SendOptions(), on_progress=lambda *_: None))


def test_before_anything_was_sent_all_letters_are_due_and_no_ledger_is_made(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(6))
    found = tried(folder)
    assert (found.due, found.sendable, found.finish_at) == (6, True, None)
    assert not (folder / "ledger.sqlite").exists()
    assert not live.received


def test_it_says_what_send_then_does(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(6))
    send(folder)
    assert tried(folder).due == 0
    write_rows(folder / "affected.csv", customers(9))
    found = tried(folder)
    assert (found.due, found.outlook and found.outlook.changes.new) == (3, 3)
    assert len(live.received) == 6
    assert send(folder).sent == 3
    (folder / "affected.csv").unlink()
    assert (tried(folder).due, tried(folder).check) == (0, None)


def test_what_stands_in_the_way_is_told_without_a_relay(tmp_path: Path) -> None:
    folder = campaign_folder(tmp_path / "trial", "smtp+plain://127.0.0.1:1", customers(4), relay={"rate": "1/min"})
    sound = command("send", "--dry-run", cwd=folder)
    assert sound.returncode == 0
    assert "4 letters are due" in sound.stdout
    assert "They would be done by " in sound.stdout
    assert "Nothing was sent: this was a dry run." in sound.stdout
    assert "mass-apology preview --open" in sound.stdout
    write_rows(folder / "affected.csv", [*customers(4), {"email": "nobody", "name": "N", "minutes": "3"}])
    wrong = command("send", "--dry-run", cwd=folder)
    assert wrong.returncode == 1
    assert "Errors stand in the way: mass-apology check" in wrong.stdout
    assert command("send", "--dry-run", "--confirm", "4", cwd=folder).returncode == 2
