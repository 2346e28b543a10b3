"""A name in the form in which its bearer is addressed: what the languages' own rules have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

CACHED = 4096
"""How many words of names a rule keeps; given names come back, and so do many family names."""

SEPARATOR = re.compile(r"([ -])")
"""Between a name's words; in a group, so that the words can be joined again."""


class Called(Struct, frozen=True, kw_only=True):
    """A name in the form in which its bearer is addressed."""

    form: str
    gender: str = ""  # "f" or "m" where the spelling gives it away


def as_written(name: str) -> Called:
    """The name itself: most languages address people by it unchanged."""
    return Called(form=name)


# Beside "Dr." and "Prof.", whose stop tells them.
_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "lord", "lady", "rev", "herr", "frau"}
)


def first_name(name: str) -> Called | None:
    """The given name of "Given Family", as a letter among acquaintances greets; ``None`` for an initial or a title."""
    given = name.split(" ", maxsplit=1)[0]
    letters = given.replace("-", "").replace("'", "").replace("’", "")
    if len(letters) < 2 or not letters.isalpha() or given.casefold() in _TITLES:
        return None
    return Called(form=given)


# Beside those that no list has, such as a second family name: of three words or more nobody can tell.
_PARTICLE_WORDS = "da de del della den der di do dos du la le ten ter und van vom von y zu zum zur"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())


def family_name(name: str) -> str:
    """The family name of "Given Family" or "Given von der Family"; "" where it is not certain."""
    words = name.split(" ")
    if not all(each.replace("-", "").replace("'", "").replace("’", "").isalpha() for each in words):
        return ""
    family = words[1:]
    is_certain = bool(family) and all(each.casefold() in _PARTICLES for each in family[:-1])
    return " ".join(family) if is_certain and family[-1].casefold() not in _PARTICLES else ""


def joined(words: Sequence[str | None]) -> str | None:
    """The words as one name; ``None`` where one of them is not certain."""
    known = [word for word in words if word is not None]
    return "".join(known) if len(known) == len(words) else None
