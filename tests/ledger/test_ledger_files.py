"""Files that are missing, foreign, damaged or read by others, and full disks."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from ledger_samples import CAMPAIGN, WAVE, mark, message_id, outside, planned_ledger, recipient, statuses

from mass_apology.errors import LedgerError
from mass_apology.ledger.sqlite import SqliteLedger, SqliteRecords, SqliteStaging
from mass_apology.model import Status


def modes(folder: Path) -> dict[str, str]:
    return {file.name.partition("plan-")[0]: oct(stat.S_IMODE(file.stat().st_mode)) for file in folder.iterdir()}


def test_every_file_is_for_its_owner_only(path: Path) -> None:
    before = os.umask(0)
    try:
        with planned_ledger(path, 3), SqliteStaging(path, WAVE, message_id) as staging:
            staging.add([(recipient(9), "pl")])
            names = ["ledger.sqlite", "ledger.sqlite-shm", "ledger.sqlite-wal", "ledger.sqlite.", "ledger.sqlite.write"]
            assert modes(path.parent) == dict.fromkeys(names, "0o600")
    finally:
        os.umask(before)


def test_a_closed_ledger_is_one_file(path: Path) -> None:
    planned_ledger(path, 3).__exit__()
    assert {file.name: file.stat().st_size > 0 for file in path.parent.iterdir()} == {
        "ledger.sqlite": True,
        "ledger.sqlite.write": True,  # the lock, and how the file looked
    }


def test_commits_wait_for_the_disk(ledger: SqliteLedger) -> None:
    def pragma(name: str) -> object:
        return ledger.write(lambda connection: connection.execute(f"PRAGMA {name}").fetchone()[0])

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2


def test_every_ledger_has_a_key_of_its_own(tmp_path: Path) -> None:
    keys = set()
    for name in "abc":
        with SqliteLedger.create(tmp_path / name, CAMPAIGN) as ledger:
            keys.add(ledger.key)
    assert len(keys) == 3


def test_a_ledger_is_never_made_twice(ledger: SqliteLedger, path: Path) -> None:
    with pytest.raises(LedgerError, match="exists already"):
        SqliteLedger.create(path, CAMPAIGN)
    assert len(statuses(path)) == 20


def test_making_a_ledger_that_was_interrupted_can_be_repeated(path: Path) -> None:
    path.touch()
    with pytest.raises(LedgerError, match="interrupted") as interrupted:
        SqliteLedger.open(path, CAMPAIGN)
    assert "Delete the file" in interrupted.value.next_step
    with SqliteLedger.create(path, CAMPAIGN) as ledger:
        assert ledger.counts(WAVE)[Status.PLANNED] == 0


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="No such file or directory"):
        SqliteLedger.create(tmp_path / "nowhere" / "ledger.sqlite", CAMPAIGN)
    with pytest.raises(LedgerError, match="cannot be written"):
        SqliteStaging(tmp_path / "nowhere" / "ledger.sqlite", WAVE, message_id)


def _missing(path: Path) -> None:
    path.unlink()


def _text(path: Path) -> None:
    path.write_text("email,name\n" * 100)


def _foreign(path: Path) -> None:
    path.unlink()
    outside(path, "CREATE TABLE campaign (name TEXT)")


def _newer(path: Path) -> None:
    outside(path, "PRAGMA user_version = 99")


def _renamed(path: Path) -> None:
    outside(path, "UPDATE campaign SET name = 'other-outage'")


def _cut_short(path: Path) -> None:
    os.truncate(path, 5000)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_missing, "There is no ledger"),
        (_text, "is not a ledger"),
        (_foreign, "a database, but not a ledger"),
        (_newer, "a ledger of version 99"),
        (_renamed, 'belongs to the campaign "other-outage", not to "acme-outage"'),
        (_cut_short, "is damaged"),
        (_folder, "There is no ledger"),
    ],
)
@pytest.mark.parametrize("opened", [SqliteLedger, SqliteRecords])
def test_a_file_that_is_not_the_campaigns_ledger(
    path: Path, opened: type[SqliteRecords], spoil: object, problem: str
) -> None:
    planned_ledger(path, 3).__exit__()
    spoil(path)  # type: ignore[operator]  # one of the functions above
    with pytest.raises(LedgerError, match=problem) as error:
        opened.open(path, CAMPAIGN)
    assert str(path) in error.value.problem
    assert error.value.next_step


def test_a_page_that_is_damaged_is_noticed(path: Path) -> None:
    planned_ledger(path, 2000).__exit__()
    with path.open("r+b") as file:
        file.seek(-path.stat().st_size // 2 // 4096 * 4096, os.SEEK_END)
        file.write(b"\xa5" * 65536)
    with SqliteRecords.open(path, CAMPAIGN) as records, pytest.raises(LedgerError, match="damaged"):
        list(records.results(WAVE))


def test_a_full_disk_stops_the_sending_before_the_next_dot(ledger: SqliteLedger, path: Path) -> None:
    """SQLite's own page limit gives the error of a full disk, without needing one."""

    def fill(connection: sqlite3.Connection) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 3}")

    ledger.write(fill)
    durable = []

    async def send() -> None:
        for delivery in range(1, 21):
            await ledger.hand_over(mark(delivery, Status.HANDING_OVER))
            durable.append(delivery)
            ledger.record(mark(delivery, Status.REFUSED, reply="x" * 3000))

    with pytest.raises(LedgerError, match="the disk is full") as full:
        asyncio.run(send())
    assert "Free some space" in full.value.next_step
    with pytest.raises(LedgerError, match="the disk is full"):
        asyncio.run(ledger.hand_over(mark(20, Status.HANDING_OVER)))
    with pytest.raises(LedgerError, match="the disk is full"):
        asyncio.run(ledger.close())
    assert durable
    found = statuses(path)
    assert all(found[delivery] in {Status.HANDING_OVER, Status.REFUSED} for delivery in durable)
    assert found[20] is Status.PLANNED


