"""A file of codes, such as vouchers → the codes, in the file's order."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mass_apology.errors import InputError
from mass_apology.settings import CodeSettings
from mass_apology.system.regular_file import refuse_special

LONGEST = 200
"""Characters of one code."""

_COLUMN_NAMES = frozenset(
    {"code", "codes", "coupon", "kod", "kody", "kods", "kood", "voucher", "vouchers", "код", "κωδικός"}
)


def read_codes(folder: Path, codes: CodeSettings) -> Iterator[str]:
    """The codes of a CSV (UTF-8, separated by commas, semicolons or tabs), one in each row; streams.

    With ``codes.column`` the first row names the columns; without, every row has one cell, which is the code.
    Raises ``InputError`` naming the file and the line where one is empty, given twice or no code; a line that is
    wholly empty is passed over.
    """
    path = folder / codes.file
    seen: dict[str, int] = {}
    with _opened(path) as lines:
        for line, code in _cells(path, lines, codes.column):
            if line == 1 and code.casefold() in _COLUMN_NAMES:  # the first customer would get it
                advice = f'Say that it is one: `column = "{code}"` under [codes] in campaign.toml.'
                raise _mistake(path, line, f"holds a column's name, '{code}', and no code", advice)
            if code in seen:
                raise _mistake(path, line, f"repeats the code of line {seen[code]}", "Each code may stand there once.")
            if not code or not code.isprintable() or len(code) > LONGEST:
                raise _mistake(path, line, "holds no usable code", f"A code has 1 to {LONGEST} printable characters.")
            seen[code] = line
            yield code


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[list[str]]]:
    try:
        refuse_special(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.read(4096).split("\n", 1)[0]
            file.seek(0)
            delimiter = max(",;\t", key=head.count)
            yield csv.reader(file, delimiter=delimiter, strict=True)
    except FileNotFoundError:
        raise InputError(
            f"There is no file {path}, which `codes.file` in campaign.toml names.",
            next_step="Put it there, or correct the name.",
        ) from None
    except (OSError, ValueError, csv.Error) as error:  # a UnicodeDecodeError, or a name with NUL
        said = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path} cannot be read: {said}.", next_step="Save it as CSV in UTF-8.") from error


def _cells(path: Path, lines: Iterator[list[str]], column: str | None) -> Iterator[tuple[int, str]]:
    """Line numbers, counted from 1 over rows, and what stands in the column."""
    place = 0
    first = 1
    if column is not None:
        header = [cell.strip() for cell in next(lines, [])]
        if column not in header:
            raise _mistake(path, 1, f"names no column '{column}'", f"There are: {', '.join(header) or 'none'}.")
        place, first = header.index(column), 2
    for line, row in enumerate(lines, start=first):
        if not any(cell.strip() for cell in row):
            continue
        if column is None and len(row) > 1:
            raise _mistake(path, line, "has several cells", "Say which column holds the codes: `codes.column`.")
        yield line, row[place].strip() if place < len(row) else ""


def _mistake(path: Path, line: int, what: str, next_step: str) -> InputError:
    return InputError(f"{path}, row {line}: {what}.", next_step=next_step)
