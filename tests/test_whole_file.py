"""A small file is whole or not there, and nothing is left beside it."""

from __future__ import annotations

import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mass_apology.system.whole_file import write_whole


def test_the_new_text_takes_the_old_ones_place_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "50% off? [żółć]"
    path.write_bytes(b"a longer text than the new one")
    path.chmod(0o644)
    write_whole(path, b"pause\n")
    assert path.read_bytes() == b"pause\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_replaced_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "last-check.json"
    folder.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(folder, b"{}")
    assert list(tmp_path.iterdir()) == [folder]


_NO_ROOM = f"""
import resource, signal, sys
from pathlib import Path
from mass_apology.system.whole_file import write_whole

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit({resource.RLIMIT_FSIZE}, (8, 8))
try:
    write_whole(Path(sys.argv[1]), b"more than eight octets")
except OSError as error:
    print(error.strerror)
"""


def test_a_full_disk_leaves_the_old_text(tmp_path: Path) -> None:
    path = tmp_path / "control"
    path.write_bytes(b"run\n")
    child = subprocess.run([sys.executable, "-c", _NO_ROOM, path], capture_output=True, text=True, check=True)
    assert child.stdout == "File too large\n"
    assert path.read_bytes() == b"run\n"
    assert list(tmp_path.iterdir()) == [path]
