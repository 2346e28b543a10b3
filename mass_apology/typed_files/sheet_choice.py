"""Which sheet of a workbook is read, and what is to be said about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mass_apology.typed_files.frames import Notice, Unreadable, broken

_NAMED = 8  # sheets in a sentence
_ADVICE = 'Another one can be stated in campaign.toml under [csv], such as sheet = "Affected".'


class Listed(NamedTuple):
    """A sheet in the workbook's list."""

    name: str
    place: str  # where its rows are
    shown: bool  # a person sees its tab
    readable: bool  # it has cells, so it is no chart


def chosen(sheets: Sequence[Listed], active: int, stated: str | None) -> tuple[str, list[Notice]]:
    """The place of the stated sheet, or of the first that people see. ``active`` is the one they see first.

    Raises:
        Unreadable: there is no such sheet, or none that people see.
    """
    if stated is not None:
        return _stated(sheets, stated)
    seen = [each for each in sheets if each.shown and each.readable]
    if not seen:
        if not sheets:
            raise broken("it has no sheets")
        raise Unreadable(
            "has no sheet that people see: all are hidden.",
            f"Show the right one, or state it in campaign.toml under [csv]; the sheets are {_names(sheets)}.",
        )
    return seen[0].place, list(_notices(sheets, seen, active))


def _notices(sheets: Sequence[Listed], seen: Sequence[Listed], active: int) -> list[Notice]:
    first = seen[0]
    if len(sheets) == 1:
        return []
    hidden = len([each for each in sheets if not each.shown])
    which = "the only one that is not hidden" if len(seen) == 1 else "the first one that is not hidden"
    problem = (
        f"The workbook has {len(sheets)} sheets, and {which}, '{_short(first.name)}', is used."
        if hidden
        else f"The workbook has {len(sheets)} sheets, and the first one, '{_short(first.name)}', is used."
    )
    names = [each.name for each in seen]
    opens = sheets[active] if active < len(sheets) else first
    if opens in seen and opens is not first:
        problem += f" It was saved while '{_short(opens.name)}' was open."
        return [Notice("sheet-chosen", "warning", problem, _ADVICE, names)]
    return [Notice("sheet-chosen", "info", problem, _ADVICE, names)]


def _stated(sheets: Sequence[Listed], stated: str) -> tuple[str, list[Notice]]:
    sheet = next((each for each in sheets if each.name == stated and each.readable), None)
    if sheet is None:
        raise Unreadable(
            f"has no sheet '{_short(stated)}'.",
            f"Correct 'sheet' under [csv] in campaign.toml; the sheets are {_names(sheets)}.",
        )
    if sheet.shown:
        return sheet.place, []
    problem = f"The sheet '{_short(stated)}' is used, which is hidden in the workbook."
    return sheet.place, [Notice("sheet-hidden", "warning", problem, "Show it and look at it before you send.")]


def _names(sheets: Sequence[Listed]) -> str:
    more = f" and {len(sheets) - _NAMED} more" if len(sheets) > _NAMED else ""
    return ", ".join(f"'{_short(each.name)}'" for each in sheets[:_NAMED]) + more


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:59]}…"
