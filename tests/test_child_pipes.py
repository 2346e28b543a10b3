"""Frames between a process and its parent."""

from __future__ import annotations

from io import BytesIO

import pytest

from mass_apology.system.child_pipes import HEAD, read_frame, write_frame


def test_frames_come_as_they_were_written() -> None:
    pipe = BytesIO()
    for octets in (b"a", b"\0" * 70_000):
        write_frame(pipe, octets)
    pipe.seek(0)
    assert [read_frame(pipe), read_frame(pipe), read_frame(pipe)] == [b"a", b"\0" * 70_000, None]


@pytest.mark.parametrize("kept", [0, 1, HEAD, HEAD + 2])
def test_a_part_of_a_frame_is_none(kept: int) -> None:
    pipe = BytesIO()
    write_frame(pipe, b"abc")
    assert read_frame(BytesIO(pipe.getvalue()[:kept])) is None
