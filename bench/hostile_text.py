"""Customers' files that are text, or are no files at all, as nobody would wish them. The same ones every time."""

from __future__ import annotations

import codecs
import gzip
import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

Write = Callable[[Path], None]

HEAD = "email,name,account\n"
ROW = "anna@one.example,Anna,00123\n"
GOOD = (HEAD + "".join(f"u{number}@one.example,Anna {number},{number:05}\n" for number in range(40))).encode()


class Hostile(NamedTuple):
    """One file: its name, which says what is wrong with it, and how it is made."""

    name: str
    write: Write


def octets(content: bytes | str) -> Write:
    """A file of these octets."""
    return lambda path: _written(path, content)


def _written(path: Path, content: bytes | str) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))


def mutated(content: bytes, seed: int) -> bytes:
    """The same with some octets changed, lost or doubled."""
    rng = random.Random(seed)
    changed = bytearray(content)
    for _ in range(rng.randint(1, 12)):
        place = rng.randrange(len(changed))
        length = rng.choice((1, 1, 1, 2, 8, 40))
        match rng.randrange(4):
            case 0:
                changed[place] ^= 1 << rng.randrange(8)
            case 1:
                changed[place : place + length] = rng.randbytes(length)
            case 2:
                del changed[place : place + length]
            case _:
                changed[place:place] = changed[place : place + length]
    return bytes(changed)


