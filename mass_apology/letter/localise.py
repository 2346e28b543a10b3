"""Dates, times, numbers and salutations in the recipient's language and time zone (Unicode CLDR, through Babel)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date as Date  # a method of Localiser is called date  # noqa: N812
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, list_currencies
from babel.units import format_unit
from msgspec import Struct

LOCALES: Mapping[str, str] = MappingProxyType({"en": "en_GB"})
"""Where a language alone would be misread: "en" is American in CLDR, with a clock of twelve hours."""

MAX_LISTED = 1000
"""The most items of a list in words; Babel needs time that grows with the square of their number."""

CACHED = 4096
"""How many formatted values are kept: an incident's moments in every time zone, with room to spare."""


class Called(Struct, frozen=True, kw_only=True):
    """A name in the form in which its bearer is addressed."""

    form: str
    gender: str = ""  # "f" or "m" where the spelling gives it away


_NUMBERED_WORD = re.compile(r"(\d\.?) (?=[^\W\d])")
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

# Where a day answers "when?", some languages inflect the month; CLDR has the nominative and the genitive only.
_ESTONIAN = (
    "jaanuaril veebruaril märtsil aprillil mail juunil juulil augustil septembril oktoobril novembril detsembril"
)
_LATVIAN = "janvārī februārī martā aprīlī maijā jūnijā jūlijā augustā septembrī oktobrī novembrī decembrī"
_MONTHS_WHEN: Mapping[str, Sequence[str]] = MappingProxyType({"et": _ESTONIAN.split(), "lv": _LATVIAN.split()})


def _greek_when(label: str, day: Date) -> str:
    return f"την 1η{label.removeprefix('1')}" if day.day == 1 else f"στις {label}"


_WHEN: Mapping[str, Callable[[str, Date], str]] = MappingProxyType(
    {
        "el": _greek_when,
        "en": lambda label, _: f"on {label}",
        "pl": lambda label, _: f"{label}\u00a0r." if label[-1].isdigit() else label,
        "ru": lambda label, _: label.replace("г.", "года"),
    }
)
"""A day's or a date's label → when something happened, for a running sentence; elsewhere the label serves."""


