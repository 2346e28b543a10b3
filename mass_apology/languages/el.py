"""Greek, whose men are called in the vocative."""

from __future__ import annotations

import re
from functools import lru_cache, partial

from mass_apology.languages.language import (
    NO_BREAK,
    Bonds,
    Days,
    Durations,
    Greetings,
    Labels,
    Language,
    Reading,
    Salutations,
    Spans,
)
from mass_apology.languages.vocative import CACHED, SEPARATOR, Called, first_name, joined

# -ης and -ας lose their -ς. What ends in -ος takes -ε where the stress lies two syllables before the ending
# (Παπαδόπουλε); where it lies one before, given names of two syllables and family names take -ο (Νίκο, Βενιζέλο).
# Not safe: -ός, compounds such as Οικονόμος, further given names of that stress, and whatever carries no accent.
_STRESSED, _VOWEL, _CONSONANT = "[άέήίόύώΐΰ]", "[αεηιουωϊϋ]", "[βγδζθκλμνξπρστφχψ]"
_EVERY = (
    r"(?P<to_o>(?:στέλι|αλέκ)ος)"
    r"|(?P<to_e>(?:κωνσταντίν|αυγουστίν|λυκούργ)ος"
    rf"|.*{_STRESSED}{_CONSONANT}+{_VOWEL}+{_CONSONANT}*ος)"
    r"|(?P<drop>.*[αηάή]ς)"
)
_GIVEN = re.compile(
    rf"{_EVERY}|(?P<short_to_o>{_CONSONANT}*ι?[αεο]?{_STRESSED}{_CONSONANT}+ος)",
)
_FAMILY = re.compile(rf"{_EVERY}|(?P<family_to_o>.*{_STRESSED}{_CONSONANT}+(?<!λόγ)(?<!νόμ)(?<!γράφ)(?<!φόρ)(?<!ίν)ος)")
_ENDINGS = {"to_o": (2, "ο"), "short_to_o": (2, "ο"), "family_to_o": (2, "ο"), "to_e": (2, "ε"), "drop": (1, "")}
_FEMININE = ("α", "ά", "η", "ή", "ω", "ώ")


def _called(name: str) -> Called | None:
    """ "Νίκος Παπαδόπουλος" → "Νίκο Παπαδόπουλε"; ``None`` where the vocative is not certain."""
    given, *others = SEPARATOR.split(name)
    form = joined([_given(given), *map(_family, others)])
    feminine = given.endswith(_FEMININE)
    if form is None or form == name:
        return Called(form=form, gender="f" if feminine else "") if form else None
    return None if feminine else Called(form=form, gender="m")


def _called_by_first_name(name: str) -> Called | None:
    """ "Νίκος Παπαδόπουλος" → "Νίκο"."""
    given = first_name(name)
    return _called(given.form) if given else None


def _word(pattern: re.Pattern[str], word: str) -> str | None:
    if not word.endswith(("ς", "Σ", "s", "S")):
        return word
    match = None if word.isupper() else pattern.fullmatch(word.lower())
    if not match:
        return None
    cut, ending = _ENDINGS[match.lastgroup or ""]
    return word[:-cut] + ending


_given = lru_cache(CACHED)(partial(_word, _GIVEN))
_family = lru_cache(CACHED)(partial(_word, _FAMILY))


LANGUAGE = Language(
    code="el",
    salutations=Salutations(
        named=Greetings(f="Αγαπητή {name},", m="Αγαπητέ {name},"),
        unnamed=Greetings(any="Αγαπητή πελάτισσα, αγαπητέ πελάτη,", f="Αγαπητή πελάτισσα,", m="Αγαπητέ πελάτη,"),
        called=_called,
        gender_by_name=True,
    ),
    informal=Salutations(
        named=Greetings(any="Γεια σας, {name},"), unnamed=Greetings(any="Γεια σας,"), called=_called_by_first_name
    ),
    days=Days(on_day="στις {}", on_date="στις {}", on_first="την 1η{}"),
    durations=Durations(),
    spans=Spans(
        days="από τις {day} έως τις {to_day}",
        times="από τις {time} έως τις {to_time}",
        moments="από τις {day} στις {time} έως τις {to_day} στις {to_time}",
        since_day="από τις {day}",
        since_moment="από τις {day} στις {time}",
        until_day="έως τις {to_day}",
        until_moment="έως τις {to_day} στις {to_time}",
        words={"τις 01:": "τη 01:", "τις 1 ": "την 1η ", f"τις 1{NO_BREAK}": f"την 1η{NO_BREAK}"},  # both are one
    ),
    labels=Labels(registration="Αρ. ΓΕΜΗ {}", vat="ΑΦΜ {}", outgoing="Αρ. πρωτ. {}"),
    bonds=Bonds(),
    country="GR",
    reading=Reading(
        alphabet="αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",
        called=(
            *("greek", "modern greek", "griechisch", "grecki", "kreeka", "grieķu", "греческий", "ελληνικά"),
            *("ελληνική", "ell", "gre"),
        ),
        countries=("gr",),
        yes=("ναι", "ν", "αληθές"),
        no=("όχι", "ο", "ψευδές"),
        women=("θ", "γ", "θήλυ", "γυναίκα", "κα", "κυρία", "δις", "δεσποινίς"),
        men=("α", "άρρεν", "άνδρας", "άντρας", "κ", "κος", "κύριος"),
        no_name=(
            *("άγνωστος", "άγνωστη", "άγνωστο", "κανένας", "κενό", "χωρίς όνομα", "δεν υπάρχει", "δεν δόθηκε"),
            *("πελάτης", "πελάτισσα", "χρήστης", "επισκέπτης", "όνομα", "επώνυμο", "ονοματεπώνυμο", "ανώνυμος"),
            *("δοκιμή", "τεστ"),
        ),
        nobody=("άγνωστος", "άγνωστη"),
        reply_prefixes=("απ", "σχετ", "πρθ", "απάντηση"),
        away=("αυτόματη απάντηση", "αυτόματο μήνυμα", "εκτός γραφείου"),
    ),
)
