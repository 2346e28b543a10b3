"""A file is read whole, and nothing else is waited for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mass_apology.approval.signing import sign
from mass_apology.bounces import boxes
from mass_apology.errors import MassApologyError
from mass_apology.flows.feedback.choices import _lines
from mass_apology.flows.feedback.feedback_sources import returned
from mass_apology.flows.feedback.log_lines import log_lines
from mass_apology.smtp import password, session
from mass_apology.suppression.entries import Reason
from mass_apology.suppression.lists import read_list
from mass_apology.system.regular_file import read_regular, refuse_special


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
        (tmp_path / "pipe", "a pipe, not a file"),
        (Path("/dev/zero"), "a device, not a file"),
        (tmp_path / "loop", "symbolic links"),
        (tmp_path / "missing", "No such file"),
        (tmp_path / "a\0b", "no file can have that name"),
        (tmp_path / ("a" * 300), "too long"),
    ):
        with pytest.raises(OSError, match=said):
            read_regular(path, 10)


def _folder_of_mail(pipe: Path) -> object:
    (pipe.parent / "mail").mkdir()
    pipe.rename(pipe.parent / "mail/1.eml")
    return list(boxes.messages(pipe.parent / "mail"))


@pytest.mark.parametrize(
    "read",
    [
        lambda pipe: password.read(f"file:{pipe}", "anna"),
        lambda pipe: session._tls_context(str(pipe)),
        lambda pipe: sign("text", key=pipe, signers=pipe),
        lambda pipe: list(boxes.messages(pipe)),
        _folder_of_mail,
        lambda pipe: list(returned(str(pipe.rename(pipe.with_suffix(".json"))), None, None)),
        lambda pipe: list(log_lines(str(pipe))),
        lambda pipe: _lines(str(pipe)).__enter__(),
        lambda pipe: read_list(pipe, now=0, source="", reason=Reason.MANUAL),
    ],
    ids=["password", "ca_file", "signers", "mbox", "folder", "events", "log", "choices", "suppression"],
)
def test_no_pipe_that_an_operator_names_is_waited_for(tmp_path: Path, read: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MassApologyError) as caught:
        read(tmp_path / "pipe")
    assert "it is a pipe, not a file" in caught.value.problem


def test_a_pipe_that_a_shell_has_opened_is_read() -> None:
    source = (
        "import sys; from mass_apology.flows.feedback.log_lines import log_lines; print(list(log_lines(sys.argv[1])))"
    )
    reading, writing = os.pipe()
    os.write(writing, b"a line\n")
    os.close(writing)
    command = [sys.executable, "-c", source, f"/dev/fd/{reading}"]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, pass_fds=[reading], timeout=60)
    finally:
        os.close(reading)
    assert done.stdout == "[b'a line\\n']\n"


def test_a_device_is_refused_where_an_open_pipe_is_not() -> None:
    with pytest.raises(OSError, match="a device"):
        refuse_special(Path("/dev/zero"), but_open_pipes=True)
