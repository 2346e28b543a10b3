"""Digest of a plan's parts, and a code of three words that two people can compare over the telephone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

CODE_WORDS = 3

_CONSONANTS = "bdfghjklmnprstvz"  # four bits each
_VOWELS = "aiou"  # two bits each


def plan_digest(parts: Mapping[str, str]) -> str:
    """The SHA-256 (64 hexadecimal digits) over the parts' names and values, independent of their order.

    ``parts`` is a name such as "the recipients file" → the part's own digest.
    """
    whole = hashlib.sha256()
    for name, value in sorted(parts.items()):
        for text in (name.encode(), value.encode()):
            # Each text follows its length, so that no other names and values give the same octets.
            whole.update(len(text).to_bytes(8, "big") + text)
    return whole.hexdigest()


def plan_code(parts: Mapping[str, str]) -> str:
    """The digest's first 48 bits as pronounceable words, such as "lusab-babad-gutih".

    It reveals mistakes, not attacks; against attacks a signature covers the whole digest.
    """
    digest = bytes.fromhex(plan_digest(parts))
    return "-".join(proquint(int.from_bytes(digest[at : at + 2], "big")) for at in range(0, 2 * CODE_WORDS, 2))


def proquint(number: int) -> str:
    """16 bits as consonant, vowel, consonant, vowel, consonant (arXiv:0901.4016), the highest bits first."""
    return (
        _CONSONANTS[number >> 12 & 15]
        + _VOWELS[number >> 10 & 3]
        + _CONSONANTS[number >> 6 & 15]
        + _VOWELS[number >> 4 & 3]
        + _CONSONANTS[number & 15]
    )
