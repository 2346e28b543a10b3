"""Files whose cells have types, Excel and Parquet: every cell becomes the text a person would have written.

Both need an extra of the package; where it is not installed, the error names the command that installs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mass_apology.errors import InputError
from mass_apology.model import Finding, Severity
from mass_apology.recipients.cells import row_finding, shown
from mass_apology.recipients.layout import Chunk, Layout, check_unchanged, listed, note

if TYPE_CHECKING:
    import pandas as pd
    from pyarrow.parquet import ParquetFile

_Row = Sequence[Any]

_HEADER_ROWS = 100  # the header of a sheet stands among these
_EXACT = 10.0**15  # a double, and so every number in a sheet, keeps 15 decimal digits
_DAY_START = time()


def workbook_header(path: Path, sheet: str | None) -> tuple[list[str], list[Finding]]:
    """The cells of the sheet's first row that is not blank, and which sheet was chosen where there are several.

    Raises:
        InputError: no workbook, no such sheet, nothing in it, or the extra is not installed.
    """
    with _workbook(path) as book:
        name = _sheet(path, book, sheet)
        header = _header(path, _sheet_rows(book, name, _HEADER_ROWS))[1]
        if sheet is not None or len(book.sheet_names) == 1:
            return header, []
        problem = f"The workbook has {len(book.sheet_names)} sheets, and the first one, '{shown(name)}', is used."
    advice = 'Another one can be stated in campaign.toml under [csv], such as sheet = "Affected".'
    return header, [note("sheet-chosen", Severity.INFO, path.name, problem, advice)]


def workbook_chunks(path: Path, layout: Layout, address: str, sheet: str | None, rows: int) -> Iterator[Chunk]:
    """The sheet's rows, at most ``rows`` at a time; all of the sheet is in memory, as its format demands."""
    with _workbook(path) as book:
        table = _sheet_rows(book, _sheet(path, book, sheet), None)
    before, header = _header(path, table)
    check_unchanged(path, header, layout)
    for start in range(before, len(table), rows):
        # Every number in a sheet is a double; pandas made those without a fraction whole.
        floats = ([float(cell) if type(cell) is int else cell for cell in row] for row in table[start : start + rows])
        yield _chunk(path, layout, address, zip(count(start + 1), floats, strict=False))


def parquet_header(path: Path) -> list[str]:
    """The names of the columns.

    Raises:
        InputError: no Parquet file, a column of lists or bytes, or the extra is not installed.
    """
    with _parquet(path) as file:
        fields = list(file.schema_arrow)
    odd = [field.name for field in fields if field.type.num_fields or "binary" in str(field.type)]
    if odd:
        raise InputError(
            f"{path} has columns whose cells are no texts, numbers or times: {listed(odd)}.",
            next_step="Leave these columns out of the file, or write them as text.",
        )
    return [field.name for field in fields]


def parquet_chunks(path: Path, layout: Layout, address: str, rows: int) -> Iterator[Chunk]:
    """The file's rows, at most ``rows`` at a time. Their lines are those that a CSV of them would have."""
    with _parquet(path) as file:
        check_unchanged(path, file.schema_arrow.names, layout)
        start = 2
        for batch in file.iter_batches(batch_size=rows):
            columns = [column.to_pylist() for column in batch.columns]
            yield _chunk(path, layout, address, zip(count(start), zip(*columns, strict=True), strict=False))
            start += batch.num_rows


def _chunk(path: Path, layout: Layout, address: str, numbered: Iterable[tuple[int, _Row]]) -> Chunk:
    import pandas as pd  # noqa: PLC0415 (350 ms that no other command should pay)

    place = layout.header.index(address)
    lines: list[int] = []
    texts: list[list[str]] = []
    misfits: list[Finding] = []
    for line, row in numbered:
        fields = [cell if type(cell) is str else _text(cell) for cell in row]
        if flaw := _misfit(row, fields, layout.header):
            code, problem = flaw
            misfits.append(row_finding(file=path.name, line=line, address=fields[place], code=code, problem=problem))
        elif any(fields):
            lines.append(line)
            texts.append(fields[: len(layout.header)])
    frame = pd.DataFrame(texts, columns=pd.Index(layout.header, dtype=object), dtype=object)
    return Chunk(frame=frame, lines=lines, misfits=misfits)


