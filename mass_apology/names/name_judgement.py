"""One name of a customer file → what kind of name it is, how to greet with it, and what to show of it.

A greeting that is wrong is worse than one without a name: "Dear Dr.,", "Dear Acme GmbH," and "Dear maria smith," are
what people remember of a letter. So a name is used only where nothing speaks against it. The words are data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import StrEnum, auto
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from mass_apology.names.clickable import clickable, is_invisible, plain
from mass_apology.names.name_words import folded, joined, name_words, shaped
from mass_apology.names.remarks import holds_remark

CACHED = 4096
"""How many judgements are kept: several steps ask about one letter's name."""


class Kind(StrEnum):
    """What stands in a name's place."""

    NONE = auto()  # nothing
    PERSON = auto()  # somebody can be greeted with it
    REVERSED = auto()  # "Smith, John": greeted as John Smith
    ORGANISATION = auto()  # a company, or what the company's column says
    SEVERAL = auto()  # a list of people, or what could be one
    WRONG_CASE = auto()  # "maria smith", "MARIA SMITH"
    REMARK = auto()  # "John Smith (deceased)", "John - do not call", "Dear John"
    INITIALS = auto()  # "J. S."
    REPEATED = auto()  # "Anna Anna"
    SYMBOLS = auto()  # emoji, brackets, and what else is in no name
    NUMBER = auto()  # "12345", "USR00123", a telephone number
    TITLE = auto()  # "Dr." alone
    PLACEHOLDER = auto()  # "N/A", "test", "-"
    ADDRESS = auto()  # an e-mail address
    LINK = auto()  # something that mail programs link


class Judgement(Struct, frozen=True, kw_only=True):
    """What came of a name."""

    kind: Kind
    greeted: str = ""  # the name as a greeting takes it; empty for one without a name
    shown: str = ""  # the name as the letter and its To: field may show it; empty for none


def judge(name: str, company: str = "") -> Judgement:
    """What ``name`` is; ``company`` is what the customer's row says of its company, where it does."""
    found = _judged(name)
    if company and found.greeted and folded(name) == folded(company):
        return Judgement(kind=Kind.ORGANISATION, shown=found.shown)
    return found


@lru_cache(CACHED)
def _judged(name: str) -> Judgement:
    if _CONTROL.search(name):  # a header refuses it, and says so
        return Judgement(kind=Kind.SYMBOLS, shown=name)
    text = " ".join(name.split())
    if _is_ordinary(text):
        return _person(text)
    text = "".join(each for each in text if each in _JOINERS or not is_invisible(each)).strip()
    if (before := _without_suffixes(text)) != text:
        return _judged(before)
    kind = next((kind for kind, holds in _KINDS if holds(text)), Kind.PERSON)
    return _OUTCOMES.get(kind, _only_shown)(kind, text)


_JOINERS = frozenset("\u200c\u200d")  # which Persian and Indic names are spelled with


def _is_ordinary(text: str) -> bool:
    """Two words or more such as "Anna Kowalska": nearly every name is, and a million names take their time."""
    words = text.split(" ")
    return 1 < len(words) == len(set(words)) and all(map(_is_ordinary_word, words))


def _is_ordinary_word(word: str) -> bool:
    if word.isalpha():
        return _tells_nothing(word)
    parts = _COMPOUND.fullmatch(word)  # "Kowalska-Nowak", "O'Brien"
    return (
        parts is not None
        and all(map(_tells_nothing, filter(None, parts.groups())))
        and _letters(word).casefold() not in name_words().remarkable
    )


def _tells_nothing(word: str) -> bool:
    lists = name_words()
    return (
        len(word) > 2  # shorter ones are initials, and companies' abbreviations
        and word.istitle()
        and word.casefold() not in lists.remarkable
        and word not in lists.as_written
    )


def _without_suffixes(text: str) -> str:
    """ "Anna Koch" of "Anna Koch, MBA, M. Sc."."""
    before, comma, last = text.rpartition(",")
    suffixes = name_words().suffixes
    behind = joined(last) in suffixes or (bool(last.strip()) and all(joined(word) in suffixes for word in last.split()))
    return _without_suffixes(before.strip()) if comma and before.strip() and behind else text


def _person(text: str) -> Judgement:
    return Judgement(kind=Kind.PERSON, greeted=text, shown=text)


def _only_shown(kind: Kind, text: str) -> Judgement:
    return Judgement(kind=kind, shown=text)


def _not_even_shown(kind: Kind, _text: str) -> Judgement:
    return Judgement(kind=kind)


def _turned_round(_kind: Kind, text: str) -> Judgement:
    """ "Smith, John" → "John Smith", judged once more: "SMITH, JOHN" is still no greeting."""
    family, given = (part.strip() for part in text.split(","))
    if _are_titles(given):
        return Judgement(kind=Kind.SEVERAL, shown=text)
    found = _judged(f"{given} {family}")
    return Judgement(kind=Kind.REVERSED, greeted=found.greeted, shown=found.shown) if found.greeted else found


