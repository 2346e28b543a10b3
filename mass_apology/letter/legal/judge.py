"""Letters as they were rendered → what their legal pack misses in them, or does not allow; once for each language."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from html import escape, unescape

from msgspec import Struct

from mass_apology.letter.legal.legal_phrases import Phrases
from mass_apology.letter.legal.pack import ANY, Ban, Demand, Pack
from mass_apology.model import Content, Finding, Severity

MISSING = "legal-missing"
FORBIDDEN = "legal-forbidden"
UNJUDGED = "legal-unjudged"

NO_ADVICE = "The pack is a help, no legal advice."

REMEMBERED = 4096
"""Blocks of letters; customers' own are without number."""

_BLOCK = "</p>"  # no rule's words go over the end of a paragraph
_HEADING = re.compile(r"<h[1-6]\b[^>]*>(.*?)</h[1-6]>", re.S | re.I)
_NOT_READ = re.compile(r"<(style|title)\b.*?</\1>|<[^>]*>", re.S | re.I)


_Rule = tuple[str, int]  # its code, and its place among the pack's demands or bans


class Breach(Struct, frozen=True, kw_only=True):
    """One rule that letters in one language do not keep."""

    code: str
    language: str
    rule: int  # its place among the pack's demands, or bans
    words: str = ""  # those that are forbidden, as they stand in a letter
    line: int  # of the recipients file, whose letter it was seen in


def each_once(breaches: Iterable[Breach]) -> list[Breach]:
    """The same breaches, each only where it was seen first, in a fixed order."""
    first: dict[tuple[str, str, int, str], Breach] = {}
    for breach in sorted(breaches, key=lambda each: each.line):
        first.setdefault(_what(breach), breach)
    return [first[what] for what in sorted(first)]


