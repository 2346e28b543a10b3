"""Bad facts in good letters: what operators write into ``[incident]`` in a hurry, and whether the critic finds it.

``samples/wording/facts/`` holds kinds of bad values, and each language's values. Each value takes the place of one fact
in a shipped letter that is good otherwise, rendered with the scenario's examples and read as ``check`` reads it. It is
found where one of the kind's rules has a passage in the value's words; of a part that is missing now, where the critic
says so; of a sentence that is none, also where ``check`` says so of the fact itself.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct, convert
from msgspec.structs import replace

from bench.result import Bar, Options, Result, TrialError
from mass_apology.flows.plan.wording_findings import WordingCritic
from mass_apology.flows.templates.example_campaign import (
    CODE,
    GENDER,
    example_campaign,
    example_customer,
    example_facts,
    example_row,
)
from mass_apology.guards.unfinished import draft_facts
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.markup.wrapping import paragraph
from mass_apology.letter.scenario import FactType, Scenario, facts_findings, load_scenario
from mass_apology.letter.template_files import shipped_templates
from mass_apology.letter.usage import CUSTOMARY
from mass_apology.model import Content
from mass_apology.wording.finding import WordingFinding
from mass_apology.wording.wording_rules import MISSING, kinds

DATA = Path(__file__).resolve().parents[1] / "samples" / "wording" / "facts"
KINDS, FOUND = 120, 0.95
_KINDS = "kinds"  # the file that describes them
_LETTER = re.compile(r"([a-z]{2,3})(?:\.informal)?\.(?:md|txt|html)")
_OF_A_FACT = {"fact-unfinished": ("missing-full-stop", "unfinished")}  # finding's code → rules
_MARK = re.compile(r"Fact_\w+_mark\.")
_SUBJECT = "Subject: "  # what WordingCritic puts before a letter


class BadFact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of bad value."""

    id: str  # in plain words
    rules: tuple[str, ...]  # one of them is to be found
    facts: tuple[str, ...]  # where somebody would write it
    scenarios: tuple[str, ...] = ()  # the only ones it is a fault in; empty for all
    bad: tuple[str, ...] = ()  # the values of one language


class Outcome(Struct, frozen=True, kw_only=True):
    """One bad value in one letter."""

    kind: BadFact
    value: str
    scenario: str
    fact: str
    is_found: bool
    within: tuple[WordingFinding, ...]  # other findings in the value's words
    elsewhere: tuple[WordingFinding, ...]  # findings that the good letter lacks, in words that were not changed
    missing: tuple[str, ...]  # the rules of parts that the letter lacks now


def languages() -> list[str]:
    """The languages that have bad facts."""
    return sorted(path.stem for path in DATA.glob("*.toml") if path.stem != _KINDS)


def bad_facts(language: str) -> tuple[BadFact, ...]:
    """The kinds that a language has values for. Raises ``TrialError`` where a file is wrong."""
    known = {each.id: each for each in convert(_table(_KINDS)["kind"], tuple[BadFact, ...])}
    values = convert(_table(language), dict[str, tuple[str, ...]])
    unknown = {rule for each in known.values() for rule in each.rules} - set(kinds().kinds)
    nowhere = [each.id for each in known.values() if not _places(each)]
    if unknown or nowhere or not known.keys() >= values.keys():
        others = sorted(values.keys() - known.keys())
        raise TrialError(
            f"{DATA}: no such rules {sorted(unknown)}; in no letter {nowhere}; {language}: no kinds {others}."
        )
    return tuple(replace(known[name], bad=bad) for name, bad in values.items())


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def outcomes(language: str, chosen: Sequence[BadFact]) -> Iterator[Outcome]:
    """Each value in one letter; which, a hash of the kind's name says, so that other kinds can be added."""
    with TemporaryDirectory() as folder:
        letters = cache(partial(Letters, language, templates_in(language, Path(folder) / "templates")))
        for kind in chosen:
            places = _places(kind)
            first = hashlib.sha256(kind.id.encode()).digest()[0]
            for number, value in enumerate(kind.bad):
                scenario, fact = places[(first + number) % len(places)]
                yield _outcome(kind, value, letters(scenario), fact)


