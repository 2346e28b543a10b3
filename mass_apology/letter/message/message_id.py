"""Message-IDs that are the same whenever the same letter is sent, and tell an outsider nothing."""

from __future__ import annotations

from hashlib import blake2b

TOKEN = 32
"""Characters of the left side: 128 bits in hexadecimal."""


def message_id(key: bytes, wave: str, identity: int, domain: str) -> str:
    """The Message-ID (RFC 5322 §3.6.4) of one recipient's letter in one wave, with angle brackets.

    ``key`` is the campaign's secret, 16 to 64 octets; ``identity`` the recipient's signed 64-bit hash; ``domain`` the
    sender's, as A-labels. A letter that does go twice carries one id, so that a mailbox can fold the two. The left side
    is 128 bits of keyed BLAKE2b (RFC 7693) in hexadecimal: collisions are out of the question, and nobody without
    the key can find out whether a given customer was written to.
    """
    if not 16 <= len(key) <= blake2b.MAX_KEY_SIZE:
        raise ValueError(f"a key of {len(key)} octets, but 16 to {blake2b.MAX_KEY_SIZE} are needed")
    digest = blake2b(identity.to_bytes(8, "big", signed=True) + wave.encode(), key=key, digest_size=16).hexdigest()
    return f"<{digest}@{domain}>"
