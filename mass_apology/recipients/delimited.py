"""Text files with a delimiter: a structure pass finds every row, then pandas reads the rows that are whole.

``csv.reader`` knows where each row starts and how many fields it has, and refuses quotes that do not close; pandas
would shift, pad or drop such rows without a word. Rows that do not fit are set aside before pandas sees the text.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

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
from mass_apology.recipients.row_structure import DELIMITERS, meant, padded_quotes, separator_line, written

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE = 1 << 16  # characters the delimiter is found from
_SAMPLE_ROWS = 100
_LINE_END = re.compile(r"\r\n|\r|\n")


def find_delimiter(
    file: RecipientsFile, encoding: Encoding, stated: str | None, address: str
) -> tuple[str, list[Finding]]:
    """The stated delimiter, or the one that splits header and first rows alike; what to say about it.

    ``address`` is the name of the address column: the delimiter that sets it free is right.

    Raises:
        InputError: the stated delimiter cannot be one.
    """
    if stated is not None:
        return _usable(stated), []
    with file.text(encoding.codec, encoding.errors) as text:
        sample = text.read(_SAMPLE)
    whole = sample if len(sample) < _SAMPLE else sample[: sample.rfind("\n") + 1] or sample
    first = whole.lstrip("\r\n").partition("\n")[0].partition("\r")[0]
    if (told := separator_line(first)) is not None:
        problem = f"Its first line, {shown(first)}, says that the fields are separated by '{shown(told)}'."
        return _usable(told), [
            note("delimiter-detected", Severity.INFO, file.name, problem, "Nothing needs to be done.")
        ]
    best = max(DELIMITERS, key=lambda delimiter: _fit(whole, delimiter, address))
    if best == ",":
        return best, []
    problem = f"The fields are separated by the {DELIMITERS[best]}, not by the comma."
    return best, [note("delimiter-detected", Severity.INFO, file.name, problem, "Nothing needs to be done.")]


def first_row(file: RecipientsFile, encoding: Encoding, delimiter: str) -> list[str]:
    """The header's cells as they stand in the file; blank lines before it are skipped.

    Raises:
        InputError: there is no row at all, or a quote in the header does not close.
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
        InputError: a quote does not close, or the file is no longer the one that was inspected.
    """
    encoding = Encoding(codec=layout.encoding, errors=layout.errors)
    with _structure(file, encoding, layout.delimiter) as structure:
        header = structure.header() or []
        check_unchanged(file.path, header, layout)
        position = layout.header.index(address)
        while block := structure.block(rows, width=len(header), named=len(layout.header)):
            lines = block.lines
            frame = _frame(block.text, layout, width=len(header))
            if len(frame) != len(lines):
                raise InputError(
                    f"{file.path} can be understood in two ways between the lines {lines[0]} and {lines[-1]}.",
                    next_step="Write the file anew with every field in double quotes.",
                )
            frame, lines, unnamed = _without_unnamed(frame, lines, layout)
            misfits = [_misfit_finding(file.name, each, position) for each in (*block.misfits, *unnamed)]
            yield Chunk(frame=frame, lines=lines, misfits=misfits, mended=block.mended)


def _usable(delimiter: str) -> str:
    if not delimiter.isascii() or delimiter.isalnum() or delimiter in '"\r\n\0':
        raise InputError(
            f"campaign.toml says the delimiter is '{shown(delimiter)}', which cannot separate fields.",
            next_step='Write another one under [csv], such as delimiter = ";", or delete the line.',
        )
    return delimiter


def _fit(sample: str, delimiter: str, address: str) -> tuple[bool, float, int]:
    """How well a delimiter fits: frees the address column, share of rows as wide as the header, number of columns."""
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


class _Block(NamedTuple):
    """Some consecutive rows: the whole ones as text, where those start, and the others."""

    text: str
    lines: list[int]
    misfits: list[_Misfit]
    mended: dict[str, list[int]]  # code of what was mended in rows → their lines


class _Structure:
    """The rows of a delimited text, in order: where each starts, its fields, and the text it stands in."""

    def __init__(self, file: RecipientsFile, encoding: str, delimiter: str, lines: Iterable[str]) -> None:
        self._file = file
        self._encoding = encoding
        self._delimiter = delimiter
        self._taken: list[str] = []  # the lines that the reader took since the last block
        self._before = 0  # how many lines it took until then
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
        with self._explained():
            for fields in self._reader:
                line = "".join(self._taken)
                self._forget()
                if any(field.strip(BLANKS) for field in fields) and separator_line(line) is None:
                    return fields
        return None

    def block(self, rows: int, *, width: int, named: int) -> _Block | None:
        """The next rows, blank lines counted among them; ``None`` at the end of the file.

        The header has ``width`` fields, the first ``named`` of them with names.
        """
        block = _Block("", [], [], {})
        changes: list[tuple[slice, list[str]]] = []
        with self._explained():
            start = self._reader.line_num
            for fields in islice(self._reader, rows):
                end = self._reader.line_num
                if len(fields) == width and not self._doubtful:
                    block.lines.append(start + 1)
                else:
                    span = slice(start - self._before, end - self._before)
                    changes.append((span, self._mended(block, start + 1, fields, span, width, named)))
                start = end
        if not self._taken:
            return None
        for span, lines in reversed(changes):
            self._taken[span] = lines
        return block._replace(text=self._forget())

    def _mended(self, block: _Block, line: int, fields: list[str], span: slice, width: int, named: int) -> list[str]:
        """The text of a row that is not as wide as the header, or doubtful; it is noted in the block."""
        self._doubtful = False
        kept = self._taken[span]
        row = meant(fields, "".join(kept), self._delimiter, width=width, named=named)
        if row.flaw:
            block.misfits.append(_Misfit(line, fields, row.flaw, row.problem))
        if row.flaw or not row.fields:
            if len(fields) > 1 and not row.flaw:
                block.mended.setdefault("rows-empty", []).append(line)
            return []
        block.lines.append(line)
        if not row.mended:
            return kept
        block.mended.setdefault(row.mended, []).append(line)
        return [written(row.fields, self._delimiter)]

    def _forget(self) -> str:
        text = "".join(self._taken)
        self._taken.clear()
        self._before = self._reader.line_num
        return text

    @contextmanager
    def _explained(self) -> Iterator[None]:
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
    """Where the first field begins that is not a whole one (RFC 4180 §2)."""
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


def _without_unnamed(
    frame: pd.DataFrame, lines: list[int], layout: Layout
) -> tuple[pd.DataFrame, list[int], list[_Misfit]]:
    """The columns that have names; a row with something in another one cannot be used."""
    named = len(layout.header)
    filled = {
        row for column in frame.columns[named:] for row, cell in enumerate(frame[column].tolist()) if cell.strip(BLANKS)
    }
    frame = frame.iloc[:, :named]
    if filled:
        rows = frame.to_numpy().tolist()
        problem = f"There is something to the right of the header's {named} columns."
        unnamed = [_Misfit(lines[row], rows[row], "field-count", problem) for row in sorted(filled)]
        kept = [row for row in range(len(lines)) if row not in filled]
        return _with_header(frame.iloc[kept], layout), [lines[row] for row in kept], unnamed
    return _with_header(frame, layout), lines, []


def _with_header(frame: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 (350 ms that no other command should pay)

    return frame.set_axis(pd.Index(layout.header, dtype=object), axis="columns")


def _frame(text: str, layout: Layout, *, width: int) -> pd.DataFrame:
    """The rows, with a column for each field of the header, those without names too; the columns are numbered."""
    import pandas as pd  # noqa: PLC0415 (350 ms that no other command should pay)

    # The header's own names may hold quotes, and a text that begins with a header cannot begin with U+FEFF.
    numbers = layout.delimiter.join(str(number) for number in range(width))
    return pd.read_csv(
        StringIO(f"{numbers}\n{text}", newline=""),
        sep=layout.delimiter,
        engine="c",
        dtype=object,  # with na_filter: "NA" stays a name and "00123" an account
        na_filter=False,
        keep_default_na=False,
        index_col=False,
        skip_blank_lines=False,  # the blank ones are gone; what is left is a row, and keeps its leading blanks
        low_memory=False,
    )
