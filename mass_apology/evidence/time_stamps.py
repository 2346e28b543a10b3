"""Time-stamps (RFC 3161): the request in DER, and the answer, which is kept in the pack that it is about."""

from __future__ import annotations

from typing import BinaryIO

from mass_apology.errors import OutputError
from mass_apology.evidence import verify_pack
from mass_apology.evidence.pack_writer import PackWriter
from mass_apology.evidence.verify_pack import MANIFEST, SUMS, TOKEN

_SEQUENCE, _INTEGER, _OCTETS, _IDENTIFIER, _NULL, _BOOLEAN = 0x30, 0x02, 0x04, 0x06, 0x05, 0x01
_SHA256 = bytes.fromhex("608648016503040201")  # 2.16.840.1.101.3.4.2.1
_TRUE = b"\xff"


def time_stamp_request(digest: bytes, nonce: int) -> bytes:
    """Ask for a time-stamp of this SHA-256 (RFC 3161 §2.4.1) that has the certificate in it; ``nonce`` is positive."""
    algorithm = _element(_SEQUENCE, _element(_IDENTIFIER, _SHA256) + _element(_NULL, b""))
    imprint = _element(_SEQUENCE, algorithm + _element(_OCTETS, digest))
    once = nonce.to_bytes(nonce.bit_length() // 8 + 1, "big")  # its first bit is 0: it is positive
    fields = (_element(_INTEGER, b"\x01"), imprint, _element(_INTEGER, once), _element(_BOOLEAN, _TRUE))
    return _element(_SEQUENCE, b"".join(fields))


def _element(tag: int, octets: bytes) -> bytes:
    """One element of at most 127 octets, as all are here."""
    return bytes((tag, len(octets))) + octets


def add_token(pack: verify_pack.Pack, token: bytes, to: BinaryIO) -> None:
    """Write the pack again, with a time-stamp in it. Raises ``OutputError`` where that is about something else."""
    digest, _ = time_of(token)
    if digest.hex() != pack.members[MANIFEST].sha256:
        raise OutputError(
            f"The time-stamp is about something else than {pack.path}.",
            next_step="Have the request stamped that `--timestamp-request` wrote together with this pack.",
        )
    writer = PackWriter(to)
    for name in pack.names:
        if name not in {TOKEN, SUMS}:
            writer.add(name, pack.pieces(name))
    writer.add(TOKEN, [token])
    writer.close()


def time_of(token: bytes) -> tuple[bytes, str]:
    """The digest that a time-stamp is about, and its time. Raises ``OutputError`` where it is none."""
    try:
        return verify_pack.time_stamp(token)
    except verify_pack.Broken as error:
        raise OutputError(
            f"{error} An authority that refuses a request answers without one.",
            next_step="Name the response as the authority gave it, in DER.",
        ) from error
