"""Excel workbooks and Parquet files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from recipient_files import Load

from mass_apology.errors import InputError
from mass_apology.model import Severity
from mass_apology.settings import ColumnType

pytestmark = pytest.mark.slow


def workbook(folder: Path, *sheets: tuple[str, Sequence[Sequence[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / "affected.xlsx"
    book.save(path)
    return path


def parquet(folder: Path, columns: dict[str, object], rows_in_a_group: int = 1000) -> Path:
    path = folder / "affected.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=rows_in_a_group)
    return path


def test_a_workbook_s_cells_become_what_people_write(tmp_path: Path, load_file: Load) -> None:
    cells = {
        "account": "00123",
        "name": "NA",
        "minutes": 192,
        "whole": 12.0,
        "paid": 0.1 + 0.2,
        "large": 123456789012345,
        "day": dt.date(2026, 11, 20),
        "seen": dt.datetime.fromisoformat("2026-11-20T09:12"),
        "at": dt.time(9, 12),
        "lasted": dt.timedelta(hours=30, minutes=5),
        "active": True,
        "nothing": None,
    }
    path = workbook(tmp_path, ("People", [["email", *cells], ["ann@x.example", *cells.values()]]))
    types = {"minutes": ColumnType.INT, "paid": ColumnType.DECIMAL, "day": ColumnType.DATE, "seen": ColumnType.DATETIME}
    loaded = load_file(path, types=types)
    assert loaded.findings == []
    assert (loaded.layout.kind, loaded.layout.encoding, loaded.layout.delimiter) == ("excel", "", "")
    assert loaded.recipients[0].row == {
        "email": "ann@x.example",
        "account": "00123",
        "name": "NA",
        "minutes": "192",
        "whole": "12",
        "paid": "0.3",
        "large": "123456789012345",
        "day": "2026-11-20",
        "seen": "2026-11-20T09:12:00",
        "at": "09:12:00",
        "lasted": "30:05:00",
        "active": "TRUE",
    }


def test_lines_are_the_sheet_s_rows(tmp_path: Path, load_file: Load) -> None:
    rows = [
        [],
        ["email", " name "],
        [],
        ["a@x.example", "Ann"],
        [None, None],
        ["b@x.example", None, "stray"],
        ["c@x.example"],
    ]
    loaded = load_file(workbook(tmp_path, ("S", rows)), chunk_rows=2)
    assert [(r.line, r.name) for r in loaded.recipients] == [(4, "Ann"), (7, "")]
    assert loaded.codes == [(6, "cell-outside")]
    assert loaded.findings[0].problem == "Cell C6 holds 'stray', and the header has no column there."
    assert loaded.findings[0].address == "b@x.example"
    assert [f.code for f in loaded.layout.findings] == ["header-stripped"]
    assert loaded.rows_read == 3


def test_a_number_of_more_digits_than_a_sheet_keeps_is_reported(tmp_path: Path, load_file: Load) -> None:
    rows = [["email", "card"], ["a@x.example", 1234567890123456789], ["b@x.example", "1234567890123456789"]]
    loaded = load_file(workbook(tmp_path, ("S", rows)))
    assert loaded.codes == [(2, "digits-lost")]
    assert loaded.column("card") == ["1234567890123456789"]


def test_the_first_sheet_is_used_and_said_or_the_stated_one(tmp_path: Path, load_file: Load) -> None:
    path = workbook(tmp_path, ("A", [["email"], ["a@x.example"]]), ("B", [["email"], ["b@x.example"]]))
    first = load_file(path)
    assert ([r.address for r in first.recipients], [f.code for f in first.layout.findings]) == (
        ["a@x.example"],
        ["sheet-chosen"],
    )
    assert first.layout.findings[0].severity is Severity.INFO
    stated = load_file(path, csv={"sheet": "B"})
    assert ([r.address for r in stated.recipients], stated.layout.findings) == (["b@x.example"], ())
    with pytest.raises(InputError, match="no sheet 'C'") as error:
        load_file(path, csv={"sheet": "C"})
    assert "'A', 'B'" in error.value.next_step


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([], "is empty"),
        ([[None], ["  "]], "is empty"),
        ([["email", None, "name"]], "column 2 has no name"),
        ([["email", "a", "a"]], "more than one column is called 'a'"),
        ([["mail"]], "Did you mean 'mail'"),
    ],
)
def test_a_sheet_that_cannot_be_used(tmp_path: Path, load_file: Load, rows: list[list[object]], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        load_file(workbook(tmp_path, ("S", rows)))


@pytest.mark.parametrize(
    ("suffix", "complaint"), [("xlsx", "not a workbook"), ("xls", "not a workbook"), ("parquet", "not a Parquet file")]
)
@pytest.mark.parametrize("content", [b"", b"email\na@x.example\n", b"PK\x03\x04garbage"])
def test_something_else_under_such_a_name(
    tmp_path: Path, load_file: Load, suffix: str, complaint: str, content: bytes
) -> None:
    path = tmp_path / f"affected.{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=complaint):
        load_file(path)


@pytest.mark.parametrize(
    ("name", "content", "package", "extra"),
    [
        ("affected.xls", b"\xd0\xcf\x11\xe0 and so on", "python_calamine", "excel"),
        ("affected.parquet", b"anything", "pyarrow", "parquet"),
    ],
)
def test_a_missing_extra_is_named_with_its_command(
    tmp_path: Path,
    load_file: Load,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes,
    package: str,
    extra: str,
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / f"{package}.py").write_text(f"raise ModuleNotFoundError({package!r})")
    monkeypatch.syspath_prepend(tmp_path / "lib")  # the process that reads finds modules where this one does
    with pytest.raises(InputError, match="not installed") as error:
        load_file(path)
    assert (
        error.value.next_step
        == f"Save it as CSV, or install mass-apology with its extra `{extra}`, as told by: mass-apology docs installing"
    )


def test_parquet_values_become_what_people_write(tmp_path: Path, load_file: Load) -> None:
    moment = dt.datetime.fromisoformat("2026-11-20T09:12")
    path = parquet(
        tmp_path,
        {
            "email": ["a@x.example", "b@x.example"],
            "name": pa.array(["NA", None]).dictionary_encode(),
            "id": [1234567890123456789, None],
            "count": pa.array([12.0, float("nan")]),
            "paid": pa.array([Decimal("12.50"), None], pa.decimal128(9, 2)),
            "day": [dt.date(2026, 11, 20), None],
            "midnight": pa.array([dt.datetime.fromisoformat("2026-11-20"), None], pa.timestamp("ns")),
            "seen": pa.array([moment, None], pa.timestamp("us", tz="Europe/Warsaw")),
            "active": [False, None],
        },
    )
    loaded = load_file(path)
    assert loaded.findings == []
    assert loaded.recipients[0].row == {
        "email": "a@x.example",
        "name": "NA",
        "id": "1234567890123456789",
        "count": "12",
        "paid": "12.50",
        "day": "2026-11-20",
        "midnight": "2026-11-20",
        "seen": "2026-11-20T10:12:00+01:00",
        "active": "FALSE",
    }
    assert loaded.recipients[1].row == {"email": "b@x.example"}


@pytest.mark.parametrize("chunk_rows", [1, 3, 100])
def test_parquet_lines_are_those_of_a_csv(tmp_path: Path, load_file: Load, chunk_rows: int) -> None:
    emails = ["a@x.example", "nonsense", None, "d@x.example", "e@x.example"]
    path = parquet(tmp_path, {"email": emails, "n": [1.0, 2.0, None, 1e17, 5.0]}, rows_in_a_group=2)
    loaded = load_file(path, chunk_rows=chunk_rows, where="n != ''")
    assert [(r.line, r.row["n"]) for r in loaded.recipients] == [(2, "1"), (6, "5")]
    assert loaded.codes == [(3, "address-invalid"), (5, "digits-lost")]
    assert loaded.rows_read == 4


def test_parquet_columns_without_a_text_are_refused(tmp_path: Path, load_file: Load) -> None:
    path = parquet(tmp_path, {"email": ["a@x.example"], "tags": [["a"]], "photo": [b"\xff"]})
    with pytest.raises(InputError, match="'tags', 'photo'"):
        load_file(path)
