"""A campaign whose letters are branded or formal, for tests."""

from __future__ import annotations

import email
import email.policy
import json
import struct
import zlib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec

from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.template_files import shipped_templates
from mass_apology.model import Delivery, Message
from mass_apology.settings import Campaign

DATE = "Fri, 20 Nov 2026 22:30:00 +0000"
HEADER = ("email", "name", "order", "position", "company", "street", "postcode", "city", "country")
CELLS = {
    "order": "A-17",
    "position": "Head of Operations",
    "company": "SIA X",
    "street": "Brīvības iela 1",
    "postcode": "LV-1010",
    "city": "Rīga",
    "country": "LV",
}
LETTERS = {
    "en": "Subject: We are sorry\n\n{{ salutation }}\n\nOrder **{{ customer.order }}** is late.\n\n{{ sender.name }}\n",
    "lv": "Subject: Atvainojamies\n\n{{ salutation }}\n\nPasūtījums {{ customer.order }} kavējas.\n",
    "he": "Subject: סליחה\n\n{{ salutation }}\n\nההזמנה {{ customer.order }} מתעכבת.\n",
}
BRAND: dict[str, Any] = {
    "logo": "logo.png",
    "colour": "#7a1f5a",
    "legal_name": "Acme sp. z o.o.",
    "registration_number": "0000123456",
    "vat_number": "PL5250000000",
    "address": ["ul. Prosta 1", "00-838 Warszawa"],
    "phone": "+48 22 555 01 23",
    "email": "office@acme.example",
    "url": "https://acme.example",
    "footer": {"en": "We write once.", "lv": "Rakstām vienreiz."},
}
SETTINGS: dict[str, Any] = {
    "name": "formal",
    "template": "sorry",
    "recipients": "affected.csv",
    "time_zone": "Europe/Tallinn",
    "layout": "letterhead",
    "sender": {"from": "Anna Kowalska <anna@acme.example>", "company": "Acme"},
    "relay": {"url": "smtp+plain://127.0.0.1:25"},
    "brand": BRAND,
    "letterhead": {"number": "MA-2026/{n:05d}"},
}

_WRITERS: dict[str, Writer] = {}


def png(width: int, height: int, grey: int = 0x60) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([grey]) * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_folder(folder: Path) -> Path:
    """The campaign's folder, with a logo and its letters."""
    (folder / "templates" / "sorry").mkdir(parents=True)
    for language, text in LETTERS.items():
        (folder / "templates" / "sorry" / f"{language}.md").write_text(text, encoding="utf-8")
    (folder / "logo.png").write_bytes(png(300, 90))
    return folder


def make_writer(folder: Path, header: tuple[str, ...] = HEADER, **changes: Any) -> Writer:
    """The campaign's writer; ``changes`` replace tables of its settings. One is made for all who ask for the same."""
    key = repr((folder, header, changes))
    if key not in _WRITERS:
        campaign = msgspec.convert(SETTINGS | changes, Campaign)
        directories = (folder / "templates", shipped_templates())
        _WRITERS[key] = Writer(campaign, folder=folder, directories=directories, header=header)
    return _WRITERS[key]


def delivery(language: str = "en", *, cells: dict[str, str] = CELLS, **changes: Any) -> Delivery:
    """A delivery to somebody of whom everything is known."""
    whole: dict[str, Any] = {
        "id": 1,
        "address": "janis@x.example",
        "name": "Jānis Bērziņš",
        "language": language,
        "time_zone": "",
        "lines": "[2]",
        "rows": json.dumps([cells]),
        "message_id": "<1@acme.example>",
        "number": 17,
    }
    return Delivery(**(whole | changes))


def parts(message: Message) -> dict[str, EmailMessage]:
    """The message's parts by content type."""
    read = email.message_from_bytes(message.data, policy=email.policy.default)
    assert all(not part.defects for part in read.walk())
    return {part.get_content_type(): part for part in read.walk()}  # type: ignore[misc]
