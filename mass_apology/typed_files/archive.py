"""The parts of a zipped workbook, unpacked as a stream and no further than their file is worth."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from mass_apology.typed_files.frames import broken
from mass_apology.typed_files.limits import Budget

_BLOCK = 1 << 16  # octets unpacked at a time


class Archive:
    """A ZIP file. Parts are found whatever their case, as OPC demands (ECMA-376 part 2 §6.2)."""

    def __init__(self, file: ZipFile, size: int) -> None:
        self._file = file
        self.size = size
        self._names = {name.replace("\\", "/").lstrip("/").lower(): name for name in file.namelist()}

    def __contains__(self, part: str) -> bool:
        return part.lstrip("/").lower() in self._names

    def blocks(self, part: str) -> Iterator[bytes]:
        """The part's octets. Raises ``Unreadable`` where it is not there, damaged, or far larger than its file."""
        name = self._names.get(part.lstrip("/").lower())
        if name is None:
            raise broken(f"it has no part {part}")
        budget = Budget(self.size)
        with _zip_errors(), self._file.open(name) as stream:
            while block := stream.read(_BLOCK):
                budget.spend(len(block))
                yield block

    def elements(self, part: str) -> Iterator[tuple[str, str, dict[str, str]]]:
        """The part's elements in their order: the parent's name, the own name, the attributes."""
        found: list[tuple[str, str, dict[str, str]]] = []
        within = [""]

        def start(name: str, attributes: dict[str, str]) -> None:
            local = name.rpartition(":")[2]
            found.append((within[-1], local, attributes))
            within.append(local)

        parser = xml_parser()
        parser.StartElementHandler = start
        parser.EndElementHandler = lambda _name: within.pop()
        for _ in parsed(parser, part, self.blocks(part)):
            yield from found
            found.clear()


@contextmanager
def opened_archive(path: Path) -> Iterator[Archive]:
    """The ZIP file of this name. Raises ``Unreadable`` where it is none."""
    with _zip_errors():
        file = ZipFile(path)
    with file:
        yield Archive(file, path.stat().st_size)


def xml_parser() -> expat.XMLParserType:
    """A parser that refuses documents which declare something of their own: there, an entity may name itself."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_declarations
    return parser


def parsed(parser: expat.XMLParserType, part: str, blocks: Iterator[bytes]) -> Iterator[None]:
    """Feed the parser, and give the turn after each block. Raises ``Unreadable`` where it is no XML."""
    try:
        for block in blocks:
            parser.Parse(block)
            yield
        parser.Parse(b"", True)  # noqa: FBT003 (the end of the input)
    except expat.ExpatError as error:
        raise broken(f"its part {part} is damaged ({error})") from error
    yield


def _refuse_declarations(*_: object) -> None:
    raise broken("it declares XML entities, as no spreadsheet program does")


@contextmanager
def _zip_errors() -> Iterator[None]:
    try:
        yield
    except (BadZipFile, zlib.error, EOFError) as error:
        raise broken("it is damaged or was not copied wholly") from error
    except RuntimeError as error:  # a part with a password, or a way to pack that Python does not know
        raise broken(str(error)) from error
