"""Lines that are appended stand whole and alone, whatever a crash left before them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mass_apology.system.json_lines import append_line, open_for_lines


def test_lines_are_appended_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "days.jsonl"
    append_line(path, b'{"a":1}')
    append_line(path, b'{"a":2}')
    assert path.read_bytes() == b'{"a":1}\n{"a":2}\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("torn_end", "expected"), [(b"\n", b'{"a\n{}\n'), (b"\x18\n", b'{"a\x18\n{}\n')])
def test_a_torn_line_is_ended_before_the_next(tmp_path: Path, torn_end: bytes, expected: bytes) -> None:
    path = tmp_path / "days.jsonl"
    path.write_bytes(b'{"a')
    append_line(path, b"{}", torn_end=torn_end)
    assert path.read_bytes() == expected


def test_two_writers_keep_each_others_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with open_for_lines(path, buffering=1 << 16) as one, open_for_lines(path) as other:
        one.write(b"1\n")
        other.write(b"2\n")
        one.flush()
        other.write(b"3\n")
    assert path.read_bytes() == b"2\n1\n3\n"


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        append_line(tmp_path, b"{}")
