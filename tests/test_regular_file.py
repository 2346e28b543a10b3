"""A file is read whole, and nothing else is waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mass_apology.regular_file import read_regular


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"12345")
    assert read_regular(file, 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 octets"):
        read_regular(file, 4)


def test_what_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for path, said in (
        (tmp_path, "a folder, not a file"),
        (tmp_path / "pipe", "a pipe or a device"),
        (Path("/dev/zero"), "a pipe or a device"),
        (tmp_path / "loop", "symbolic links"),
        (tmp_path / "missing", "No such file"),
        (tmp_path / "a\0b", "no file can have that name"),
        (tmp_path / ("a" * 300), "too long"),
    ):
        with pytest.raises(OSError, match=said):
            read_regular(path, 10)
