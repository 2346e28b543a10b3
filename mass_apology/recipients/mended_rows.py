"""Rows of the recipients file that a person mended in another file: they take the place of those with their lines.

``check --bad-rows`` writes the bad rows with their line, and with the digest of the file that they come from. So a
mended row can stand for no row of another file, nor of another version of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from mass_apology.errors import InputError
from mass_apology.recipients.column_layout import Chunk
from mass_apology.recipients.recipients_file import RecipientsFile
from mass_apology.recipients.row_table import by_column

LINE, FILE, CAUSES, ADVICE, BEYOND = "line", "file", "causes", "what_to_do", "beyond_the_columns"
COLUMNS = (LINE, FILE, CAUSES, ADVICE, BEYOND)
"""Which row is meant (its line, and the mark of its file), what is wrong, what to do, and fields without a column."""

_AGAIN = "Write the rows again: mass-apology check --bad-rows ROWS.xlsx"


def file_mark(file: RecipientsFile) -> str:
    """Of the file's contents, for the column ``FILE``."""
    return f"sha256-{file.sha256.hex()[:16]}"  # digits alone would be a number to Excel


def customer_columns(header: Sequence[str]) -> list[str]:
    """The header's names as they stand beside ``COLUMNS``."""
    return [f"row_{name}" if name in COLUMNS else name for name in header]


def by_line(rows: Iterable[Mapping[str, str]], of: RecipientsFile, name: str) -> dict[int, Mapping[str, str]]:
    """The mended rows by their line. Raises ``InputError`` where one is of another file, or its line is no number."""
    mark, found = file_mark(of), dict[int, Mapping[str, str]]()
    for row in rows:
        text = row[LINE].removesuffix(".0")
        if row[FILE] != mark:
            raise InputError(
                f"{name}: the row for line {text} was written from another version of {of.name}.", next_step=_AGAIN
            )
        if not text.isdecimal() or int(text) in found:
            raise InputError(
                f"{name}: '{text}' is no line of {of.name}, or stands there twice.",
                next_step="Leave the column line as it was written, and mend the others.",
            )
        found[int(text)] = row
    return found


def with_mended(
    chunks: Iterable[Chunk], mended: Mapping[int, Sequence[str]], header: Sequence[str], name: str
) -> Iterator[Chunk]:
    """The chunks with the mended rows in the place of those with their lines.

    Raises ``InputError`` after the last one if a line was not met.
    """
    left = set(mended)
    for chunk in chunks:
        here = left.intersection((*chunk.lines, *(each.line for each in chunk.misfits if each.line is not None)))
        left -= here
        yield _replaced(chunk, {line: mended[line] for line in here}, header) if here else chunk
    if left:
        raise InputError(f"{name}: the file has no row that begins in line {min(left)}.", next_step=_AGAIN)


def _replaced(chunk: Chunk, mended: Mapping[int, Sequence[str]], header: Sequence[str]) -> Chunk:
    rows: dict[int, Sequence[str]] = dict(zip(chunk.lines, zip(*chunk.columns.values(), strict=True), strict=True))
    rows |= mended
    lines = sorted(rows)
    return replace(
        chunk,
        columns=by_column(header, [rows[line] for line in lines]),
        lines=lines,
        misfits=[each for each in chunk.misfits if each.line not in mended],
    )
