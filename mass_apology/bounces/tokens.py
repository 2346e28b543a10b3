"""Return paths that cannot be forged: ``bounces+TOKEN@acme.example``, where TOKEN names one delivery (VERP).

Anybody can write a report that says "no such mailbox" of anybody else's address. A report counts as hard only if it
carries something that went out with that letter alone: its ENVID, its Message-ID, or this token. The first two are
120 bits of the same keyed hash and cannot be guessed either; but not every server gives them back, and all of them
send reports to the return path.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from hashlib import blake2b
from hmac import compare_digest

_PERSON = b"return path"  # the same key makes the Message-IDs; a hash for one is none for the other
_ID_OCTETS = 5
_HASH_OCTETS = 10
_LENGTH = (_ID_OCTETS + _HASH_OCTETS) * 8 // 5


def sign(key: bytes, delivery: int) -> str:
    """The token of one delivery: 24 letters and digits in lower case.

    ``key`` is the campaign's secret, 16 to 64 octets; ``delivery`` the ledger's row, 0 to 2**40 - 1. It holds the
    row and 80 bits of keyed BLAKE2b (RFC 7693), in base32, since some servers change the case of a local part.

    Raises:
        ValueError: the key or the row is out of range.
    """
    if not 16 <= len(key) <= blake2b.MAX_KEY_SIZE:
        raise ValueError(f"a key of {len(key)} octets, but 16 to {blake2b.MAX_KEY_SIZE} are needed")
    if not 0 <= delivery < 1 << _ID_OCTETS * 8:
        raise ValueError(f"delivery {delivery} does not fit into {_ID_OCTETS} octets")
    row = delivery.to_bytes(_ID_OCTETS, "big")
    return b32encode(row + blake2b(row, key=key, digest_size=_HASH_OCTETS, person=_PERSON).digest()).decode().lower()


def verify(key: bytes, token: str) -> int | None:
    """The delivery whose token this is, in any case of letters; ``None`` where the key did not make it.

    The comparison takes the same time wherever the first difference stands.
    """
    if len(token) != _LENGTH or not token.isascii():
        return None
    try:
        delivery = int.from_bytes(b32decode(token.upper())[:_ID_OCTETS], "big")
    except ValueError:
        return None
    return delivery if compare_digest(sign(key, delivery), token.lower()) else None


def return_path(base: str, token: str) -> str:
    """``bounces@acme.example`` with a token: ``bounces+TOKEN@acme.example``."""
    local_part, _, domain = base.rpartition("@")
    return f"{local_part}+{token}@{domain}"


def token_in(address: str) -> str:
    """What could be the token of a return path, also as relays rewrite it (SRS, BATV, "=" for "@"); or ""."""
    for piece in address.partition("@")[0].replace("=", "+").split("+"):
        if len(piece) == _LENGTH and piece.isascii() and piece.isalnum():
            return piece
    return ""
