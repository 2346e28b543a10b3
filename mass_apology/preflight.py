"""Recipients and contents → what ``check`` has to say. Pure: everything is passed in.

A million bad rows must not become a million findings in memory, so findings are gathered by code: all are counted, the
first few are kept as examples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.countries import country_code, is_country, languages_of
from mass_apology.model import Finding, Severity
from mass_apology.quantities import are, counted
from mass_apology.system.timestamps import utc_minute

EXAMPLES = 5
LINES = 1000
"""So many examples are kept of one code about rows, and so many line numbers."""

MOST_PLACES = 50
"""So many are kept of one code about facts, templates or settings, each of which has to be mended by itself."""


class Group(Struct, frozen=True, kw_only=True):
    """All findings of one code."""

    code: str
    severity: Severity
    count: int
    skippable: bool  # all are about single rows, which can be set aside
    lines: tuple[int, ...]  # the first line numbers, where the findings are about rows
    examples: tuple[Finding, ...]  # the first ones


class Findings:
    """Gathers findings by code, in the order in which each code first occurred."""

    def __init__(self, groups: Iterable[Group] = (), by_line: dict[int, list[Finding]] | None = None) -> None:
        """``groups`` were gathered before. ``by_line`` gets all errors and warnings about rows, by line; ``None``:
        nobody asks for them."""
        self._by_line = by_line
        known = {each.code: each for each in groups}
        self._counts = {code: each.count for code, each in known.items()}
        self._whole = {code for code, each in known.items() if not each.skippable}  # one is not about a single row
        self._lines = {code: list(each.lines) for code, each in known.items()}
        self._examples = {code: list(each.examples) for code, each in known.items()}

    def add(self, findings: Iterable[Finding]) -> None:
        """Count these findings too."""
        for finding in findings:
            self._counts[finding.code] = self._counts.get(finding.code, 0) + 1
            if not skippable(finding):
                self._whole.add(finding.code)
            examples = self._examples.setdefault(finding.code, [])
            if len(examples) < (MOST_PLACES if finding.line is None else EXAMPLES):
                examples.append(finding)
            lines = self._lines.setdefault(finding.code, [])
            if finding.line is not None and len(lines) < LINES:
                lines.append(finding.line)
            if self._by_line is not None and finding.line is not None and finding.severity is not Severity.INFO:
                for line in (finding.line, *finding.other_lines):
                    self._by_line.setdefault(line, []).append(finding)

    def groups(self) -> tuple[Group, ...]:
        """Every code once; errors first, then warnings."""
        ranks = list(Severity)
        groups = [
            Group(
                code=code,
                severity=self._examples[code][0].severity,
                count=count,
                skippable=code not in self._whole,
                lines=tuple(self._lines[code]),
                examples=tuple(self._examples[code]),
            )
            for code, count in self._counts.items()
        ]
        return tuple(sorted(groups, key=lambda group: ranks.index(group.severity)))


def skippable(finding: Finding) -> bool:
    """Whether the finding is about one row, so that the row can be set aside and the others sent."""
    return finding.severity is Severity.ERROR and finding.line is not None


class Asked(NamedTuple):
    """What one row, or letter, asks for, and what it gets: language codes, "" where it does not say."""

    language: str
    given: str
    country: str = ""  # ISO 3166-1, of a row that names no language


def asked(language: str, given: str, country: str) -> Asked:
    """What a row asks for; ``country`` is what stands in its cell, and counts where it names no language."""
    return Asked(language, given, country_code(country) if not language and is_country(country) else "")


def fallback_findings(
    counts: Mapping[Asked, int], template: str, *, unit: str = "letter", safety: bool = False
) -> list[Finding]:
    """Languages asked for that have no letter, and rows that ask for none where others do.

    ``counts`` are of ``unit``s, which are rows where several of them share a letter. For the sake of ``safety`` a
    letter that its recipient may not understand is an error, and the language of the market counts where a row names
    none.
    """
    found: list[Finding] = []
    silent: Counter[str] = Counter()
    for each, count in sorted(counts.items()):
        if not each.language:
            silent[each.given] += count
        elif each.language != each.given:
            found.append(_of_language(template, each, counted(count, f"{unit} asks", f"{unit}s ask")))
        if safety and _is_foreign(each):
            found.append(_of_market(template, each, counted(count, f"{unit} goes", f"{unit}s go")))
    if safety:
        found = [_for_safety(each) for each in found]
    if any(each.language for each in counts):
        told = ((counted(count, f"{unit} states", f"{unit}s state"), given) for given, count in silent.items())
        found += [_unstated(template, who, given) for who, given in told]
    return found


def _is_foreign(asked: Asked) -> bool:
    spoken = languages_of(asked.country)
    return bool(spoken) and asked.given not in spoken


def _of_language(template: str, asked: Asked, who: str) -> Finding:
    return Finding(
        code="language-fallback",
        severity=Severity.WARNING,
        where=f"template {template}, language {asked.language}",
        problem=f"{who} for '{asked.language}' and will be in '{asked.given}'.",
        advice=f"Write templates/{template}/{asked.language}.md, or accept the fallback: `languages` in campaign.toml.",
    )


def _of_market(template: str, asked: Asked, who: str) -> Finding:
    spoken = languages_of(asked.country)
    files = " or ".join(f"templates/{template}/{language}.md" for language in spoken)
    return Finding(
        code="language-fallback",
        severity=Severity.WARNING,
        where=f"template {template}, country {asked.country}",
        problem=f"{who} to {asked.country}, name no language, and will be in '{asked.given}'.",
        advice=f"Write {files}, or name the column that says each customer's language: [columns] language.",
    )


def _for_safety(finding: Finding) -> Finding:
    return replace(
        finding,
        code="safety-language",
        severity=Severity.ERROR,
        problem=f"{finding.problem} A warning of danger has to be understood.",
        advice=f"{finding.advice.partition(', or accept')[0].rstrip('.')}.",
    )


def _unstated(template: str, who: str, given: str) -> Finding:
    return Finding(
        code="language-unstated",
        severity=Severity.INFO,
        where=f"template {template}",
        problem=f"{who} no language and will be in '{given}'.",
        advice="Fill the cells in, or choose another first language: `languages` in campaign.toml.",
    )


def codes_findings(file: str, wanted: int, free: int) -> list[Finding]:
    """Whether there is a code for everybody who is to have one."""
    if wanted <= free:
        return []
    return [
        Finding(
            code="codes-too-few",
            severity=Severity.ERROR,
            where=file,
            problem=f"{counted(wanted, 'customer is', 'customers are')} to have a code, and {free:,} in the file "
            f"{are(free)} nobody's yet.",
            advice=f"Add {counted(wanted - free, 'code')} or more at the end of the file.",
        )
    ]


def unshown_codes_findings(languages: Sequence[str], template: str) -> list[Finding]:
    """Languages in which no letter prints the code that its customer is given."""
    if not languages:
        return []
    files = ", ".join(f"templates/{template}/{language}.md" for language in languages)
    return [
        Finding(
            code="code-unshown",
            severity=Severity.WARNING,
            where=f"template {template}, {_languages(languages)}",
            problem="The letter does not show the code that each customer is given, so nobody gets to know theirs.",
            advice=f"Write {{{{ code }}}} into {files}, or take [codes] out of campaign.toml.",
        )
    ]


def remedies_findings(remedies: Mapping[str, str], links: Mapping[str, Sequence[str]], template: str) -> list[Finding]:
    """Remedies whose address stands in no letter of a language; ``links`` by language are what the letters link to."""
    found = []
    for name, address in remedies.items():
        without = [language for language, linked in links.items() if address not in linked]
        if without:
            everywhere = len(without) == len(links)
            who = "No letter" if everywhere else f"No letter in {', '.join(without)}"
            found.append(
                Finding(
                    code="remedy-unshown",
                    severity=Severity.WARNING,
                    where=f"campaign.toml, [remedies] {name}",
                    problem=f"{who} links to the remedy `{name}`, so {'nobody' if everywhere else 'none of them'} "
                    "can choose it.",
                    advice=f"Write [words]({{{{ remedies.{name} }}}}) into templates/{template}, or correct the name.",
                )
            )
    return found


def _languages(languages: Sequence[str]) -> str:
    return f"{'languages' if len(languages) > 1 else 'language'} {', '.join(languages)}"


def deadline_findings(finish_at: float | None, finish_by: datetime | None) -> list[Finding]:
    """Whether the last letter can be handed over in time. ``finish_at`` is ``None`` where nothing limits the rate."""
    if finish_by is None or finish_at is None or finish_at <= finish_by.timestamp():
        return []
    return [
        Finding(
            code="deadline-missed",
            severity=Severity.ERROR,
            where="campaign.toml, finish_by",
            problem=f"At this rate the last letter leaves at {utc_minute(finish_at)}, "
            f"after finish_by {utc_minute(finish_by.timestamp())}.",
            advice="Raise relay.rate or relay.windows if the relay allows it, or move finish_by.",
        )
    ]


def suppressed_finding(file: str, line: int, address: str, reason: str) -> Finding:
    """A row that is withheld because its address is on the suppression list."""
    return Finding(
        code="suppressed",
        severity=Severity.INFO,
        where=f"{file}, line {line}",
        problem=reason,
        advice="Nothing needs to be done. To write to it all the same: mass-apology suppress remove ADDRESS",
        line=line,
        address=address,
    )


def written_all_the_same_finding(file: str, line: int, address: str, reason: str) -> Finding:
    """A row whose owner wants no letters at all, and gets this one for the sake of safety."""
    return Finding(
        code="suppressed-and-written-to",
        severity=Severity.INFO,
        where=f"{file}, line {line}",
        problem=reason,
        advice="Nothing needs to be done: a letter about safety goes all the same. To keep it back, take the row out.",
        line=line,
        address=address,
    )


def unrendered_finding(template: str) -> Finding:
    """The facts or the codes are not all there, so the letters were not looked at."""
    return Finding(
        code="letters-unrendered",
        severity=Severity.WARNING,
        where=f"template {template}",
        problem="The letters were not rendered, since facts of the incident, or codes, are missing or wrong.",
        advice="Complete them, then run check again: there may be more to find.",
    )
