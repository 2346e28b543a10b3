"""Numbers and dates as files write them: read as stated, made plain, found, and never guessed."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipient_files import Load

from mass_apology.recipients.written_style import find_style
from mass_apology.recipients.written_values import file_readers
from mass_apology.settings import ColumnType, CsvSettings

KINDS = {kind.value: kind for kind in ColumnType}


def read(kind: str, text: str, **stated: str) -> str:
    """The value as a text, or "refused"."""
    style = CsvSettings(**stated)  # type: ignore[arg-type]
    try:
        return str(file_readers({"c": KINDS[kind]}, "Europe/Warsaw", style)["c"](text))
    except ValueError:
        return "refused"


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "value"),
    [
        ("1.074,68", ",", ".", "1074.68"),
        ("1.234.567,89", ",", ".", "1234567.89"),
        ("12,5", ",", None, "12.5"),
        ("-12,5", ",", None, "-12.5"),
        ("−12,5", ",", None, "-12.5"),
        ("1.5", ",", ".", "refused"),
        ("1.5", ",", None, "refused"),
        ("1.234", ",", ".", "1234"),
        ("1.23,4", ",", ".", "refused"),
        ("1,234.5", None, ",", "1234.5"),
        ("1,234", ".", ",", "1234"),
        ("1 234,5", ",", " ", "1234.5"),
        ("1\u00a0234\u202f567", ",", " ", "1234567"),
        ("1'234.50", ".", "'", "1234.50"),
        ("1’234", ".", "'", "1234"),
        ("1,234", None, None, "refused"),
        ("٣,٥", ",", None, "refused"),
    ],
)
def test_a_decimal_number(text: str, decimal: str | None, thousands: str | None, value: str) -> None:
    stated = {"decimal": decimal, "thousands": thousands}
    assert read("decimal", text, **{key: mark for key, mark in stated.items() if mark}) == value


def test_a_whole_number() -> None:
    assert read("int", "1.234", decimal=",", thousands=".") == "1234"
    assert read("int", "12,5", decimal=",") == "refused"
    assert read("int", "1.234", decimal=",") == "refused"


@pytest.mark.parametrize(
    ("kind", "text", "order", "value"),
    [
        ("date", "20.11.2026", "dmy", "2026-11-20"),
        ("date", "3/4/2026", "dmy", "2026-04-03"),
        ("date", "3/4/2026", "mdy", "2026-03-04"),
        ("date", "2026/4/3", "ymd", "2026-04-03"),
        ("date", "2026-04-03", "dmy", "2026-04-03"),
        ("date", "20.11.2026 00:00:00", "dmy", "2026-11-20"),
        ("date", "20.11.2026 09:12", "dmy", "refused"),
        ("date", "11/25/2026", "dmy", "refused"),
        ("date", "20.11.26", "dmy", "refused"),
        ("date", "31.02.2026", "dmy", "refused"),
        ("datetime", "20.11.2026 9:12", "dmy", "2026-11-20 09:12:00+01:00"),
        ("datetime", "11/20/2026 9:12:30 PM", "mdy", "2026-11-20 21:12:30+01:00"),
        ("datetime", "11/20/2026, 12:05 AM", "mdy", "2026-11-20 00:05:00+01:00"),
        ("datetime", "20.11.2026 09:12 +02:00", "dmy", "2026-11-20 09:12:00+02:00"),
        ("datetime", "2026-11-20T09:12Z", "dmy", "2026-11-20 09:12:00+00:00"),
        ("datetime", "20.11.2026 25:12", "dmy", "refused"),
        ("datetime", "20.11.2026 13:12 PM", "dmy", "refused"),
    ],
)
def test_a_date_and_a_moment(kind: str, text: str, order: str, value: str) -> None:
    assert read(kind, text, dates=order) == value


def test_nothing_is_read_so_that_is_not_stated() -> None:
    assert read("date", "20.11.2026") == "refused"
    assert read("decimal", "12,5") == "refused"


@given(st.decimals(-(10**9), 10**9, places=2, allow_nan=False))
def test_every_number_comes_back(number: object) -> None:
    german = f"{number:,}".replace(",", "_").replace(".", ",").replace("_", ".")
    assert read("decimal", german, decimal=",", thousands=".") == str(number)


FILE = "email;loss;minutes;due\na@x.example;1.074,68;1.063;20.11.2026\nb@x.example;12,50;12;3.4.2026\n"
TYPES = {"loss": ColumnType.DECIMAL, "minutes": ColumnType.INT, "due": ColumnType.DATE}
STATED = {"decimal": ",", "thousands": ".", "dates": "dmy"}


def test_rows_hold_plain_values_and_conditions_compare_them(load_text: Load) -> None:
    loaded = load_text(FILE, types=TYPES, csv=STATED, where="loss > 100 and minutes == 1063 and due > '2026-11-01'")
    assert not loaded.findings
    assert [{**each.row} for each in loaded.recipients] == [
        {"email": "a@x.example", "loss": "1074.68", "minutes": "1063", "due": "2026-11-20"}
    ]


def test_a_wrong_cell_is_told_as_it_stands_there(load_text: Load) -> None:
    loaded = load_text(FILE + "c@x.example;1.5;1;2026-11-20\n", types=TYPES, csv=STATED)
    (finding,) = loaded.findings
    assert (finding.line, finding.problem) == (
        4,
        "In column 'loss': The value '1.5' is not a decimal number such as 12,50.",
    )


def test_check_says_what_to_state(load_text: Load) -> None:
    loaded = load_text(FILE, types=TYPES)
    assert {each.code for each in loaded.findings} == {"value-invalid"}
    advice = {each.advice for each in loaded.notes if each.code == "style-unstated"}
    assert advice == {f'Write there: [csv] {key} = "{value}"' for key, value in STATED.items()}
    assert not load_text(FILE, types=TYPES, csv=STATED).note("style-unstated")


def test_what_may_be_read_in_two_ways_is_told(load_text: Load) -> None:
    text = "email;loss;due\na@x.example;1.234;03/04/2026\nb@x.example;2.500;05/06/2026\n"
    types = {"loss": ColumnType.DECIMAL, "due": ColumnType.DATE}
    told = load_text(text, types=types).note("style-doubtful")
    assert "'1.234' may be 1234, or 1.234 with a point before the fraction." in told
    assert "'03/04/2026' may begin with the day or with the month." in told
    assert not load_text(text, types=types, csv={"decimal": ".", "dates": "dmy"}).note("style-doubtful")


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["1.074,68", "12,5"], {"decimal": ",", "thousands": "."}),
        (["12,5", "1.234"], {"decimal": ",", "thousands": "."}),
        (["12,5", "7"], {"decimal": ","}),
        (["1,234.50"], {"decimal": ".", "thousands": ","}),
        (["1,234", "12.5"], {"decimal": ".", "thousands": ","}),
        (["1 234,5", "7"], {"decimal": ",", "thousands": " "}),
        (["1'234.50"], {"decimal": ".", "thousands": "'"}),
        (["1.234.567"], {"decimal": ",", "thousands": "."}),
        (["600 700 800", "601 702 803"], {}),
        (["1,234", "5,678"], {}),
        (["1,5", "1.5"], {}),
        (["0,125"], {"decimal": ","}),
        (["12", "7"], {}),
        (["20.11.2026", "01.02.2026"], {"dates": "dmy"}),
        (["03/04/2026", "11/25/2026"], {"dates": "mdy"}),
        (["03/04/2026", "25/11/2026"], {"dates": "dmy"}),
        (["03/04/2026"], {}),
        (["2026-11-20"], {}),
        (["A-17", "1,5"], {}),
        (["10.4.2.1"], {}),
    ],
)
def test_the_style_is_found(cells: list[str], found: dict[str, str]) -> None:
    assert {key: value for key, (value, _) in find_style([cells]).found.items()} == found


def test_a_workbooks_own_numbers_stay_and_its_texts_are_read_as_stated(load_file: Load, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["email", "loss"], ["a@x.example", 1074.68], ["b@x.example", "1.074,68"], ["c@x.example", "1.234"]):
        sheet.append(row)
    path = tmp_path / "affected.xlsx"
    book.save(path)
    loaded = load_file(path, types={"loss": ColumnType.DECIMAL}, csv={"decimal": ",", "thousands": "."})
    assert loaded.column("loss") == ["1074.68", "1074.68"]
    (finding,) = loaded.findings
    assert "may be 1.234 or 1234" in finding.problem