def templates_in(language: str, folder: Path) -> Path:
    """A copy of the shipped templates with one language's letters: a writer compiles those of all languages."""

    def of_others(_: str, names: list[str]) -> list[str]:
        return [name for name in names if (found := _LETTER.fullmatch(name)) and found[1] != language]

    return Path(copytree(shipped_templates(), folder, ignore=of_others))


def _places(kind: BadFact) -> list[tuple[str, str]]:
    """The scenarios and facts that a kind's values can stand in."""
    return [
        (name, fact)
        for name in sorted(kind.scenarios or situations())
        for fact in kind.facts
        if fact in _scenario(name).facts
    ]


@cache
def situations() -> tuple[str, ...]:
    """The shipped templates."""
    return tuple(sorted(path.parent.name for path in shipped_templates().glob("*/scenario.toml")))


@cache
def _scenario(name: str) -> Scenario:
    return load_scenario(name, [shipped_templates()])


class Letters:
    """The letters of one situation in one language: with its examples, and with one fact replaced."""

    def __init__(self, language: str, templates: Path, scenario: str) -> None:
        """``templates`` is a folder of templates."""
        self.scenario = scenario
        self.language = language
        self._templates = templates
        self._described = _scenario(scenario)
        self._facts = example_facts(self._described, (language,))
        self._critic = WordingCritic(example_campaign(scenario, self._described, (language,), {}), DATA, scenario)
        self._good = self.written({})
        self.usual = Counter(map(_key, self.read(self._good)))
        self._marked = self.written({fact: _mark(fact) for fact in self._facts[language] if self._is_sentence(fact)})

    def told_of(self, fact: str, value: str) -> set[str]:
        """The rules that what ``check`` says of a fact by itself is about."""
        facts = self._with({fact: value})
        told = facts_findings(self._described, facts, (self.language,))
        rules = {rule for each in told if each.where.endswith(f" {fact}") for rule in _OF_A_FACT.get(each.code, ())}
        return rules | {"unfinished" for path, _ in draft_facts(facts) if path.rpartition(".")[2] == fact}

    def read(self, letter: Content) -> list[WordingFinding]:
        """What ``check`` would say of a letter."""
        return self._critic.faults(letter.subject, letter.text, self.language)

    def spoilt(self, fact: str, value: str) -> Content:
        """The letter with a bad value. A sentence stands in it as it is, so the letter is compiled once for all."""
        if not self._is_sentence(fact):
            return self.written({fact: value})
        told = {_mark(name): words for name, words in {**self._facts[self.language], fact: value}.items()}
        paragraphs = [_filled_in(each, told) for each in self._marked.text.split("\n\n")]
        return replace(self._marked, text="\n\n".join(paragraphs))

    def written(self, others: Mapping[str, str]) -> Content:
        """The letter as a writer writes it, with other values for some facts."""
        campaign = example_campaign(self.scenario, self._described, (self.language,), self._with(others))
        header = (*self._described.columns, *CUSTOMARY)
        writer = Writer(campaign, folder=DATA, directories=[self._templates], header=header)
        row = {**example_row(self._described), GENDER: "f"}
        return writer.content(example_customer(self.language, [row], name="Maria Berg", code=CODE))

    def _with(self, others: Mapping[str, str]) -> dict[str, Any]:
        translated = {fact: value for fact, value in others.items() if self._described.facts[fact].is_translated}
        plain = {fact: value for fact, value in others.items() if fact not in translated}
        return {**self._facts, **plain, self.language: {**self._facts[self.language], **translated}}

    def has(self, fact: str) -> bool:
        """Whether the letter tells such a fact."""
        return fact in self._described.facts

    def _is_sentence(self, fact: str) -> bool:
        return self._described.facts[fact].type is FactType.SENTENCE


