"""What earlier runs left is found again, by whichever process, and a bad disk stops nothing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from mass_apology.history import (
    CHECK_FILE,
    Checked,
    Sent,
    last_check,
    remember_check,
    remember_sent,
    sent_since,
)
from mass_apology.system.state_folder import STATE_VARIABLE

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0
DAY = 24 * HOUR


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "deep" / "state"
    monkeypatch.setenv(STATE_VARIABLE, str(folder))
    return folder


def sent(at: float = NOON, campaign: str = "outage") -> Sent:
    return Sent(file_sha256="ab" * 32, campaign=campaign, folder=f"/srv/zażółć {campaign}", at=at, letters=1200)


def checked(letters: int = 5) -> Checked:
    return Checked(at=NOON, letters=letters, parts={"the template": "00ff"})


def test_the_last_check_is_the_last(tmp_path: Path) -> None:
    assert last_check(tmp_path) is None
    assert remember_check(tmp_path, checked(5)) is None
    assert remember_check(tmp_path, checked(6)) is None
    assert last_check(tmp_path) == checked(6)
    assert stat.S_IMODE((tmp_path / CHECK_FILE).stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [CHECK_FILE]


@pytest.mark.parametrize(
    "octets", [b"", b"{", b"[]", b'{"at": 1, "letters": "many", "parts": {}}', b"\xff\xfe", b"null"]
)
def test_a_damaged_check_is_none(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / CHECK_FILE).write_bytes(octets)
    assert last_check(tmp_path) is None


def test_a_check_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    said = remember_check(tmp_path / "absent", checked())
    assert said is not None
    assert str(tmp_path / "absent" / CHECK_FILE) in said
    (tmp_path / CHECK_FILE).mkdir()  # a folder of that name cannot be replaced
    assert remember_check(tmp_path, checked()) is not None
    assert [each.name for each in tmp_path.iterdir()] == [CHECK_FILE]


def test_sent_files_are_remembered_since_a_moment(state: Path) -> None:
    assert sent_since(0) == []
    for at, name in ((NOON, "second"), (NOON - 13 * HOUR, "first"), (NOON + HOUR, "third")):
        assert remember_sent(sent(at, name)) is None
    assert [each.campaign for each in sent_since(0)] == ["first", "second", "third"]
    assert sent_since(NOON) == [sent(NOON, "second"), sent(NOON + HOUR, "third")]
    assert sent_since(NOON + 2 * HOUR) == []


def test_the_record_is_for_its_owner_only(state: Path) -> None:
    remember_sent(sent())
    (file,) = (state / "sent").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((state / "sent").stat().st_mode) == 0o700
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_old_days_are_forgotten_and_other_files_are_left_alone(state: Path) -> None:
    for days in (45, 31, 29, 1):
        remember_sent(sent(NOON - days * DAY, f"{days} days ago"))
    (state / "sent" / "notes.jsonl").write_text("mine", encoding="utf-8")
    remember_sent(sent(NOON, "now"))
    assert [each.campaign for each in sent_since(0)] == ["29 days ago", "1 days ago", "now"]
    assert (state / "sent" / "notes.jsonl").exists()


def test_what_a_full_disk_left_incomplete_hides_nothing_else(state: Path) -> None:
    remember_sent(sent(NOON, "whole"))
    (file,) = (state / "sent").iterdir()
    file.write_bytes(b'{"file_sha256": "ab"}\n\n\xff\n' + file.read_bytes() + b'{"file_sha2')
    assert sent_since(0) == [sent(NOON, "whole")]


def test_an_entry_after_a_torn_one_is_kept(state: Path) -> None:
    (state / "sent").mkdir(parents=True)
    (state / "sent" / "2026-11-20.jsonl").write_bytes(b'{"file_sha256": "abab')  # a power cut came between
    assert remember_sent(sent()) is None
    assert sent_since(0) == [sent()]


def test_campaigns_that_start_together_keep_each_others_entries(state: Path) -> None:
    program = (
        "import sys; from mass_apology.history import Sent, remember_sent\n"
        "for number in range(40):\n"
        "    name = f'{sys.argv[1]}-{number}'\n"
        f"    sent = Sent(file_sha256='ab' * 32, campaign=name, folder='/' + 'f' * 900, at={NOON}, letters=1)\n"
        "    said = remember_sent(sent)\n"
        "    assert said is None, said\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program, str(each)]) for each in range(4)]
    assert [process.wait(60) for process in processes] == [0, 0, 0, 0]
    assert {each.campaign for each in sent_since(0)} == {
        f"{each}-{number}" for each in range(4) for number in range(40)
    }


def test_a_state_folder_that_cannot_be_written_stops_nothing(state: Path) -> None:
    state.parent.mkdir()
    state.write_text("a file in the folder's place", encoding="utf-8")
    said = remember_sent(sent())
    assert said is not None
    assert said.startswith("Sent files cannot be remembered: ")
    assert sent_since(0) == []


def test_without_a_home_directory_no_folder_is_made_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (STATE_VARIABLE, "HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as for a user whom the system does not know
    monkeypatch.chdir(tmp_path)
    said = remember_sent(sent())
    assert said is not None
    assert STATE_VARIABLE in said
    assert sent_since(0) == []
    assert list(tmp_path.iterdir()) == []


def test_no_address_is_remembered() -> None:
    fields = {field.name for struct in (Checked, Sent) for field in msgspec.structs.fields(struct)}
    assert fields == {"at", "letters", "parts", "file_sha256", "campaign", "folder"}
