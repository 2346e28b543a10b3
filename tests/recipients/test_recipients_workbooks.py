"""A workbook is read as a person sees it, or it is said which cell is not."""

from __future__ import annotations

import datetime as dt
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from recipient_files import Load
from workbook_parts import cell, header, raw_workbook, row, text

from mass_apology.errors import InputError
from mass_apology.model import Severity
from mass_apology.settings import ColumnType

pytestmark = pytest.mark.slow

MOMENT = dt.datetime.fromisoformat("2026-11-20T09:12")
HEADER = ["email", "name", "account", "minutes"]


def workbook(folder: Path, rows: list[list[Any]], change: Callable[[Worksheet], None] | None = None) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for each in rows:
        sheet.append(each)
    if change:
        change(sheet)
    path = folder / "affected.xlsx"
    book.save(path)
    return path


def test_an_error_is_told_with_its_cell_and_is_no_value(tmp_path: Path, load_file: Load) -> None:
    cells = [cell("C3", "<f>1/0</f><v>#DIV/0!</v>", t="e"), cell("B4", "<f>NA()</f><v>#N/A</v>", t="e")]
    path = raw_workbook(
        tmp_path,
        header(*HEADER),
        row(2, text("A2", "a@x.example"), cell("D2", "<f>2+3</f><v>5</v>")),
        row(3, text("A3", "b@x.example"), cells[0]),
        row(4, text("A4", "c@x.example"), cells[1], cell("D4", "<v>#REF!</v>", t="e")),
        row(5, text("A5", "d@x.example"), text("B5", "#N/A")),
    )
    loaded = load_file(path)
    assert [(r.line, r.name, r.row.get("minutes")) for r in loaded.recipients] == [(2, "", "5"), (5, "#N/A", None)]
    assert [(f.line, f.code, f.problem) for f in loaded.findings] == [
        (3, "cell-error", "Cell C3 shows #DIV/0!."),
        (4, "cell-error", "Cell B4 shows #N/A."),
        (4, "cell-error", "Cell D4 shows #REF!."),
    ]
    assert loaded.findings[0].address == "b@x.example"
    assert loaded.findings[0].where == "affected.xlsx, line 3, column account"
    assert loaded.rows_read == 4


def test_a_formula_without_a_saved_result_is_told(tmp_path: Path, load_file: Load) -> None:
    rows = [["email", "minutes"], ["a@x.example", "=2+3"], ["b@x.example", 5]]
    loaded = load_file(workbook(tmp_path, rows))
    assert loaded.codes == [(2, "formula-unsaved")]
    assert "Cell B2 holds a formula" in loaded.findings[0].problem
    assert loaded.column("minutes") == ["5"]


@pytest.mark.parametrize(("asks", "codes"), [("", []), ('<calcPr fullCalcOnLoad="1"/>', [(2, "formula-unsaved")])])
def test_a_zero_for_a_formula_that_nobody_calculated(
    tmp_path: Path, load_file: Load, asks: str, codes: list[tuple[int, str]]
) -> None:
    cells = [cell("B2", "<f>9*9</f><v>0</v>"), cell("C2", "<v>0</v>"), cell("D2", '<f>""</f><v></v>', t="str")]
    path = raw_workbook(tmp_path, header(*HEADER), row(2, text("A2", "a@x.example"), *cells), settings=asks)
    assert load_file(path).codes == codes


