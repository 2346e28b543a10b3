"""Whose letter a row belongs to, as numbers: its mailbox, its customer, the person that it names.

All of them are signed 64-bit hashes, which is what SQL databases keep best. See docs/decisions/012.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from mass_apology.mailboxes import folded

CACHED = 4096
"""How many words of names are kept."""

# Letters that are no base letter with an accent, and that exports without accents write all the same.
_PLAIN = str.maketrans({"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


class Identity(NamedTuple):
    """What one row is told from others by."""

    identity: int  # rows with one of these share a letter; the letter's Message-ID is made from it
    mailbox: int
    customer: int | None  # by the key column; None where there is none
    person: int | None  # by the name; None where there is none


def identify(address: str, name: str, key: str, *, each_customer: bool) -> Identity:
    """Tell a row's person: by the mailbox, or with ``each_customer`` by the key, else by mailbox and name."""
    mailbox_text, person_text = folded(address), folded_name(name)
    mailbox = identity = _number(mailbox_text)
    customer = _number("key", key) if key else None
    if each_customer:
        identity = _number("name", mailbox_text, person_text) if customer is None else customer
    return Identity(identity, mailbox, customer, _number(person_text) if person_text else None)


def identify_unusable(address: str) -> int | None:
    """Whose row is it that cannot be written to: the mailbox's, as far as there is one.

    None where the cell holds no address at all, such as "n/a": rows that have that in common are different people.
    """
    return _number(folded(address)) if "@" in address else None


def folded_name(name: str) -> str:
    """The form in which two spellings of one person's name are equal. Takes any text; "" where it has no letter.

    Neither case nor accents nor punctuation nor the order of the words make another person: "KOWALSKA, Łucja" is
    "Lucja Kowalska". A title does, since Mr and Mrs Smith are two.
    """
    words = name.replace("-", " ").replace(",", " ").split()
    return " ".join(sorted(filter(None, map(_folded_word, words))))


@lru_cache(CACHED)  # given names come back, and so do many family names
def _folded_word(word: str) -> str:
    """Only the accents of European scripts are left out (U+0300 to U+036F): elsewhere such marks are vowels."""
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", word).casefold())
    kept = "".join(each for each in apart if each.isalnum() or _is_vowel_sign(each))
    return unicodedata.normalize("NFC", kept).translate(_PLAIN)


def _is_vowel_sign(character: str) -> bool:
    return unicodedata.category(character).startswith("M") and not "\u0300" <= character <= "\u036f"


def _number(*texts: str) -> int:
    digest = blake2b("\0".join(texts).encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
