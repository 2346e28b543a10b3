"""The ledger's file is deleted, replaced or emptied while letters leave: the run ends, and nothing it knew is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send, statuses
from smtp_fakes import FaultyConversation, Relay

from mass_apology.errors import LedgerError

pytestmark = pytest.mark.slow

LETTERS = 400
Harm = Callable[[Path], object]


def deleted(folder: Path) -> None:
    (folder / "ledger.sqlite").unlink()


def all_of_it_deleted(folder: Path) -> None:
    for path in folder.glob("ledger.sqlite*"):
        path.unlink()


def replaced(folder: Path) -> None:
    shutil.copy(folder / "ledger.sqlite", folder / "older")
    (folder / "older").replace(folder / "ledger.sqlite")


def moved_away(folder: Path) -> None:
    (folder / "ledger.sqlite").rename(folder / "elsewhere.sqlite")


def wal_deleted(folder: Path) -> None:
    (folder / "ledger.sqlite-wal").unlink()


HARMS = [deleted, all_of_it_deleted, replaced, moved_away, wal_deleted]


def harmed_at(folder: Path, letters: int, harm: Harm, live: list[Relay]) -> Callable[..., bytes | None]:
    """A fault of the relay that only looks on: with the n-th letter the file is harmed."""
    done: list[bool] = []

    def fault(_: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        if verb == "." and len(live[0].received) >= letters and not done:
            done.append(True)
            harm(folder)
        return None

    return fault


def harmed_run(folder: Path, harm: Harm) -> tuple[Relay, str]:
    """A run in which the file is harmed after 20 letters, and what it said."""
    lives: list[Relay] = []
    with relay(fault=harmed_at(folder, 20, harm, lives)) as live:
        lives.append(live)
        campaign_folder(folder, live.sink.url, customers(LETTERS), relay={"rate": "100/s"})
        with pytest.raises(LedgerError) as ended:
            send(folder)
    return live, f"{ended.value.problem} {ended.value.next_step}"


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_the_run_ends_with_a_sentence_and_every_letter_has_its_reply(tmp_path: Path, harm: Harm) -> None:
    live, said = harmed_run(tmp_path, harm)
    assert 20 <= len(live.received) < LETTERS
    assert "while it was in use" in said
    saved = list(tmp_path.glob("ledger.sqlite.saved-*"))
    if saved:  # something stands in its place, and is for a person to look at
        assert str(saved[0]) in said
        for path in tmp_path.glob("ledger.sqlite*"):
            if path not in saved:
                path.unlink()
        saved[0].rename(tmp_path / "ledger.sqlite")
    assert statuses(tmp_path) == {"ACCEPTED": len(live.received), "PLANNED": LETTERS - len(live.received)}


@pytest.mark.parametrize("harm", [deleted, all_of_it_deleted], ids=lambda harm: harm.__name__)
def test_the_next_run_goes_on_and_writes_to_nobody_twice(tmp_path: Path, harm: Harm) -> None:
    before, _ = harmed_run(tmp_path, harm)
    with relay() as live:
        campaign_folder(tmp_path, live.sink.url, customers(LETTERS))
        ended = send(tmp_path)
    assert ended.sent == LETTERS - len(before.received)
    assert max(Counter([*before.numbers, *live.numbers]).values()) == 1
    assert len({*before.numbers, *live.numbers}) == LETTERS


def test_a_folder_that_was_deleted_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    live, said = harmed_run(folder, shutil.rmtree)
    assert len(live.received) < LETTERS
    assert "cannot be written" in said
    assert "before anybody is written to again" in said


def test_the_command_ends_with_1_and_does_not_say_that_everyone_was_written_to(tmp_path: Path) -> None:
    lives: list[Relay] = []
    with relay(fault=harmed_at(tmp_path, 20, deleted, lives)) as live:
        lives.append(live)
        campaign_folder(tmp_path, live.sink.url, customers(LETTERS), relay={"rate": "100/s"})
        command = [sys.executable, "-m", "mass_apology", "send", "-C", str(tmp_path), "--confirm", str(LETTERS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Everyone" not in done.stdout + done.stderr
    assert "was written anew with all that was recorded" in done.stderr
