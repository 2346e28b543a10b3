"""What the product knows of a language, one file each: a new language is one file here, and its letters.

Letters, names, recipients' files and returned mail ask here, so the room is shared; see ``Language`` for the fields.
"""

from mass_apology.languages.genders import gender_of
from mass_apology.languages.language import (
    Bonds,
    Clock,
    Days,
    Durations,
    Greetings,
    Labels,
    Language,
    Reading,
    Salutations,
    Spans,
)
from mass_apology.languages.language_files import language_files, read_languages
from mass_apology.languages.registry import SHIPPED, Languages

__all__ = [
    "SHIPPED",
    "Bonds",
    "Clock",
    "Days",
    "Durations",
    "Greetings",
    "Labels",
    "Language",
    "Languages",
    "Reading",
    "Salutations",
    "Spans",
    "gender_of",
    "language_files",
    "read_languages",
]
