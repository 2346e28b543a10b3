"""The identity of a row's person, as numbers: of the mailbox, of the customer, and of the name.

All are signed 64-bit hashes, the integers of SQL databases. See docs/decisions/012.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from mass_apology.mailboxes import folded

CACHED = 4096
"""Names, and words of names, in the caches."""

# Letters that NFD does not decompose, and that exports without accents replace like this.
_PLAIN = str.maketrans({"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


class Identity(NamedTuple):
    """The numbers that distinguish a row's person from others. ``identify`` makes it."""

    identity: int  # rows with the same one share a letter; its Message-ID derives from it
    mailbox: int
    customer: int | None  # from the key column; None without a key
    person: int | None  # from the name; None without a name


def identify(address: str, name: str, key: str, *, each_customer: bool) -> Identity:
    """Identify a row's person by the mailbox; with ``each_customer`` by the key, or without one by mailbox and name."""
    mailbox_text = folded(address)
    mailbox = identity = _number(mailbox_text)
    customer = _number("key", key) if key else None
    if each_customer:
        identity = _number("name", mailbox_text, folded_name(name)) if customer is None else customer
    return Identity(identity, mailbox, customer, _person(name))


def identify_unusable(address: str) -> int | None:
    """The identity of a row that cannot get a letter, by its mailbox.

    None if the cell holds no address, such as "n/a": rows that share such a text are different people.
    """
    return _number(folded(address)) if "@" in address else None


@lru_cache(CACHED)
def _person(name: str) -> int | None:
    text = folded_name(name)
    return _number(text) if text else None


def folded_name(name: str) -> str:
    """A form of the name that is equal for two spellings of it. Takes any text; "" if it has no letter.

    Case, accents, punctuation and the order of the words make no difference: "KOWALSKA, Łucja" is "Lucja Kowalska".
    A title does, since Mr and Mrs Smith are two.
    """
    words = name.replace("-", " ").replace(",", " ").split()
    return " ".join(sorted(filter(None, map(_folded_word, words))))


@lru_cache(CACHED)  # names repeat
def _folded_word(word: str) -> str:
    """The word without the accents of European scripts (U+0300 to U+036F); other marks are vowels and stay."""
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", word).casefold())
    kept = "".join(each for each in apart if each.isalnum() or _is_vowel_sign(each))
    return unicodedata.normalize("NFC", kept).translate(_PLAIN)


def _is_vowel_sign(character: str) -> bool:
    return unicodedata.category(character).startswith("M") and not "\u0300" <= character <= "\u036f"


def _number(*texts: str) -> int:
    digest = blake2b("\0".join(texts).encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
