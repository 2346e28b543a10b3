"""OpenDocument spreadsheets, as LibreOffice writes them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from recipient_files import Load

from mass_apology.errors import InputError
from mass_apology.settings import ColumnType

pytestmark = pytest.mark.slow

_SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "table": "table",
        "text": "text",
        "style": "style",
        "draw": "drawing",
    }.items()
)


def cell(seen: str = "", kind: str = "", value: str = "", more: str = "") -> str:
    typed = f' office:value-type="{kind}"' if kind else ""
    name = {"date": "date-value", "time": "time-value", "boolean": "boolean-value"}.get(kind, "value")
    stored = f' office:{name}="{value}"' if value else ""
    text = f"<text:p>{escape(seen)}</text:p>" if seen else ""
    return f"<table:table-cell{typed}{stored} {more}>{text}</table:table-cell>"


def text(*values: str) -> str:
    return "".join(cell(value, "string") for value in values)


def row(cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{cells}</table:table-row>"


def spreadsheet(folder: Path, *rows: str, before: str = "", styles: str = "") -> Path:
    path = folder / "affected.ods"
    content = (
        f'<office:document-content {_SPACES} xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:1">'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>{before}"
        f'<table:table table:name="Affected">{"".join(rows)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return path


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        (cell("00123", "float", "123"), "00123"),
        (cell("4,50 €", "currency", "4.5"), "4,50 €"),
        (cell("12,5 %", "percentage", "0.125"), "12,5 %"),
        (cell("1.234,50", "float", "1234.5"), "1234.50"),
        (cell("1 234", "float", "1234"), "1234"),
        (cell("1,234", "float", "1.234"), "1.234"),
        (cell("0,33", "float", "0.333333333333333"), "0.33"),
        (cell("-4,5", "float", "-4.5"), "-4.5"),
        (cell("0,5", "float", "0.5"), "0.5"),
        (cell("20.11.2026", "date", "2026-11-20"), "2026-11-20"),
        (cell("20.11.26 09:12", "date", "2026-11-20T09:12:00"), "2026-11-20T09:12:00"),
        (cell("30:05", "time", "PT30H05M00S"), "30:05:00"),
        (cell("WAHR", "boolean", "true"), "TRUE"),
        (cell("00123", "string"), "00123"),
        ("<table:table-cell><text:p>A<text:s text:c='2'/>B</text:p><text:p>C</text:p></table:table-cell>", "A  B\nC"),
        (
            "<table:table-cell><office:annotation><text:p>a remark</text:p></office:annotation><text:p>A</text:p>"
            "<draw:frame><text:p>a picture</text:p></draw:frame></table:table-cell>",
            "A",
        ),
    ],
)
def test_a_cell_is_read_as_it_is_seen(tmp_path: Path, load_file: Load, written: str, seen: str) -> None:
    path = spreadsheet(tmp_path, row(text("email", "shown")), row(text("a@x.example") + written))
    loaded = load_file(path)
    assert (loaded.findings, loaded.column("shown")) == ([], [seen])


def test_a_declared_type_reads_what_is_stored(tmp_path: Path, load_file: Load) -> None:
    cells = text("a@x.example") + cell("1.234,50 €", "currency", "1234.5")
    path = spreadsheet(tmp_path, row(text("email", "credit")), row(cells))
    assert load_file(path, types={"credit": ColumnType.DECIMAL}).column("credit") == ["1234.5"]


def test_what_people_do_not_see_as_a_value_is_told(tmp_path: Path, load_file: Load) -> None:
    broken = '<table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error">'
    path = spreadsheet(
        tmp_path,
        row(text("email", "name")),
        row(text("a@x.example") + f"{broken}<text:p>#DIV/0!</text:p></table:table-cell>"),
        row(text("b@x.example") + '<table:table-cell table:formula="of:=1+1"/>'),
        row(text("c@x.example", "Cia"), 'table:visibility="filter"'),
        row(text("d@x.example") + cell("Dan", "string", more='table:number-rows-spanned="2"')),
        row(text("e@x.example") + "<table:covered-table-cell/>"),
        row("<table:table-cell table:number-columns-repeated='9'/>", "table:number-rows-repeated='1000000'"),
    )
    loaded = load_file(path)
    assert loaded.codes == [(2, "cell-error"), (3, "formula-unsaved"), (4, "row-hidden"), (6, "cell-merged")]
    assert [(r.line, r.name) for r in loaded.recipients] == [(5, "Dan")]
    assert loaded.findings[0].problem == "Cell B2 shows #DIV/0!."


def test_rows_that_repeat_are_so_many_rows(tmp_path: Path, load_file: Load) -> None:
    path = spreadsheet(
        tmp_path,
        row(text("email")),
        row("<table:table-cell/>", 'table:number-rows-repeated="5"'),
        row(text("a@x.example"), 'table:number-rows-repeated="2"'),
    )
    assert [r.line for r in load_file(path).recipients] == [7, 8]


def test_a_hidden_table_is_not_read(tmp_path: Path, load_file: Load) -> None:
    old = f'<table:table table:name="Old" table:style-name="ta1">{row(text("email"))}</table:table>'
    style = '<style:style style:name="ta1"><style:table-properties table:display="false"/></style:style>'
    path = spreadsheet(tmp_path, row(text("email")), row(text("a@x.example")), before=old, styles=style)
    loaded = load_file(path)
    assert [r.address for r in loaded.recipients] == ["a@x.example"]
    assert "'Affected', is used" in loaded.layout.findings[0].problem


@pytest.mark.parametrize("repeated", ["2000000000", "-1", "x", "9" * 50])
def test_a_row_that_repeats_for_ever_is_refused(tmp_path: Path, load_file: Load, repeated: str) -> None:
    path = spreadsheet(
        tmp_path, row(text("email")), row(text("a@x.example"), f'table:number-rows-repeated="{repeated}"')
    )
    with pytest.raises(InputError, match="not a workbook that can be read"):
        load_file(path)