_OUTCOMES: dict[Kind, Callable[[Kind, str], Judgement]] = {
    Kind.PERSON: lambda _, text: _person(text),
    Kind.REVERSED: _turned_round,
    **dict.fromkeys((Kind.NONE, Kind.TITLE, Kind.PLACEHOLDER, Kind.REMARK, Kind.ADDRESS, Kind.LINK), _not_even_shown),
    Kind.NUMBER: lambda kind, text: Judgement(kind=kind, shown=text if _letters(text) else ""),
    Kind.SYMBOLS: lambda kind, text: Judgement(kind=kind, shown=text if _letters(text) else ""),
}
"""How a kind of name is used; those that are not here are shown as they are, and greeted without."""


def _is_nothing(text: str) -> bool:
    return not text


def _is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(plain(text)) is not None


def _is_link(text: str) -> bool:
    return bool(clickable(text))


def _is_placeholder(text: str) -> bool:
    words, said = name_words(), folded(text)
    if said in words.small_placeholders:
        return not (text[:1].isupper() and text[1:].islower())
    said_nothing = not _letters(text) and not any(each.isdigit() or _is_picture(each) for each in text)
    known = said in words.placeholders or said.replace(" ", "") in words.placeholders
    return said_nothing or known or _is_drummed(said) or _holds_placeholder(text)


def _holds_placeholder(text: str) -> bool:
    """ "John None", "Mr. Unknown", "null null": of several words, one or all stand for a missing name."""
    lists, words = name_words(), text.split()
    named = [word for word in words if not _is_plain_title(word)]
    if len(words) == 1 or not named:
        return False
    if all(folded(word) in lists.placeholders for word in words):
        return True
    return any(folded(word) in lists.missing or _is_small_missing(word, text) for word in named)


def _is_small_missing(word: str, text: str) -> bool:
    return folded(word) in name_words().small_missing and (word.islower() or (word.isupper() and not text.isupper()))


def _is_plain_title(word: str) -> bool:
    """A title that is nobody's name."""
    return _are_titles(word) and (joined(word) not in name_words().weak_titles or word.endswith("."))


def _is_number(text: str) -> bool:
    digits = sum(each.isdigit() for each in text)
    words = re.split(r"[\s,;/]+", text)
    mixed = any(_letters(word) and any(each.isdigit() for each in word) for word in words)
    return digits > 0 and (mixed or digits >= _TELEPHONE or not _letters(text))


def _has_symbols(text: str) -> bool:
    if any(each in _NO_LETTERS or _is_picture(each) for each in text) or any(map(_has_odd_dot, _words(text))):
        return True
    *_, last = words = text.split()
    return not any(map(str.isalnum, words[0])) or not any(map(str.isalnum, last))  # "John -", "† John"


def _has_odd_dot(word: str) -> bool:
    """A dot that no abbreviation explains: "anna.kowalska", "Anna."."""
    *before, last = word.split(".")
    parts = [part for part in before if part]
    if not parts or _are_titles(word):
        return False
    unexplained = [len(_letters(part)) > 2 and not _are_titles(part) for part in parts]
    return all(unexplained) and (len(last) > 1 or len(_letters(parts[-1])) > 3)


def _is_title(text: str) -> bool:
    weak = name_words().weak_titles | name_words().between
    return _are_titles(text) and any(joined(word) not in weak or word.endswith(".") for word in _words(text))


def _is_organisation(text: str) -> bool:
    lists = name_words()
    words = [word for word in re.split(r"[\s,;]+", _QUOTATION.sub(" ", text)) if word]
    said = folded(text).split()
    if any(form in text for form in lists.within):
        return True
    if not lists.in_any_case.isdisjoint(map(joined, words)) or not lists.organisations.isdisjoint(said):
        return True
    if len(words) > 1 and any(_is_legal_form(word, at in {0, len(words) - 1}) for at, word in enumerate(words)):
        return True
    padded = f" {' '.join(said)} "
    return any(padded.endswith(form) and len(padded) > len(form) for form in lists.several_words) or any(
        padded.startswith(form) and len(form) > len(" o o ") for form in lists.several_words
    )


def _is_legal_form(word: str, outermost: bool) -> bool:  # noqa: FBT001 (private, and called once)
    shape = shaped(word)
    return shape in name_words().as_written and (outermost or len(shape) > 2)  # initials stand inside


