"""Packs beyond 4 GiB: with limits lowered to some octets, the same code writes and reads zip64.

Real sizes differ in nothing but their numbers, which the fields hold: that is tried with numbers alone.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send

from mass_apology.evidence import verify_pack
from mass_apology.evidence.pack_writer import PackWriter
from mass_apology.evidence.verify_pack import Broken, Member, Pack, directory, local_header, read_container, verify
from mass_apology.flows.evidence.packing import PackOptions, pack
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

SOURCE = Path(verify_pack.__file__)
PYTHONS = [sys.executable, *map(str, Path.home().glob(".pyenv/versions/3.9.*/bin/python3.9"))]
FILES = {"small": b"a" * 5, "edge": b"b" * 100, "over": b"c" * 101, "large": b"d" * 5000, "last": b"e"}


@pytest.fixture
def lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_pack, "LARGEST", 100)


def written(path: Path) -> Path:
    with path.open("w+b") as file:
        writer = PackWriter(file)
        for name, octets in FILES.items():
            writer.add(name, [octets[:3], octets[3:]])
        writer.finish({})
    return path


def test_other_programs_read_what_is_larger(tmp_path: Path, lowered: None) -> None:
    with zipfile.ZipFile(written(tmp_path / "x.zip")) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in FILES} == FILES
        by_name = {each.filename: each.extract_version for each in archive.infolist()}
    assert (by_name["small"], by_name["edge"], by_name["over"], by_name["last"]) == (20, 20, 45, 45)


def test_so_many_files_are_counted_in_a_longer_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_pack, "MOST_FILES", 3)
    with zipfile.ZipFile(written(tmp_path / "x.zip")) as archive:
        assert archive.testzip() is None
        assert set(FILES) < set(archive.namelist())
    assert Pack(tmp_path / "x.zip").read("large") == FILES["large"]


def test_each_octet_that_was_changed_is_found(tmp_path: Path, lowered: None) -> None:
    path = written(tmp_path / "x.zip")
    whole = path.read_bytes()
    assert Pack(path).manifest()
    for at in [*range(len(whole) - 900, len(whole)), *range(400)]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(Broken):
            Pack(path).manifest()
    for cut in (1, 22, 23, 42, 43, 98, 99):
        path.write_bytes(whole[:-cut])
        with pytest.raises(Broken):
            Pack(path)


def test_what_fits_in_short_fields_has_no_longer_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Octets follow from names and contents: the same pack with longer fields than it needs is another pack."""
    short = written(tmp_path / "short.zip").read_bytes()
    monkeypatch.setattr(verify_pack, "LARGEST", 100)
    long = written(tmp_path / "long.zip")
    monkeypatch.undo()
    assert b"PK\x06\x06" not in short
    with pytest.raises(Broken, match="not as it was written"):
        Pack(long)


@pytest.mark.parametrize("size", [0xFFFF_FFFE, 0xFFFF_FFFF, 1 << 32, 5 << 40])
def test_real_sizes_stand_in_their_fields(size: int) -> None:
    header = local_header("results/first.jsonl", size, 7)
    is_long = size >= 0xFFFF_FFFF
    assert struct.unpack("<II", header[18:26]) == ((0xFFFF_FFFF,) * 2 if is_long else (size,) * 2)
    assert header[49:] == (struct.pack("<HHQQ", 1, 16, size, size) if is_long else b"")
    member = Member("results/first.jsonl", 0, len(header), size, 7, "")
    later = Member("last", len(header) + size, len(header) + size + 34, 1, 7, "")
    end = directory([member, later])
    assert (b"PK\x06\x07" in end) is is_long or size == 0xFFFF_FFFE  # what lies behind 4 GiB needs it, too
    assert end.endswith(struct.pack("<HHIIH", 2, 2, *struct.unpack("<II", end[-10:-2]), 0))


@pytest.mark.parametrize("python", PYTHONS)
def test_the_verifier_reads_it_by_itself(tmp_path: Path, lowered: None, python: str) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(12))
        send(folder)
    path = Path(pack(Workspace.open(folder), PackOptions(to=tmp_path / "pack.zip")).written)
    found = verify(path, (), None, None)
    assert found.wrong == []
    with path.open("rb") as file:
        assert sum(member.size > 100 for member in read_container(file)) > 5
    alone = tmp_path / "verify.py"
    lines = SOURCE.read_text("utf-8").replace("LARGEST, MOST_FILES = 0xFFFF_FFFE", "LARGEST, MOST_FILES = 100")
    assert lines != SOURCE.read_text("utf-8")
    alone.write_text(lines, encoding="utf-8")
    command = [python, "-I", "-S", str(alone), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing is wrong" in done.stdout
