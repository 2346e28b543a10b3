"""A process that reads one file for its parent: ``python -m mass_apology.typed_files.reading_process``.

Its parent is ``guarded``. What reads such files is large, partly in other languages, and meets files of strangers:
a far cell or a damaged page can abort the process, fill the memory or never end. Here that costs nothing but the file.
It reads a request from its standard input and writes frames to its standard output; a parent that has gone ends it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from zipfile import is_zipfile

from mass_apology.system.child_pipes import parent_pipes
from mass_apology.typed_files.archive import Archive, opened_archive
from mass_apology.typed_files.frames import (
    Done,
    Frame,
    Lacking,
    Refused,
    Request,
    Unreadable,
    receive_request,
    send,
)
from mass_apology.typed_files.limits import limit_memory, limit_time
from mass_apology.typed_files.sheet_rows import Sheet

_OLE = b"\xd0\xcf\x11\xe0"  # OLE compound files: old workbooks, and new ones with a password
_ZIP = b"PK"
_PARQUET = b"PAR1"


def main() -> None:
    """Answer one request."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    requests, replies = parent_pipes()
    request = receive_request(requests)
    if request is None:
        return
    limit_memory()
    try:
        for frame in _answered(request):
            send(replies, frame)
    except BrokenPipeError:  # the parent has gone, or has enough
        os._exit(0)


def _answered(request: Request) -> Iterator[Frame]:
    """The frames, the last of which says how it ended."""
    try:
        yield from _parquet(request) if request.kind == "parquet" else _workbook(request)
    except Unreadable as error:
        yield Refused(error.problem, error.next_step)
    except ModuleNotFoundError:
        yield Lacking(request.kind)
    except MemoryError:
        yield Refused("needs more memory to be read than such a file should.", "Export it anew, or export a CSV.")
    except GeneratorExit:
        raise
    except BaseException as error:  # readers of damaged files fail in any way, by Rust's panics, too
        reason = " ".join(f"{type(error).__name__} {error}".split())[:160].rstrip(".")
        yield Refused(f"is damaged: its reader ended with {reason}.", "Export it anew, or export a CSV.")
    else:
        yield Done()


def _parquet(request: Request) -> Iterator[Frame]:
    from mass_apology.typed_files import parquet  # noqa: PLC0415 (pyarrow, an extra, is loaded for such files only)

    path = Path(os.fsdecode(request.path))
    size = path.stat().st_size
    import pyarrow.parquet  # noqa: F401, PLC0415 (its own time is not the file's)

    limit_time(size)
    with parquet.opened_parquet(path) as file:
        yield parquet.parquet_heading(file)
        if request.rows:
            yield from parquet.parquet_rows(file, request, size)


def _workbook(request: Request) -> Iterator[Frame]:
    """By what the file is, whatever its name says."""
    path = Path(os.fsdecode(request.path))
    limit_time(path.stat().st_size)
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_ZIP) or is_zipfile(path):
        yield from _zipped(path, request)
    elif start.startswith(_OLE):
        yield from _with_calamine(path, request)
    elif start.startswith(_PARQUET):
        raise Unreadable("is a Parquet file, not a workbook.", "Give it a name that ends in .parquet.")
    else:
        raise Unreadable(
            "is not a workbook that can be read, whatever its name says.",
            "Where it is text, give it a name that ends in .csv; else open it in a spreadsheet program and save it "
            "anew as .xlsx.",
        )


def _zipped(path: Path, request: Request) -> Iterator[Frame]:
    with opened_archive(path) as archive:
        if "content.xml" in archive:
            yield from _of_sheet(_opendocument(archive, request), request)
        elif "xl/workbook.bin" in archive:
            yield from _with_calamine(path, request)
        else:
            yield from _of_sheet(_office_open(archive, request), request)


def _opendocument(archive: Archive, request: Request) -> Sheet:
    from mass_apology.typed_files import ods  # noqa: PLC0415 (one format of several)

    place, notices = ods.chosen_table(archive, request.sheet)
    return Sheet(ods.table_rows(archive, place), request, notices=notices, size=archive.size)


def _office_open(archive: Archive, request: Request) -> Sheet:
    from mass_apology.typed_files import xlsx, xlsx_sheet  # noqa: PLC0415 (one format of several)

    book = xlsx.opened_book(archive, request.sheet)
    return Sheet(
        xlsx_sheet.sheet_rows(archive, book),
        request,
        merged=xlsx_sheet.merged_cells(archive, book.sheet) if request.rows else (),
        notices=book.notices,
        size=archive.size,
    )


def _with_calamine(path: Path, request: Request) -> Iterator[Frame]:
    from mass_apology.typed_files import calamine_rows  # noqa: PLC0415 (an extra)

    with calamine_rows.opened_sheet(path, request.sheet) as (found, seen, notices):
        rows, merged = calamine_rows.sheet_rows(found, seen), calamine_rows.merged_cells(found)
        yield from _of_sheet(Sheet(rows, request, merged=merged, notices=notices, size=path.stat().st_size), request)


def _of_sheet(sheet: Sheet, request: Request) -> Iterator[Frame]:
    yield sheet.heading()
    if request.rows:
        yield from sheet.frames()


if __name__ == "__main__":
    main()
