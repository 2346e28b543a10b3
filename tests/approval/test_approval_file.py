"""approvals.jsonl: nothing lost by a crash, nothing damaged taken for granted."""

from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from approval_samples import NOON, PARTS, approval
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mass_apology.approval import Approval
from mass_apology.approval.approval_file import FILE_NAME, append, read
from mass_apology.errors import ApprovalError

ANNA, BOB, EVE = approval("anna@x"), approval("bob@x"), approval("Ева, “eve”\u2028@x")

_APPEND_MANY = """
import sys
from pathlib import Path
from mass_apology.approval import Approval
from mass_apology.approval.approval_file import append

for number in range(25):
    append(Path(sys.argv[1]), Approval(by=f"{sys.argv[2]}{number}", at=0.0, letters=number, parts={"a": "b" * 500}))
"""


def test_what_was_appended_is_read(tmp_path: Path) -> None:
    assert read(tmp_path) == ()
    for each in (ANNA, BOB, EVE):
        append(tmp_path, each)
    assert read(tmp_path) == (ANNA, BOB, EVE)


@given(
    st.lists(
        st.builds(
            Approval,
            by=st.text(min_size=1),
            at=st.floats(0, 4e9),
            letters=st.integers(0, 10**9),
            parts=st.dictionaries(st.text(), st.text()),
            signature=st.none() | st.text(),
        ),
        max_size=5,
    )
)
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_approval_comes_back_as_it_was(tmp_path: Path, approvals: list[Approval]) -> None:
    (tmp_path / FILE_NAME).unlink(missing_ok=True)
    for each in approvals:
        append(tmp_path, each)
    assert list(read(tmp_path)) == approvals


def test_it_is_for_its_owner_only(tmp_path: Path) -> None:
    append(tmp_path, ANNA)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_wherever_a_crash_tears_the_last_line_the_others_stay_and_the_next_follows(tmp_path: Path) -> None:
    append(tmp_path, ANNA)
    append(tmp_path, BOB)
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        assert read(tmp_path) == (ANNA,)
        append(tmp_path, EVE)
        append(tmp_path, BOB)
        assert read(tmp_path) == (ANNA, EVE, BOB)


def test_people_who_approve_at_one_moment_do_not_lose_each_other(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    (tmp_path / FILE_NAME).write_bytes(b'{"by":"torn')
    children = [
        subprocess.Popen([sys.executable, "-c", _APPEND_MANY, str(tmp_path), name], env=environment)
        for name in ("anna", "bob", "eve")
    ]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    names = {each.by for each in read(tmp_path)}
    assert names == {f"{name}{number}" for name in ("anna", "bob", "eve") for number in range(25)}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[[[[",
        b'{"by":"anna@x","at":1.0,"letters":1,"parts":{}',
        b'{"by":"anna@x","at":1.0,"letters":1,"parts":{},"role":"boss"}',
        b'{"by":"anna@x","at":-1,"letters":1,"parts":{}}',
        b'{"by":"anna@x","at":1e300,"letters":1,"parts":{}}',
        b'{"by":"anna@x","at":NaN,"letters":1,"parts":{}}',
        b'{"by":"","at":1.0,"letters":1,"parts":{}}',
        b'{"by":"anna\xff@x","at":1.0,"letters":1,"parts":{}}',
        b'{"by":"anna\\ud800@x","at":1.0,"letters":1,"parts":{}}',
        b"\0" * 64,  # what some file systems leave after a power loss
    ],
)
def test_a_damaged_line_is_named_and_none_is_guessed(tmp_path: Path, line: bytes) -> None:
    append(tmp_path, ANNA)
    with (tmp_path / FILE_NAME).open("ab") as file:
        file.write(line + b"\n")
    append(tmp_path, BOB)
    with pytest.raises(ApprovalError, match=rf"^Line 2 of .*{FILE_NAME} is no approval") as error:
        read(tmp_path)
    assert FILE_NAME in error.value.next_step


def test_a_full_disk_is_told_and_costs_no_approval_but_the_one_that_failed(tmp_path: Path) -> None:
    append(tmp_path, ANNA)
    room = (tmp_path / FILE_NAME).stat().st_size + 20
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))  # Python ignores SIGXFSZ: the write says EFBIG
    try:
        with pytest.raises(ApprovalError, match="the approval was not given") as error:
            append(tmp_path, BOB)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert isinstance(error.value.__cause__, OSError)
    assert error.value.__cause__.errno == errno.EFBIG
    assert (tmp_path / FILE_NAME).stat().st_size == room
    assert read(tmp_path) == (ANNA,)
    append(tmp_path, BOB)
    assert read(tmp_path) == (ANNA, BOB)


def test_a_file_that_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(ApprovalError, match="cannot be read"):
        read(tmp_path)
    with pytest.raises(ApprovalError, match="cannot be written"):
        append(tmp_path, approval(at=NOON, parts=PARTS))
