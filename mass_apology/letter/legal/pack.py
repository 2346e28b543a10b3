"""``templates/legal/NAME.toml``: what a letter must contain and what it must not say, with the article that says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from mass_apology.errors import TemplateError
from mass_apology.letter.markup import source
from mass_apology.letter.values import suggestion
from mass_apology.model import Severity
from mass_apology.near_misses import ended
from mass_apology.system.bounded_toml import parse_toml
from mass_apology.type_errors import converted

ANY = "any"
"""The key of the words that serve in every language."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*", re.ASCII)


class Demand(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a letter must contain.

    Where the scenario knows one of the ``facts``, ``least`` of them must stand in the letter; otherwise one of the
    ``words`` of its language must.
    """

    what: str  # a phrase: "the likely consequences"
    source: str  # the article
    facts: tuple[str, ...] = ()  # by the names that the library's scenarios have for it
    least: int = 1  # how many of them
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by language: beginnings of words
    heading: bool = False  # the words must stand in a heading
    unless: str = ""  # when the law does without, as a sentence


class Ban(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a letter must not say."""

    why: str  # a sentence
    source: str  # the article
    words: Mapping[str, tuple[str, ...]]  # by language: beginnings of words


class Pack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules for one kind of letter. They are a help and no legal advice."""

    title: str
    must: tuple[Demand, ...] = ()
    must_not: tuple[Ban, ...] = ()
    forbidden_is: Severity = Severity.WARNING  # how a word that must not be there is taken


def load_pack(name: str, directories: Sequence[Path]) -> Pack:
    """Read ``legal/NAME.toml`` from the first directory that has it.

    ``TemplateError`` where none has, with the nearest name, or where the file says what cannot be used.
    """
    there = {path.stem: path for folder in reversed(directories) for path in (folder / "legal").glob("*.toml")}
    if not _NAME.fullmatch(name) or name not in there:
        raise TemplateError(
            ended(f"There is no legal pack `{name}`{suggestion(name, there)}"),
            next_step="Correct `legal_pack` in scenario.toml, or write the pack into templates/legal.",
        )
    path = there[name]
    try:
        return converted(parse_toml(source.read(path)), Pack)
    except ValueError as error:
        raise TemplateError(f"{path}: {error}.", next_step="Correct the file.") from error
