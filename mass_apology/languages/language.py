"""One language, as frozen values: everything that letters and files need to know of it beside Unicode's CLDR."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct, field

from mass_apology.languages.vocative import Called, as_written

NO_BREAK = "\u00a0"

_COUNTRY = re.compile(r"[A-Z]{2}")


class Greetings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A letter's first line with its punctuation, by the gender of its reader.

    "{name}" stands for the name, and "{family}" for the family name: where that is not certain, ``any`` is written.
    """

    any: str = ""  # where the gender is not known or plays no part
    f: str = ""  # a gender without a line of its own has that of ``any``
    m: str = ""

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for what is not one line."""
        _require_lines(self.any, self.f, self.m)

    def of(self, gender: str) -> str:
        """The line for "f", "m" or "", which is empty where there is none."""
        return {"f": self.f, "m": self.m}.get(gender) or self.any


class Salutations(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a letter begins."""

    named: Greetings  # "{name}" stands for the name as ``called`` gives it; a gender without a line is not named
    unnamed: Greetings  # where no name is known, or none that is certain to be right
    called: Callable[[str], Called | None] = as_written  # a name → as one addresses its bearer; None if not certain
    gender_by_name: bool = False  # whether a name's spelling tells women as surely as men; else it only contradicts

    def __post_init__(self) -> None:
        """Raise ``ValueError`` where somebody would get no first line, or one with braces."""
        if not self.unnamed.any.strip():
            raise ValueError("`unnamed` needs a line `any`, for people whose name and gender are not known")
        named = (each.replace("{name}", "") for each in (self.named.any, *map(_without_family, _by_gender(self.named))))
        if any("{" in each or "}" in each for each in (*_texts(self.unnamed), *named)):
            raise ValueError(
                "only `{name}` may stand in braces, and only in `named`; with `f` and `m`, `{family}` may, too"
            )


class Clock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a time of day is written: "10:12 Uhr MEZ"."""

    time: str = "{}"  # "{}" stands for "10:12"
    zones: Mapping[str, str] = field(default_factory=dict)  # a zone's short name → the language's: "CET" → "MEZ"

    def __post_init__(self) -> None:
        """Raise ``ValueError`` where a time would be lost."""
        _require_place("time", self.time)
        _require_words(self.zones)


class Days(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a day answers "when?" in a running sentence. "{}" stands for the day as CLDR writes it: "20 November"."""

    first: str = ""  # how every date writes the first of a month, where that is not CLDR's "1": "1er"
    on_day: str = "{}"  # "on {}"
    on_date: str = "{}"  # of a day with its year
    on_first: str = ""  # both, for the first of a month, where it is said otherwise; "{}" stands for what follows the 1
    months: tuple[str, ...] = ()  # January to December in the case of "when?", where CLDR's has another case
    words: Mapping[str, str] = field(default_factory=dict)  # CLDR's word → the one in a sentence: "г." → "года"

    def __post_init__(self) -> None:
        """Raise ``ValueError`` where a day would be lost, or a month is missing."""
        _require_lines(self.first)
        _require_place("on_day", self.on_day)
        _require_place("on_date", self.on_date)
        if self.on_first:
            _require_place("on_first", self.on_first)
        _require_months("months", self.months)
        _require_words(self.words)


