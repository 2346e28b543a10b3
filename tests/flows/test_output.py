"""Files for the user are whole, or as they were."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mass_apology.errors import OutputError
from mass_apology.flows.output import new_binary_file, new_file, new_folder


@contextmanager
def a_full_disk(octets: int) -> Iterator[None]:
    """No file of this process may become larger."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("old", encoding="utf-8")
    with a_full_disk(1000), pytest.raises(OutputError, match=r"report\.csv cannot be written"):  # noqa: SIM117
        with new_binary_file(path, force=True) as file:
            file.write(b"x" * 100_000)
    assert path.read_text(encoding="utf-8") == "old"
    assert leftovers(tmp_path) == ["report.csv"]


def test_a_full_disk_leaves_the_old_folder(tmp_path: Path) -> None:
    path = tmp_path / "letters"
    with new_folder(path, suffix=".eml", force=False) as folder:
        (folder / "1.eml").write_bytes(b"old")
    with a_full_disk(1000), pytest.raises(OutputError, match="letters cannot be written"):  # noqa: SIM117
        with new_folder(path, suffix=".eml", force=True) as folder:
            (folder / "1.eml").write_bytes(b"x" * 100_000)
    assert (path / "1.eml").read_bytes() == b"old"
    assert leftovers(tmp_path) == ["letters"]


def test_an_error_in_between_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError), new_file(path, force=True) as file:
        file.write("new \ud800")
    assert path.read_text(encoding="utf-8") == "old"
    assert leftovers(tmp_path) == ["report.csv"]


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    with new_file(tmp_path / "a", force=False) as file:
        file.write("x")
    with new_folder(tmp_path / "b", suffix=".eml", force=False):
        pass
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o700


def test_what_exists_is_kept_without_force(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old", encoding="utf-8")
    with pytest.raises(OutputError, match="exists already"), new_file(tmp_path / "a", force=False):
        pass
    assert (tmp_path / "a").read_text(encoding="utf-8") == "old"


def test_a_path_in_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere"), new_file(tmp_path / "nowhere" / "a", force=False):
        pass
