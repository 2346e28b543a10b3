"""Parquet files, as a stream of their row groups: every cell becomes the text a person would have written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, time, timedelta
from decimal import Decimal
from math import isfinite, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mass_apology.quantities import counted
from mass_apology.typed_files.frames import FlawedRow, Heading, Request, Rows, Unreadable
from mass_apology.typed_files.limits import Budget
from mass_apology.typed_files.number_format import EXACT, plain, time_text

if TYPE_CHECKING:
    from pyarrow import Array, DataType, RecordBatch
    from pyarrow.parquet import ParquetFile

_FEW_ROWS = 10_000
_NAMED = 8  # columns in a sentence
_NEXT_STEP = "Export it anew, or export a CSV."


class _Unsayable:
    """Stands for a cell that has no text."""


_UNSAYABLE = _Unsayable()


@contextmanager
def opened_parquet(path: Path) -> Iterator[ParquetFile]:
    """The file. Raises ``Unreadable`` where it is none, or cannot hold a customer for each of its rows."""
    from pyarrow import ArrowException  # noqa: PLC0415 (an extra)
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 (an extra)

    size = path.stat().st_size
    try:
        with ParquetFile(path) as file:
            rows = file.metadata.num_rows
            if rows > max(size, _FEW_ROWS):
                problem = f"says that it has {counted(rows, 'row')} in {size:,} bytes, where no addresses have room."
                raise Unreadable(problem, _NEXT_STEP)
            yield file
    except (ArrowException, OSError, ValueError, UnicodeError) as error:
        raise Unreadable("is not a Parquet file that can be read, or it is damaged.", _NEXT_STEP) from error


def parquet_heading(file: ParquetFile) -> Heading:
    """The names of the columns. Raises ``Unreadable`` where one of them holds lists or bytes."""
    fields = list(file.schema_arrow)
    odd = [field.name for field in fields if field.type.num_fields or "binary" in str(field.type)]
    if odd:
        more = f" and {len(odd) - _NAMED} more" if len(odd) > _NAMED else ""
        names = ", ".join(f"'{name[:60]}'" for name in odd[:_NAMED])
        raise Unreadable(
            f"has columns whose cells are no texts, numbers or times: {names}{more}.",
            "Leave these columns out of the file, or write them as text.",
        )
    return Heading([field.name for field in fields], [])


def parquet_rows(file: ParquetFile, request: Request, size: int) -> Iterator[Rows]:
    """The file's rows. Their lines are those that a CSV of them would have."""
    names: list[str] = file.schema_arrow.names
    budget = Budget(size)
    start = 2
    for batch in file.iter_batches(batch_size=request.rows, use_threads=False):
        budget.spend(batch.nbytes)
        yield _frame(batch, names, request, start)
        start += batch.num_rows


def _frame(batch: RecordBatch, names: Sequence[str], request: Request, start: int) -> Rows:
    columns = [_cells(column) for column in batch.columns]
    found = Rows([], [], [])
    for line, row in enumerate(zip(*columns, strict=True), start=start):
        fields = [cell if type(cell) is str else _text(cell) for cell in row]
        flaws = [
            FlawedRow(line, fields[request.place], *flaw, name.strip())
            for cell, name in zip(row, names, strict=True)
            if type(cell) is not str and (flaw := _flaw(cell, name))
        ]
        if any(fields[request.width :]):
            problem = f"There is something in a column without a name, behind column {request.width}."
            flaws.append(FlawedRow(line, fields[request.place], "cell-outside", problem, ""))
        if flaws:
            found.flawed.extend(flaws)
        elif any(fields):
            found.lines.append(line)
            found.texts.append(fields[: request.width])
    return found


def _cells(column: Array) -> Sequence[Any]:
    """The column's values; one that Python cannot hold, such as the year 12026, becomes ``_UNSAYABLE``."""
    column = _in_microseconds(column)
    try:
        cells: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):  # UnicodeDecodeError is a ValueError
        return [_cell(each) for each in column]
    return cells


def _cell(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return _UNSAYABLE


def _in_microseconds(column: Array) -> Array:
    """The same values as Python's own types hold them: no nanoseconds, and halves of a float as their shortest text."""
    import pyarrow as pa  # noqa: PLC0415 (an extra)

    kind: DataType = column.type
    if pa.types.is_dictionary(kind):
        return _in_microseconds(column.dictionary_decode())
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return column.cast(pa.time64("us"), safe=False)
    if pa.types.is_duration(kind) and kind.unit == "ns":
        return column.cast(pa.duration("us"), safe=False)
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return column.cast(pa.float32()).cast(pa.string()).cast(pa.float64())  # 0.1, not 0.100000001490116
    return column


def _flaw(cell: object, name: str) -> tuple[str, str] | None:
    """The code and the problem of a cell whose text cannot be relied upon."""
    if cell is _UNSAYABLE:
        return "cell-error", f"The cell in column '{name.strip()[:60]}' holds a text or time that cannot be written."
    if isinstance(cell, float) and not isnan(cell):
        if not isfinite(cell):
            return "cell-error", f"The number in column '{name.strip()[:60]}' is infinite."
        if abs(cell) >= EXACT:
            return "digits-lost", f"The number in column '{name.strip()[:60]}' has more than 15 digits."
    return None


def _text(cell: object) -> str:
    """The cell as people write it: whole numbers without a fraction, dates and times as in ISO 8601."""
    match cell:
        case None | _Unsayable():
            return ""
        case bool():
            return str(cell).upper()
        case float():
            return plain(cell) if isfinite(cell) else ""
        case Decimal():
            return format(cell, "f")
        case date() | time() | timedelta():
            return time_text(cell)
        case _:
            return str(cell)
