"""Nothing that is written for people runs when they open it, and what is to be read again is read as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.spreadsheets import as_text, marked, unmarked

CELLS = st.text(st.sampled_from("=+-@\t\r'a1 ")) | st.text()
RUNS = tuple("=+-@\t\r")


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+48 22 100 00 00", "'+48 22 100 00 00"),
        ("\t=1", "'\t=1"),
        ("’t Hooft", "’t Hooft"),
        ("'t Hooft", "'t Hooft"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_what_would_run_is_text(cell: str, written: str) -> None:
    assert as_text(cell) == written


@given(CELLS)
def test_nothing_runs(cell: str) -> None:
    assert not as_text(cell).startswith(RUNS)
    assert not marked(cell).startswith(RUNS)


@given(CELLS)
def test_a_mark_can_be_taken_away(cell: str) -> None:
    assert unmarked(marked(cell)) == cell


@given(CELLS)
def test_what_nobody_marked_stays(cell: str) -> None:
    taken = unmarked(cell)
    assert taken == cell or marked(taken) == cell
