"""How a letter begins in each language: the salutation that fits a name and a gender, and none that could be wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from types import MappingProxyType

from msgspec import Struct

CACHED = 4096
"""How many words of names are kept; given names come back, and so do many family names."""


class Called(Struct, frozen=True, kw_only=True):
    """A name in the form in which its bearer is addressed."""

    form: str
    gender: str = ""  # "f" or "m" where the spelling gives it away


_LETTER = re.compile(r"[^\W_]")
_SEPARATOR = re.compile(r"([ -])")  # in a group, so that the words can be joined again


def _as_written(name: str) -> Called:
    return Called(form=name)


# Latvian: proper names of the first three declensions lose their -s or -š (Jānis Bērziņš → Jāni Bērziņ), all others
# stay. Not safe: -ītis (Kronīt or Kronīti), a vowel before -s that is no Latvian ending (Jonas), foreign spellings.
_LATVIAN_MASCULINE = re.compile(r"(?!.?[iī]tis).*[bcčdfgģhjkķlļmnņprŗsštvzž](?:[iu]?s|š)")
_NOT_LATVIAN = re.compile(r"[qwxy]|[cpst]h|ck|([^\W\d_])\1\w")


def _latvian(name: str) -> Called | None:
    """ "Jānis Bērziņš" → "Jāni Bērziņ"; ``None`` where the vocative is not certain."""
    words = _SEPARATOR.split(name)
    form = _joined([*map(_latvian_word, words)])
    if form is None or form == name:
        return Called(form=form) if form else None
    return None if any(map(_is_foreign, words)) else Called(form=form, gender="m")


@lru_cache(CACHED)  # given names come back, and so do many family names
def _latvian_word(word: str) -> str | None:
    if not word.endswith(("s", "š", "S", "Š")):
        return word
    return word[:-1] if _LATVIAN_MASCULINE.fullmatch(word[-5:].lower()) and not word.isupper() else None


@lru_cache(CACHED)
def _is_foreign(word: str) -> bool:
    return _NOT_LATVIAN.search(word.lower()) is not None


# Greek: -ης and -ας lose their -ς. What ends in -ος takes -ε where the stress lies two syllables before the ending
# (Παπαδόπουλε); where it lies one before, given names of two syllables and family names take -ο (Νίκο, Βενιζέλο).
# Not safe: -ός, compounds such as Οικονόμος, further given names of that stress, and whatever carries no accent.
_STRESSED, _VOWEL, _CONSONANT = "[άέήίόύώΐΰ]", "[αεηιουωϊϋ]", "[βγδζθκλμνξπρστφχψ]"
_GREEK_EVERY = (
    r"(?P<to_o>(?:στέλι|αλέκ)ος)"
    r"|(?P<to_e>(?:κωνσταντίν|αυγουστίν|λυκούργ)ος"
    rf"|.*{_STRESSED}{_CONSONANT}+{_VOWEL}+{_CONSONANT}*ος)"
    r"|(?P<drop>.*[αηάή]ς)"
)
_GREEK_GIVEN = re.compile(
    rf"{_GREEK_EVERY}|(?P<short_to_o>{_CONSONANT}*ι?[αεο]?{_STRESSED}{_CONSONANT}+ος)",
)
_GREEK_FAMILY = re.compile(
    rf"{_GREEK_EVERY}|(?P<family_to_o>.*{_STRESSED}{_CONSONANT}+(?<!λόγ)(?<!νόμ)(?<!γράφ)(?<!φόρ)(?<!ίν)ος)"
)
_GREEK_ENDINGS = {"to_o": (2, "ο"), "short_to_o": (2, "ο"), "family_to_o": (2, "ο"), "to_e": (2, "ε"), "drop": (1, "")}
_GREEK_FEMININE = ("α", "ά", "η", "ή", "ω", "ώ")


def _greek(name: str) -> Called | None:
    """ "Νίκος Παπαδόπουλος" → "Νίκο Παπαδόπουλε"; ``None`` where the vocative is not certain."""
    given, *others = _SEPARATOR.split(name)
    form = _joined([_greek_given(given), *map(_greek_family, others)])
    feminine = given.endswith(_GREEK_FEMININE)
    if form is None or form == name:
        return Called(form=form, gender="f" if feminine else "") if form else None
    return None if feminine else Called(form=form, gender="m")


def _greek_word(pattern: re.Pattern[str], word: str) -> str | None:
    if not word.endswith(("ς", "Σ", "s", "S")):
        return word
    match = None if word.isupper() else pattern.fullmatch(word.lower())
    if not match:
        return None
    cut, ending = _GREEK_ENDINGS[match.lastgroup or ""]
    return word[:-cut] + ending


_greek_given = lru_cache(CACHED)(partial(_greek_word, _GREEK_GIVEN))
_greek_family = lru_cache(CACHED)(partial(_greek_word, _GREEK_FAMILY))


def _joined(words: Sequence[str | None]) -> str | None:
    """The words as one name; ``None`` where one of them is not certain."""
    known = [word for word in words if word is not None]
    return "".join(known) if len(known) == len(words) else None


_PATRONYMIC = re.compile(r"[А-ЯЁ][а-яё]+(?:(?P<female>овна|евна|ична)|ович|евич|ьич)|Лукич|Фомич|Никитич")


def _russian(name: str) -> Called:
    """ "Иванов Олег Анатольевич" → "Олег Анатольевич"; other names as they are written.

    Of two words the second may be a family name (Анна Абрамович), so only three tell a patronymic for certain.
    """
    words = name.split(" ")
    for given, patronymic in (words[:2], words[1:]) if len(words) == 3 else ():
        if match := _PATRONYMIC.fullmatch(patronymic):
            return Called(form=f"{given} {patronymic}", gender="f" if match["female"] else "m")
    return Called(form=name)


class Salutations(Struct, frozen=True, kw_only=True):
    """How a letter in one language begins, for each gender: "f", "m", and "" where it is not known or plays no part.

    A gender without a form has that of "", and a name without one is left out.
    """

    named: Mapping[str, str]  # "{name}" stands for the name as ``called`` gives it
    unnamed: Mapping[str, str]  # where no name is known, or none that is certain to be right
    called: Callable[[str], Called | None] = _as_written  # the name as the file writes it → as one addresses its bearer
    gender_by_name: bool = False  # whether a name's spelling tells women as surely as men; else it only contradicts


_POLISH = {"": "Dzień dobry,", "f": "Szanowna Pani,", "m": "Szanowny Panie,"}  # no name: its vocative is not certain

SALUTATIONS: Mapping[str, Salutations] = MappingProxyType(
    {
        "el": Salutations(
            named={"f": "Αγαπητή {name},", "m": "Αγαπητέ {name},"},
            unnamed={
                "": "Αγαπητή πελάτισσα, αγαπητέ πελάτη,",
                "f": "Αγαπητή πελάτισσα,",
                "m": "Αγαπητέ πελάτη,",
            },
            called=_greek,
            gender_by_name=True,
        ),
        "en": Salutations(named={"": "Dear {name},"}, unnamed={"": "Dear customer,"}),
        "et": Salutations(named={"": "Lugupeetud {name}"}, unnamed={"": "Lugupeetud klient"}),  # no comma in Estonian
        "lv": Salutations(
            named={"": "Labdien, {name}!", "f": "Cienījamā {name}!", "m": "Cienījamais {name}!"},
            unnamed={"": "Labdien!", "f": "Cienījamā kliente!", "m": "Cienījamais klient!"},
            called=_latvian,
        ),
        "pl": Salutations(named=_POLISH, unnamed=_POLISH),
        "ru": Salutations(
            named={"": "Здравствуйте, {name}!", "f": "Уважаемая {name}!", "m": "Уважаемый {name}!"},
            unnamed={"": "Здравствуйте!"},
            called=_russian,
            gender_by_name=True,
        ),
    }
)
OTHER = Salutations(named={"": "{name},"}, unnamed={"": ""})


def salutation(language: str, name: str, gender: str) -> str:
    """The letter's first line with its punctuation. ``gender`` is "f", "m" or ""; the result may be "".

    ``name`` is "Given Family", and one that somebody can be greeted with: ``names.judge`` tells. It is left out where
    its form in a salutation is not certain, and where its spelling contradicts ``gender``, which then counts as
    unknown.
    """
    forms = SALUTATIONS.get(language, OTHER)
    called = forms.called(" ".join(name.split())) if _LETTER.search(name) else None
    if called is None:
        return forms.unnamed.get(gender) or forms.unnamed[""]
    if gender and called.gender and gender != called.gender:
        return forms.unnamed[""]
    known = gender or (called.gender if forms.gender_by_name else "")
    form = forms.named.get(known) or forms.named.get("") or forms.unnamed[""]
    return form.replace("{name}", called.form)
