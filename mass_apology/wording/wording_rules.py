"""The rules as values: what kinds of faults there are, and how each language says them.

``kinds.toml`` tells of each kind what it is and why it matters; ``rules/en.toml`` has English's words for it, and
``rules/en.forms.toml`` the forms of those words, which a script expands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, field

from mass_apology.errors import TemplateError
from mass_apology.model import Severity
from mass_apology.near_misses import did_you_mean, ended
from mass_apology.system.bounded_toml import parse_toml
from mass_apology.type_errors import converted
from mass_apology.wording.diacritics import plain
from mass_apology.wording.kept_rules import kept
from mass_apology.wording.matching import Patterns
from mass_apology.wording.patterns import Known, Pattern, parse
from mass_apology.wording.sentences import normal, normal_words
from mass_apology.wording.word_reading import WordReading

_ROOM = Path(__file__).parent
_T = TypeVar("_T", bound=Struct)

MISSING = "-missing"
"""How the ids of rules end that ask for a part of the letter."""

APOLOGY = f"apology{MISSING}"


class Kind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of fault, in all languages."""

    severity: Severity
    title: str  # a phrase: "an apology under a condition"
    why: str  # a sentence for whoever wrote the letter
    source: str  # where that is known from
    facts: tuple[str, ...] = ()  # of a part: a template that shows one of these facts has it
    hidden_by: tuple[str, ...] = ()  # of a part: faults whose words do not show it
    outranks: tuple[str, ...] = ()  # rules that say nothing of a passage in which this one finds something


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of one sort of letter."""

    scenarios: tuple[str, ...]  # templates that are such letters
    parts: tuple[str, ...]  # ids of the rules for the parts that it must have
    only: tuple[str, ...] = ()  # further rules that are for such letters alone
    without: tuple[str, ...] = ()  # rules that do not hold for them


class Kinds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """``kinds.toml``."""

    kinds: Mapping[str, Kind]  # by rule id: "conditional-apology"
    profiles: Mapping[str, Profile]  # by name; "apology" and "letter" are always there

    @cached_property
    def hidden_by(self) -> Mapping[str, frozenset[str]]:
        """Of each part that has some: the faults whose words do not show it."""
        return {rule: frozenset(kind.hidden_by) for rule, kind in self.kinds.items() if kind.hidden_by}

    @cached_property
    def outranked_by(self) -> Mapping[str, frozenset[str]]:
        """Of each rule that has some: those that say better what it says."""
        pairs = [(below, rule) for rule, kind in self.kinds.items() for below in kind.outranks]
        return {below: frozenset(rule for each, rule in pairs if each == below) for below, _ in pairs}

    def profile(self, scenario: str) -> Profile:
        """The profile of a scenario's letters; an apology's without one, and no parts are asked of an unknown one."""
        found = (each for each in self.profiles.values() if scenario in each.scenarios)
        return next(found, self.profiles["letter" if scenario else "apology"])


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of fault in one language. Without ``find`` it is one that the program looks for by itself."""

    find: tuple[str, ...] = ()  # patterns (see ``patterns``); of a part: what shows that the letter has it
    unless: tuple[str, ...] = ()  # patterns that excuse the sentence in which they match
    negated: bool = False  # holds beside "not" too; otherwise a negation before or in the passage excuses it
    better: str = ""  # a wording to take instead, in the language
    good: tuple[str, ...] = ()  # texts in which the rule finds nothing
    bad: tuple[str, ...] = ()  # texts in which it finds something


class RuleFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``rules/xx.toml``."""

    language: str  # its name in English: "Polish"
    negations: tuple[str, ...] = ()  # words: "not", "never"
    abbreviations: tuple[str, ...] = ()  # without their stop: "e.g", "nr"
    common_words: str = ""  # those by which the language is told from others
    frequent_words: str = ""  # those of letters, the most frequent first: patterns are looked up by the rarer ones
    sounds: Mapping[str, str] = field(default_factory=dict)  # letters → the letter that they are heard as
    greetings: tuple[str, ...] = ()  # what a salutation begins with: "dear"
    closings: tuple[str, ...] = ()  # what stands before the signature: "kind regards"
    nobody: tuple[str, ...] = ()  # words of signatures that name no person: "team"
    given_names: str = ""  # people's; where they are listed, a firm such as "Green Basket" is no person
    surname_endings: tuple[str, ...] = ()  # of names that no firm or place has: then a rarer given name may be missing
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # patterns by a name, for <name>
    forms: Mapping[str, str] = field(default_factory=dict)  # a word → further forms of it, by hand
    rules: Mapping[str, Rule] = field(default_factory=dict)


class Rules:
    """The rules of one language, ready to use."""

    def __init__(self, code: str, file: RuleFile, forms: Mapping[str, str]) -> None:
        """``forms`` are those that the script expanded. ``ValueError`` names the pattern that cannot be read."""
        self.code = code
        self.file = file
        self.abbreviations = frozenset(map(normal, file.abbreviations))
        self.negations = frozenset(map(normal, file.negations))
        self.common_words = frozenset(normal_words(file.common_words))
        self.nobody = frozenset(map(normal, file.nobody))
        given = normal_words(file.given_names)
        self.given_names = frozenset([*given, *map(plain, given)])
        self.surname_endings = tuple(map(normal, file.surname_endings))
        known = Known(_merged(forms, file.forms), file.phrases, normal_words(file.frequent_words or file.common_words))
        self.lexicon = known.lexicon
        find = list(_parsed(((rule, each.find) for rule, each in file.rules.items()), known))
        unless = ((rule, each.unless) for rule, each in file.rules.items())
        self.find = Patterns((each for each in find if not _is_part(each[0])), self.lexicon)
        self.parts = Patterns((each for each in find if _is_part(each[0])), self.lexicon)
        self.unless = Patterns(_parsed(unless, known), self.lexicon)
        self.words = WordReading(chain(self.find.words(), self.parts.words()), self.lexicon, _unambiguous(file.sounds))
        self.greetings = Patterns(
            _parsed([("greetings", [f"^ {each}" for each in file.greetings])], known), self.lexicon
        )
        self.closings = Patterns(_parsed([("closings", [f"^ {each}" for each in file.closings])], known), self.lexicon)
        entries = enumerate(self.lexicon.entries)
        self._saying_no = frozenset(
            number for number, each in entries if not self.negations.isdisjoint(each.vocabulary)
        )

    def says_no(self, pattern: Pattern) -> bool:
        """Whether a pattern asks for a negation."""
        return not self._saying_no.isdisjoint(pattern.numbers())


def _is_part(rule: str) -> bool:
    """Whether a rule only asks if a letter has a part; of apologies, the places matter, too."""
    return rule.endswith(MISSING) and rule != APOLOGY


def _unambiguous(sounds: Mapping[str, str]) -> Mapping[str, str]:
    """Two spellings of one sound are found to be the same only where both are heard as the same letter."""
    for letters, heard in sounds.items():
        if sounds.get(heard, heard) != heard:
            raise ValueError(f"sounds: “{letters}” is heard as “{heard}”, which is heard as “{sounds[heard]}”")
    return sounds


def _merged(*tables: Mapping[str, str]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for table in tables:
        for word, forms in table.items():
            result.setdefault(normal(word), []).extend(normal_words(forms))
    return result


def _parsed(texts: Iterable[tuple[str, Sequence[str]]], known: Known) -> Iterator[tuple[str, Pattern]]:
    for rule, patterns in texts:
        for each in patterns:
            try:
                yield rule, parse(each, known)
            except ValueError as error:
                raise ValueError(f"rules.{rule}: {error}") from error


@cache
def kinds() -> Kinds:
    """All kinds of faults and sorts of letters."""
    return _read(_ROOM / "kinds.toml", Kinds)


@cache
def shipped() -> tuple[str, ...]:
    """The codes of the languages that have rules."""
    return tuple(sorted(each.stem for each in (_ROOM / "rules").glob("*.toml") if "." not in each.stem))


@cache
def rules(code: str) -> Rules | None:
    """The rules of a language; ``None`` where there are none."""
    if code not in shipped():
        return None
    return kept(code, Rules, lambda: _made(code, _ROOM / "rules" / f"{code}.toml", word_forms(code)))


def word_forms(code: str) -> Mapping[str, str]:
    """The words of a shipped language's patterns, and the forms of each that the script expanded."""
    file = _ROOM / "rules" / f"{code}.forms.toml"
    return _read(file, Forms).forms if file.exists() else {}


def heading(code: str) -> RuleFile:
    """A shipped language's file without its tables. To know a language's words takes no more, and the whole is long."""
    return _headings()[code]


@cache
def _headings() -> Mapping[str, RuleFile]:
    return kept("headings", dict, lambda: {code: _heading(code) for code in shipped()})


def _heading(code: str) -> RuleFile:
    text = (_ROOM / "rules" / f"{code}.toml").read_text(encoding="utf-8")
    return converted(parse_toml(text[: text.index("\n[") + 1]), RuleFile)


def rules_file(code: str) -> RuleFile:
    """A shipped language's file as it is written."""
    return _read(_ROOM / "rules" / f"{code}.toml", RuleFile)


def own_rules(code: str, file: Path) -> Rules:
    """The rules in a campaign's ``wording/xx.toml``. ``TemplateError`` says what is wrong with it."""
    return _made(code, file, {})


class Forms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``rules/xx.forms.toml``: written by the script, read by people."""

    forms: Mapping[str, str]  # a word → all its forms


def _made(code: str, file: Path, forms: Mapping[str, str]) -> Rules:
    try:
        told = _read(file, RuleFile)
        _require_known(told)
        return Rules(code, told, forms)
    except ValueError as error:
        raise TemplateError(
            ended(f"{file.parent.name}/{file.name}: {error}"), next_step="Correct it: mass-apology docs wording."
        ) from error


def _require_known(file: RuleFile) -> None:
    for rule in file.rules:
        if rule not in kinds().kinds:
            raise ValueError(f"there is no rule `{rule}`{did_you_mean(rule, kinds().kinds)}")


def _read(file: Path, type_: type[_T]) -> _T:
    return converted(parse_toml(file.read_text(encoding="utf-8")), type_)