class Localiser:
    """One language's way of writing values.

    Every method raises ``ValueError`` with a sentence where a value cannot be written. ``language`` is an ISO 639
    code that CLDR knows; another raises ``ValueError`` at once.
    """

    def __init__(self, language: str) -> None:
        try:
            self.locale = Locale.parse(LOCALES.get(language, language))
        except (UnknownLocaleError, ValueError):
            raise ValueError(f"`{language}` is not a language whose dates and numbers are known") from None
        # In English text it would be the only character that is not ASCII, and cost every letter an 8bit part.
        self._space = " " if self.locale.language == "en" else "\u00a0"
        self._salutations = SALUTATIONS.get(language, OTHER)
        # An incident's moments come back in every letter, and Babel needs 20 µs for each.
        self._moment = lru_cache(CACHED, typed=True)(self._write_moment)
        self._day = lru_cache(CACHED, typed=True)(self._write_day)
        self._date = lru_cache(CACHED, typed=True)(self._write_date)
        self._time = lru_cache(CACHED, typed=True)(self._write_time)
        self._duration = lru_cache(CACHED, typed=True)(self._write_duration)

    @property
    def direction(self) -> str:
        """``"ltr"`` or ``"rtl"``, for HTML's ``dir``."""
        return self.locale.text_direction

    def day(self, value: Date, time_zone: str = "UTC") -> str:
        """ "20 November"."""
        return self._day(value, time_zone or "UTC")

    def date(self, value: Date, time_zone: str = "UTC") -> str:
        """ "20 November 2026"."""
        return self._date(value, time_zone or "UTC")

    def on_day(self, value: Date, time_zone: str = "UTC") -> str:
        """ "on 20 November", with whatever the language says before a day, and its case."""
        return self._when(self._day(value, time_zone or "UTC"), value, time_zone)

    def on_date(self, value: Date, time_zone: str = "UTC") -> str:
        """ "on 20 November 2026"."""
        return self._when(self._date(value, time_zone or "UTC"), value, time_zone)

    def time(self, value: datetime, time_zone: str = "UTC") -> str:
        """ "10:12 CET": 24 hours, with the zone's short name or its offset."""
        return self._time(value, time_zone or "UTC")

    def clock(self, value: datetime, time_zone: str = "UTC") -> str:
        """ "10:12": without the zone, where that stands beside it."""
        return str(format_datetime(_clock(value, time_zone or "UTC"), "HH:mm", locale=self.locale))

    def moment(self, value: datetime, time_zone: str = "UTC") -> str:
        """ "20 November 2026, 10:12 CET"."""
        return self._moment(value, time_zone or "UTC")

    def duration(self, minutes: float | Decimal) -> str:
        """ "3 hours and 12 minutes", from whole minutes; parts that are nought are left out."""
        return self._duration(minutes)

    def number(self, value: float | Decimal) -> str:
        """ "1,234.5", in the language's own grouping and decimal sign."""
        return _plain(format_decimal(_number(value), locale=self.locale))

    def money(self, amount: float | Decimal, currency: str) -> str:
        """ "€12.50"; ``currency`` is an ISO 4217 code."""
        if currency not in list_currencies():
            raise ValueError(f"`{currency}` is not a currency's code such as EUR")
        return _plain(format_currency(_number(amount), currency, locale=self.locale))

    def listing(self, items: Iterable[object]) -> str:
        """ "a, b and c", from at most 1,000 items."""
        words = [str(item) for item in items]
        if len(words) > MAX_LISTED:
            raise ValueError(f"a list of {len(words)} items is too long to be written out")
        return _plain(format_list(words, locale=self.locale)) if words else ""

    def salutation(self, name: str, gender: str) -> str:
        """The letter's first line with its punctuation. ``gender`` is "f", "m" or ""; the result may be "".

        ``name`` is "Given Family" as the file writes it. It is left out where its form in a salutation is not certain,
        and where its spelling contradicts ``gender``, which then counts as unknown.
        """
        forms = self._salutations
        called = forms.called(" ".join(name.split())) if _LETTER.search(name) else None
        if called is None:
            return forms.unnamed.get(gender) or forms.unnamed[""]
        if gender and called.gender and gender != called.gender:
            return forms.unnamed[""]
        known = gender or (called.gender if forms.gender_by_name else "")
        form = forms.named.get(known) or forms.named.get("") or forms.unnamed[""]
        return form.replace("{name}", called.form)

    def _when(self, label: str, value: Date, time_zone: str) -> str:
        language, local = self.locale.language, _local(value, time_zone or "UTC")
        if months := _MONTHS_WHEN.get(language):
            return label.replace(self.locale.months["format"]["wide"][local.month], months[local.month - 1])
        return _WHEN[language](label, local) if language in _WHEN else label

    def _write_day(self, value: Date, time_zone: str) -> str:
        return self._bound(format_skeleton("MMMMd", _local(value, time_zone), locale=self.locale))

    def _write_date(self, value: Date, time_zone: str) -> str:
        return self._bound(format_date(_local(value, time_zone), "long", locale=self.locale))

    def _write_time(self, value: datetime, time_zone: str) -> str:
        local = _clock(value, time_zone)
        return f"{format_datetime(local, 'HH:mm', locale=self.locale)}{self._space}{_zone_name(local)}"

    def _write_moment(self, value: datetime, time_zone: str) -> str:
        return f"{self._write_date(value, time_zone)}, {self._write_time(value, time_zone)}"

    def _write_duration(self, minutes: float | Decimal) -> str:
        number = _number(minutes)
        if number < 0 or number != int(number):
            raise ValueError(f"`{minutes}` is not a whole number of minutes")
        days, rest = divmod(int(number), 24 * 60)
        counted = (("day", days), ("hour", rest // 60), ("minute", rest % 60))
        parts = [self._unit(count, unit) for unit, count in counted if count]
        return self._bound(format_list(parts or [self._unit(0, "minute")], locale=self.locale))

    def _bound(self, text: str) -> str:
        """As ``_plain``, with each number on one line with the word that it belongs to: "20 ноября", "12 minut"."""
        return _NUMBERED_WORD.sub(rf"\1{self._space}", _plain(text))

    def _unit(self, count: int, unit: str) -> str:
        written: str = format_unit(count, f"duration-{unit}", "long", locale=self.locale)
        return written.replace("ööpäev", "päev")  # Estonian: CLDR has the day and night of physics


def _local(value: Date, time_zone: str) -> Date:
    """A moment in the recipient's zone; a date stays as it is."""
    if not isinstance(value, Date):
        raise ValueError(f"`{value}` is not a date; is its column declared under [types]?")  # noqa: TRY004 (one class for all)
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError(f"`{value}` does not say its time zone; write it like 2026-11-20T09:12:00Z")
    return value.astimezone(_zone(time_zone))


def _clock(value: Date, time_zone: str) -> datetime:
    """As ``_local``, of something that has a time of day."""
    local = _local(value, time_zone)
    if not isinstance(local, datetime):
        raise ValueError(f"`{value}` has no time of day")  # noqa: TRY004 (one class for all)
    return local


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of the database such as "Europe"
        raise ValueError(f"`{name}` is not a time zone such as Europe/Warsaw") from None


def _zone_name(moment: datetime) -> str:
    """ "CET", or "UTC+5:30" where the zone has no name in letters."""
    name = moment.tzname() or ""
    if name.isalpha():
        return name
    offset = moment.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def _number(value: float | Decimal) -> float | Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise ValueError(f"`{value}` is not a number; is its column declared under [types]?")  # noqa: TRY004 (one class for all)
    if not Decimal(value).is_finite():
        raise ValueError(f"`{value}` is not a finite number")
    return value


def _plain(text: str) -> str:
    """CLDR's narrow and thin no-break spaces as the ordinary one, which every mail font has."""
    return text.replace("\u202f", "\u00a0").replace("\u2009", "\u00a0")
