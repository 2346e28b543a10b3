"""The two data flows of this room: find the file's format, then read its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import compress

from msgspec.structs import replace

from mass_apology.columns import ColumnUse
from mass_apology.errors import InputError
from mass_apology.recipients import delimited, mended_rows, table_files
from mass_apology.recipients.about_nobody import Header, RepeatedHeader
from mass_apology.recipients.cleaning import Cleaner
from mass_apology.recipients.column_layout import (
    Batch,
    Chunk,
    Layout,
    check_columns,
    column_names,
    roles,
)
from mass_apology.recipients.column_watch import ColumnWatch
from mass_apology.recipients.damage import Damage
from mass_apology.recipients.encoding import find_encoding
from mass_apology.recipients.made_columns import column_notes, made_columns, row_header, words_of
from mass_apology.recipients.recipients_file import RecipientsFile
from mass_apology.recipients.row_values import RowChecks
from mass_apology.recipients.where import Where, check_where, compiled
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import PARTS, Campaign, CsvSettings, SenderSettings

_EXCEL = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_PARQUET = frozenset({".parquet", ".pq"})

# First octets of files that are not text although their name says so, and the advice.
_NOT_TEXT = (
    (b"PK\x03\x04", "a workbook or an archive", "If it is an Excel workbook, give it a name that ends in .xlsx."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Give it a name that ends in .xls."),
    (b"PAR1", "a Parquet file", "Give it a name that ends in .parquet."),
    (b"\x1f\x8b", "compressed", "Unpack it first."),
)


def inspect(file: RecipientsFile, campaign: Campaign, uses: Iterable[ColumnUse] = ()) -> Layout:
    """Find the file's format, and check that it has the columns that the campaign names.

    A text file is decoded once as a whole, in constant memory; its rows are not checked. ``uses``: the letters' uses of
    the columns.

    Raises:
        InputError: the file or its header cannot be read, or a column that the campaign names is missing.
    """
    with file.read_errors():
        layout = _with_made_columns(file, _layout(file, campaign), campaign, uses)
    check_columns(file.name, layout.header, campaign.columns, campaign.types)
    if campaign.where is not None:
        check_where(campaign.where, layout.header, campaign.types)
    return layout


NOTHING_STATED = CsvSettings()


def look(file: RecipientsFile, stated: CsvSettings = NOTHING_STATED) -> Layout:
    """Find the file's format for ``init``, without a campaign. Raises ``InputError`` as ``inspect`` does.

    What is not ``stated`` is detected: of a workbook, the first sheet that people see.
    """
    with file.read_errors():
        return _layout(file, _unwritten(file, stated))


def cells(
    file: RecipientsFile,
    layout: Layout,
    columns: Sequence[str],
    chunk_rows: int = 5000,
    *,
    stated: CsvSettings = NOTHING_STATED,
) -> Iterator[dict[str, list[str]]]:
    """Read the cleaned values of these columns for ``init``, at most ``chunk_rows`` rows at a time.

    Blank rows, rows of a wrong structure and repeated headers are skipped. Raises ``InputError`` as ``read`` does.
    """
    with file.read_errors():
        cleaner, repeated = Cleaner(file.name), RepeatedHeader(layout.in_file)
        for chunk in _chunks(file, layout, _unwritten(file, stated), layout.in_file[0], chunk_rows):
            cleaned = cleaner.cleaned(chunk.columns, chunk.lines)
            rows = zip(*cleaned.values(), strict=True)
            kept = [any(row) and repeated.kind(row) is Header.NOT_AT_ALL for row in rows]
            yield {column: list(compress(cleaned[column], kept)) for column in columns}


def _unwritten(file: RecipientsFile, stated: CsvSettings) -> Campaign:
    return Campaign(
        name="unwritten",
        template="-",
        recipients=file.name,
        csv=stated,
        sender=SenderSettings(from_="-"),
        relay=RelaySettings(url="-"),
    )


def read(
    file: RecipientsFile, layout: Layout, campaign: Campaign, uses: Iterable[ColumnUse] = (), chunk_rows: int = 5000
) -> Iterator[Batch]:
    """Read and check the file's rows, at most ``chunk_rows`` in a batch; text and Parquet in constant memory.

    ``uses``: the letters' uses of the columns. If there are findings about the whole file, a last batch without rows
    holds them.

    Raises:
        InputError: reading cannot go on, or the file as a whole is unreliable. Earlier batches are right.
    """
    columns = roles(file.name, layout.header, campaign.columns)
    conditions = dict(_conditions(layout.header, campaign))
    uses = tuple(uses)
    watch = ColumnWatch(file.name, layout.header, campaign.types, uses, conditions, roles=columns.all)
    used = columns.all.union(
        (use.column for use in uses),
        *(where.columns for where in conditions.values()),
        (name for part in campaign.columns.parts.items() for name in part if name),
    )
    damage = Damage(file.name, used, columns.address)
    checks = RowChecks(file.name, layout, columns, campaign, conditions.get("where"), watch, damage)
    with file.read_errors():
        for chunk in _chunks(file, layout, campaign, layout.sources(columns.address)[0], chunk_rows):
            yield checks.batch(chunk)
    if notes := checks.findings():
        yield Batch(recipients=[], findings=notes, withheld=[], rows_read=0, rows_chosen=0)


def rows_at(
    file: RecipientsFile, layout: Layout, campaign: Campaign, lines: Collection[int]
) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows that begin in these lines, as written or as mended, with fields beyond the header's, in order.

    Of a workbook's row that cannot be read only the address is known. Raises ``InputError`` as ``read`` does.
    """
    mended = _mended(file, layout)
    with file.read_errors():
        if layout.kind == "csv":
            yield from ((line, mended.get(line, fields)) for line, fields in delimited.rows_at(file, layout, lines))
            return
        address = layout.in_file.index(layout.sources(campaign.columns.address)[0])
        for chunk in _chunks(file, layout, campaign, layout.in_file[address], 5000):
            rows: dict[int, Sequence[str]] = {
                each.line: [each.address if place == address else "" for place in range(len(layout.in_file))]
                for each in chunk.misfits
                if each.line is not None
            }
            rows |= dict(zip(chunk.lines, zip(*chunk.columns.values(), strict=True), strict=True))
            yield from ((line, rows[line]) for line in sorted(rows) if line in lines)


