"""Workbooks written part by part, as no library writes them: cached results, formats, rows that are hidden."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def cell(reference: str, inside: str = "", **attributes: str) -> str:
    """One ``c`` element, with ``inside`` as it stands."""
    said = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f'<c r="{reference}"{said}>{inside}</c>'


def text(reference: str, value: str) -> str:
    return cell(reference, f"<is><t>{escape(value)}</t></is>", t="inlineStr")


def row(number: int, *cells: str, **attributes: str) -> str:
    said = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f'<row r="{number}"{said}>{"".join(cells)}</row>'


def header(*names: str) -> str:
    return row(1, *(text(f"{chr(65 + place)}1", name) for place, name in enumerate(names)))


def raw_workbook(
    folder: Path,
    *rows: str,
    behind: str = "",
    formats: Sequence[str] = (),
    settings: str = "",
    prefix: str = "",
    name: str = "affected.xlsx",
) -> Path:
    """A workbook of one sheet. Style ``n`` (from 1) has the n-th number format; ``settings`` stand in the workbook."""
    path = folder / name
    data = f"<sheetData>{''.join(rows)}</sheetData>{behind}"
    if prefix:
        data = data.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
    root = f"{prefix}:worksheet xmlns:{prefix}" if prefix else "worksheet xmlns"
    numbered = list(enumerate(formats, start=170))
    styles = (
        f'<styleSheet xmlns="{MAIN}"><numFmts>'
        + "".join(f'<numFmt numFmtId="{each}" formatCode={quoteattr(code)}/>' for each, code in numbered)
        + '</numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
        + "".join(f'<xf numFmtId="{each}"/>' for each, _ in numbered)
        + "</cellXfs></styleSheet>"
    )
    parts = {
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_RELATIONS}">{settings}'
        '<sheets><sheet name="Affected" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
        "xl/worksheets/sheet1.xml": f'<{root}="{MAIN}">{data}</{root.partition(" ")[0]}>',
        "xl/styles.xml": styles,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return path


def _relations(*targets: tuple[str, str]) -> str:
    each = (
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{"".join(each)}</Relationships>'
