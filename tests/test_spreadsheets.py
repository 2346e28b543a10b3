"""Nothing that is written for people runs when they open it, and what is to be read again is read as it was."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.spreadsheets import marked, unmarked

CELLS = st.text(st.sampled_from("=+-@\t\r\n'a1 ;\"＝")) | st.text()
RUNS = tuple("=+-@\t\r\n＝＋－＠")


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+48 22 100 00 00", "'+48 22 100 00 00"),
        ("\t=1", "'\t'=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("x;=1+1", "x;'=1+1"),
        ('x; "=1+1"', 'x; "\'=1+1"'),
        ("one\n-two", "one\n'-two"),
        ("’t Hooft", "’t Hooft"),
        ("'t Hooft", "'t Hooft"),
        ("'Ann", "''Ann"),
        ("a=1", "a=1"),
        ("a;b - c", "a;b - c"),
        ("", ""),
    ],
)
def test_what_would_run_is_text(cell: str, written: str) -> None:
    assert marked(cell) == written


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("'anna@one.example", "anna@one.example"),
        ("'anna@one.example'", "anna@one.example"),
        ("'Anna Ek", "Anna Ek"),
        ("'+48 22", "+48 22"),
        ("'00123", "00123"),
        ("'t Hooft", "'t Hooft"),
        ("'s-Gravenhage", "'s-Gravenhage"),
        ("O'Neil", "O'Neil"),
        ("Rock 'n' roll", "Rock 'n' roll"),
    ],
)
def test_marks_of_other_programs_are_taken_away(cell: str, meant: str) -> None:
    assert unmarked(cell) == meant


@given(CELLS)
def test_nothing_runs(cell: str) -> None:
    assert not marked(cell).startswith(RUNS)


@given(st.lists(CELLS, min_size=1))
def test_nothing_runs_where_the_semicolon_separates(cells: list[str]) -> None:
    stream = StringIO()
    csv.writer(stream).writerow(["x", *map(marked, cells)])
    for row in csv.reader(StringIO(stream.getvalue(), newline=""), delimiter=";"):
        assert not any(cell.lstrip().startswith(RUNS) for cell in row)


@given(CELLS)
def test_a_mark_can_be_taken_away(cell: str) -> None:
    assert unmarked(marked(cell)) == cell


@given(st.text().filter(lambda cell: "'" not in cell))
def test_what_nobody_marked_stays(cell: str) -> None:
    assert unmarked(cell) == cell
