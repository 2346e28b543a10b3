"""What kind of picture some octets are, and how large it is: told by the octets and not by a file's name."""

from __future__ import annotations

import re
from typing import Literal

PNG, JPEG, GIF = "image/png", "image/jpeg", "image/gif"
"""What every mail program shows. Gmail shows no SVG, and Outlook neither that nor WebP."""

_BEGINNINGS = ((b"\x89PNG", PNG), (b"\xff\xd8\xff", JPEG), (b"GIF87a", GIF), (b"GIF89a", GIF))

# Markers SOF0 to SOF15 without DHT, JPG and DAC, which share their numbers' range (ITU-T T.81, table B.1).
_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEGMENT = re.compile(rb"\xff+([^\x00\xff])(..)", re.DOTALL)


def picture_type(data: bytes) -> str | None:
    """The content type, or ``None`` for what is none of the three."""
    return next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), None)


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; ``None`` where the octets do not tell, as in a file that was cut off."""
    kind = picture_type(data)
    if kind == PNG:
        size = _pair(data[16:24], 4, "big")
    elif kind == GIF:
        size = _pair(data[6:10], 2, "little")
    else:
        size = _jpeg_size(data)
    return size if all(size) else None


def _pair(octets: bytes, each: int, order: Literal["big", "little"]) -> tuple[int, int]:
    """Two numbers of so many octets, one after the other; noughts where some are missing."""
    if len(octets) < 2 * each:
        return 0, 0
    return int.from_bytes(octets[:each], order), int.from_bytes(octets[each:], order)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """From segment to segment up to the frame's (ITU-T T.81 §B.2.2): length, precision, lines, samples a line."""
    at = 2
    while found := _SEGMENT.match(data, at):
        if found[1][0] in _FRAME:
            height, width = _pair(data[found.end() + 1 : found.end() + 5], 2, "big")
            return width, height
        at = found.end() - 2 + int.from_bytes(found[2], "big")
    return 0, 0
