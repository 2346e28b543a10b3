"""Whether a process of this host still runs, and what killed ones leave."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mass_apology.system.processes import start_of
from mass_apology.system.temporary_files import hidden_beside, remove_abandoned, temporary_file, temporary_folder
from mass_apology.system.whole_file import write_whole


def test_a_process_that_has_ended_has_no_start() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert start_of(child.pid) is None
    child.wait()
    assert start_of(child.pid) is None


def test_where_there_is_no_proc_a_living_process_is_recognised_by_its_pid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mass_apology.system.processes._PROC", tmp_path)
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        assert start_of(child.pid) == ""
    assert start_of(child.pid) is None
    assert start_of(1) == ""


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    path = tmp_path / "control"
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pass
    left, own, strange = (
        tmp_path / f".control.{child.pid}.abc",
        temporary_file(hidden_beside(path)),
        tmp_path / ".control.notes.txt",
    )
    for each in (left, own, strange):
        each.touch()
    write_whole(path, b"run\n")
    assert sorted(tmp_path.iterdir()) == sorted((path, own, strange))


def test_of_a_killed_process_everything_with_the_prefix_is_removed_and_nothing_else(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pass
    store = hidden_beside(tmp_path / "a[1].sqlite")
    (tmp_path / f".a[1].sqlite.{child.pid}.abc").touch()
    (tmp_path / f".a[1].sqlite.{child.pid}.abc-journal").touch()  # SQLite's own, beside it
    folder = tmp_path / f".a[1].sqlite.{child.pid}.def"
    folder.mkdir()
    (folder / "1.eml").touch()
    other = tmp_path / f".a1.sqlite.{child.pid}.abc"
    other.touch()
    ours = {temporary_file(store), temporary_folder(store)}
    remove_abandoned(store)
    assert set(tmp_path.iterdir()) == {other, *ours}
    assert [stat.S_IMODE(each.stat().st_mode) for each in sorted(ours, key=Path.is_dir)] == [0o600, 0o700]