def _mended(file: RecipientsFile, layout: Layout) -> dict[int, Sequence[str]]:
    """The mended rows by their line; none where the campaign names no file of them."""
    if file.mended is None:
        return {}
    customers = mended_rows.customer_columns(layout.in_file)
    found = look(file.mended)
    wanted = (mended_rows.LINE, mended_rows.FILE, *customers)
    if missing := [name for name in wanted if name not in found.in_file]:
        raise InputError(
            f"{file.mended.path} has no column '{missing[0]}'.",
            next_step="Name a file that mass-apology check --bad-rows wrote, with all its columns.",
        )
    rows = (
        dict(zip(wanted, row, strict=True))
        for columns in cells(file.mended, found, wanted)
        for row in zip(*columns.values(), strict=True)
    )
    by_line = mended_rows.by_line(rows, file, file.mended.name)
    return {line: [row[name] for name in customers] for line, row in by_line.items()}


def _conditions(header: Sequence[str], campaign: Campaign) -> Iterator[tuple[str, Where]]:
    """Every filter of campaign.toml, with its key."""
    expressions = {"where": campaign.where} if campaign.where is not None else {}
    expressions |= {f"segments.{name}": expression for name, expression in campaign.segments.items()}
    expressions |= {
        f"follow_up {number}, where": each.where
        for number, each in enumerate(campaign.follow_up, start=1)
        if each.where is not None
    }
    for key, expression in expressions.items():
        yield key, compiled(expression, header, campaign.types, campaign.time_zone, key=key)


def _with_made_columns(file: RecipientsFile, layout: Layout, campaign: Campaign, uses: Iterable[ColumnUse]) -> Layout:
    """The layout with the columns that [columns] makes."""
    columns, in_file = campaign.columns, layout.in_file
    candidates = {*in_file, *PARTS}
    used = {*(use.column for use in uses), *words_of(campaign, candidates)}
    made = made_columns(file.name, in_file, columns, used)
    return replace(
        layout,
        header=row_header(in_file, made, columns, used),
        made=tuple(made),
        findings=(*layout.findings, *column_notes(file.name, in_file, made, used)),
    )


def _layout(file: RecipientsFile, campaign: Campaign) -> Layout:
    kind = _kind(file)
    if kind == "csv":
        return _text_layout(file, campaign)
    cells, line, findings, sheets = table_files.typed_header(file.path, kind, campaign)
    header, notes = column_names(file.name, cells)
    return Layout(
        kind=kind,
        encoding="",
        delimiter="",
        encoding_stated=False,
        delimiter_stated=False,
        header=header,
        in_file=header,
        findings=(*findings, *notes),
        line=line,
        sheets=sheets,
    )


def _text_layout(file: RecipientsFile, campaign: Campaign) -> Layout:
    stated = campaign.csv
    language = next(iter(campaign.columns.sources(campaign.columns.language or "")))
    encoding = find_encoding(file, stated.encoding, campaign.languages, language)
    address = campaign.columns.sources(campaign.columns.address)[0]
    delimiter, notes = delimited.find_delimiter(file, encoding, stated.delimiter, address)
    header, header_notes = column_names(file.name, delimited.first_row(file, encoding, delimiter))
    return Layout(
        kind="csv",
        encoding=encoding.codec,
        errors=encoding.errors,
        delimiter=delimiter,
        encoding_stated=stated.encoding is not None,
        delimiter_stated=stated.delimiter is not None,
        header=header,
        in_file=header,
        findings=(*encoding.findings, *notes, *header_notes),
    )


def _chunks(file: RecipientsFile, layout: Layout, campaign: Campaign, address: str, rows: int) -> Iterator[Chunk]:
    chunks = (
        delimited.chunks(file, layout, address, rows)
        if layout.kind == "csv"
        else table_files.typed_chunks(file.path, layout, campaign, address, rows)
    )
    if file.mended is None:
        return chunks
    return mended_rows.with_mended(chunks, _mended(file, layout), layout.in_file, file.mended.name)


def _kind(file: RecipientsFile) -> str:
    """The kind of file by its name. Raises ``InputError`` if a text file begins like another kind."""
    if file.path.suffix.lower() in _EXCEL:
        kind = "excel"
    elif file.path.suffix.lower() in _PARQUET:
        kind = "parquet"
    else:
        kind = "csv"
    start = file.start  # also refuses a pipe, whatever its name
    for mark, what, next_step in _NOT_TEXT:
        if kind == "csv" and start.startswith(mark):
            raise InputError(f"{file.path} is {what}, not text.", next_step=next_step)
    return kind