@pytest.mark.parametrize(
    ("code", "value", "seen"),
    [
        ("00000", 123, "00123"),
        ("00-000", 1234, "01-234"),
        ("+00 000 000 000", 48123456789, "+48 123 456 789"),
        ("0%", 0.1, "10%"),
        ("0.0 %", 0.125, "12.5 %"),
        ('#,##0.00 "€"', 4.5, "4.50 €"),
        ("[$$-409]#,##0.00", 1234.5, "$1234.50"),
        ('_-* #,##0.00\\ "zł"_-;\\-* #,##0.00\\ "zł"_-;_-* "-"??\\ "zł"_-;_-@_-', -4.5, "-4.50 zł"),
        ('"CUST-"0000', 7, "CUST-0007"),
        ("0", 4.7, "5"),
        ("0.00", 2.005, "2.01"),
        ("0.0,,", 1234567, "1.2"),
        ('"yes";"yes";"no"', 0, "no"),
        ("[<100]0;0.0", 500, "500.0"),
        ("0.00E+00", 441000000000, "441000000000"),
        ("@", 5, "5"),
        ("#,##0", 1234567, "1234567"),
        ("0.00000000000000000000000000000000", 123456789012345, "123456789012345." + "0" * 32),
        ("DD.MM.YYYY", MOMENT, "2026-11-20"),
        ('[$-415]d mmmm yyyy "r."', dt.date(2026, 11, 20), "2026-11-20"),
        ("h:mm AM/PM", dt.time(18, 5), "18:05:00"),
        ("[h]:mm", dt.timedelta(hours=30, minutes=5), "30:05:00"),
        ("yyyy-mm-dd hh:mm", MOMENT, "2026-11-20T09:12:00"),
    ],
)
def test_a_number_is_read_as_its_format_shows_it(
    tmp_path: Path, load_file: Load, code: str, value: object, seen: str
) -> None:
    def formatted(sheet: Worksheet) -> None:
        sheet["B2"].number_format = code

    loaded = load_file(workbook(tmp_path, [["email", "shown"], ["a@x.example", value]], formatted))
    assert (loaded.findings, loaded.column("shown")) == ([], [seen])


@pytest.mark.parametrize(
    ("kind", "code", "value", "bare"),
    [
        (ColumnType.DECIMAL, '#,##0.00 "€"', 1234.5, "1234.5"),
        (ColumnType.DECIMAL, "0%", 0.125, "0.125"),
        (ColumnType.INT, "00000", 123, "123"),
        (ColumnType.INT, "# ?/?", 3, "3"),
        (ColumnType.DATETIME, "DD.MM.YYYY", MOMENT, "2026-11-20T09:12:00"),
        (ColumnType.DATE, "DD.MM.YYYY", MOMENT, "2026-11-20"),
    ],
)
def test_a_declared_type_reads_what_is_stored(
    tmp_path: Path, load_file: Load, kind: ColumnType, code: str, value: object, bare: str
) -> None:
    def formatted(sheet: Worksheet) -> None:
        sheet["B2"].number_format = code

    path = workbook(tmp_path, [["email", "shown"], ["a@x.example", value]], formatted)
    loaded = load_file(path, types={"shown": kind})
    assert (loaded.findings, loaded.column("shown"), loaded.layout.findings) == ([], [bare], ())


def test_numbers_with_a_sign_are_told(tmp_path: Path, load_file: Load) -> None:
    def formatted(sheet: Worksheet) -> None:
        sheet["B2"].number_format = "00000"
        sheet["C2"].number_format = '0.00 "€"'

    path = workbook(tmp_path, [["email", "account", "credit"], ["a@x.example", 5, 4.5]], formatted)
    (told,) = load_file(path).layout.findings
    assert (told.code, told.severity) == ("number-shown", Severity.INFO)
    assert "'4.50 €' in C2." in told.problem


@pytest.mark.parametrize(
    ("code", "value", "flaw"),
    [("# ?/?", 0.5, "number-format"), ("[<9]0", 10, "number-format"), ("dd/mm/yyyy", -3, "cell-error")],
)
def test_a_number_that_is_not_shown_as_one_is_told(
    tmp_path: Path, load_file: Load, code: str, value: float, flaw: str
) -> None:
    def formatted(sheet: Worksheet) -> None:
        sheet["B2"].number_format = code

    loaded = load_file(workbook(tmp_path, [["email", "shown"], ["a@x.example", value]], formatted))
    assert loaded.codes == [(2, flaw)]
    assert "Cell B2 holds" in loaded.findings[0].problem


@pytest.mark.parametrize(("since_1904", "serial"), [(False, "46346.25"), (True, "44884.25")])
def test_both_epochs(tmp_path: Path, load_file: Load, since_1904: bool, serial: str) -> None:
    path = raw_workbook(
        tmp_path,
        header("email", "seen"),
        row(2, text("A2", "a@x.example"), cell("B2", f"<v>{serial}</v>", s="1")),
        formats=["yyyy-mm-dd hh:mm"],
        settings='<workbookPr date1904="1"/>' if since_1904 else "<workbookPr/>",
    )
    assert load_file(path).column("seen") == ["2026-11-20T06:00:00"]


