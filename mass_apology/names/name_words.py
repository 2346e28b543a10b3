"""The words of ``name_words.toml`` and of the languages, folded as names are when they are compared with them."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from msgspec import Struct

from mass_apology.languages import SHIPPED

# Capitals that Greek and Cyrillic share with Latin in shape: "AE" of a keyboard in the wrong layout is "ΑΕ", too.
_ALIKE = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТХІЈЅ", "ABEZHIKMNOPTYXABEKMHOPCTXIJS")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ς": "σ", "ё": "е"})  # which Unicode does not take apart
_SIGN = re.compile(r"(?:[^\w&]|_)+")


class NameWords(Struct, frozen=True, kw_only=True, dict=True):
    """Folded words; ``in_any_case`` and what follows are of ``folded``, ``as_written`` of ``shaped``."""

    as_written: frozenset[str]
    in_any_case: frozenset[str]
    within: tuple[str, ...]  # of scripts without blanks
    several_words: tuple[str, ...]  # each with a blank on both sides
    organisations: frozenset[str]
    titles: frozenset[str]
    between: frozenset[str]  # "and" between titles
    weak_titles: frozenset[str]  # which are names, too
    suffixes: frozenset[str]  # of the titles, those that stand behind a name
    placeholders: frozenset[str]
    small_placeholders: frozenset[str]  # which are names where they begin with a capital
    missing: frozenset[str]  # which make a name none, beside whatever words
    small_missing: frozenset[str]  # which do so where they are not written as a name
    remarks: tuple[str, ...]  # each with a blank on both sides
    remarks_unless_capitalised: frozenset[str]
    remarks_beside: frozenset[str]  # in brackets, or behind a dash
    greetings: tuple[str, ...]  # each with a blank behind it
    particles: frozenset[str]
    accented: frozenset[str]  # every word of these as the file has it, in small letters, also those of phrases
    shared: frozenset[str]  # mailboxes
    leading: frozenset[str]  # of these, those that may have something beside them
    unread: frozenset[str]

    @cached_property
    def remarkable(self) -> frozenset[str]:
        """Every single word that tells something of a name, in small letters, with its accents and without."""
        plain = frozenset(part for word in self.accented for part in folded(word).split())
        return self.in_any_case | self.organisations | self.titles | self.placeholders | self.accented | plain


@lru_cache(4096)
def folded(text: str) -> str:
    """Words without case, accents and signs, with one blank between: "sp z o o" of "Sp. z o.o."."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS))
    letters = "".join(each for each in apart if not unicodedata.combining(each))
    return " ".join(_SIGN.sub(" ", letters).split())


def shaped(word: str) -> str:
    """A word as it is written, but for its dots and for which alphabet's its capitals are."""
    return unicodedata.normalize("NFC", word).replace(".", "").translate(_ALIKE)


def joined(word: str) -> str:
    """A word folded, its parts put together: "phd" of "Ph.D."."""
    return folded(word).replace(" ", "")


@cache
def name_words() -> NameWords:
    """The words, read once."""
    table = tomllib.loads((files(__package__) / "name_words.toml").read_text(encoding="utf-8"))
    forms, titles, mailboxes = table["legal_forms"], table["titles"], table["mailboxes"]
    remarks = table["remarks"]
    no_name = [*table["placeholders"]["names"], *(word for each in SHIPPED for word in each.reading.no_name)]
    nobody = [*table["placeholders"]["within"], *(word for each in SHIPPED for word in each.reading.nobody)]
    return NameWords(
        as_written=frozenset(spelling for form in forms["as_written"] for spelling in _spellings(form)),
        in_any_case=frozenset(map(folded, forms["in_any_case"])),
        within=tuple(forms["within"]),
        several_words=tuple(f" {folded(each)} " for each in forms["several_words"]),
        organisations=frozenset(map(folded, forms["organisations"])),
        titles=frozenset(map(joined, (*titles["before"], *titles["after"]))),
        between=frozenset(map(joined, titles["between"])),
        weak_titles=frozenset(map(joined, titles["weak"])),
        suffixes=frozenset(map(joined, titles["suffix_only"])),
        placeholders=frozenset(map(folded, no_name)),
        small_placeholders=frozenset(map(folded, table["placeholders"]["unless_capitalised"])),
        accented=frozenset(
            word
            for words in (
                forms["in_any_case"],
                forms["organisations"],
                *titles.values(),
                forms["several_words"],
                no_name,
                nobody,
                table["placeholders"]["within_unless_capitalised"],
                *remarks.values(),
            )
            for phrase in words
            for word in phrase.casefold().split()
        ),
        missing=frozenset(map(folded, nobody)),
        small_missing=frozenset(map(folded, table["placeholders"]["within_unless_capitalised"])),
        remarks=tuple(f" {folded(each)} " for each in remarks["anywhere"]),
        remarks_unless_capitalised=frozenset(map(joined, remarks["unless_capitalised"])),
        remarks_beside=frozenset(map(joined, (*remarks["beside"], *remarks["unless_capitalised"]))),
        greetings=tuple(f"{folded(each)} " for each in remarks["greetings"]),
        particles=frozenset(map(folded, table["particles"]["words"])),
        shared=frozenset(map(joined, mailboxes["shared"])),
        leading=frozenset(mailboxes["leading"]),
        unread=frozenset(map(joined, mailboxes["unread"])),
    )


def _spellings(form: str) -> tuple[str, ...]:
    """As it is written, and in capitals."""
    return (shaped(form), shaped(form.upper()))
