"""One language, as frozen values: everything that letters and files need to know of it beside Unicode's CLDR."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field

from mass_apology.languages.vocative import Called, as_written

NO_BREAK = "\u00a0"


class Salutations(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a letter begins, for each gender: "f", "m", and "" where it is not known or plays no part.

    A gender without a form has that of "", and a name without one is left out.
    """

    named: Mapping[str, str]  # "{name}" stands for the name as ``called`` gives it
    unnamed: Mapping[str, str]  # where no name is known, or none that is certain to be right
    called: Callable[[str], Called | None] = as_written  # a name → as one addresses its bearer; None if not certain
    gender_by_name: bool = False  # whether a name's spelling tells women as surely as men; else it only contradicts


class Days(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a day answers "when?" in a running sentence. "{}" stands for the day as CLDR writes it: "20 November"."""

    on_day: str = "{}"  # "on {}"
    on_date: str = "{}"  # of a day with its year
    on_first: str = ""  # both, for the first of a month, where it is said otherwise; "{}" stands for what follows the 1
    months: tuple[str, ...] = ()  # January to December in the case of "when?", where CLDR has that case of none
    words: Mapping[str, str] = field(default_factory=dict)  # CLDR's word → the one in a sentence: "г." → "года"


class Durations(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of "3 hours and 12 minutes" that differ from CLDR's."""

    words: Mapping[str, str] = field(default_factory=dict)  # CLDR's word → everybody's
    lasting: Mapping[str, str] = field(default_factory=dict)  # a word → its case where it says how long something took


class Labels(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands before a number; "{}" stands for the number."""

    registration: str  # of the company
    vat: str
    outgoing: str  # the letter's own number


class Bonds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What no line end may part. Words stand apart by spaces, and count in capitals too."""

    to_next: str = ""  # words that lead to what follows
    to_number: str = ""  # abbreviations that belong to a number before them, and then not to what follows
    to_previous: str = ""  # signs that do not begin a line


class Language(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One language. ``None`` is what is not known of it: its letters then do without, and ``check`` says so.

    A language that needs none of something says that with an empty value, such as ``Bonds()``.
    """

    code: str  # ISO 639, as in the names of its letters: "pl"
    locale: str = ""  # CLDR's name, where the code alone would be misread; otherwise the code
    space: str = NO_BREAK  # between a number and its word
    salutations: Salutations | None = None
    days: Days | None = None
    durations: Durations | None = None
    labels: Labels | None = None
    bonds: Bonds | None = None
    country: str | None = None  # ISO 3166-1: whose order of town and postcode counts where a row names no country

    @property
    def lacks(self) -> tuple[str, ...]:
        """The fields that nobody has filled in."""
        return tuple(name for name in self.__struct_fields__ if getattr(self, name) is None)
