"""Excel and Parquet files, whose cells have types: turns the frames of ``typed_files`` into chunks of rows.

Parquet and old workbooks need an extra of the package; if it is not installed, the error names the command.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from mass_apology import typed_files
from mass_apology.model import Finding, Severity
from mass_apology.recipients.cells import row_finding
from mass_apology.recipients.column_layout import (
    Chunk,
    Layout,
    check_unchanged,
    note,
)
from mass_apology.recipients.made_columns import types_in_file
from mass_apology.recipients.row_table import by_column
from mass_apology.settings import Campaign, ColumnType
from mass_apology.typed_files import FlawedRow, Heading, Request, Rows

# A text column shows a number as people see it; with its unit it could not be read as one of these types.
_BARE = frozenset({ColumnType.INT, ColumnType.DECIMAL, ColumnType.DATETIME})
_EXAMPLES = 5


class TypedHeader(NamedTuple):
    """The header of a file whose cells have types."""

    cells: list[str]
    line: int
    findings: list[Finding]  # about the file
    sheets: tuple[str, ...]  # of a workbook: those that people see, where none is stated and there are several


def typed_header(path: Path, kind: str, campaign: Campaign) -> TypedHeader:
    """The header of a workbook's sheet or of a Parquet file.

    Raises:
        InputError: the file or sheet is missing or empty, or the extra is not installed.
    """
    request = Request(
        path=os.fsencode(path),
        kind=kind,
        sheet=campaign.csv.sheet,
        address=campaign.columns.sources(campaign.columns.address)[0],
    )
    with closing(typed_files.read_typed(path, request)) as frames:
        heading = next(frames)
    assert isinstance(heading, Heading)  # noqa: S101 (the order of frames; this tells mypy)
    notes = [note(each.code, Severity(each.severity), path.name, each.problem, each.advice) for each in heading.notices]
    return TypedHeader(
        cells=heading.cells,
        line=heading.line,
        findings=[*notes, *_numbers_shown(path, heading, campaign)],
        sheets=tuple(name for each in heading.notices for name in each.sheets),
    )


def typed_chunks(path: Path, layout: Layout, campaign: Campaign, address: str, rows: int) -> Iterator[Chunk]:
    """The file's rows, at most ``rows`` at a time, in constant memory."""
    types = types_in_file(campaign)
    request = Request(
        path=os.fsencode(path),
        kind=layout.kind,
        sheet=campaign.csv.sheet,
        rows=rows,
        line=layout.line,
        width=len(layout.in_file),
        place=layout.in_file.index(address),
        bare=[place for place, name in enumerate(layout.in_file) if types.get(name) in _BARE],
    )
    with closing(typed_files.read_typed(path, request)) as frames:
        for frame in frames:
            if isinstance(frame, Heading):
                check_unchanged(path, frame.cells, layout)
            else:
                yield _chunk(path, layout, frame)


def _numbers_shown(path: Path, heading: Heading, campaign: Campaign) -> Iterator[Finding]:
    """A finding if numbers in columns without a declared type are read with their units."""
    types = types_in_file(campaign)
    examples = [
        example for place, example in heading.shown.items() if types.get(heading.cells[place].strip()) not in _BARE
    ]
    if examples:
        more = f" and {len(examples) - _EXAMPLES} more" if len(examples) > _EXAMPLES else ""
        several = f"{', '.join(examples[:_EXAMPLES])}{more}"
        problem = f"Numbers are read as the workbook shows them, with a decimal point: {several}."
        advice = 'For the number alone declare its type in campaign.toml, such as [types] credit = "decimal".'
        yield note("number-shown", Severity.INFO, path.name, problem, advice)


def _chunk(path: Path, layout: Layout, rows: Rows) -> Chunk:
    return Chunk(
        columns=by_column(layout.in_file, rows.texts),
        lines=rows.lines,
        misfits=[_finding(path, each) for each in rows.flawed],
    )


def _finding(path: Path, row: FlawedRow) -> Finding:
    return row_finding(
        file=path.name, line=row.line, address=row.address, code=row.code, problem=row.problem, column=row.column
    )