@pytest.mark.parametrize(("serial", "day"), [("59", "1900-02-28"), ("61", "1900-03-01"), ("1", "1900-01-01")])
def test_the_day_that_never_was(tmp_path: Path, load_file: Load, serial: str, day: str) -> None:
    cells = [cell("B2", f"<v>{serial}</v>", s="1"), cell("B3", "<v>60</v>", s="1")]
    path = raw_workbook(
        tmp_path,
        header("email", "day"),
        row(2, text("A2", "a@x.example"), cells[0]),
        row(3, text("A3", "b@x.example"), cells[1]),
        formats=["dd.mm.yyyy"],
    )
    loaded = load_file(path)
    assert (loaded.column("day"), loaded.codes) == ([day], [(3, "cell-error")])


def test_hidden_and_filtered_rows_are_set_aside_and_told(tmp_path: Path, load_file: Load) -> None:
    path = raw_workbook(
        tmp_path,
        header("email"),
        row(2, text("A2", "a@x.example")),
        row(3, text("A3", "b@x.example"), hidden="1"),
        row(4, text("A4", "c@x.example"), ht="0", customHeight="1"),
        row(5, text("A5", " "), hidden="1"),
        row(6, text("A6", "d@x.example")),
        behind='<autoFilter ref="A1:A6"/>',
    )
    loaded = load_file(path)
    assert [r.address for r in loaded.recipients] == ["a@x.example", "d@x.example"]
    assert loaded.codes == [(3, "row-hidden"), (4, "row-hidden")]
    assert loaded.findings[0].address == "b@x.example"
    assert "--skip-bad-rows" in loaded.findings[0].advice


