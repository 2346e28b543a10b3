"""The two data flows of this room: how is the file written, and what are its rows."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import asdict

from mass_apology.columns import ColumnUse
from mass_apology.errors import InputError
from mass_apology.recipients import delimited, table_files
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
from mass_apology.recipients.row_values import RowChecks
from mass_apology.recipients.where import Where, check_where, compiled
from mass_apology.settings import Campaign, RelaySettings, SenderSettings

_EXCEL = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_PARQUET = frozenset({".parquet", ".pq"})

_NO_FILES = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))

# What a file begins with whose name says it is text, and what to do about it.
_NOT_TEXT = (
    (b"PK\x03\x04", "a workbook or an archive", "If it is an Excel workbook, give it a name that ends in .xlsx."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Give it a name that ends in .xls."),
    (b"PAR1", "a Parquet file", "Give it a name that ends in .parquet."),
    (b"\x1f\x8b", "compressed", "Unpack it first."),
)


def inspect(path: Path, campaign: Campaign) -> Layout:
    """How the file is written, and whether its columns are those the campaign speaks of.

    A text file is decoded wholly once, in constant memory; its rows are not looked at.

    Raises:
        InputError: the file cannot be read, its header cannot be used, or the campaign names a column it has not.
    """
    with _read_errors(path):
        layout = _layout(path, campaign)
    check_columns(path.name, layout.header, campaign.columns, campaign.types)
    if campaign.where is not None:
        check_where(campaign.where, layout.header, campaign.types)
    return layout


def look(path: Path) -> Layout:
    """How the file is written, for a campaign still to be written. Raises ``InputError`` as ``inspect`` does."""
    with _read_errors(path):
        return _layout(path, _unwritten(path))


def cells(path: Path, layout: Layout, columns: Sequence[str], chunk_rows: int = 5000) -> Iterator[dict[str, list[str]]]:
    """These columns' values, cleaned, for a campaign still to be written, at most ``chunk_rows`` rows at a time.

    Rows of a wrong structure are left out, as are blank ones and column names that stand there again. Raises
    ``InputError`` as ``read`` does.
    """
    with _read_errors(path):
        cleaner, repeated = Cleaner(path.name), RepeatedHeader(layout.header)
        for chunk in _chunks(path, layout, _unwritten(path), layout.header[0], chunk_rows):
            frame = cleaner.cleaned(chunk.frame, chunk.lines)
            rows = zip(*(frame[column].tolist() for column in frame.columns), strict=True)
            # With ``loc`` a list that is empty chooses none of the rows, and not none of the columns.
            frame = frame.loc[[any(row) and repeated.kind(row) is Header.NOT_AT_ALL for row in rows]]
            yield {column: frame[column].tolist() for column in columns}


def _unwritten(path: Path) -> Campaign:
    return Campaign(
        name="unwritten",
        template="-",
        recipients=path.name,
        sender=SenderSettings(from_="-"),
        relay=RelaySettings(url="-"),
    )


def read(
    path: Path, layout: Layout, campaign: Campaign, uses: Iterable[ColumnUse] = (), chunk_rows: int = 5000
) -> Iterator[Batch]:
    """The file's rows, at most ``chunk_rows`` in a batch, checked; text and Parquet in constant memory.

    ``uses`` tell what the letters do with its columns. A last batch without rows has what is to be said about the whole
    file, where there is something.

    Raises:
        InputError: the file cannot be read on, or all of it cannot be trusted. Batches before that were right.
    """
    columns = roles(path.name, layout.header, campaign.columns)
    conditions = dict(_conditions(layout.header, campaign))
    uses = tuple(uses)
    watch = ColumnWatch(path.name, layout.header, campaign.types, uses, conditions, roles=columns.all)
    used = columns.all.union(
        (use.column for use in uses),
        *(where.columns for where in conditions.values()),
        (name for role, stated in asdict(campaign.columns).items() for name in (role, stated) if name),
    )
    damage = Damage(path.name, used, columns.address)
    checks = RowChecks(path.name, columns, campaign, conditions.get("where"), watch, damage)
    with _read_errors(path):
        for chunk in _chunks(path, layout, campaign, columns.address, chunk_rows):
            yield checks.batch(chunk)
    if notes := checks.findings():
        yield Batch(recipients=[], findings=notes, withheld=[], rows_read=0, rows_chosen=0)


def _conditions(header: Sequence[str], campaign: Campaign) -> Iterator[tuple[str, Where]]:
    """Every expression of campaign.toml that chooses rows, by its key."""
    expressions = {"where": campaign.where} if campaign.where is not None else {}
    expressions |= {f"segments.{name}": expression for name, expression in campaign.segments.items()}
    expressions |= {
        f"follow_up {number}, where": each.where
        for number, each in enumerate(campaign.follow_up, start=1)
        if each.where is not None
    }
    for key, expression in expressions.items():
        yield key, compiled(expression, header, campaign.types, campaign.time_zone, key=key)


def _layout(path: Path, campaign: Campaign) -> Layout:
    kind = _kind(path)
    if kind == "csv":
        return _text_layout(path, campaign)
    cells, line, findings = table_files.typed_header(path, kind, campaign)
    header, notes = column_names(path.name, cells)
    return Layout(
        kind=kind,
        encoding="",
        delimiter="",
        encoding_stated=False,
        delimiter_stated=False,
        header=header,
        findings=(*findings, *notes),
        line=line,
    )


def _text_layout(path: Path, campaign: Campaign) -> Layout:
    stated = campaign.csv
    encoding = find_encoding(path, stated.encoding, campaign.languages, campaign.columns.language)
    delimiter, notes = delimited.find_delimiter(path, encoding, stated.delimiter, campaign.columns.address)
    header, header_notes = column_names(path.name, delimited.first_row(path, encoding, delimiter))
    return Layout(
        kind="csv",
        encoding=encoding.codec,
        errors=encoding.errors,
        delimiter=delimiter,
        encoding_stated=stated.encoding is not None,
        delimiter_stated=stated.delimiter is not None,
        header=header,
        findings=(*encoding.findings, *notes, *header_notes),
    )


def _chunks(path: Path, layout: Layout, campaign: Campaign, address: str, rows: int) -> Iterator[Chunk]:
    if layout.kind == "csv":
        return delimited.chunks(path, layout, address, rows)
    return table_files.typed_chunks(path, layout, campaign, address, rows)


def _require_file(path: Path) -> None:
    """Raise ``InputError`` for what is no file: a pipe would be waited for, and some devices never end."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        what = next((what for is_it, what in _NO_FILES if is_it(mode)), "a device")
        raise InputError(
            f"{path} is {what}, not a file.", next_step="Write the customers into a file, and name that one."
        )


def _kind(path: Path) -> str:
    """By the name of the file; a text file's first bytes must not be those of something else."""
    if path.suffix.lower() in _EXCEL:
        kind = "excel"
    elif path.suffix.lower() in _PARQUET:
        kind = "parquet"
    else:
        kind = "csv"
    _require_file(path)
    with path.open("rb") as file:
        start = file.read(4)
    for mark, what, next_step in _NOT_TEXT:
        if kind == "csv" and start.startswith(mark):
            raise InputError(f"{path} is {what}, not text.", next_step=next_step)
    return kind


@contextmanager
def _read_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(
            f"There is no file {path}.", next_step="Correct 'recipients' in campaign.toml, or put the file there."
        ) from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.",
            next_step="Make it a file that you may read, and run the command again.",
        ) from error
