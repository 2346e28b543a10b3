"""Splits a message into its parts, in bounded time and memory, even if it is malformed or hostile.

The standard library's parser reads every line of every part into objects and recurses into messages inside messages:
50 MB take seconds, and a few thousand nested ones end the process. Of a report only the headers, the parts about
delivery and the first lines of text are needed, so this reads the first megabyte and goes five levels deep.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterator, Mapping
from email.errors import MessageError
from email.header import decode_header, make_header
from types import MappingProxyType

from msgspec import Struct

LIMIT = 1 << 20
"""Octets of a message that are read. A report's content stands before the returned message."""

_DEPTH = 5  # multiparts within multiparts
_PARTS = 50  # of one multipart
_HEADER_OCTETS = 1 << 16
_TEXT_OCTETS = 1 << 16  # of one text part, before decoding

_FIELD = re.compile(
    r"^([^ \t\n:][^\n:]*):([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE
)  # RFC 5322 §2.2: name, folded value
_MEDIA_TYPE = re.compile(r"\s*([a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64})", re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([a-z-]{1,32})\*?\s*=\s*(?:"([^"]{0,512})"|([^;\s"]{1,512}))', re.IGNORECASE)
# Codecs whose time grows faster than their input, or that do not stand for a charset at all; as ``codecs`` calls them.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})
_SURROGATES = re.compile(r"[\ud800-\udfff]")

Headers = Mapping[str, tuple[str, ...]]
"""Field names in lower case → the values in order, unfolded and stripped."""


class Part(Struct, frozen=True, kw_only=True):
    """A message or a part of one (RFC 2045)."""

    headers: Headers
    media_type: str  # lower case: "text/plain"
    parameters: Mapping[str, str]  # of Content-Type, names in lower case
    body: bytes  # as transferred: not decoded; lines end with "\n"
    parts: tuple[Part, ...] = ()  # of a multipart

    def header(self, name: str) -> str:
        """The first field of this name (lower case), or an empty string."""
        return first(self.headers, name)

    def walk(self) -> Iterator[Part]:
        """This part and those in it, in order, without what stands inside returned messages."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def content(self) -> bytes:
        """The decoded body (transfer encoding, RFC 2045 §6); unchanged if it cannot be decoded."""
        return _transferred(self.body, self.header("content-transfer-encoding").lower())

    def text(self) -> str:
        """The beginning of the body as text; characters that cannot be read are replaced."""
        octets = _transferred(self.body[:_TEXT_OCTETS], self.header("content-transfer-encoding").lower())
        return _decoded(octets, self.parameters.get("charset", "")).replace("\r", "")


def take_apart(data: bytes) -> Part:
    """Parse the first ``LIMIT`` octets of a message (RFC 5322). Never raises."""
    data = data[:LIMIT].replace(b"\r\r\n", b"\n")  # the DragonFly agent ends lines so that it quotes
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    if data.startswith((b"From ", b">From ")):  # an mbox's separator (RFC 4155)
        data = data.partition(b"\n")[2]
    return _part(data, "text/plain", _DEPTH)


def read_headers(data: bytes) -> tuple[Headers, bytes]:
    """The fields at the beginning of ``data`` (lines end with "\\n"), and what follows them."""
    end = -1 if data.startswith(b"\n") else data.find(b"\n\n")
    if data.startswith(b"\n"):
        return MappingProxyType({}), data[1:]
    block, body = (data, b"") if end < 0 else (data[:end], data[end + 2 :])
    fields: dict[str, list[str]] = {}
    for name, value in _fields(decoded(block[:_HEADER_OCTETS])):
        fields.setdefault(name, []).append(value)
    headers = {name: tuple(values) for name, values in fields.items()}
    # Where there is no field at all, a server sent bare text.
    return MappingProxyType(headers), body if headers or not block else data


def first(headers: Headers, name: str) -> str:
    """The first field of this name (lower case), or an empty string."""
    values = headers.get(name)
    return values[0] if values else ""


def decoded(octets: bytes) -> str:
    """Decode text without a known charset: as UTF-8, or else by a codec that keeps ASCII."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def well_formed(text: str) -> str:
    """``text`` with each lone surrogate replaced, which UTF-7, JSON's escapes and encoded-words can hold.

    No file and no database takes one, so they end here, where text is decoded.
    """
    return _SURROGATES.sub("\ufffd", text)


