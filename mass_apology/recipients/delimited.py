"""Parses text files with a delimiter, once, with ``csv``: whole rows with their lines, and findings about the others.

``csv.reader`` gives the first line and the number of fields of each row, and refuses an unclosed quote. pandas would
shift, pad or drop such rows silently.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from itertools import islice
from typing import NamedTuple

from msgspec import Struct

from mass_apology.errors import InputError
from mass_apology.model import Finding, Severity
from mass_apology.recipients.about_nobody import totals_problem, totals_word
from mass_apology.recipients.cells import BLANKS, row_finding, shown
from mass_apology.recipients.column_layout import (
    Chunk,
    Layout,
    check_unchanged,
    note,
)
from mass_apology.recipients.encoding import Encoding, undecodable
from mass_apology.recipients.recipients_file import RecipientsFile
from mass_apology.recipients.row_structure import DELIMITERS, padded_quotes, repair, separator_line
from mass_apology.recipients.row_table import by_column

_SAMPLE = 1 << 16  # characters read to find the delimiter
_SAMPLE_ROWS = 100
_LINE_END = re.compile(r"\r\n|\r|\n")


def find_delimiter(
    file: RecipientsFile, encoding: Encoding, stated: str | None, address: str
) -> tuple[str, list[Finding]]:
    """The stated delimiter, or the one that splits header and first rows alike; and findings about it.

    ``address`` is the name of the address column: a delimiter that yields this column is the right one.

    Raises:
        InputError: the stated delimiter cannot be one.
    """
    if stated is not None:
        return _usable(stated), []
    with file.text(encoding.codec, encoding.errors) as text:
        sample = text.read(_SAMPLE)
    whole = sample if len(sample) < _SAMPLE else sample[: sample.rfind("\n") + 1] or sample
    first = whole.lstrip("\r\n").partition("\n")[0].partition("\r")[0]
    if (delimiter := separator_line(first)) is not None:
        problem = f"Its first line, {shown(first)}, says that the fields are separated by '{shown(delimiter)}'."
        return _usable(delimiter), [
            note("delimiter-detected", Severity.INFO, file.name, problem, "Nothing needs to be done.")
        ]
    best = max(DELIMITERS, key=lambda delimiter: _fit(whole, delimiter, address))
    if best == ",":
        return best, []
    problem = f"The fields are separated by the {DELIMITERS[best]}, not by the comma."
    return best, [note("delimiter-detected", Severity.INFO, file.name, problem, "Nothing needs to be done.")]


def first_row(file: RecipientsFile, encoding: Encoding, delimiter: str) -> list[str]:
    """The header's cells as written; blank lines before it are skipped.

    Raises:
        InputError: the file has no row, or a quote in the header does not close.
    """
    with _structure(file, encoding, delimiter) as structure:
        header = structure.header()
    if header is None:
        raise InputError(
            f"{file.path} is empty.", next_step="Write the column names in the first line, and a row for each customer."
        )
    return header


def chunks(file: RecipientsFile, layout: Layout, address: str, rows: int) -> Iterator[Chunk]:
    """The file's rows, at most ``rows`` at a time, in constant memory.

    Raises:
        InputError: a quote does not close, or the file has changed since ``inspect``.
    """
    encoding = Encoding(codec=layout.encoding, errors=layout.errors)
    with _structure(file, encoding, layout.delimiter) as structure:
        header = structure.header() or []
        check_unchanged(file.path, header, layout)
        position = layout.in_file.index(address)
        while (block := structure.block(rows, layout.in_file, width=len(header))) is not None:
            yield Chunk(
                columns=block.columns,
                lines=block.lines,
                misfits=[_misfit_finding(file.name, each, position) for each in block.misfits],
                mended=block.mended,
            )


def rows_at(file: RecipientsFile, layout: Layout, lines: Container[int]) -> Iterator[tuple[int, list[str]]]:
    """The fields, as written, of the rows that begin in these lines; also of rows of a wrong structure."""
    encoding = Encoding(codec=layout.encoding, errors=layout.errors)
    with _structure(file, encoding, layout.delimiter) as structure:
        structure.header()
        yield from structure.rows_at(lines)


def _usable(delimiter: str) -> str:
    if not delimiter.isascii() or delimiter.isalnum() or delimiter in '"\r\n\0':
        raise InputError(
            f"campaign.toml says the delimiter is '{shown(delimiter)}', which cannot separate fields.",
            next_step='Write another one under [csv], such as delimiter = ";", or delete the line.',
        )
    return delimiter


def _fit(sample: str, delimiter: str, address: str) -> tuple[bool, float, int]:
    """Rank a delimiter: it yields the address column, share of rows as wide as the header, number of columns."""
    reader = csv.reader(StringIO(sample, newline=""), delimiter=delimiter)
    try:
        rows = list(islice(filter(None, reader), _SAMPLE_ROWS))
    except csv.Error:
        return False, 0.0, 1
    header, *others = rows or [[]]
    if len(header) < 2:  # one column splits alike whatever the delimiter
        return False, 0.0, 1
    alike = sum(len(row) == len(header) for row in others) / max(len(others), 1)
    return address.casefold() in (name.strip().casefold() for name in header), alike, len(header)


class _Misfit(NamedTuple):
    """A row that cannot be used."""

    line: int
    fields: Sequence[str]
    code: str
    problem: str


class _Block(Struct):
    """Consecutive rows: the cells of the whole ones by column, their first lines, and the misfits."""

    columns: dict[str, list[str]] = {}
    lines: list[int] = []
    misfits: list[_Misfit] = []
    mended: dict[str, list[int]] = {}  # code of a repair → the lines


class _Structure:
    """The rows of a delimited text, in order. ``block`` returns the next ones with their first lines and fields."""

    def __init__(self, file: RecipientsFile, encoding: str, delimiter: str, lines: Iterable[str]) -> None:
        self._file = file
        self._encoding = encoding
        self._delimiter = delimiter
        self._taken: list[str] = []  # lines the reader took since the last row
        self._before = 0  # number of lines it took before these
        self._padded = padded_quotes(delimiter)
        self._doubtful = False  # a quote may stand after a blank in the lines since the last row
        self._reader = csv.reader(self._keeping(lines), delimiter=delimiter, strict=True)

    def _keeping(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self._taken.append(line)
            if (' "' in line or '\t"' in line or '\xa0"' in line or '\ufeff"' in line) and self._padded.search(line):
                self._doubtful = True
            yield line

    def header(self) -> list[str] | None:
        """The first row that is neither blank nor a line such as ``sep=;``."""
        with self._wrap_errors():
            for fields in self._reader:
                line = "".join(self._taken)
                self._forget()
                if any(field.strip(BLANKS) for field in fields) and separator_line(line) is None:
                    return fields
        return None

    def rows_at(self, lines: Container[int]) -> Iterator[tuple[int, list[str]]]:
        """The rows that begin in these lines, with the fields as they stand there."""
        with self._wrap_errors():
            for fields in self._reader:
                line = self._before + 1
                self._forget()
                if line in lines:
                    yield line, fields

    def block(self, rows: int, header: Sequence[str], *, width: int) -> _Block | None:
        """The next ``rows`` rows, blank lines included; ``None`` at the end of the file.

        A row has ``width`` fields: first those of ``header``, then fields without a column name.
        """
        block = _Block()
        first = self._before
        with self._wrap_errors():
            block.columns = by_column(header, self._whole_rows(block, rows, width, len(header)))
        return None if self._before == first else block

    def _whole_rows(self, block: _Block, rows: int, width: int, named: int) -> Iterator[Sequence[str]]:
        """The fields of the usable rows; misfits and repairs are recorded in the block."""
        for fields in islice(self._reader, rows):
            whole: Sequence[str] = fields
            if len(fields) != width or self._doubtful:
                whole = self._mended(block, fields, width, named)
            if width > named and any(field.strip(BLANKS) for field in whole[named:]):
                problem = f"There is something to the right of the header's {named} columns."
                block.misfits.append(_Misfit(self._before + 1, whole[:named], "field-count", problem))
            elif whole:
                block.lines.append(self._before + 1)
                yield whole
            self._forget()

    def _mended(self, block: _Block, fields: list[str], width: int, named: int) -> Sequence[str]:
        """The fields of a row of another width than the header, or with doubtful quotes; none if it is not usable.

        Its flaw or its repair is recorded in the block.
        """
        line = self._before + 1
        row = repair(fields, "".join(self._taken), self._delimiter, width=width, named=named)
        if row.flaw:
            block.misfits.append(_Misfit(line, fields, row.flaw, row.problem))
        elif row.mended:
            block.mended.setdefault(row.mended, []).append(line)
        elif not row.fields and len(fields) > 1:
            block.mended.setdefault("rows-empty", []).append(line)
        return row.fields

    def _forget(self) -> None:
        """Drop the lines of a finished row."""
        self._taken.clear()
        self._doubtful = False
        self._before = self._reader.line_num

    @contextmanager
    def _wrap_errors(self) -> Iterator[None]:
        try:
            yield
        except csv.Error as error:
            raise self._broken() from error
        except UnicodeError as error:
            raise undecodable(self._file, self._encoding) from error

    def _broken(self) -> InputError:
        text = "".join(self._taken)
        end = _end_of_whole_fields(text, self._delimiter)
        line = self._before + 1 + len(_LINE_END.findall(text, 0, end))
        if text[end : end + 1] != '"':
            return InputError(
                f"{self._file.path}, line {line}: a field is longer than {csv.field_size_limit():,} characters.",
                next_step="Correct the line; such a field cannot be part of a letter.",
            )
        return InputError(
            f"{self._file.path}, line {line}: a double quote opens here, {shown(text[end:], 30)}, and is not closed "
            "where a field ends, so the rest of the file cannot be trusted.",
            next_step="Close the quote, or write it twice where it is part of the text.",
        )


def _end_of_whole_fields(text: str, delimiter: str) -> int:
    """The position of the first field that is not whole (RFC 4180 §2)."""
    stop = re.escape(delimiter) + r"\r\n"
    field = re.compile(rf'(?:"[^"]*(?:""[^"]*)*"(?=[{stop}])|(?!")[^{stop}]*(?=[{stop}]))(?:\r\n|[{stop}])')
    end = 0
    while match := field.match(text, end):
        end = match.end()
    return end


@contextmanager
def _structure(file: RecipientsFile, encoding: Encoding, delimiter: str) -> Iterator[_Structure]:
    with file.text(encoding.codec, encoding.errors) as text:
        yield _Structure(file, encoding.codec, delimiter, text)


def _misfit_finding(file: str, misfit: _Misfit, position: int) -> Finding:
    """``position`` is the address column's."""
    code, problem = misfit.code, misfit.problem
    if totals := totals_word(misfit.fields):
        code, problem = "totals-row", totals_problem(totals)
    found = misfit.fields[position] if position < len(misfit.fields) else ""
    return row_finding(file=file, line=misfit.line, address=found, code=code, problem=problem)
