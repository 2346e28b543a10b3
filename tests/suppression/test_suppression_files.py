"""Files that are missing, foreign, damaged, shared or read-only, full disks, and processes that are killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from suppression_samples import NOON, entry

from mass_apology.errors import SuppressionError
from mass_apology.suppression import Reason, Suppressions, suppression_file

ANNA = "anna@acme.example"
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([*filter(None, sys.path), str(Path(__file__).parent)]),
}


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    program = f"import sys\nfrom pathlib import Path\nfrom suppression_samples import *\n{code}"
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)


def test_the_file_and_its_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = tmp_path / "state" / "suppressions.sqlite"
        with Suppressions.open(path) as store:
            store.add(entry())
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_with_an_awkward_name(tmp_path: Path) -> None:
    path = tmp_path / "50% off? #1 [żółć].sqlite"
    with Suppressions.open(path) as store:
        store.add(entry())
    with Suppressions.open(path) as store:
        assert store.find(ANNA) == entry()


def _text(path: Path) -> None:
    path.write_text("address,reason\n" * 100)


def _emptied(path: Path) -> None:
    os.truncate(path, 0)


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as stranger:
        stranger.execute("CREATE TABLE entry (key BLOB)")


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as stranger:
        stranger.execute("PRAGMA user_version = 99")


def _cut_short(path: Path) -> None:
    os.truncate(path, 5000)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_text, "is not a store of suppressions, or it is damaged"),
        (_emptied, "is empty, which no store of suppressions ever is"),
        (_foreign, "a database, but not a store of suppressions"),
        (_newer, "is a store of suppressions of version 99; this program reads version 1"),
        (_cut_short, "is damaged"),
        (_folder, "cannot be opened"),
    ],
)
def test_a_file_that_is_no_store_is_never_taken_for_an_empty_one(
    path: Path, spoil: Callable[[Path], None], problem: str
) -> None:
    with Suppressions.open(path) as store:
        store.add_all(entry(f"c{number}@acme.example") for number in range(100))
    spoil(path)
    with pytest.raises(SuppressionError, match=problem) as error:
        Suppressions.open(path)
    assert str(path) in error.value.problem
    assert error.value.next_step


def test_a_page_that_is_damaged_is_noticed(path: Path) -> None:
    with Suppressions.open(path) as store:
        store.add_all(entry(f"c{number}@acme.example") for number in range(3000))
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 65536)
    with Suppressions.open(path) as store, pytest.raises(SuppressionError, match="is damaged") as error:
        store.among([f"c{number}@acme.example" for number in range(3000)])
    assert "suppressed people would be written to" in error.value.next_step


def test_a_link_to_nowhere(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")
    with Suppressions.open(path) as store, pytest.raises(SuppressionError, match="File exists"):
        store.add(entry())
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("mine")
    with Suppressions.open(tmp_path / "state" / "s.sqlite") as store:
        assert store.find(ANNA) is None
        with pytest.raises(SuppressionError, match="cannot be used") as error:
            store.add(entry())
    assert "folder" in error.value.next_step


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """As somebody who may read the folder and its files, and change nothing there."""
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(0o755)


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder whose parents everybody may pass, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_a_store_that_may_only_be_read(readable: Path) -> None:
    path = readable / "suppressions.sqlite"
    with Suppressions.open(path) as store:
        store.add(entry())
    with unprivileged(readable), Suppressions.open(path) as store:
        assert store.find(ANNA) == entry()
        with pytest.raises(SuppressionError, match="read-only for us") as error:
            store.add(entry("bob@acme.example"))
        assert "writable" in error.value.next_step
        assert list(store.entries()) == [entry()]


def test_a_folder_where_none_can_be_made(readable: Path) -> None:
    with unprivileged(readable), Suppressions.open(readable / "suppressions.sqlite") as store:
        assert store.among([ANNA]) == {}
        with pytest.raises(SuppressionError, match="Permission denied"):
            store.add(entry())
    assert list(readable.iterdir()) == []


# A process whose files may not grow: every write beyond the limit fails as it does on a full disk.
_LIMITED = """
import resource
from mass_apology.errors import SuppressionError
from mass_apology.suppression import Suppressions

store = Suppressions.open(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    store.add_all(entry(f"c{number}@acme.example") for number in range(20_000))
except SuppressionError as error:
    print(error.problem)
print(len(list(store.entries())))
"""


def test_a_disk_that_is_full_adds_nothing_and_loses_nothing(store: Suppressions, path: Path) -> None:
    store.add(entry())
    with child(_LIMITED, path) as limited:
        problem, count = limited.communicate()[0].splitlines()
    assert "cannot be" in problem
    assert "written" in problem
    assert count == "1"
    assert list(store.entries()) == [entry()]
    assert store.add(entry("bob@acme.example"))


def test_another_program_that_writes_is_waited_for_and_then_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression_file, "STORE", replace(suppression_file.STORE, patience=0.05))
    with Suppressions.open(path) as store:
        store.add(entry())
        with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
            stranger.execute("BEGIN EXCLUSIVE")
            with pytest.raises(SuppressionError, match="in use by another program"):
                store.add(entry("bob@acme.example"))
            with pytest.raises(SuppressionError, match="in use by another program"):
                store.find(ANNA)
            stranger.execute("ROLLBACK")
        assert store.find(ANNA) == entry()


_ADDING = """
from mass_apology.suppression import Reason, Suppressions

name, reason = sys.argv[2], Reason(sys.argv[3])
with Suppressions.open(Path(sys.argv[1])) as store:
    new = 0
    for number in range(60):
        new += store.add(entry(f"{name}{number}@acme.example", reason))
        new += store.add(entry(f"shared{number}@acme.example", reason, at=NOON + ord(name)))
        assert store.find(f"{name}{number}@acme.example").reason is reason
print(new)
"""


def test_processes_that_add_at_once_from_the_first_entry_on(path: Path) -> None:
    reasons = {"a": Reason.OPT_OUT, "b": Reason.DEAD_ADDRESS, "c": Reason.MANUAL}
    children = [child(_ADDING, path, name, reason) for name, reason in reasons.items()]
    new = [int(each.communicate()[0]) for each in children]
    assert sum(new) == 4 * 60
    with Suppressions.open(path) as store:
        shared = [each for each in store.entries() if (each.address or "").startswith("shared")]
        assert store.counts()[Reason.DEAD_ADDRESS] == 120
    assert len(shared) == 60
    assert {(each.reason, each.at) for each in shared} == {(Reason.DEAD_ADDRESS, NOON + ord("a"))}
    assert [file.name for file in path.parent.iterdir()] == [path.name]


_ENDLESS = """
from mass_apology.suppression import Suppressions

with Suppressions.open(Path(sys.argv[1])) as store:
    number = 0
    while True:
        store.add_all(entry(f"{sys.argv[2]}-{each}@acme.example") for each in range(number, number + 50))
        number += 50
        print(number, flush=True)
"""


@pytest.mark.parametrize("lines", [1, 3, 6])
def test_what_was_confirmed_outlives_a_kill(path: Path, lines: int) -> None:
    with child(_ENDLESS, path, "c") as killed:
        assert killed.stdout is not None
        confirmed = [int(killed.stdout.readline()) for _ in range(lines)][-1]
        killed.send_signal(signal.SIGKILL)
    with Suppressions.open(path) as store:
        found = len(list(store.entries()))
        assert found >= confirmed
        assert found % 50 == 0
        assert len(store.among([f"c-{number}@acme.example" for number in range(confirmed)])) == confirmed
        assert store.add(entry("later@acme.example"))
