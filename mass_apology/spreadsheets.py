"""Cells of files that may be opened in a spreadsheet, which runs what begins like a formula.

An apostrophe before a value makes it text. Ours is put wherever a spreadsheet may see a cell begin: it may take a
semicolon, a tab or a line's end inside our quoted cell for the end of one. Other programs put theirs before any value.
"""

from __future__ import annotations

import re

# OWASP's list for CSV injection: the signs, their full-width forms, and the controls that some programs pass over.
_SIGNS = "=+\\-@＝＋－＠"
_RUNS = re.compile(rf'[\s"]*[{_SIGNS}]|[\t\r\n]')
_START = r"""[;\t\r\n](?:[^\S\t\r\n]|")*"""  # begins at the last separator of a run, so that a search stays linear
_INNER = re.compile(rf"""({_START})('*[{_SIGNS}])""")
_INNER_MARKED = re.compile(rf"""({_START})'('*[{_SIGNS}])""")
_ELIDED = re.compile(r"'[a-z]{1,2}[ -]")  # "'t Hooft", "'s-Gravenhage": the apostrophe is part of the name


def marked(cell: str) -> str:
    """The cell with an apostrophe before all that would run, and before what ``unmarked`` would take for a mark."""
    inside = _INNER.sub(r"\1'\2", cell)
    return f"'{inside}" if _RUNS.match(cell) or _without_first(cell) != cell else inside


def unmarked(cell: str) -> str:
    """The cell without the marks that make it text, by whatever program they were put; any other text as it is."""
    if "'" not in cell:
        return cell
    return _INNER_MARKED.sub(r"\1\2", _without_first(cell))


def _without_first(cell: str) -> str:
    if not cell.startswith("'") or _ELIDED.match(cell):
        return cell
    rest = cell[1:]
    quoted = rest.endswith("'") and rest.count("'") == 1 and len(rest) > 1  # with apostrophes, as SQL does
    return rest[:-1] if quoted and not _RUNS.match(rest) else rest
