"""A copy is put over the ledger in place while letters leave: the run ends, and nobody is written to twice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send, statuses, write_rows
from smtp_fakes import Relay
from test_ledger_gone_in_mid_run import harmed_at

from mass_apology.errors import ConfirmationError
from mass_apology.flows.continuity.rebuild import rebuild
from mass_apology.flows.feedback import bounces
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

FIRST, LETTERS = 10, 300
Harm = Callable[[Path], object]


def older_copy(folder: Path) -> None:
    shutil.copyfile(folder.parent / "backup.sqlite", folder / "ledger.sqlite")


def older_copy_with_its_times(folder: Path) -> None:
    """As ``cp -p`` and ``rsync --inplace`` do."""
    older_copy(folder)
    shutil.copystat(folder.parent / "backup.sqlite", folder / "ledger.sqlite")


def older_copy_with_its_wal(folder: Path) -> None:
    os.truncate(folder / "ledger.sqlite-wal", 0)
    older_copy(folder)


def emptied(folder: Path) -> None:
    os.truncate(folder / "ledger.sqlite", 0)


def harmed_run(folder: Path, harm: Harm) -> tuple[Relay, str]:
    """Ten letters have left, a copy is made, and in the next run the ledger is harmed after 20 more; what it said."""
    lives: list[Relay] = []
    with relay(fault=harmed_at(folder, FIRST + 20, harm, lives)) as live:
        lives.append(live)
        campaign_folder(folder, live.sink.url, customers(FIRST), relay={"rate": "100/s"})
        send(folder)
        shutil.copyfile(folder / "ledger.sqlite", folder.parent / "backup.sqlite")
        write_rows(folder / "affected.csv", customers(LETTERS))
        due = str(LETTERS - FIRST)
        command = [sys.executable, "-m", "mass_apology", "send", "-C", str(folder), "--confirm", due]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return live, done.stderr


@pytest.mark.parametrize(
    "harm",
    [older_copy, older_copy_with_its_times, emptied, older_copy_with_its_wal],
    ids=lambda harm: harm.__name__,
)
def test_the_run_ends_at_once_and_the_log_tells_the_rest(tmp_path: Path, harm: Harm) -> None:
    folder = tmp_path / "campaign"
    before, said = harmed_run(folder, harm)
    assert len(before.received) < FIRST + 50
    assert "was written to by another program while it was in use" in said
    assert "reconcile --from-log log.jsonl" in said
    with relay() as live:
        campaign_folder(folder, live.sink.url, customers(LETTERS))
        with pytest.raises(ConfirmationError, match=r"ledger-(lost|set-back)"):
            send(folder)
        assert rebuild(Workspace.open(folder), folder / "log.jsonl", on_progress=lambda *_: None).whole
        send(folder)
    counts = Counter([*before.numbers, *live.numbers])
    assert max(counts.values()) == 1
    assert len(counts) == LETTERS - statuses(folder).get("IN_DOUBT", 0)


def test_a_copy_stands_alone_and_the_wal_of_the_newer_ledger_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    harmed_run(folder, older_copy)
    assert statuses(folder) == {"ACCEPTED": FIRST}
    (kept,) = folder.glob("ledger.sqlite.lost-*-wal")
    assert kept.stat().st_size > 0


def test_a_file_whose_time_changed_and_nothing_else_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    before, _ = harmed_run(folder, lambda there: os.utime(there / "ledger.sqlite"))
    assert statuses(folder)["ACCEPTED"] == len(before.received)
    with relay() as live:
        campaign_folder(folder, live.sink.url, customers(LETTERS))
        send(folder)
    assert sorted([*before.numbers, *live.numbers]) == list(range(LETTERS))


def test_what_other_commands_write_meanwhile_is_no_harm(tmp_path: Path) -> None:
    lives: list[Relay] = []
    folder, mailbox = tmp_path / "campaign", tmp_path / "bounces"
    for name in ("new", "cur"):
        (mailbox / name).mkdir(parents=True)

    def read_bounces(there: Path) -> None:
        bounces.settle(Workspace.open(there), str(mailbox), on_progress=lambda *_: None)

    with relay(fault=harmed_at(folder, 20, read_bounces, lives)) as live:
        lives.append(live)
        campaign_folder(folder, live.sink.url, customers(60))
        assert send(folder).sent == 60
