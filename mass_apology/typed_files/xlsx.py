"""Workbooks of Office Open XML (ECMA-376), .xlsx and .xlsm: their sheets, texts and number formats."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from posixpath import normpath

from msgspec import Struct

from mass_apology.typed_files.archive import Archive, parsed, xml_parser
from mass_apology.typed_files.frames import Notice
from mass_apology.typed_files.number_format import BUILT_IN, Format, number_format
from mass_apology.typed_files.sheet_choice import Listed, chosen
from mass_apology.typed_files.sheet_rows import checked_length, checked_number

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")  # ST_Xstring (ECMA-376 part 1 §22.9.2.19)


class Book(Struct, frozen=True, kw_only=True):
    """What the sheet's own part does not say."""

    sheet: str  # the part of the sheet that is read
    notices: Sequence[Notice]  # what is to be said about the choice
    texts: Sequence[str]  # shared strings
    formats: Sequence[Format | None]  # by a cell's style; ``None`` shows the number as it is
    since_1904: bool
    uncalculated: bool  # whoever wrote it left the formulas to be calculated when it is opened


def opened_book(archive: Archive, stated: str | None) -> Book:
    """The workbook, and which of its sheets is read. Raises ``Unreadable``."""
    part = _workbook_part(archive)
    targets = _relations(archive, part)
    sheets: list[Listed] = []
    active, since_1904, uncalculated = 0, False, False
    for _, name, attributes in archive.elements(part):
        if name == "sheet":
            target, kind = targets.get(_relation(attributes), ("", ""))
            shown = attributes.get("state", "visible") == "visible"
            readable = bool(target) and not kind.endswith(("chartsheet", "dialogsheet", "xlMacrosheet"))
            sheets.append(Listed(attributes.get("name", ""), target, shown=shown, readable=readable))
        elif name == "workbookPr":
            since_1904 = _is_true(attributes.get("date1904"))
        elif name == "workbookView":
            active = _index(attributes.get("activeTab", "0"))
        elif name == "calcPr":
            uncalculated = _is_true(attributes.get("fullCalcOnLoad"))
    sheet, notices = chosen(sheets, active, stated)
    return Book(
        sheet=sheet,
        notices=notices,
        texts=list(_texts(archive, _of_kind(targets, "sharedStrings"))),
        formats=_formats(archive, _of_kind(targets, "styles")),
        since_1904=since_1904,
        uncalculated=uncalculated,
    )


def unescaped(text: str) -> str:
    """The text that an ST_Xstring stands for: ``_x000D_`` is a carriage return."""
    return _ESCAPE.sub(_character, text) if "_x" in text else text


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return escape[0] if 0xD800 <= code < 0xE000 else chr(code)  # half of a character is none


def _workbook_part(archive: Archive) -> str:
    for target, kind in _relations(archive, "").values():
        if kind.endswith("/officeDocument"):
            return target
    return "xl/workbook.xml"


def _relations(archive: Archive, part: str) -> Mapping[str, tuple[str, str]]:
    """The targets and kinds of the part's relationships, by id (ECMA-376 part 2 §6.5)."""
    folder = PurePosixPath(part).parent
    of_part = str(folder / "_rels" / f"{PurePosixPath(part).name}.rels")
    if of_part not in archive:
        return {}
    return {
        attributes.get("Id", ""): (_resolved(folder, attributes.get("Target", "")), attributes.get("Type", ""))
        for _, name, attributes in archive.elements(of_part)
        if name == "Relationship" and attributes.get("TargetMode") != "External"
    }


def _resolved(folder: PurePosixPath, target: str) -> str:
    """The part that a relative reference names."""
    if target.startswith("/"):
        return target
    return normpath(f"/{folder / target}").lstrip("/")  # no ".." leads out of the root


def _of_kind(targets: Mapping[str, tuple[str, str]], kind: str) -> str:
    return next((target for target, each in targets.values() if each.endswith(f"/{kind}")), "")


def _relation(attributes: Mapping[str, str]) -> str:
    return next((value for name, value in attributes.items() if name.endswith(":id")), "")


def _texts(archive: Archive, part: str) -> Iterator[str]:
    """The shared strings: of a rich text all runs, of a phonetic one not the reading."""
    if not part or part not in archive:
        return
    found: list[str] = []
    pieces: list[str] = []
    parser = xml_parser()

    def start(name: str, _: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "si":
            pieces.clear()
        elif local == "t":
            parser.CharacterDataHandler = pieces.append
        elif local == "rPh":
            parser.StartElementHandler = None

    def end(name: str) -> None:
        local = name.rpartition(":")[2]
        parser.CharacterDataHandler = None
        if local == "si":
            found.append(checked_text("".join(pieces)))
        elif local == "rPh":
            parser.StartElementHandler = start

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    for _ in parsed(parser, part, archive.blocks(part)):
        yield from found
        found.clear()


def checked_text(text: str) -> str:
    """A cell's text as it is meant; raises ``Unreadable`` where it is longer than any cell can be."""
    return unescaped(checked_length(text))


def _formats(archive: Archive, part: str) -> list[Format | None]:
    """The number format of each style."""
    if not part or part not in archive:
        return []
    codes = dict(BUILT_IN)
    styles: list[int] = []
    for parent, name, attributes in archive.elements(part):
        if name == "numFmt":
            codes[_index(attributes.get("numFmtId", ""))] = attributes.get("formatCode", "")
        elif name == "xf" and parent == "cellXfs":
            styles.append(_index(attributes.get("numFmtId", "0")))
    return [number_format(codes[style]) if style in codes else None for style in styles]


def _index(text: str) -> int:
    return checked_number(text, 9)


def _is_true(text: str | None) -> bool:
    return text in {"1", "true", "on"}
