"""One open file: digest, layout and rows are of the same octets."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pytest
from recipient_files import campaign_of

from mass_apology.errors import InputError
from mass_apology.recipients import RecipientsFile, inspect, read

_opened: list[str] = []
_hooked: list[bool] = []  # an audit hook stays for good


@contextmanager
def counted_opens(path: Path) -> Iterator[list[str]]:
    """What opens this file meanwhile."""
    if not _hooked:
        sys.addaudithook(lambda event, args: _opened.append(str(args[0])) if event == "open" else None)
        _hooked.append(True)
    _opened.clear()
    found: list[str] = []
    yield found
    found += [each for each in _opened if each == str(path)]


@pytest.mark.parametrize("octets", [b"email\na@x.example\n", "email,name\na@x.example,Zoë\n".encode("cp1252")])
def test_a_text_file_is_opened_once(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "affected.csv"
    path.write_bytes(octets)
    with counted_opens(path) as opened, RecipientsFile(path) as file:
        assert file.sha256 == hashlib.sha256(octets).digest()
        layout = inspect(file, campaign_of())
        assert [each.address for batch in read(file, layout, campaign_of()) for each in batch.recipients]
    assert opened == [str(path)]


def test_what_takes_the_name_of_an_open_file_is_another_file(tmp_path: Path) -> None:
    path, other = tmp_path / "affected.csv", tmp_path / "other.csv"
    path.write_text("email\na@x.example\n")
    other.write_text("email,name\nb@x.example,Ann\n")
    with RecipientsFile(path) as file:
        digest, layout = file.sha256, inspect(file, campaign_of())
        other.replace(path)
        rows = chain.from_iterable(batch.recipients for batch in read(file, layout, campaign_of()))
        assert [each.address for each in rows] == ["a@x.example"]
        assert digest == hashlib.sha256(b"email\na@x.example\n").digest()


def test_several_passes_may_be_under_way(tmp_path: Path) -> None:
    path = tmp_path / "affected.csv"
    path.write_text("email\na@x.example\nb@x.example\n")
    with RecipientsFile(path) as file:
        layout = inspect(file, campaign_of())
        first = read(file, layout, campaign_of(), chunk_rows=1)
        assert next(first).recipients[0].address == "a@x.example"
        assert [len(batch.recipients) for batch in read(file, layout, campaign_of(), chunk_rows=1)] == [1, 1]
        assert next(first).recipients[0].address == "b@x.example"


def test_a_file_that_is_missing_is_told_when_something_is_asked_of_it(tmp_path: Path) -> None:
    with RecipientsFile(tmp_path / "affected.csv") as file, pytest.raises(InputError, match="There is no file"):
        inspect(file, campaign_of())


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "affected.csv")
    with RecipientsFile(tmp_path / "affected.csv") as file, pytest.raises(InputError, match="is a pipe, not a file"):
        _ = file.sha256
