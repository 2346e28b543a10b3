"""Latvian, whose men are called in the vocative."""

from __future__ import annotations

import re
from functools import lru_cache

from mass_apology.languages.language import (
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

# Proper names of the first three declensions lose their -s or -š (Jānis Bērziņš → Jāni Bērziņ), all others
# stay. Not safe: -ītis (Kronīt or Kronīti), a vowel before -s that is no Latvian ending (Jonas), foreign spellings.
_MASCULINE = re.compile(r"(?!.?[iī]tis).*[bcčdfgģhjkķlļmnņprŗsštvzž](?:[iu]?s|š)")
_FOREIGN = re.compile(r"[qwxy]|[cpst]h|ck|([^\W\d_])\1\w")


def _called(name: str) -> Called | None:
    """ "Jānis Bērziņš" → "Jāni Bērziņ"; ``None`` where the vocative is not certain."""
    words = SEPARATOR.split(name)
    form = joined([*map(_word, words)])
    if form is None or form == name:
        return Called(form=form) if form else None
    return None if any(map(_is_foreign, words)) else Called(form=form, gender="m")


def _called_by_first_name(name: str) -> Called | None:
    """ "Jānis Bērziņš" → "Jāni"."""
    given = first_name(name)
    return _called(given.form) if given else None


@lru_cache(CACHED)  # given names come back, and so do many family names
def _word(word: str) -> str | None:
    if not word.endswith(("s", "š", "S", "Š")):
        return word
    return word[:-1] if _MASCULINE.fullmatch(word[-5:].lower()) and not word.isupper() else None


@lru_cache(CACHED)
def _is_foreign(word: str) -> bool:
    return _FOREIGN.search(word.lower()) is not None


_GENITIVE = (
    *("janvāra", "februāra", "marta", "aprīļa", "maija", "jūnija"),
    *("jūlija", "augusta", "septembra", "oktobra", "novembra", "decembra"),
)

LANGUAGE = Language(
    code="lv",
    salutations=Salutations(
        named=Greetings(any="Labdien, {name}!", f="Cienījamā {name}!", m="Cienījamais {name}!"),
        unnamed=Greetings(any="Labdien!", f="Cienījamā kliente!", m="Cienījamais klient!"),
        called=_called,
    ),
    informal=Salutations(
        named=Greetings(any="Sveiki, {name}!"), unnamed=Greetings(any="Labdien!"), called=_called_by_first_name
    ),
    days=Days(
        months=(  # the locative; CLDR has the nominative only
            *("janvārī", "februārī", "martā", "aprīlī", "maijā", "jūnijā"),
            *("jūlijā", "augustā", "septembrī", "oktobrī", "novembrī", "decembrī"),
        )
    ),
    # CLDR has the genitive after 10 to 20 ("12 minūšu"), which stands oddly beside "3 stundas".
    durations=Durations(
        words={"minūšu": "minūtes", "stundu": "stundas", "dienu": "dienas"},
        lasting={"minūte": "minūti", "stunda": "stundu", "diena": "dienu"},  # the accusative
    ),
    spans=Spans(
        days="no {day} līdz {to_day}",
        times="no plkst. {time} līdz {to_time}",
        moments="no {day} plkst. {time} līdz {to_day} plkst. {to_time}",
        since_day="kopš {day}",
        since_moment="kopš {day} plkst. {time}",
        until_day="līdz {to_day}",
        until_moment="līdz {to_day} plkst. {to_time}",
        months=_GENITIVE,
        to_months=(  # the dative
            *("janvārim", "februārim", "martam", "aprīlim", "maijam", "jūnijam"),
            *("jūlijam", "augustam", "septembrim", "oktobrim", "novembrim", "decembrim"),
        ),
        to_months_with_time=_GENITIVE,
        year_first=True,
    ),
    labels=Labels(registration="Reģ. Nr. {}", vat="PVN reģ. Nr. {}", outgoing="Nr. {}"),
    bonds=Bonds(),
    country="LV",
    reading=Reading(
        alphabet="āčēģīķļņšūžōŗ",
        called=("latvian", "lettisch", "łotewski", "läti", "latviešu", "latviski", "латышский", "λετονικά", "lav"),
        yes=("jā", "patiess"),
        no=("nē", "ne", "aplams"),
        women=("sieviete", "sieviešu", "kundze", "k-dze", "jaunkundze"),
        men=("vīrietis", "vīriešu", "kungs", "k-gs"),
        no_name=(
            *("nav zināms", "nav norādīts", "nav datu", "nezināms", "nezināma", "klients", "kliente", "vārds"),
            *("uzvārds", "vārds uzvārds", "viesis", "lietotājs", "anonīms", "dzēsts"),
        ),
        nobody=("nezināms", "nezināma"),
        reply_prefixes=("atb", "pārs"),
        away=("automātisk[aā] atbilde", "autoatbilde", "ārpus biroja"),
    ),
)