def words(value: str) -> str:
    """A field's value with its encoded-words (RFC 2047) read, as far as that is possible."""
    if "=?" not in value:
        return value
    try:
        found = decode_header(value[:2000])
        if any(charset and not _is_charset(charset) for _, charset in found):
            return value
        return well_formed(str(make_header(found)))
    except (LookupError, MessageError, ValueError):  # no base64, no such charset, not of that charset
        return value


def _fields(block: str) -> Iterator[tuple[str, str]]:
    for written, value in _FIELD.findall(block):
        name = written.rstrip().lower()
        if name and " " not in name:  # else no field: a line that a server broke, or wrote into the header
            yield name, _unfolded(value) if "\n" in value else value.strip()


def _unfolded(value: str) -> str:
    return " ".join(line.strip() for line in value.split("\n")).strip()


def _part(data: bytes, default: str, depth: int) -> Part:
    headers, body = read_headers(data)
    declared = first(headers, "content-type")
    found = _MEDIA_TYPE.match(declared)
    media_type = found[1].lower() if found else default
    parameters = (
        {match[1].lower(): match[2] or match[3] or "" for match in _PARAMETER.finditer(declared[:4096])}
        if ";" in declared
        else {}
    )
    parts: tuple[Part, ...] = ()
    if media_type.startswith("multipart/") and depth and (boundary := parameters.get("boundary")):
        inner = "message/rfc822" if media_type == "multipart/digest" else "text/plain"  # RFC 2046 §5.1.5
        parts = tuple(_part(piece, inner, depth - 1) for piece in _pieces(body, boundary.strip().encode()))
    return Part(headers=headers, media_type=media_type, parameters=parameters, body=body, parts=parts)


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """The parts between the delimiters (RFC 2046 §5.1.1); the last delimiter may be missing."""
    body = b"\n" + body
    start = None
    for count, (before, after, last) in enumerate(_delimiters(body, b"\n--" + boundary)):
        if start is not None:
            yield body[start : max(before, start)]
        start = after
        if last or count >= _PARTS:
            return
    if start is not None:
        yield body[start:]


def _delimiters(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
    """Where each delimiter line begins and where the next line does, and whether it is the closing one."""
    at = body.find(delimiter)
    while at >= 0:
        end = body.find(b"\n", at + len(delimiter))
        end = len(body) if end < 0 else end
        rest = body[at + len(delimiter) : end].rstrip()
        if rest in {b"", b"--"}:  # anything else is a longer boundary that begins like this one
            yield at, end + 1, rest == b"--"
        at = body.find(delimiter, end)


def _transferred(body: bytes, encoding: str) -> bytes:
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding == "base64":
        try:
            return binascii.a2b_base64(body)
        except binascii.Error:  # cut off: the last group is not whole
            letters = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
            return binascii.a2b_base64(letters[: len(letters) // 4 * 4])
    return body


def _decoded(octets: bytes, charset: str) -> str:
    charset = charset.strip().lower()
    if charset not in {"", "us-ascii", "utf-8", "ascii"} and _is_charset(charset):
        try:
            return well_formed(octets.decode(charset, "replace"))
        except (LookupError, ValueError):  # a codec from octets to octets, or not of that charset
            pass
    return decoded(octets)


def _is_charset(name: str) -> bool:
    """Whether the codec of this name reads text of a charset, under whichever of its names it is called."""
    try:
        return codecs.lookup(name).name.replace("_", "-") not in _NO_CHARSETS
    except (LookupError, ValueError):  # no such codec; a name with a NUL
        return False