class Judge:
    """Judges the letters of one scenario by its pack."""

    def __init__(self, name: str, pack: Pack, known: Collection[str]) -> None:
        """``known`` are the facts that the scenario has."""
        self._name = name
        self._pack = pack
        self._known = frozenset(known)
        self._phrases = cache(self._phrases_of)
        self._read = lru_cache(REMEMBERED)(self._read_block)

    @property
    def name(self) -> str:
        """The pack's."""
        return self._name

    @property
    def contents(self) -> tuple[str, ...]:
        """What a letter must contain, each with its article, in the pack's order."""
        return tuple(f"{demand.what} ({demand.source})" for demand in self._pack.must)

    def breaches(self, content: Content, language: str, facts: Mapping[str, object], *, line: int) -> Iterator[Breach]:
        """What one letter does not keep; ``facts`` are the incident's as its language tells them."""
        said = self._said(content, language)
        text = " ".join(f"{content.subject}\n{content.text}".split())
        for number, demand in enumerate(self._pack.must):
            told = [name for name in demand.facts if name in self._known or name in facts]
            if told:
                kept = sum(_stands(facts.get(name), text) for name in told) >= demand.least
            else:
                kept = (MISSING, number) in said or not _words(demand, language)
            if not kept:
                yield Breach(code=MISSING, language=language, rule=number, line=line)
        for number in range(len(self._pack.must_not)):
            for words in said.get((FORBIDDEN, number), ()):
                yield Breach(code=FORBIDDEN, language=language, rule=number, words=words, line=line)

    def _said(self, content: Content, language: str) -> dict[_Rule, list[str]]:
        """The words of rules that stand in a letter, where they have to stand."""
        said: dict[_Rule, list[str]] = {}
        said_in = content.html.split(_BLOCK) if content.html else map(escape, content.text.split("\n\n"))
        for block in (content.subject, *said_in):
            for rule, words in self._read(language, block):
                said.setdefault(rule, []).append(words)
        return said

    def _read_block(self, language: str, html: str) -> Sequence[tuple[_Rule, str]]:
        """The words of rules in one paragraph or heading; nearly all letters share nearly all of theirs."""
        anywhere, heading = self._phrases(language)
        headings = "\n".join(_HEADING.findall(html))
        return [*anywhere.found(_read(html)), *heading.found(_read(headings))]

    def findings(self, template: str, file: str, breaches: Iterable[Breach]) -> list[Finding]:
        """Breaches as ``check`` tells them, each once; ``file`` is the recipients file, "" for none."""
        return [self._finding(template, file, breach) for breach in each_once(breaches)]

    def unjudged(self, template: str, languages: Iterable[str]) -> list[Finding]:
        """The languages that the pack lacks words in, so that a person has to read their letters for it."""
        return [
            Finding(
                code=UNJUDGED,
                severity=Severity.INFO,
                where=f"template {template}, language {language}",
                problem=f"The legal pack {self._name} knows no words in '{language}' for some of its rules.",
                advice=f"Let somebody who knows the law read that letter. {NO_ADVICE}",
            )
            for language in languages
            if self._lacks_words(language)
        ]

    def _finding(self, template: str, file: str, breach: Breach) -> Finding:
        seen = f" Seen in the letter of {file}, line {breach.line}." if file else ""
        if breach.code == MISSING:
            demand = self._pack.must[breach.rule]
            problem = f"The letter does not give {demand.what} ({demand.source}).{seen}"
            advice = f"{_remedy(demand, template, breach.language)} {demand.unless}".rstrip()
            severity = Severity.WARNING
        else:
            ban = self._pack.must_not[breach.rule]
            problem = f"The letter says “{breach.words}”. {ban.why} ({ban.source}){seen}"
            advice, severity = "Say it otherwise, in the template or in the fact.", self._pack.forbidden_is
        return Finding(
            code=breach.code,
            severity=severity,
            where=f"template {template}, language {breach.language}",
            problem=problem,
            advice=f"{advice} {NO_ADVICE}",
        )

    def _lacks_words(self, language: str) -> bool:
        by_words = (demand for demand in self._pack.must if not self._known.intersection(demand.facts))
        rules: tuple[Demand | Ban, ...] = (*by_words, *self._pack.must_not)
        return not all(_words(rule, language) for rule in rules)

    def _phrases_of(self, language: str) -> tuple[Phrases[_Rule], Phrases[_Rule]]:
        """The rules' words in a language: those that may stand anywhere, and those that belong into a heading."""
        anywhere: list[tuple[_Rule, str]] = []
        heading: list[tuple[_Rule, str]] = []
        for number, demand in enumerate(self._pack.must):
            words = [((MISSING, number), word) for word in _words(demand, language)]
            (heading if demand.heading else anywhere).extend(words)
        for number, ban in enumerate(self._pack.must_not):
            anywhere += [((FORBIDDEN, number), word) for word in _words(ban, language)]
        return Phrases(anywhere), Phrases(heading)


def _read(html: str) -> str:
    """What a person reads of it, a preheader included."""
    return unescape(_NOT_READ.sub(" ", html))


def _words(rule: Demand | Ban, language: str) -> tuple[str, ...]:
    return (*rule.words.get(ANY, ()), *rule.words.get(language, ()))


def _stands(fact: object, text: str) -> bool:
    """Whether a fact is given and, if it is a text, told; a date or number is written in the language's own way."""
    if isinstance(fact, str):
        return bool(fact.strip()) and " ".join(fact.split()) in text
    return fact is not None


def _remedy(demand: Demand, template: str, language: str) -> str:
    letter = f"templates/{template}/{language}.md"
    if demand.facts:
        names = [f"`{name}`" for name in demand.facts]
        given = " and ".join(names) if demand.least == len(names) else " or ".join(names)
        return f"Give {given} in campaign.toml, and tell it in {letter}."
    return f"Write it into {letter}."


def _what(breach: Breach) -> tuple[str, str, int, str]:
    return breach.code, breach.language, breach.rule, breach.words
