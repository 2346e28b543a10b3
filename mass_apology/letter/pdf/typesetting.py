"""A formal letter → its PDF: tagged for screen readers (PDF/UA-1), and the same octets for the same letter."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import finalize

import msgspec
from msgspec import Struct

from mass_apology.errors import MessageError, install_extra
from mass_apology.letter.pdf.pdf_blocks import Block

if TYPE_CHECKING:
    from typst import Compiler

_SOURCE = Path(__file__).with_name("letter.typ")
_STANDARD: Final = "ua-1"  # ISO 14289-1: what it demands also makes Typst refuse a character that no font has


class Sheet(Struct, frozen=True, kw_only=True):
    """What one letter on paper says. Everything is ready to print; what is not known is empty."""

    language: str
    direction: str  # "ltr" or "rtl"
    title: str
    author: str
    day: date  # on which the file says it was made
    company: str
    particulars: tuple[str, ...]  # lines
    colour: str  # "#rrggbb"
    logo: str  # the name of a picture
    logo_alt: str
    date: str
    number: str
    addressee: tuple[str, ...]  # lines
    blocks: tuple[Block, ...]


class Typesetter:
    """Sets letters. The pictures and the source lie in a folder of its own, outside of which nothing is read."""

    def __init__(self, pictures: Mapping[str, bytes], fonts: Path | None) -> None:
        """``pictures`` by the names that letters use; ``fonts`` is a folder of fonts besides the extra's own.

        Raises ``MessageError`` where the extra is not installed.
        """
        try:
            from typst import Compiler, Fonts, TypstError  # noqa: PLC0415 (an extra of 84 MB)
        except ModuleNotFoundError as error:
            raise MessageError(
                "`[letterhead] pdf = true` needs the extra `letter`, which is not installed.",
                next_step=f"Take that line out of campaign.toml, or {install_extra('letter')}",
            ) from error
        self._failure = TypstError
        root = Path(tempfile.mkdtemp(prefix="mass-apology-"))
        finalize(self, shutil.rmtree, root, ignore_errors=True)
        shutil.copyfile(_SOURCE, root / _SOURCE.name)
        (root / "pictures").mkdir()
        for name, data in pictures.items():
            (root / "pictures" / name).write_bytes(data)
        # The machine's own fonts would make other octets on another machine.
        own = Fonts(include_system_fonts=False, font_paths=[fonts] if fonts else [])
        self._pictures = msgspec.json.encode(sorted(pictures)).decode()
        self._main = root / _SOURCE.name
        self._compiler: Compiler = Compiler(root=root, font_paths=own, ignore_system_fonts=True)

    def pdf(self, sheet: Sheet) -> bytes:
        """The letter's PDF; ``MessageError`` where a character is in none of the fonts."""
        made_at = int(datetime.combine(sheet.day, time(), UTC).timestamp())
        data = msgspec.json.encode(sheet).decode()
        try:
            made = self._compiler.compile(
                self._main,
                sys_inputs={"letter": data, "pictures": self._pictures},
                pdf_standards=[_STANDARD],
                timestamp=made_at,
            )
        except self._failure as error:
            raise MessageError(
                f"The letter's PDF cannot be made: {' '.join(error.message.split())}.",
                next_step="Put a font that has the character into a folder, and name it in `[letterhead] pdf_fonts`; "
                "or set the row aside with --skip-bad-rows.",
            ) from error
        if not isinstance(made, bytes):
            raise TypeError(f"a PDF is octets and not {type(made).__name__}")
        return made
