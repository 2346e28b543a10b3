"""Cells of files that may be opened in a spreadsheet, which runs what begins like a formula."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARKED = (*_FORMULA, "'")


def as_text(cell: str) -> str:
    """What would run gets an apostrophe, which makes it text. For people: which cells were marked cannot be told."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def marked(cell: str) -> str:
    """As ``as_text``, and an apostrophe gets another one, so that ``unmarked`` can take it away again."""
    return f"'{cell}" if cell.startswith(_MARKED) else cell


def unmarked(cell: str) -> str:
    """What was ``marked``; any other text stays as it is."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_MARKED) else cell
