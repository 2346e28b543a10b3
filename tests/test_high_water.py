"""What left with a ledger is found by its name and its folder, for its owner only, and a bad disk stops nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from mass_apology.high_water import (
    HighWater,
    digests,
    forget_people,
    recall,
    remember,
    sent_elsewhere,
    sent_from,
)
from mass_apology.system.state_folder import STATE_VARIABLE

NOON = 1_795_000_000.0


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "deep" / "state"
    monkeypatch.setenv(STATE_VARIABLE, str(folder))
    return folder


def seen(ledger: str, folder: Path, **changes: object) -> HighWater:
    usual = HighWater(
        ledger=ledger,
        campaign="outage",
        folder=str(folder.resolve()),
        at=NOON,
        handed_over=12,
        accepted=10,
        run="0f",
        key="ab" * 32,
    )
    return replace(usual, **changes)


def test_the_last_word_of_each_ledger_is_kept(state: Path, tmp_path: Path) -> None:
    assert recall("aa") is None
    assert remember(seen("aa", tmp_path)) is None
    assert remember(seen("aa", tmp_path, handed_over=13)) is None
    assert remember(seen("bb", tmp_path, at=NOON - 5)) is None
    assert recall("aa") == seen("aa", tmp_path, handed_over=13)
    assert [each.ledger for each in sent_from(tmp_path, "outage")] == ["bb", "aa"]


def test_only_what_left_from_the_folder_for_the_campaign(state: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    remember(seen("aa", tmp_path / "other"))
    remember(seen("bb", tmp_path, campaign="recall"))
    remember(seen("cc", tmp_path, handed_over=0, accepted=0))
    assert sent_from(tmp_path, "outage") == []
    (tmp_path / "link").symlink_to(tmp_path / "other")
    assert [each.ledger for each in sent_from(tmp_path / "link", "outage")] == ["aa"]


def test_the_record_is_for_its_owner_only(state: Path, tmp_path: Path) -> None:
    remember(seen("aa", tmp_path))
    (file,) = (state / "ledgers").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((state / "ledgers").stat().st_mode) == 0o700
    assert {field.name for field in msgspec.structs.fields(HighWater)} == {
        *("ledger", "campaign", "folder", "at", "handed_over", "accepted", "run", "key", "sample", "log_head"),
    }


@pytest.mark.parametrize("octets", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"ledger": "aa"}'])
def test_a_damaged_record_counts_as_absent_and_hides_no_other(state: Path, tmp_path: Path, octets: bytes) -> None:
    remember(seen("aa", tmp_path))
    (state / "ledgers" / "bb.json").write_bytes(octets)
    assert recall("bb") is None
    assert [each.ledger for each in sent_from(tmp_path, "outage")] == ["aa"]


def test_a_folder_that_cannot_be_written_is_a_sentence(state: Path, tmp_path: Path) -> None:
    state.mkdir(parents=True)
    (state / "ledgers").write_text("a file in the folder's place", encoding="utf-8")
    said = remember(seen("aa", tmp_path))
    assert said is not None
    assert str(state / "ledgers") in said
    assert recall("aa") is None
    assert sent_from(tmp_path, "outage") == []


def test_without_a_home_directory_it_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mass_apology.high_water.state_folder", lambda: None)
    said = remember(seen("aa", tmp_path))
    assert said is not None
    assert STATE_VARIABLE in said
    assert sent_from(tmp_path, "outage") == []


def test_what_left_for_the_campaign_from_other_folders(state: Path, tmp_path: Path) -> None:
    remember(seen("aa", tmp_path / "gone"))
    remember(seen("bb", tmp_path))
    remember(seen("cc", tmp_path / "gone", campaign="recall"))
    remember(seen("dd", tmp_path / "gone", handed_over=0, accepted=0))
    assert [each.ledger for each in sent_elsewhere(tmp_path, "outage")] == ["aa"]


def test_a_mailbox_has_one_digest_for_each_key() -> None:
    first, second = digests(["Anna@Firma.pl", " anna@firma.PL."], "ab" * 32)
    assert first == second
    assert digests(["anna@firma.pl"], "ac" * 32) != [first]
    assert digests(["hanna@firma.pl"], "ab" * 32) != [first]


def test_people_are_forgotten_and_counts_are_not(state: Path, tmp_path: Path) -> None:
    assert forget_people("aa") is None
    remember(seen("aa", tmp_path, sample=("0123456789abcdef",)))
    assert forget_people("aa") is None
    assert recall("aa") == seen("aa", tmp_path)


def test_a_record_from_before_there_were_samples_is_read(state: Path, tmp_path: Path) -> None:
    remember(seen("aa", tmp_path))
    file = state / "ledgers" / "aa.json"
    fields = msgspec.json.decode(file.read_bytes())
    del fields["sample"]
    file.write_bytes(msgspec.json.encode(fields))
    assert recall("aa") == seen("aa", tmp_path)