def _misfit(row: _Row, fields: Sequence[str], header: Sequence[str]) -> tuple[str, str] | None:
    """The code and the problem of a row whose texts cannot be relied upon."""
    if any(fields[len(header) :]):
        return "field-count", f"There is something to the right of the header's {len(header)} columns."
    for cell, name in zip(row, header, strict=False):
        if isinstance(cell, float) and abs(cell) >= _EXACT:
            return "digits-lost", f"The number in column '{shown(name)}' has more than 15 digits."
    return None


def _text(cell: object) -> str:  # noqa: PLR0911 (one return for each type)
    """The cell as people write it: whole numbers without a fraction, dates and times as in ISO 8601."""
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).upper()
        case float():
            # 15 digits are what a sheet shows; more would show how 0.3 is stored.
            return "" if isnan(cell) else format(Decimal(format(cell, ".15g")), "f")
        case Decimal():
            return format(cell, "f")
        case datetime() if cell.time() == _DAY_START and cell.tzinfo is None:
            return cell.date().isoformat()  # a sheet's dates are moments at midnight
        case date() | time():
            return cell.isoformat()
        case timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case _:
            return str(cell)


def _header(path: Path, table: Sequence[_Row]) -> tuple[int, list[str]]:
    """How many rows there are up to the header, it included, and its cells without the empty ones at its end."""
    for number, row in enumerate(table, start=1):
        cells = [_text(cell) for cell in row]
        if any(cell.strip() for cell in cells):
            width = max(place for place, cell in enumerate(cells, start=1) if cell.strip())
            return number, cells[:width]
    raise InputError(
        f"{path} is empty.", next_step="Write the column names in the first row, and a row for each customer."
    )


@contextmanager
def _workbook(path: Path) -> Iterator[pd.ExcelFile]:
    try:
        import pandas as pd  # noqa: PLC0415 (350 ms that no other command should pay)
        from python_calamine import CalamineError  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise _not_installed(path, "excel") from error
    try:
        book = pd.ExcelFile(path, engine="calamine")
    except (CalamineError, ValueError) as error:
        raise InputError(
            f"{path} is not a workbook that can be read: {error}.",
            next_step="Open it in a spreadsheet program and save it anew, without a password.",
        ) from error
    with book:
        yield book


def _sheet(path: Path, book: pd.ExcelFile, stated: str | None) -> str:
    names = [str(name) for name in book.sheet_names]
    if stated is None:
        return names[0]
    if stated not in names:
        raise InputError(
            f"{path} has no sheet '{shown(stated)}'.",
            next_step=f"Correct 'sheet' under [csv] in campaign.toml; the sheets are {listed(names)}.",
        )
    return stated


def _sheet_rows(book: pd.ExcelFile, sheet: str, rows: int | None) -> Sequence[_Row]:
    """The sheet's rows from its first on, blank ones included, each as wide as the widest."""
    import pandas as pd  # noqa: PLC0415 (350 ms that no other command should pay)

    frame = pd.read_excel(
        book, sheet_name=sheet, header=None, nrows=rows, dtype=object, na_filter=False, keep_default_na=False
    )
    table: Sequence[_Row] = frame.to_numpy().tolist()
    return table


@contextmanager
def _parquet(path: Path) -> Iterator[ParquetFile]:
    try:
        from pyarrow import ArrowException  # noqa: PLC0415 (an extra)
        from pyarrow.parquet import ParquetFile  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise _not_installed(path, "parquet") from error
    try:
        with ParquetFile(path) as file:
            yield file
    except ArrowException as error:
        raise InputError(
            f"{path} is not a Parquet file that can be read: {error}.", next_step="Export it anew, or export a CSV."
        ) from error


def _not_installed(path: Path, extra: str) -> InputError:
    return InputError(
        f"{path} cannot be read, since what reads {extra.capitalize()} files is not installed.",
        next_step=f"Run: pip install 'mass-apology[{extra}]'",
    )
