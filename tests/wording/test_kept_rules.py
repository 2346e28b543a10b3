"""Rules that were made once are loaded by the next command; what is not such a file, or not one's own, is made anew."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from mass_apology.system.state_folder import STATE_VARIABLE
from mass_apology.wording.critic import criticise
from mass_apology.wording.kept_rules import kept
from mass_apology.wording.reading.text import read_text
from mass_apology.wording.wording_rules import Rules, rules_file, word_forms

LETTER = "Dear Ann,\n\nWe are sorry for any inconveniance. From now on two people check every parcel.\n"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path))
    return tmp_path / "wording"


def made() -> Rules:
    return Rules("en", rules_file("en"), word_forms("en"))


def never() -> Rules:
    raise AssertionError("the rules were made anew")


def found(rules: Rules) -> list[tuple[str, str]]:
    document = read_text(LETTER, is_markdown=False, is_template=False)
    return [(each.rule, each.passage) for each in criticise(document, rules)]


def test_rules_are_loaded_as_they_were_made() -> None:
    first = kept("en", Rules, made)
    assert ("euphemism", "inconveniance") in found(first)
    assert found(kept("en", Rules, never)) == found(first)


class Harm:
    """Writes a file when it is loaded."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.file,)


def test_nothing_but_rules_comes_out_of_a_file(state: Path, tmp_path: Path) -> None:
    kept("en", Rules, made)
    (file,) = state.glob("en-*")
    trace = tmp_path / "trace"
    file.write_bytes(pickle.dumps(Harm(trace)))
    assert found(kept("en", Rules, made))
    assert not trace.exists()
    assert found(kept("en", Rules, never))


@pytest.mark.parametrize("octets", [b"", b"\x80\x05", pickle.dumps("no rules"), b"\0" * 1000])
def test_a_broken_file_is_made_anew(state: Path, octets: bytes) -> None:
    kept("en", Rules, made)
    (file,) = state.glob("en-*")
    file.write_bytes(octets)
    assert found(kept("en", Rules, made))
    assert found(kept("en", Rules, never))


def test_a_file_that_others_can_write_is_not_trusted(state: Path) -> None:
    kept("en", Rules, made)
    (file,) = state.glob("en-*")
    file.chmod(0o666)
    with pytest.raises(AssertionError, match="made anew"):
        kept("en", Rules, never)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert found(kept("en", Rules, made))
    tmp_path.chmod(0o700)


def test_older_rules_are_taken_away(state: Path) -> None:
    state.mkdir()
    older = state / "en-0123.rules"
    older.touch()
    kept("en", Rules, made)
    assert not older.exists()