def test_a_hidden_first_sheet_is_not_read(tmp_path: Path, load_file: Load) -> None:
    def add_hidden(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        old = sheet.parent.create_sheet("Old", 0)
        old.append(["email"])
        old.append(["old@x.example"])
        old.sheet_state = "hidden"

    path = workbook(tmp_path, [["email"], ["new@x.example"]], add_hidden)
    loaded = load_file(path)
    assert [r.address for r in loaded.recipients] == ["new@x.example"]
    assert "the only one that is not hidden, 'Sheet'" in loaded.layout.findings[0].problem
    stated = load_file(path, csv={"sheet": "Old"})
    assert [r.address for r in stated.recipients] == ["old@x.example"]
    assert [(f.code, f.severity) for f in stated.layout.findings] == [("sheet-hidden", Severity.WARNING)]


def test_a_workbook_of_hidden_sheets_is_refused(tmp_path: Path, load_file: Load) -> None:
    path = workbook(tmp_path, [["email"], ["a@x.example"]])
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["xl/workbook.xml"] = content["xl/workbook.xml"].replace(b'state="visible"', b'state="veryHidden"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, octets in content.items():
            archive.writestr(name, octets)
    with pytest.raises(InputError, match="all are hidden"):
        load_file(path)


def test_the_sheet_that_was_open_is_told_where_it_is_another(tmp_path: Path, load_file: Load) -> None:
    def add_second(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.create_sheet("Second").append(["email"])
        sheet.parent.active = 1

    loaded = load_file(workbook(tmp_path, [["email"], ["a@x.example"]], add_second))
    assert [(f.code, f.severity) for f in loaded.layout.findings] == [("sheet-chosen", Severity.WARNING)]
    assert "while 'Second' was open" in loaded.layout.findings[0].problem


def test_merged_cells_leave_no_row_without_its_value_unsaid(tmp_path: Path, load_file: Load) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("B2:B3")
        sheet.merge_cells("C2:D2")
        sheet.merge_cells("D3:D4")  # empty cells: nothing is hidden
        sheet.merge_cells("F2:G9")  # beside the table

    rows = [HEADER, ["a@x.example", "Anna", "X1", None], ["b@x.example"], ["c@x.example", "Cia", "X3"]]
    loaded = load_file(workbook(tmp_path, rows, merge))
    assert [r.name for r in loaded.recipients] == ["Cia"]
    assert [(f.line, f.problem) for f in loaded.findings] == [
        (2, "Cell D2 is part of the merged cells C2:D2, whose value stands once."),
        (3, "Cell B3 is part of the merged cells B2:B3, whose value stands once."),
    ]


def test_merged_cells_are_found_behind_many_rows(tmp_path: Path, load_file: Load) -> None:
    many = [
        row(line, text(f"A{line}", f"u{line}@x.example"), text(f"B{line}", "sheetData>")) for line in range(2, 3000)
    ]
    behind = '<mergeCells count="1"><mergeCell ref="B2998:B2999"/></mergeCells>'
    loaded = load_file(raw_workbook(tmp_path, header("email", "name"), *many, behind=behind))
    assert (loaded.codes, len(loaded.recipients)) == ([(2999, "cell-merged")], 2997)


def test_merged_cells_that_overlap_are_refused(tmp_path: Path, load_file: Load) -> None:
    behind = '<mergeCells><mergeCell ref="A2:B9"/><mergeCell ref="A3:A4"/></mergeCells>'
    rows = [row(line, text(f"A{line}", f"u{line}@x.example")) for line in range(2, 5)]
    with pytest.raises(InputError, match="overlap in row 3"):
        load_file(raw_workbook(tmp_path, header("email", "name"), *rows, behind=behind))


def test_a_header_is_found_again_whatever_surrounds_its_names(tmp_path: Path, load_file: Load) -> None:
    rows = [["A title"], ["'email", "name\u00a0", "\u200b"], ["a@x.example", "Anna"], ["b@x.example", "Bo", "x"]]
    loaded = load_file(workbook(tmp_path, rows))
    assert (loaded.layout.header, [r.name for r in loaded.recipients]) == (("email", "name"), ["Anna"])
    assert loaded.codes == [(4, "cell-outside")]


def test_a_title_above_the_header_is_no_header(tmp_path: Path, load_file: Load) -> None:
    rows = [
        ["Customers affected on 20 November"],
        [],
        ["as of", "9:12"],
        [None, "Email", "name"],
        [None, "a@x.example"],
    ]
    loaded = load_file(workbook(tmp_path, rows))
    assert (loaded.layout.header, [r.line for r in loaded.recipients]) == (("Email", "name"), [5])
    assert [f.code for f in loaded.layout.findings] == ["header-found"]
    assert "The header is line 4" in loaded.layout.findings[0].problem


def test_a_row_that_speaks_of_addresses_is_no_header(tmp_path: Path, load_file: Load) -> None:
    rows = [["address", "name", "by"], ["a@x.example", "Anna", "email"]]
    loaded = load_file(workbook(tmp_path, rows), columns={"address": "address"})
    assert [r.row["by"] for r in loaded.recipients] == ["email"]
    with pytest.raises(InputError, match="expected in a column 'email'"):
        load_file(workbook(tmp_path, rows))


def test_a_header_with_an_error_is_refused(tmp_path: Path, load_file: Load) -> None:
    path = raw_workbook(tmp_path, row(1, text("A1", "email"), cell("B1", "<v>#REF!</v>", t="e")))
    with pytest.raises(InputError, match="cell B1 shows #REF!"):
        load_file(path)


def test_texts_are_read_whole(tmp_path: Path, load_file: Load) -> None:
    rich = "<is><r><t>An</t></r><r><t>na</t></r><rPh><t>reading</t></rPh></is>"
    path = raw_workbook(
        tmp_path,
        header("email", "name", "note", "flag"),
        row(
            2,
            text("A2", "a@x.example"),
            cell("B2", rich, t="inlineStr"),
            text("C2", "a_x000A_b & <c> _xD800_"),
            cell("D2", "<v>1</v>", t="b"),
        ),
        prefix="x",
    )
    assert load_file(path).recipients[0].row == {
        "email": "a@x.example",
        "name": "Anna",
        "note": "a\nb & <c> _xD800_",
        "flag": "TRUE",
    }


def test_a_far_cell_costs_nothing(tmp_path: Path, load_file: Load) -> None:
    path = raw_workbook(
        tmp_path,
        header("email"),
        row(2, text("A2", "a@x.example")),
        row(1048576, text("XFD1048576", "stray")),
    )
    loaded = load_file(path)
    assert [(f.line, f.problem) for f in loaded.findings] == [
        (1048576, "Cell XFD1048576 holds 'stray', and the header has no column there.")
    ]
    assert len(loaded.recipients) == 1


@pytest.mark.parametrize("what", ["folder", "pipe"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, load_file: Load, what: str) -> None:
    path = tmp_path / "affected.xlsx"
    if what == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    with pytest.raises(InputError, match=f"is a {what}, not a file"):
        load_file(path)
