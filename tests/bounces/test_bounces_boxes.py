"""Mailboxes of every kind give the same messages under the same keys, whatever mail programs do to them."""

from __future__ import annotations

import io
import mailbox
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.bounces import boxes
from mass_apology.bounces.boxes import BoxMessage, messages, of_stream
from mass_apology.bounces.mail_reading import read
from mass_apology.errors import InputError
from mass_apology.mail_parts import LIMIT

CORPUS = Path(__file__).parent / "corpus"
RAW = [path.read_bytes() for path in sorted(CORPUS.glob("*.eml")) if path.stat().st_size]
SEPARATOR = b"From MAILER-DAEMON Fri Nov 20 10:00:00 2026\n"


def keys(found: list[BoxMessage]) -> list[str]:
    return [message.key for message in found]


def as_mbox(raw: list[bytes]) -> bytes:
    return b"".join(SEPARATOR + message.rstrip(b"\n") + b"\n\n" for message in raw)


def test_a_folder_an_mbox_a_maildir_and_a_stream_agree(tmp_path: Path) -> None:
    (tmp_path / "box.mbox").write_bytes(as_mbox(RAW))
    maildir = mailbox.Maildir(tmp_path / "maildir", create=True)
    for raw in RAW:
        maildir.add(raw)
    folder = sorted(keys(list(messages(CORPUS))))
    assert len(folder) == len(RAW)
    assert sorted(keys(list(messages(tmp_path / "box.mbox")))) == folder
    assert sorted(keys(list(of_stream(io.BytesIO(as_mbox(RAW)), "-")))) == folder
    assert sorted(keys(list(messages(tmp_path / "maildir")))) == folder


def test_messages_of_an_mbox_are_read_like_their_files() -> None:
    found = list(of_stream(io.BytesIO(as_mbox(RAW)), "box"))
    assert [read(message.data) for message in found] == [read(raw) for raw in RAW]
    assert found[1].where == "box, message 2"


def test_a_mail_program_that_marks_messages_changes_no_key(tmp_path: Path) -> None:
    path = tmp_path / "box.mbox"
    path.write_bytes(as_mbox(RAW))
    before = keys(list(messages(path)))
    marked = path.read_bytes().replace(b"\nSubject:", b"\nStatus: RO\nX-Status: A\nX-UID: 7\nSubject:")
    path.write_bytes(marked.replace(b"\n", b"\r\n"))
    after = keys(list(messages(path)))
    assert len(after) == len(before)
    changed = [b"\nSubject:" in raw.partition(b"\n\n")[2] for raw in RAW]  # there it is content, and counts
    assert all(new == old for new, old, inside in zip(after, before, changed, strict=True) if not inside)


def test_a_sentence_that_begins_with_from_ends_no_message() -> None:
    raw = b"Subject: x\n\nWell.\n\nFrom what I see at 10:00, 2026 is fine.\n\nFrom here on.\n"
    found = list(of_stream(io.BytesIO(SEPARATOR + raw + b"\n" + SEPARATOR + b"Subject: y\n\nz\n"), "box"))
    assert [message.data.count(b"From") for message in found] == [2, 0]


def test_a_message_of_fifty_megabytes_is_kept_by_its_beginning_and_keyed_by_its_whole() -> None:
    line = b"QUFB" * 19 + b"\n"

    class Endless(io.RawIOBase):
        """A message that is never in memory as a whole."""

        def __init__(self, last: bytes) -> None:
            self.pieces = iter([b"Subject: big\n\n", *[line * 1000] * 660, last])

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            piece = next(self.pieces, b"")
            buffer[: len(piece)] = piece
            return len(piece)

    one, other = (next(of_stream(io.BufferedReader(Endless(last), 80_000), "-")) for last in (b"a\n", b"b\n"))
    assert one.data == other.data
    assert LIMIT <= len(one.data) <= LIMIT + 100
    assert one.key != other.key


def test_a_line_without_end_is_read_in_pieces() -> None:
    (found,) = of_stream(io.BytesIO(b"Subject: x\n\n" + b"y" * (3 * LIMIT)), "-")
    assert len(found.data) < LIMIT + boxes._LINE_OCTETS + 100


def test_nothing_is_in_an_empty_box() -> None:
    assert list(of_stream(io.BytesIO(b""), "-")) == []


def test_a_maildir_message_that_is_read_meanwhile_is_not_lost(tmp_path: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    for name in ("1.a", "1.b", "1.c"):
        (tmp_path / "new" / name).write_bytes(f"Subject: {name}\n\n".encode())
    reading = messages(tmp_path)
    found = [next(reading).data]
    (tmp_path / "new/1.b").rename(tmp_path / "cur/1.b:2,S")
    (tmp_path / "new/1.c").unlink()
    found += [message.data for message in reading]
    assert found.count(b"Subject: 1.b\n\n") >= 1  # twice is no harm: the key is the same
    assert b"Subject: 1.c\n\n" not in found


def test_every_problem_has_a_next_step(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    closed = tmp_path / "closed.mbox"
    closed.write_bytes(SEPARATOR)
    closed.chmod(0)
    for path, problem in ((tmp_path / "none", "There is no mailbox"), (tmp_path / "empty", "holds no .eml files")):
        with pytest.raises(InputError, match=problem) as caught:
            list(messages(path))
        assert caught.value.next_step
    if os.geteuid() != 0:
        with pytest.raises(InputError, match="cannot be read"):
            list(messages(closed))


def test_a_name_that_the_system_refuses_is_a_sentence() -> None:
    with pytest.raises(InputError):
        list(messages(Path("x" * 5000)))


@given(st.binary(max_size=500))
def test_any_octets_are_iterated(data: bytes) -> None:
    for message in of_stream(io.BytesIO(data), "-"):
        assert len(message.key) == 64


@given(st.lists(st.sampled_from(RAW), max_size=6))
def test_an_mbox_returns_its_messages_unchanged(raw: list[bytes]) -> None:
    single = [next(of_stream(io.BytesIO(one), "-")).key for one in raw]
    assert keys(list(of_stream(io.BytesIO(as_mbox(raw)), "box"))) == single