def text_files() -> Iterator[Hostile]:
    """Files that are read as text."""
    for name, content in {**_structures(), **_encodings(), **_values(), **_disguises()}.items():
        yield Hostile(f"{name}.csv", octets(content))
    for seed in range(30):
        yield Hostile(f"mutated-{seed}.csv", octets(mutated(GOOD, seed)))
    for part in range(1, 6):
        yield Hostile(f"cut-{part}.csv", octets(GOOD[: len(GOOD) * part // 6 - 3]))


def _structures() -> dict[str, bytes | str]:
    return {
        "empty": "",
        "newline-only": "\n",
        "blank-lines": "\n" * 500_000,
        "blanks-only": " \t \n \n",
        "header-only": HEAD,
        "commas-only": "," * 200_000,
        "quote-only": '"',
        "quotes-only": '"' * 200_001,
        "quote-never-closed": f'{HEAD}a@one.example,"Anna,1\n' + ROW * 3000,
        "quote-never-closed-in-the-header": 'email,"name\n' + ROW * 3000,
        "quote-closed-late": f'{HEAD}a@one.example,"Anna' + "x\n" * 60_000 + '",1\n',
        "quotes-in-quotes": HEAD + 'a@one.example,"' + '""' * 60_000 + '",1\n',
        "quotes-half-closed": HEAD + 'a@one.example,"a"b"c"d",1\n' * 2000,
        "one-enormous-line": HEAD + "x" * 5_000_000,
        "one-enormous-field": f'{HEAD}a@one.example,"{"x" * 5_000_000}",1\n',
        "one-enormous-header": "email," + "n" * 1_000_000 + "\n",
        "long-fields": HEAD + "".join(f"u{each}@one.example,{'y' * 100_000},1\n" for each in range(20)),
        "columns-100000": ",".join(["email", *(f"c{each}" for each in range(100_000))]) + "\n",
        "columns-100000-with-rows": ",".join(["email", *(f"c{each}" for each in range(100_000))])
        + "\n"
        + ("a@one.example" + ",x" * 100_000 + "\n") * 3,
        "columns-20000": ",".join(["email", *(f"c{each}" for each in range(20_000))])
        + "\na@one.example"
        + ",x" * 20_000
        + "\n",
        "columns-5000": ",".join(["email", *(f"c{each}" for each in range(5_000))])
        + "\n"
        + ("a@one.example" + ",x" * 5_000 + "\n") * 20,
        "columns-without-names": "email" + "," * 50_000 + "\n",
        "columns-of-one-name": ",".join(["email"] * 30_000) + "\n",
        "columns-that-differ-in-case": "email,Email,EMAIL,eMail\n" + "a@one.example,b@one.example,c@one.example,d\n",
        "row-of-100000-fields": HEAD + "a@one.example" + ",x" * 100_000 + "\n",
        "rows-of-every-width": HEAD + "".join("," * (each % 9) + "\n" for each in range(20_000)),
        "carriage-returns": (HEAD + ROW * 50).replace("\n", "\r"),
        "mixed-line-ends": f"email,name\r\na@one.example,A\rb@one.example,B\n\rc@one.example,C\v\f\x1c\x85\u2028{ROW}",
        "separators-of-all-kinds": "email,name;account\tx|y\na@one.example,b;c\td|e\n",
        "no-separator": "email\n" + "a@one.example\n" * 3,
        "sep-line-odd": "sep=\nemail,name\na@one.example,A\n",
        "sep-line-long": "sep=,,,,\nemail,name\na@one.example,A\n",
        "sep-line-only": "sep=;",
        "nothing-but-delimiters": ";\n,\n\t\n|\n" * 1000,
        "no-address-column": "name,account\nAnna,1\n",
        "header-twice": HEAD * 2 + ROW,
        "same-row-again": HEAD + ROW * 20_000,
    }


def _encodings() -> dict[str, bytes | str]:
    good = (HEAD + ROW * 5).replace("Anna", "Łucja Ñandú")
    return {
        "nul-only": b"\0" * 300_000,
        "nul-in-the-header": "email,na\0me\na@one.example,A\n",
        "nul-in-a-row": HEAD + "a@one.exa\0mple,A\0nna,1\n",
        "nul-at-the-end": GOOD + b"\0" * 4096,
        "ones-only": b"\xff" * 100_000,
        "random": random.Random(1).randbytes(200_000),
        "random-lines": b"\n".join(random.Random(seed).randbytes(60) for seed in range(2000)),
        "utf16-without-mark": good.encode("utf-16-le"),
        "utf16-cut": good.encode("utf-16")[:-1],
        "utf16-mark-only": codecs.BOM_UTF16_LE,
        "utf16-half-a-pair": codecs.BOM_UTF16_LE + HEAD.encode("utf-16-le") + b"\x00\xd8" * 5,
        "utf32-out-of-range": codecs.BOM_UTF32_LE + b"\xff\xff\xff\x7f" * 10,
        "utf32-cut": good.encode("utf-32")[:-3],
        "utf8-mark-only": codecs.BOM_UTF8,
        "utf8-marks": codecs.BOM_UTF8 * 1000 + good.encode(),
        "utf8-overlong": HEAD.encode() + b"a@one.example,\xc0\xaf\xe0\x80\xaf,1\n",
        "utf8-surrogates": HEAD + "a@one.example,\ud800\udfff,1\n",
        "utf8-then-cp1252": good.encode() + "ü@one.example,Jürgen,2\n".encode("cp1252"),
        "utf7": "email,name\na@one.example,+AMQ-+2AA-\n",
        "iso-2022-jp": "email,name\na@one.example,山田\n".encode("iso2022_jp"),
        "gb18030": "email,name\na@one.example,\U00020000山田\n".encode("gb18030"),
        "ebcdic": (HEAD + ROW * 50).encode("cp500"),
        "all-octets": bytes(range(256)) * 200,
        "private-and-unassigned": HEAD + "a@one.example,\U0010ffff\ue000\uffff\ufdd0,1\n",
    }


def _values() -> dict[str, bytes | str]:
    def named(name: str) -> str:
        return f"{HEAD}a@one.example,{name},1\n"

    def addressed(address: str) -> str:
        return f"{HEAD}{address},Anna,1\n"

    return {
        "escape-sequences": named("\x1b[2J\x1b]0;owned\x07Anna"),
        "escape-sequences-in-the-header": "email,na\x1b[2Jme\na@one.example,A\n",
        "controls": named("".join(map(chr, range(1, 32)))),
        "bidi": named("\u202eannA\u2066"),
        "bidi-in-the-header": "email,\u202ename\na@one.example,A\n",
        "accents-on-accents": named("A" + "\u0301" * 90_000),
        "accents-many-names": HEAD
        + "".join(f"u{each}@one.example,{'Z' + chr(0x301) * 500},1\n" for each in range(200)),
        "width-less": named("\u200b" * 50_000),
        "blanks-around": named(" " * 100_000 + "Anna" + "\u00a0" * 20_000),
        "blanks-within": named("A" + " " * 100_000 + "B"),
        "apostrophes": named("'" * 100_000),
        "formulas": named("=HYPERLINK(1)") + ";=cmd|' /C calc'!A0,+1,@SUM(1)\n",
        "template-syntax": named("{{ 7*7 }}{% for x in range(10**9) %}{{ x }}{% endfor %}"),
        "markup": named("<script>alert(1)</script>[a](javascript:alert)![](//x)"),
        "markup-deep": named("<b>" * 30_000),
        "brackets": named("(" * 60_000),
        "entities": named("&amp;" * 20_000),
        "encoded-words": named("=?utf-8?q?=0D=0ABcc=3A_evil=40x?=" * 500),
        "links": named("http://" * 10_000),
        "links-by-dots": named("a." * 30_000),
        "commas-in-names": named('"' + "Smith, " * 10_000 + '"'),
        "titles-in-names": named("Dr. " * 20_000),
        "percent-signs": named("%(a)1000000000s%n%s"),
        "digits": HEAD + f"a@one.example,Anna,{'9' * 100_000}\n",
        "address-long": addressed("a" * 100_000 + "@one.example"),
        "address-of-at-signs": addressed("@" * 100_000),
        "address-of-dots": addressed("a." * 50_000 + "a@one.example"),
        "address-with-comments": addressed("(" * 50_000 + "a@one.example"),
        "address-with-quotes": addressed('"""' + '""""' * 10_000 + '"""@one.example'),
        "address-of-labels": addressed("a@" + "a." * 50_000 + "example"),
        "address-of-hyphens": addressed("a@" + "-" * 50_000 + ".example"),
        "address-in-punycode": addressed("a@xn--" + "9" * 20_000 + ".example"),
        "address-in-bad-punycode": addressed("a@xn--\u00e4.example,b@xn--.example"),
        "address-in-wide-letters": addressed("ａ" * 20_000 + "＠one。example"),
        "address-with-joiners": addressed("a@" + "\u200d" * 20_000 + ".example"),
        "address-of-right-to-left": addressed("a@" + "א1" * 5_000 + ".example"),
        "address-of-ideographs": addressed("a@" + "山" * 20_000 + ".example"),
        "address-with-lines": addressed('"a@one.example\r\nBcc: b@two.example"'),
        "addresses-in-one-cell": addressed('"' + "a@one.example, " * 5_000 + '"'),
        "addresses-in-angles": addressed("<" * 30_000 + "a@one.example" + ">" * 30_000),
        "addresses-that-are-none": HEAD + "".join(f"{'x' * (each % 50)}@@,A,1\n" for each in range(5_000)),
        "addresses-literal": addressed("a@[IPv6:" + ":" * 20_000 + "]"),
        "language-odd": "email,language\na@one.example," + "en-" * 30_000 + "\n",
        "time-zone-odd": "email,time_zone\na@one.example,../../../../etc/passwd\nb@one.example,/etc/localtime\n",
        "mark-of-replacement": named("Bj\ufffdrn") + "b@one.example,BjÃ¶rn,2\n",
    }


def _disguises() -> dict[str, bytes | str]:
    """Something else by the name of a text."""
    return {
        "is-a-zip": b"PK\x03\x04" + bytes(200),
        "is-an-old-workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "is-parquet": b"PAR1" + bytes(100) + b"PAR1",
        "is-compressed": gzip.compress(GOOD),
        "is-a-picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(1000),
        "is-a-pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + random.Random(2).randbytes(3000),
        "is-a-program": b"\x7fELF\x02\x01\x01" + random.Random(3).randbytes(20_000),
        "is-a-database": b"SQLite format 3\0" + bytes(4080),
        "is-a-page": "<!DOCTYPE html><table><tr><td>email</td></tr></table>" * 200,
        "is-xml": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "is-json": '[{"email": "a@one.example", "name": null}]' * 2000,
        "is-json-deep": "[" * 100_000,
        "is-a-letter": "From: a@one.example\nTo: b@one.example\n\nHello, this is it.\n",
        "is-rtf": "{\\rtf1" + "{" * 50_000,
    }


def no_files() -> Iterator[Hostile]:
    """What can stand under a file's name and is none."""
    yield Hostile("folder.csv", lambda path: path.mkdir())
    yield Hostile("folder.xlsx", lambda path: path.mkdir())
    yield Hostile("pipe.csv", os.mkfifo)
    yield Hostile("pipe.xlsx", os.mkfifo)
    yield Hostile("pipe.parquet", os.mkfifo)
    yield Hostile("socket.csv", _socket)
    for suffix in ("csv", "xlsx", "parquet"):
        yield Hostile(f"link-to-itself.{suffix}", lambda path: path.symlink_to(path.name))
    yield Hostile("link-to-nothing.csv", lambda path: path.symlink_to("nothing"))
    yield Hostile("link-to-the-folder.csv", lambda path: path.symlink_to("."))
    for device in ("zero", "null", "full", "random", "stdin", "tty"):
        for suffix in ("csv", "xlsx"):
            yield Hostile(f"device-{device}.{suffix}", _linked(f"/dev/{device}"))
    yield Hostile("device-zero.parquet", _linked("/dev/zero"))
    yield Hostile("memory-of-the-process.csv", _linked("/proc/self/mem"))
    yield Hostile("hole-of-300-megabytes.csv", _hole)
    yield Hostile("hole-of-300-megabytes.xlsx", _hole)
    yield Hostile("hole-of-300-megabytes.parquet", _hole)
    yield Hostile("missing.csv", lambda _path: None)
    yield Hostile("missing.xlsx", lambda _path: None)
    yield Hostile("nobody-may-read.csv", _forbidden)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        before = Path.cwd()
        os.chdir(path.parent)  # a socket's name may have 107 octets
        try:
            listener.bind(path.name)
        finally:
            os.chdir(before)


def _linked(target: str) -> Write:
    return lambda path: path.symlink_to(target)


def _hole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(300_000_000)


def _forbidden(path: Path) -> None:
    path.write_bytes(GOOD)
    path.chmod(0)
