"""A plan of a SQLite ledger is a file until it is committed; then it is in the ledger as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ledger_samples import CAMPAIGN, NOON, WAVE, message_id, plan, recipient

from mass_apology.errors import LedgerError
from mass_apology.ledger.sqlite import SqliteLedger, SqliteStaging


def test_a_plan_is_made_durable_wholly_or_not(path: Path) -> None:
    def no_room(connection: object) -> None:
        connection.execute("PRAGMA max_page_count = 60")  # type: ignore[attr-defined]  # a sqlite3 connection

    people = list(map(recipient, range(2000)))
    with SqliteLedger.create(path, CAMPAIGN) as ledger:
        ledger.acquire(NOON)
        ledger.write(no_room)
        with pytest.raises(LedgerError, match="the disk is full"):
            plan(ledger, people)
        assert (list(ledger.results(WAVE)), ledger.header) == ([], ())
        ledger.write(lambda connection: connection.execute("PRAGMA max_page_count = 100000"))
        assert plan(ledger, people).new == 2000


def test_the_file_is_deleted(path: Path) -> None:
    with SqliteStaging(path, WAVE, message_id) as staging:
        staging.add([(recipient(1), "pl")])
        assert len(list(path.parent.iterdir())) == 1
    assert list(path.parent.iterdir()) == []


def test_what_a_crashed_process_left_is_deleted_and_nothing_else(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    parent = os.getppid()
    for name in (f"plan-{child.pid}.x", f"plan-{parent}.x", "plan-notes", "plans"):
        path.with_name(f"{path.name}.{name}").touch()
    with SqliteStaging(path, WAVE, message_id):
        left = {file.name.removeprefix("ledger.sqlite.") for file in path.parent.iterdir()}
    assert {name for name in left if str(os.getpid()) not in name} == {f"plan-{parent}.x", "plan-notes", "plans"}
