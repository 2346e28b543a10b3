"""Customers' workbooks and Parquet files as nobody would wish them. The same ones every time."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from bench.hostile_text import GOOD, Hostile, mutated, octets
from bench.workplace import ROOT

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_SHEET = "xl/worksheets/sheet1.xml"
_EMAIL = '<row r="1"><c r="A1" t="inlineStr"><is><t>email</t></is></c></row>'
_LAUGHS = (
    "<!DOCTYPE a [<!ENTITY a0 'ha'>"
    + "".join(f"<!ENTITY a{each} '{f'&a{each - 1};' * 10}'>" for each in range(1, 12))
    + "]>"
)
_SQUARE = f"<!DOCTYPE a [<!ENTITY a11 '{'x' * 50_000}'>]>"
_OUTSIDE = "<!DOCTYPE a [<!ENTITY a11 SYSTEM 'file:///etc/passwd'>]>"

Parts = Mapping[str, str | bytes]


def workbook_files() -> Iterator[Hostile]:
    """Workbooks of every kind."""
    yield from _damaged("xlsx", _good_workbook(), cuts=8, seeds=40)
    old = (ROOT / "tests" / "recipients" / "workbooks" / "seen-many.xls").read_bytes()
    yield from _damaged("xls", old, cuts=4, seeds=20)
    yield from _damaged("ods", _zipped(_ods(_ods_row("email") + _ods_row("a@one.example"))), cuts=4, seeds=10)
    for name, parts in {**_bombs(), **_parts(), **_sheets()}.items():
        yield Hostile(f"{name}.xlsx", octets(_zipped(parts)))
    for name, rows in _ods_tables().items():
        yield Hostile(f"{name}.ods", octets(_zipped(_ods(rows))))
    for name, content in _disguises().items():
        yield Hostile(name, octets(content))


def parquet_files() -> Iterator[Hostile]:
    """Parquet files."""
    yield from _damaged("parquet", _good_parquet(), cuts=8, seeds=40)
    for name, make in _tables().items():
        yield Hostile(f"{name}.parquet", octets(make()))
    good = _good_parquet()
    for name, content in {
        "empty": b"",
        "marks-only": b"PAR1PAR1",
        "marks-and-a-huge-footer": b"PAR1" + b"\xff" * 100 + struct.pack("<I", 0xFFFFFFF0) + b"PAR1",
        "footer-of-nothing": b"PAR1" + bytes(4) + b"PAR1",
        "footer-of-ones": b"PAR1" + b"\xff" * 500 + struct.pack("<I", 500) + b"PAR1",
        "encrypted": good[:-4] + b"PARE",
        "twice": good + good,
        "is-text": GOOD,
        "is-a-workbook": _good_workbook(),
    }.items():
        yield Hostile(f"{name}.parquet", octets(content))


def _damaged(suffix: str, good: bytes, *, cuts: int, seeds: int) -> Iterator[Hostile]:
    for part in range(1, cuts + 1):
        yield Hostile(f"cut-{part}.{suffix}", octets(good[: len(good) * part // (cuts + 1)]))
    for seed in range(seeds):
        yield Hostile(f"mutated-{seed}.{suffix}", octets(mutated(good, seed)))


@cache
def _good_workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["email", "name", "account", "credit", "seen"])
    for each in range(40):
        sheet.append([f"u{each}@one.example", f"Anna {each}", each, each / 7, datetime(2026, 11, 20, 9, each)])  # noqa: DTZ001
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _zipped(parts: Parts) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def _book(rows: str = _EMAIL, **changed: str | bytes) -> Parts:
    """The parts of a workbook; ``changed`` calls them workbook, sheet, strings, styles and relations."""
    parts: dict[str, str | bytes] = {
        "workbook": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
        '<sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "relations": _related(
            ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), ("sharedStrings", "s.xml")
        ),
        "sheet": f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
        "styles": f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "strings": f'<sst xmlns="{_MAIN}"><si><t>email</t></si></sst>',
        **changed,
    }
    names = {"workbook": "xl/workbook.xml", "relations": "xl/_rels/workbook.xml.rels", "sheet": _SHEET}
    names |= {"styles": "xl/styles.xml", "strings": "xl/s.xml"}
    return {"_rels/.rels": _related(("officeDocument", "xl/workbook.xml"))} | {
        names[part]: content for part, content in parts.items()
    }


def _related(*targets: tuple[str, str]) -> str:
    each = (
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="r">{"".join(each)}</Relationships>'


def _row(line: int, inside: str) -> str:
    return f'{_EMAIL}<row r="{line}"><c r="A{line}" t="inlineStr"><is><t>a@one.example</t></is></c>{inside}</row>'


def _bombs() -> dict[str, Parts]:
    """Much from little."""
    blanks = b" " * 40_000_000
    found: dict[str, Parts] = {
        f"entities-{kind}-in-{part}": _book(**{part: _declared(str(_book()[name]), doctype)})
        for kind, doctype in {"laughing": _LAUGHS, "square": _SQUARE, "outside": _OUTSIDE}.items()
        for part, name in {
            "sheet": _SHEET,
            "strings": "xl/s.xml",
            "styles": "xl/styles.xml",
            "workbook": "xl/workbook.xml",
            "relations": "xl/_rels/workbook.xml.rels",
        }.items()
    }
    found |= {
        f"unpacks-to-40-MB-of-{part}": _book("", **{part: str(_book()[name]).encode() + blanks})
        for part, name in {"sheet": _SHEET, "strings": "xl/s.xml", "workbook": "xl/workbook.xml"}.items()
    }
    long = f'<sst xmlns="{_MAIN}"><si><t>{"x" * 32_000}</t></si></sst>'
    used = "".join(f'<row r="{each}"><c r="A{each}" t="s"><v>0</v></c></row>' for each in range(2, 20_000))
    return found | {
        "one-text-in-20000-cells": _book(_EMAIL + used, strings=long),
        "one-text-of-5-MB": _book(strings=f'<sst xmlns="{_MAIN}"><si><t>{"x" * 5_000_000}</t></si></sst>'),
        "one-attribute-of-5-MB": _book(sheet=f'<worksheet a="{"x" * 5_000_000}"><sheetData/></worksheet>'),
        "elements-100000-deep": _book(sheet="<worksheet>" + "<a>" * 100_000),
        "elements-100000-deep-in-styles": _book(styles="<styleSheet>" + "<a>" * 100_000),
        "texts-300000": _book(strings=f'<sst xmlns="{_MAIN}">{"<si><t>a</t></si>" * 300_000}</sst>'),
        "styles-300000": _book(styles=f"<styleSheet><cellXfs>{'<xf/>' * 300_000}</cellXfs></styleSheet>"),
        "sheets-50000": _book(
            workbook=f"<workbook><sheets>{'<sheet name=' + chr(34) + 'A' + chr(34) + '/>'}</sheets></workbook>".replace(
                '<sheet name="A"/>', '<sheet name="A"/>' * 50_000
            )
        ),
        "attributes-many": _book(sheet="<worksheet " + " ".join(f'a{each}=""' for each in range(50_000)) + "/>"),
    }


def _declared(part: str, doctype: str) -> str:
    """The part with a declaration before it, and its last entity within it."""
    return doctype + part.replace("></", ">&a11;</", 1)


def _parts() -> dict[str, Parts]:
    """Parts that are not what they should be."""
    whole = dict(_book())
    return {
        "no-parts": {},
        "one-part-of-text": {"readme.txt": "hello"},
        **{
            f"without-{name.replace('/', '-')}": {each: whole[each] for each in whole if each != name} for name in whole
        },
        **{f"empty-{name.replace('/', '-')}": {**whole, name: ""} for name in whole},
        "sheet-is-noise": _book(sheet=random.Random(4).randbytes(50_000)),
        "sheet-in-utf-16": _book(sheet=str(whole[_SHEET]).encode("utf-16")),
        "sheet-in-unknown-encoding": _book(sheet='<?xml version="1.0" encoding="klingon"?>' + str(whole[_SHEET])),
        "sheet-in-latin-1": _book(sheet=('<?xml version="1.0" encoding="iso-8859-1"?>' + str(whole[_SHEET])).encode()),
        "sheet-with-bad-utf-8": _book(sheet=str(whole[_SHEET]).encode().replace(b"email", b"\xff\xfe")),
        "sheet-not-closed": _book(sheet=f'<worksheet xmlns="{_MAIN}"><sheetData>{_EMAIL}'),
        "sheet-of-two-roots": _book(sheet=str(whole[_SHEET]) * 2),
        "sheet-of-another-name": _book(sheet="<html><body>email</body></html>"),
        "sheet-with-nul": _book(sheet=str(whole[_SHEET]).replace("email", "em\0ail")),
        "relations-out-of-the-archive": _book(relations=_related(("worksheet", "../../../../../etc/passwd"))),
        "relations-to-themselves": _book(relations=_related(("worksheet", "_rels/workbook.xml.rels"))),
        "relations-to-the-web": _book(relations=_related(("worksheet", "http://one.example/sheet.xml"))),
        "relations-to-a-chart": _book(relations=_related(("chartsheet", "worksheets/sheet1.xml"))),
        "sheet-without-a-name": _book(workbook="<workbook><sheets><sheet/></sheets></workbook>"),
        "sheet-named-by-escapes": _book(
            workbook=f'<workbook xmlns:r="{_RELATIONS}"><sheets><sheet name="&#27;[2J" r:id="rId1"/>'
            '<sheet name="&#10;" r:id="rId1"/></sheets></workbook>'
        ),
        "sheets-all-hidden": _book(
            workbook=f'<workbook xmlns:r="{_RELATIONS}"><sheets><sheet name="A" state="hidden" r:id="rId1"/></sheets>'
            "</workbook>"
        ),
        "active-sheet-far-away": _book(
            workbook=str(whole["xl/workbook.xml"]).replace("<sheets>", '<workbookView activeTab="99999"/><sheets>')
        ),
        "active-sheet-odd": _book(
            workbook=str(whole["xl/workbook.xml"]).replace("<sheets>", '<workbookView activeTab="-1"/><sheets>')
        ),
        "format-codes-odd": _book(
            styles=_formats(
                '"', "[", "\\", "0" * 900, "%" * 900, "," * 900, "[h", "0.0E", ";" * 500, "[<]0", "[$", "?" * 5000
            )
        ),
    }


def _formats(*codes: str) -> str:
    escaped = [code.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;") for code in codes]
    listed = "".join(f'<numFmt numFmtId="{200 + each}" formatCode="{code}"/>' for each, code in enumerate(escaped))
    used = "".join(f'<xf numFmtId="{200 + each}"/>' for each in range(len(codes)))
    return f"<styleSheet><numFmts>{listed}</numFmts><cellXfs>{used}</cellXfs></styleSheet>"


def _sheets() -> dict[str, Parts]:
    """Rows and cells that no program writes, or few."""
    values = ["1e999", "nan", "inf", "-inf", "--1", "0x10", "1_000", "٣", "9" * 10_000, "", " 5 ", "1e-400", "-1e300"]
    numbers = [f'<c s="{each % 2}"><v>{value}</v></c>' for each, value in enumerate(values * 2)]
    codes = 12
    odd = _formats(
        '"', "[", "\\", "0" * 900, "%" * 900, "," * 900 + "0", "[h]", "0.0E", "0;" * 400, "[<]0", "[$", "?" * 900
    )
    shown = "".join(f'<c s="{each}"><v>{value}</v></c>' for each in range(codes) for value in ("1e308", "-123456789.5"))
    overlapping = "".join(f'<mergeCell ref="A{each}:XFD1048576"/>' for each in range(1, 20_000))
    return {
        "far-cell": _book(f'{_EMAIL}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "far-cell-in-the-header": _book(f'<row r="1">{_text("email", "A1")}{_text("x", "XFD1")}</row>'),
        "far-cells-in-every-row": _book(
            _EMAIL + "".join(f'<row r="{each}"><c r="XFD{each}"><v>1</v></c></row>' for each in range(2, 5_000))
        ),
        "cell-beyond-the-sheet": _book(_row(2, '<c r="XFE2"><v>1</v></c>')),
        "row-beyond-the-sheet": _book(f'{_EMAIL}<row r="1048577"><c r="A1048577"><v>1</v></c></row>'),
        "row-far-beyond": _book(f'{_EMAIL}<row r="99999999999999999999"><c><v>1</v></c></row>'),
        "row-0": _book(f'<row r="0"><c r="A0"><v>1</v></c></row>{_EMAIL}'),
        "row-below-0": _book(f'<row r="-5"><c r="A-5"><v>1</v></c></row>{_EMAIL}'),
        "row-by-another-name": _book(f'<row r="x"><c r="A1"><v>1</v></c></row>{_EMAIL}'),
        "rows-backwards": _book('<row r="9"/>' + _EMAIL),
        "rows-twice": _book(_EMAIL * 2),
        "cells-backwards": _book(_row(2, '<c r="D2"><v>1</v></c><c r="B2"><v>2</v></c>')),
        "cells-twice": _book(_row(2, '<c r="B2"><v>1</v></c><c r="B2"><v>2</v></c>')),
        "cells-by-other-names": _book(_row(2, '<c r="b2"><v>1</v></c>')),
        "cells-by-empty-names": _book(_row(2, '<c r=""><v>1</v></c>')),
        "cells-of-another-row": _book(_row(2, '<c r="B7"><v>1</v></c>')),
        "cells-without-names": _book(f"<row>{_text('email')}</row><row>{_text('a@one.example')}</row>"),
        "cells-of-unknown-types": _book(_row(2, '<c r="B2" t="zzz"><v>1</v></c>')),
        "cells-in-cells": _book(_row(2, "<c><c><c><v>1</v></c></c></c>" * 100)),
        "texts-that-are-not-there": _book(_row(2, '<c r="B2" t="s"><v>99</v></c>')),
        "texts-below-0": _book('<row r="1"><c r="A1" t="s"><v>-1</v></c></row>'),
        "texts-by-other-numbers": _book(_row(2, '<c r="B2" t="s"><v>x</v></c>')),
        "styles-that-are-not-there": _book(_row(2, '<c r="B2" s="999999999999"><v>1</v></c>')),
        "styles-below-0": _book(_row(2, '<c r="B2" s="-1"><v>1</v></c>')),
        "numbers-odd": _book(_row(2, "".join(numbers))),
        "numbers-in-odd-formats": _book(_row(2, shown), styles=odd),
        "dates-odd": _book(_row(2, "".join(f'<c t="d"><v>{value}</v></c>' for value in ("2026-13-45", "x", "9" * 90)))),
        "errors-only": _book(_EMAIL + "".join('<row><c t="e"><v>#REF!</v></c></row>' for _ in range(5_000))),
        "header-of-errors": _book('<row><c t="e"><v>#REF!</v></c></row>'),
        "header-of-16384-columns": _book(f"<row>{'<c><v>1</v></c>' * 16_384}</row>"),
        "header-of-16384-names": _book(
            f"<row>{''.join(_text(str(each or 'email')) for each in range(16_384))}</row>"
            + f"<row>{_text('a@one.example')}{'<c><v>1</v></c>' * 16_383}</row>" * 3
        ),
        "row-of-16385-cells": _book(f"{_EMAIL}<row>{'<c><v>1</v></c>' * 16_385}</row>"),
        "rows-100000-blank": _book(_EMAIL + "<row/>" * 100_000),
        "rows-hidden": _book(_EMAIL + '<row hidden="1"><c t="str"><v>a@one.example</v></c></row>' * 5_000),
        "rows-without-a-header": _book("<row><c/></row>" * 1000),
        "merged-20000-times": _book(sheet=_merged(_long_rows(), overlapping)),
        "merged-odd": _book(sheet=_merged('', '<mergeCell ref="ZZZZ1:A99999999"/>')),
        "merged-backwards": _book(sheet=_merged('', '<mergeCell ref="C9:A1"/>')),
        "escapes-in-a-name": _book(_row(2, '<c t="str"><v>_x001B_[2J_x0000_&#9;_xD800_</v></c>')),
        "control-characters": _book(_row(2, "<c t=\"str\"><v>\x01\x02</v></c>")),
    }  # fmt: skip


def _text(value: str, reference: str = "") -> str:
    named = f' r="{reference}"' if reference else ""
    return f'<c t="str"{named}><v>{value}</v></c>'


def _merged(rows: str, ranges: str) -> str:
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{_EMAIL}{rows}</sheetData>{ranges}</worksheet>'


def _long_rows() -> str:
    return "".join(
        f'<row r="{each}"><c r="A{each}" t="str"><v>u{each}@one.example</v></c></row>' for each in range(2, 5_000)
    )


def _ods_row(*cells: str, repeated: int = 1, each: int = 1) -> str:
    found = "".join(
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{each}"><text:p>{cell}</text:p>'
        "</table:table-cell>"
        for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{found}</table:table-row>'


def _ods(rows: str) -> Parts:
    return {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        "content.xml": f'<office:document-content xmlns:office="{_OFFICE}" xmlns:table="{_TABLE}" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="A">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>",
    }


def _ods_tables() -> dict[str, str]:
    return {
        "no-rows": "",
        "rows-repeated-for-ever": _ods_row("email") + _ods_row("a@one.example", repeated=2_000_000_000),
        "rows-repeated-a-million-times": _ods_row("email") + _ods_row("a@one.example", repeated=1_048_575),
        "blank-rows-repeated": _ods_row("email") + _ods_row("", repeated=1_048_000) + _ods_row("a@one.example"),
        "columns-repeated-for-ever": _ods_row("email") + _ods_row("a@one.example", each=2_000_000_000),
        "columns-repeated": _ods_row("email", each=16_384),
        "blank-columns-repeated": _ods_row("email", "") + _ods_row("a@one.example") + _ods_row("", each=16_384),
        "repeated-below-0": _ods_row("email") + _ods_row("a@one.example", repeated=-5),
        "everything-repeated": _ods_row("email") + _ods_row("x" * 30_000, repeated=1_000_000, each=16_384),
        "rows-100000": _ods_row("email") + _ods_row("") * 100_000,
        "elements-deep": "<table:table-row>" + "<text:p>" * 50_000,
    }


def _disguises() -> dict[str, bytes]:
    """Something else by the name of a workbook."""
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    damaged = bytearray(_good_workbook())
    damaged[6] |= 1  # the first part is said to have a password
    return {
        "empty.xlsx": b"",
        "empty.xls": b"",
        "empty.ods": b"",
        "nul-only.xlsx": bytes(10_000),
        "is-text.xlsx": GOOD,
        "is-text.xls": GOOD,
        "is-a-page.xls": b"<html><table><tr><td>email</td></tr></table></html>",
        "is-parquet.xlsx": _good_parquet(),
        "is-a-workbook.xls": _good_workbook(),
        "is-a-workbook.ods": _good_workbook(),
        "is-a-text-document.xlsx": _zipped(
            {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}
        ),
        "is-a-letter.xlsx": _zipped({"word/document.xml": "<a/>", "[Content_Types].xml": "<Types/>"}),
        "has-a-password.xlsx": bytes(damaged),
        "old-header-only.xls": old,
        "old-and-noise.xls": old + random.Random(5).randbytes(20_000),
        "old-and-nothing.xls": old + bytes(20_000),
        "old-and-ones.xls": old + b"\xff" * 20_000,
        "old-by-a-new-name.xlsx": old + bytes(600),
        "very-old.xls": struct.pack("<HHHHH", 9, 4, 0, 0x10, 0) + bytes(100),
        "binary-and-noise.xlsb": _zipped({"xl/workbook.bin": random.Random(6).randbytes(5_000)}),
        "binary-and-nothing.xlsb": _zipped({"xl/workbook.bin": b""}),
        "archive-and-noise.xlsx": b"PK\x03\x04" + random.Random(7).randbytes(20_000),
        "archive-end-only.xlsx": b"PK\x05\x06" + bytes(18),
        "archive-end-that-lies.xlsx": b"PK\x05\x06" + b"\xff" * 18,
        "archive-in-an-archive.xlsx": _zipped({"xl/workbook.xml": _good_workbook()}),
    }


@cache
def _good_parquet() -> bytes:
    emails = [f"u{each}@one.example" for each in range(200)]
    return _parquet({"email": emails, "name": [f"Anna {each}" for each in range(200)], "credit": pa.array(range(200))})


def _parquet(columns: Mapping[str, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), file, **options)
    return file.getvalue()


def _tables() -> dict[str, Callable[[], bytes]]:
    """Tables that are whole, and still no customers."""

    def one(name: str, *values: object, kind: pa.DataType | None = None) -> Callable[[], bytes]:
        return lambda: _parquet({"email": ["a@one.example"] * len(values), name: pa.array(list(values), kind)})

    def many() -> bytes:
        return _parquet({f"c{each}" if each else "email": ["a@one.example"] for each in range(20_000)})

    moment = pa.timestamp("s")
    return {
        "no-columns": lambda: _parquet({}),
        "no-rows": lambda: _parquet({"email": pa.array([], pa.string())}),
        "columns-20000": many,
        "columns-of-one-name": _twice,
        "rows-10-million-alike": lambda: _parquet({"email": _repeated("a@one.example", 10_000_000)}),
        "rows-100000-alike": lambda: _parquet({"email": _repeated("a@one.example", 100_000)}),
        "one-long-text-in-many-rows": lambda: _parquet({"email": _repeated("x" * 1_000_000, 9_000)}),
        "one-text-of-30-MB": one("name", "x" * 30_000_000),
        "lists": one("tags", ["a"]),
        "bytes": one("photo", b"\xff"),
        "structures": one("who", {"name": "Anna"}),
        "not-utf-8": lambda: _parquet({"email": pa.array([b"\xff\xfe"]).view(pa.string())}),
        "year-300000": one("day", 9_000_000_000_000, kind=moment),
        "year-minus-300000": one("day", -9_000_000_000_000, kind=moment),
        "zone-unknown": lambda: _parquet({"email": ["a"], "day": pa.array([0]).cast(pa.timestamp("us", "Mars/Base"))}),
        "infinite": one("credit", float("inf"), float("-inf"), float("nan")),
        "decimals-wide": one("credit", 10**70, kind=pa.decimal256(76, 0)),
        "nothing": one("name", None, kind=pa.null()),
        "halves": lambda: _parquet({"email": ["a"], "credit": pa.array([0.1], pa.float32())}),
        "intervals": lambda: _parquet({"email": ["a"], "lasted": pa.array([10**15], pa.duration("s"))}),
        "control-characters": one("name", "\x1b[2J\0"),
        "control-characters-in-a-name": one("na\x1b[2Jme\n", "A"),
        "unsigned": one("account", 2**64 - 1, kind=pa.uint64()),
        "chosen-from-a-list": lambda: _parquet({"email": pa.array(["a@one.example"] * 9).dictionary_encode()}),
    }


def _twice() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["email", "email"]), file)
    return file.getvalue()


def _repeated(value: str, count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count), pa.array([value]))