def _mark(fact: str) -> str:
    return f"Fact_{fact}_mark."


def _filled_in(text: str, told: Mapping[str, str]) -> str:
    """A paragraph with values instead of marks, its lines about as long as the writer makes them."""
    if not _MARK.search(text):
        return text
    return paragraph(_MARK.sub(lambda found: told[found[0]], text.replace("\n", " ")))


def _outcome(kind: BadFact, value: str, letters: Letters, fact: str) -> Outcome:
    letter = letters.spoilt(fact, value)
    places = list(_places_of(value, f"{_SUBJECT}{letter.subject}\n\n{letter.text}"))
    if not places:
        raise TrialError(f"{letters.language}: the letter {letters.scenario} does not show {value!r} as {fact}.")
    found = letters.read(letter)
    missing = tuple(each.rule for each in found if each.rule.endswith(MISSING) and not letters.usual[_key(each)])
    passages = [each for each in found if not each.rule.endswith(MISSING)]
    within = [each for each in passages if any(each.start < end and each.end > start for start, end in places)]
    elsewhere = [each for each in passages if each not in within and not letters.usual[_key(each)]]
    rules = {each.rule for each in within} | {*missing} | letters.told_of(fact, value)
    return Outcome(
        kind=kind,
        value=value,
        scenario=letters.scenario,
        fact=fact,
        is_found=not rules.isdisjoint(kind.rules),
        within=tuple(each for each in within if each.rule not in kind.rules),
        elsewhere=tuple(elsewhere),
        missing=missing,
    )


def _key(found: WordingFinding) -> tuple[str, str]:
    return found.rule, found.passage


def _places_of(value: str, source: str) -> Iterator[tuple[int, int]]:
    """Where a letter shows a value, on whatever lines, its first letter small or large."""
    pattern = r"\s+".join(map(re.escape, value.split()))
    yield from (found.span() for found in re.finditer(pattern, source, re.IGNORECASE))


def rate(found: Sequence[Outcome]) -> float:
    """The share of values that were found."""
    return sum(each.is_found for each in found) / (len(found) or 1)


def measure(options: Options) -> Result:
    """Each language's share, with what is missed."""
    bars: list[Bar] = []
    notes: list[str] = []
    for language in options.languages or languages():
        known = bad_facts(language)
        found = list(outcomes(language, known))
        bars.append(Bar(name=f"{language}, kinds of bad facts", figure=len(known), limit=KINDS, unit=""))
        bars.append(Bar(name=f"{language}, {len(found)} bad facts: found", figure=rate(found), limit=FOUND))
        notes += _told(language, found, show=options.show)
    return Result(bars=tuple(bars), notes=tuple(notes))


def _told(language: str, found: Sequence[Outcome], *, show: bool) -> Iterator[str]:
    by_rule = Counter(each.kind.rules[0] for each in found if not each.is_found)
    missed = ", ".join(f"{rule} {count}" for rule, count in by_rule.most_common())
    alarms = [(each, finding) for each in found for finding in each.elsewhere]
    yield f"{language}: missed {by_rule.total()} ({missed or 'nothing'}); false findings elsewhere {len(alarms)}"
    if not show:
        return
    for each in found:
        if not each.is_found:
            told = ", ".join([*(one.rule for one in each.within), *each.missing])
            rules = "/".join(each.kind.rules)
            yield f"  missed {rules} | {each.kind.id} | {_where(each)}: {each.value} [{told or '-'}]"
    for each, finding in alarms:
        yield f"  elsewhere {finding.rule} “{' '.join(finding.passage.split())}” | {_where(each)}: {each.value}"


def _where(each: Outcome) -> str:
    return f"{each.scenario}.{each.fact}"