def _is_several(text: str) -> bool:
    """A list, as far as commas tell: "Anna Nowak, Jan Nowak"."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1:
        return False
    return len(parts) > 2 or not all(parts) or not (_are_titles(parts[1]) or _is_reversible(*parts))


def _is_reversible(family: str, given: str) -> bool:
    """One family name with its particles, or two and one given name."""
    names = [word for word in _words(family) if folded(word) not in name_words().particles]
    return len(names) == 1 or (len(names) == 2 and len(_words(given)) == 1)  # García Márquez, Gabriel


def _is_reversed(text: str) -> bool:
    return "," in text


def _is_repeated(text: str) -> bool:
    words = [folded(word) for word in _words(text) if not _is_plain_title(word)]  # "Dr. Dr. Max Müller" has two
    half = len(words) // 2
    twice = half > 0 and len(words) % 2 == 0 and words[:half] == words[half:] and max(map(len, words)) > 1
    return twice or any(one == other and len(one) > 1 for one, other in pairwise(words))


def _is_initials(text: str) -> bool:
    names = [word for word in _words(text) if not _are_titles(word)] or _words(text)
    return all(map(_is_initial, names))


def _is_initial(word: str) -> bool:
    letters = _letters(word)
    has_case = letters != letters.swapcase()
    return has_case and (len(letters) == 1 or (_INITIALS.fullmatch(word) is not None and letters.isupper()))


def _is_wrong_case(text: str) -> bool:
    letters = _letters(text)
    if letters == letters.swapcase():
        return False  # of a script without capitals
    if letters == letters.lower() or letters == letters.upper():
        return True
    *before, last = words = _words(text)
    titled = any(map(_is_plain_title, words))
    return _begins_small(last) or any(_begins_small(word) for word in before if not (titled and _is_short(word)))


def _is_short(word: str) -> bool:
    """ "dr hab. n. med. Jan Nowak": small words with a dot belong to the titles."""
    return word.endswith(".") and len(_letters(word)) <= _ABBREVIATION


def _begins_small(word: str) -> bool:
    letters = _letters(word)
    if not letters[:1].islower() or folded(word) in name_words().particles or _are_titles(word):
        return False
    return _SMALL_BEGINNING.match(word) is None


_KINDS: Sequence[tuple[Kind, Callable[[str], bool]]] = (
    (Kind.NONE, _is_nothing),
    (Kind.ADDRESS, _is_address),
    (Kind.LINK, _is_link),
    (Kind.PLACEHOLDER, _is_placeholder),
    (Kind.TITLE, _is_title),
    (Kind.ORGANISATION, _is_organisation),
    (Kind.REMARK, holds_remark),
    (Kind.NUMBER, _is_number),
    (Kind.SYMBOLS, _has_symbols),
    (Kind.SEVERAL, _is_several),
    (Kind.REVERSED, _is_reversed),
    (Kind.REPEATED, _is_repeated),
    (Kind.INITIALS, _is_initials),
    (Kind.WRONG_CASE, _is_wrong_case),
)
"""The first that holds is the name's kind; a person's, where none does."""

_COMPOUND = re.compile(r"(?:[A-Z]['’])?([^\W\d_]+)(?:-([^\W\d_]+))?")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_ABBREVIATION = 4  # letters
_TELEPHONE = 7  # digits: telephones make a number of them that can be dialled
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_INITIALS = re.compile(r"(?:[^\W\d_][.]?){1,3}|(?:[^\W\d_]\.-?){1,4}")
_NO_LETTERS = frozenset('<>{}[]|\\/_*#~^=+$%!?:;"“”„«»()@…§¶¿¡†‡‰•¦\ufffd')
_QUOTATION = re.compile(r"[\"“”„«»()]")
_SMALL_BEGINNING = re.compile(  # d'Arc, dell'Acqua, al-Sayed, deVries
    r"(?:\w{1,4}['’ʼ`´]|(?:al|el|ul|ibn|bin|abu|ad|ar|as|az|an|at)-|(?:de|di|da|du|le|la|van|von|mac|mc)(?=[A-ZÀ-Þ]))"
)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if _letters(word)]


def _are_titles(text: str) -> bool:
    lists = name_words()
    words = [word for word in _words(text) if joined(word) not in lists.between]
    return bool(words) and all(part in lists.titles for word in words for part in map(joined, _parts(word)))


def _parts(word: str) -> list[str]:
    """ "Dr.med." is two titles, and "Ph.D." one."""
    return [word] if joined(word) in name_words().titles else [part for part in word.split(".") if part]


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text))


def _is_picture(character: str) -> bool:
    """Emoji and other symbols; accents that stand by themselves serve as apostrophes."""
    return unicodedata.category(character) in {"So", "Sc", "Sm", "Co", "Cn"} or 0x1F3FB <= ord(character) <= 0x1F3FF


def _is_drummed(said: str) -> bool:
    """One letter again and again: "xxx"."""
    return len(said) > 2 and len(set(said)) == 1