class Durations(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of "3 hours and 12 minutes" that differ from CLDR's."""

    words: Mapping[str, str] = field(default_factory=dict)  # CLDR's word → everybody's
    lasting: Mapping[str, str] = field(default_factory=dict)  # a whole word → its case where it says how long it took

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for what is no word."""
        _require_words(self.words)
        _require_words(self.lasting)


class Spans(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when to when, and since or until when, in a running sentence.

    "{day}" and "{time}" stand for a day and a time of day, "{to_day}" and "{to_time}" for those of a span's end.
    """

    days: str  # "from {day} to {to_day}"
    times: str  # of one day: "from {time} to {to_time}"
    moments: str  # "from {time} on {day} to {to_time} on {to_day}"
    since_day: str  # "since {day}"
    since_moment: str  # "since {time} on {day}"
    until_day: str  # "until {to_day}"
    until_moment: str  # "until {to_time} on {to_day}"
    months: tuple[str, ...] = ()  # January to December in the case of "{day}", where CLDR's has another case
    to_months: tuple[str, ...] = ()  # in the case of "{to_day}"
    to_months_with_time: tuple[str, ...] = ()  # the same beside a time, where that has another case
    dated: str = "{}"  # what a day with its year needs beside CLDR's words: "{} r."
    year_first: bool = False  # whether a year that both ends share stands with the first of them
    month_once: bool = True  # "from 16 to 20 November", not "from 16 November to 20 November"
    words: Mapping[str, str] = field(default_factory=dict)  # what is said otherwise in the finished words: "с 2 "

    def __post_init__(self) -> None:
        """Raise ``ValueError`` where a day or a time would be lost, or a month is missing."""
        for name, places in _PLACES.items():
            _require_named(name, getattr(self, name), places)
        _require_place("dated", self.dated)
        for name in ("months", "to_months", "to_months_with_time"):
            _require_months(name, getattr(self, name))
        _require_words(self.words)


_PLACES = {
    "days": ("day", "to_day"),
    "times": ("time", "to_time"),
    "moments": ("day", "time", "to_day", "to_time"),
    "since_day": ("day",),
    "since_moment": ("day", "time"),
    "until_day": ("to_day",),
    "until_moment": ("to_day", "to_time"),
}
"""The forms of ``Spans``, and what has to stand in each, once."""


class Labels(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands before a number; "{}" stands for the number."""

    registration: str  # of the company
    vat: str
    outgoing: str  # the letter's own number

    def __post_init__(self) -> None:
        """Raise ``ValueError`` where a number would be lost."""
        for name in self.__struct_fields__:
            _require_place(name, getattr(self, name))


class Bonds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What no line end may part. Words stand apart by spaces, and count in capitals too."""

    to_next: str = ""  # words that lead to what follows
    to_number: str = ""  # abbreviations that belong to a number before them, and then not to what follows
    to_previous: str = ""  # signs that do not begin a line


class Reading(Struct, frozen=True, kw_only=True):
    """Words that people write in files and mails. Those of all languages are read at once: a file mixes them."""

    alphabet: str = ""  # its small letters outside of a to z
    called: tuple[str, ...] = ()  # the language's names, here and elsewhere: "polski", "Polish", and ISO 639-2's "pol"
    countries: tuple[str, ...] = ()  # codes of countries that people write in place of the language's: "gb"
    yes: tuple[str, ...] = ()  # also as programs write it: "prawda"
    no: tuple[str, ...] = ()
    women: tuple[str, ...] = ()  # what a column of genders or titles says of a woman, without full stops: "frau"
    men: tuple[str, ...] = ()
    no_name: tuple[str, ...] = ()  # what stands in a name's place where nobody knows the name
    nobody: tuple[str, ...] = ()  # what says so beside other words as well: "John Unknown"
    reply_prefixes: tuple[str, ...] = ()  # how mail programs mark a subject as answered or forwarded: "re" of "Re:"
    away: tuple[str, ...] = ()  # how vacation programs begin a subject: regular expressions, in small letters


class Language(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One language. ``None`` is what is not known of it: its letters then do without, and ``check`` says so.

    A language that needs none of something says that with an empty value, such as ``Bonds()``.
    """

    code: str  # ISO 639, as in the names of its letters: "pl"
    locale: str = ""  # CLDR's name, where the code alone would be misread; otherwise the code
    space: str = NO_BREAK  # between a number and its word
    salutations: Salutations | None = None
    informal: Salutations | None = None  # of letters in the informal register; without it they greet as formal ones do
    days: Days | None = None
    clock: Clock | None = None  # not needed: figures serve
    durations: Durations | None = None
    spans: Spans | None = None
    labels: Labels | None = None
    bonds: Bonds | None = None
    country: str | None = None  # ISO 3166-1: whose order of town and postcode counts where a row names no country
    reading: Reading = Reading()  # only a shipped language has it

    @property
    def lacks(self) -> tuple[str, ...]:
        """The fields that nobody has filled in, and every letter needs."""
        needed = (name for name in self.__struct_fields__ if name not in {"informal", "clock"})
        return tuple(name for name in needed if getattr(self, name) is None)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for another space, or what is no country's code."""
        if self.space not in {" ", NO_BREAK}:
            raise ValueError('`space` is a space, or a no-break space: "\\u00a0"')
        if self.country and not _COUNTRY.fullmatch(self.country):
            raise ValueError(f"`country` is {self.country!r}, which is no country's code such as 'PL'")


def _texts(greetings: Greetings) -> tuple[str, ...]:
    return greetings.any, greetings.f, greetings.m


def _by_gender(greetings: Greetings) -> tuple[str, ...]:
    return greetings.f, greetings.m


def _without_family(line: str) -> str:
    return line.replace("{family}", "")


def _require_place(name: str, text: str) -> None:
    if text.count("{}") != 1 or not {"{", "}"}.isdisjoint(text.replace("{}", "")):
        raise ValueError(f"`{name}` is {text!r}, and needs the place `{{}}` once")
    _require_lines(text)


def _require_named(name: str, text: str, places: tuple[str, ...]) -> None:
    for place in places:
        if text.count(f"{{{place}}}") != 1:
            raise ValueError(f"`{name}` is {text!r}, and needs the place `{{{place}}}` once")
        text = text.replace(f"{{{place}}}", "")
    if not {"{", "}"}.isdisjoint(text):
        raise ValueError(f"`{name}` has another place than {', '.join(f'`{{{each}}}`' for each in places)}")
    _require_lines(text)


def _require_months(name: str, months: tuple[str, ...]) -> None:
    if len(months) not in {0, 12} or not all(map(str.strip, months)):
        raise ValueError(f"`{name}` holds twelve months, or none where CLDR's serve")
    _require_lines(*months)


def _require_words(words: Mapping[str, str]) -> None:
    if not all(map(str.strip, words)):
        raise ValueError("an empty word cannot be replaced")
    _require_lines(*words, *words.values())


def _require_lines(*texts: str) -> None:
    for text in texts:
        if not text.replace(NO_BREAK, " ").isprintable():
            raise ValueError(f"{text!r} holds a line end or a control character")