# A process whose files may not grow: every write beyond the limit fails as it does on a full disk.
_LIMITED = """
import asyncio, resource, sys
from pathlib import Path
from ledger_samples import *

ledger = SqliteLedger.open(Path(sys.argv[1]), CAMPAIGN)
ledger.acquire(NOON)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

async def send():
    for delivery in range(1, 2001):
        await ledger.hand_over(mark(delivery, Status.HANDING_OVER))
        print(delivery, flush=True)

try:
    asyncio.run(send())
except LedgerError as error:
    print(type(error).__name__, error.problem)
"""


def test_a_write_that_the_system_refuses(path: Path) -> None:
    planned_ledger(path, 2000).__exit__()
    code = (
        "from mass_apology.errors import LedgerError\nfrom mass_apology.ledger.sqlite import SqliteLedger\n" + _LIMITED
    )
    child = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)) + os.pathsep + str(Path(__file__).parent),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    *durable, error = child.stdout.splitlines()
    assert error.startswith("LedgerError")
    assert "cannot be" in error
    assert 0 < len(durable) < 2000
    found = statuses(path)
    assert {found[int(delivery)] for delivery in durable} == {Status.HANDING_OVER}


def test_another_program_that_writes_is_waited_for_and_then_named(ledger: SqliteLedger, path: Path) -> None:
    ledger.write(lambda connection: connection.execute("PRAGMA busy_timeout = 50"))
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="in use by another program"):
            asyncio.run(ledger.hand_over(mark(1, Status.HANDING_OVER)))
        stranger.execute("ROLLBACK")
    assert statuses(path)[1] is Status.PLANNED


def test_a_ledger_in_a_folder_with_an_awkward_name(tmp_path: Path) -> None:
    folder = tmp_path / "50% off? #1 [draft] żółć"
    folder.mkdir()
    with planned_ledger(folder / "ledger.sqlite", 3) as ledger:
        assert len(list(ledger.results(WAVE))) == 3
        with SqliteStaging(ledger.path, WAVE, message_id) as staging:
            staging.add([(recipient(0), "pl"), (recipient(8), "pl")])
            assert (staging.compare().known, staging.compare().new) == (1, 1)
