"""Whether a letter names a way to a person, and is signed by one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from mass_apology.wording.letter_text import Document, Role
from mass_apology.wording.sentences import VALUE, normal, normal_words, words_in
from mass_apology.wording.wording_rules import MISSING, Rules, heading, shipped

_MAILBOX = re.compile(r"(?<![\w.])([\w.+-]{1,64})@[\w-]{1,63}\.\w")
_TELEPHONE = re.compile(r"(?<![\w.,/])\+?\(?\d[\d ()/.\u00a0-]{5,18}\d(?![\w/])")
_NOBODY_READS = re.compile(r"no.?-?reply|do.?not.?reply", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_DIGITS = 7  # of a telephone number
_NAME_LINE = 6  # words of a line with a name
_SHORT_WORDS = frozenset({"el", "pl", "ru"})  # languages with words of one letter, likelier than initials
_FULL_NAME = 3  # words of a whole name: given name, patronymic, surname
_SURNAME = 5  # letters of a surname that its ending tells
_QUOTES = frozenset('«»„“”"')  # round a firm's name
_BETWEEN = re.compile(r"\s[–—|·-]\s|, | \(|[»”]\s")
_INITIALS = re.compile(  # "J. R. Smith"; "Чернов Л. С.", which no firm is called
    r"\b(?:[A-ZÀ-ÞА-ЯЁΑ-Ω]\.\s?){1,2}[A-ZÀ-ÞА-ЯЁΑ-Ω][^\W\d_]+|\b[А-ЯЁ][а-яё-]+\s[А-ЯЁ]\.(?:\s?[А-ЯЁ]\.)?"
)
_INITIALS_END = 40  # characters of a line's end among which initials with their stops stand
_REMEMBERED = 1 << 14  # lines
_LINES = 8  # at a letter's end, among which a name stands
_NAME = re.compile(
    r"(?:[^\W\d_]\.-?\s?){1,3}[^\W\d_]{2,}(?:['’-][^\W\d_]+)*"  # R. Pocock
    r"|(?:(?:\w+\.-?\s?){1,4}\s*)?[^\W\d_]+(?:['’-][^\W\d_]+)*(?:\s+(?:[a-zà-ÿ]{2,3}\s+)?[^\W\d_]+\.?(?:['’-][^\W\d_]+)*){1,3}"
)


def parts(document: Document, rules: Rules) -> set[str]:
    """The ids of the rules for the parts that the document has."""
    found = set()
    if any(_is_contact(block.text) for block in document.blocks if block.role is not Role.SUBJECT):
        found.add(f"contact{MISSING}")
    if _is_signed(document, rules):
        found.add(f"signatory{MISSING}")
    return found


def _is_contact(text: str) -> bool:
    if "@" in text and any(not _NOBODY_READS.search(found[1]) for found in _MAILBOX.finditer(text)):
        return True
    if not _DIGIT.search(text):
        return False
    return any(sum(each.isdigit() for each in found[0]) >= _DIGITS for found in _TELEPHONE.finditer(text))


def _is_signed(document: Document, rules: Rules) -> bool:
    """A name stands in a line of its own at the end, and is no team's or firm's."""
    blocks = [each for each in document.blocks if each.role in {Role.SIGNATURE, Role.PROSE, Role.ITEM}][-_LINES:]
    lines = [line.strip() for block in blocks for line in block.text.split("\n")]
    return any(is_name(line, rules) for line in lines[-_LINES * 2 :] if line)


@lru_cache(maxsize=_REMEMBERED)
def is_name(line: str, rules: Rules) -> bool:
    """Whether a line names a person, before or behind a comma or dash: "Kate Smith, director", "Director, K. Smith"."""
    pieces = [each.strip(" ,*_()") for each in _BETWEEN.split(line)]
    is_sentence = line.endswith((".", "!", "?")) and not _INITIALS.search(line[-_INITIALS_END:])
    return any(_names(each, rules) for each in (pieces[:1] if is_sentence or not rules.given_names else pieces))


def _names(piece: str, rules: Rules) -> bool:
    if piece == VALUE:
        return True
    if rules.given_names and _is_long(piece):
        return False
    found = words_in(piece)
    words = [piece[word.start : word.end] for word in found]
    if _comes_from(words, rules):
        return True
    if any(word.text in rules.nobody for word in found):
        return False
    if not rules.given_names:
        return _looks_like_name(piece, words)
    return len(words) <= _NAME_LINE and _is_told_by_names(piece, words, rules)


def _is_told_by_names(piece: str, words: Sequence[str], rules: Rules) -> bool:
    return bool(_INITIALS.search(piece)) or _has_given_name(words, rules) or _has_surname(piece, words, rules)


def _has_surname(piece: str, words: Sequence[str], rules: Rules) -> bool:
    """A name of two or three words whose surname is known by its ending, since no list of given names is whole."""
    if not rules.surname_endings or not 1 < len(words) <= _FULL_NAME or not _QUOTES.isdisjoint(piece):
        return False
    if not all(word[0].isupper() and word[1:].islower() and normal(word) not in rules.common_words for word in words):
        return False
    return len(words[-1]) >= _SURNAME and normal(words[-1]).endswith(rules.surname_endings)


def _is_long(piece: str) -> bool:
    """Whether a text certainly has more words than a line with a name."""
    words = piece.split()
    return len(words) > _NAME_LINE and sum(each[0].isalnum() for each in words) > _NAME_LINE


def _comes_from(words: Sequence[str], rules: Rules) -> bool:
    """Whether a given name has "from" or "for" behind it, as in "Kate from the Acme team": the team is no signatory."""
    if not 1 < len(words) <= _NAME_LINE or not words[0][0].isupper():
        return False
    return normal(words[0]) in rules.given_names and words[1] in rules.common_words


def _looks_like_name(line: str, words: Sequence[str]) -> bool:
    """Two words or more with capitals."""
    if not _NAME.fullmatch(line):
        return False
    capitals = [word for word in words if word[0].isupper() and not (word.isupper() and len(word) > 1)]
    return len(capitals) >= 2 and capitals[0] == words[0] and words[-1][0].isupper()


@cache
def _given_names() -> frozenset[str]:
    """Those of all languages: who signs a Greek letter may be called Anna Kowalska."""
    return frozenset(name for code in shipped() for name in normal_words(heading(code).given_names))


@cache
def _known_names(rules: Rules) -> frozenset[str]:
    return rules.given_names | _given_names()


def _is_initial(word: str, rules: Rules) -> bool:
    """One capital that is no word, as the Greek article of "Ο Δήμαρχος" and the Russian "in" are: they name nobody."""
    return len(word) == 1 and word.isupper() and not (rules.code in _SHORT_WORDS and normal(word) in rules.common_words)


def _has_given_name(words: Sequence[str], rules: Rules) -> bool:
    """A given name or an initial beside a name in capitals; or a given name alone, as in "Kate from Acme"."""
    if not words:
        return False
    known = _known_names(rules)
    # "Mari-Liis" is known by its first part.
    given = [word[0].isupper() and not known.isdisjoint((normal(word), normal(word).split("-")[0])) for word in words]
    given[0] |= _is_initial(words[0], rules) and len(words[1:2] and words[1]) > 1
    capital = [word[0].isupper() for word in words]
    pairs = zip(given, given[1:], capital, capital[1:], strict=False)
    if any(
        (first and next_capital) or (second and this_capital) for first, second, this_capital, next_capital in pairs
    ):
        return True
    return given[0] and len(words[0]) > 1 and (len(words) == 1 or words[1].islower())
