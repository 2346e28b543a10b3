"""``templates test``: renders a template's letters with examples and collects all findings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from mass_apology.errors import MassApologyError, TemplateError
from mass_apology.flows.init.toml_notation import toml, toml_key
from mass_apology.flows.plan.wording_findings import CODE as WORDING
from mass_apology.flows.plan.wording_findings import WordingCritic, sentences_of
from mass_apology.flows.templates.example_campaign import (
    CODE,
    GENDER,
    example_campaign,
    example_customer,
    example_facts,
    example_row,
)
from mass_apology.languages import read_languages
from mass_apology.letter.inspecting.undescribed import undescribed_findings
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.markup.source import FORMATS, letter_path, read, templates_in
from mass_apology.letter.scenario import FactType, Scenario, facts_findings, load_scenario
from mass_apology.letter.template_files import available_languages, template_directories
from mass_apology.letter.usage import CUSTOMARY, line_of, usage_findings
from mass_apology.model import Finding, Severity
from mass_apology.system.bounded_toml import parse_toml
from mass_apology.type_errors import converted
from mass_apology.wording.finding import WordingFinding

EXAMPLES = "examples.toml"
"""A template's own examples, beside its letters."""


class Example(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A letter to render, and the words that it must and must not contain; a table of examples.toml."""

    title: str
    language: str
    name: str = ""  # the customer's
    gender: Literal["f", "m", ""] = ""
    time_zone: str = ""
    code: str = ""  # allotted to the customer
    facts: Literal["all", "required"] = "all"  # facts of scenario.toml to use, with their examples
    incident: Mapping[str, Any] = field(default_factory=dict)  # facts with other values
    rows: tuple[Mapping[str, str], ...] = ({},)
    says: tuple[str, ...] = ()  # words required in its subject or text
    says_not: tuple[str, ...] = ()


class _Examples(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    example: tuple[Example, ...] = ()


class Proof(Struct, frozen=True, kw_only=True):
    """The result of testing one template."""

    template: str
    languages: tuple[str, ...]
    letters: int  # letters rendered
    findings: tuple[Finding, ...]


def proofs(folder: Path, name: str | None) -> list[Proof]:
    """Test one template, or all of the campaign's own. Raises ``TemplateError`` if there is none."""
    own = folder / "templates"
    if name and Path(name).suffix in FORMATS:
        return [_of_one_letter(folder, Path(name))]
    names = [name] if name else sorted(templates_in(own))
    if not names:
        raise TemplateError(
            f"There are no templates in {own}.",
            next_step="Begin one: mass-apology templates new NAME --like SITUATION. Or name one that is shipped.",
        )
    return [_proof(folder, each, template_directories(folder)) for each in names]


def _of_one_letter(folder: Path, letter: Path) -> Proof:
    """The proof of the template that a letter is laid over, without what is said of its other letters."""
    directories = template_directories(folder)
    path = letter_path(letter.parent.name, letter.stem, directories)
    if not letter.is_file() or path.resolve() != letter.resolve():
        raise TemplateError(
            f"{letter} is no letter of this campaign.",
            next_step=f"Put it into {folder / 'templates'}/NAME, where NAME is a template, and name it there.",
        )
    proof = _proof(folder, letter.parent.name, directories)
    others = {each for each in proof.languages if each != letter.stem}
    found = [each for each in proof.findings if not _is_about(each, others)]
    return replace(proof, languages=(letter.stem,), findings=tuple(found))


def _is_about(finding: Finding, languages: Collection[str]) -> bool:
    return any(f"/{each}{suffix}" in finding.where for each in languages for suffix in FORMATS)


def examples_toml(scenario: Scenario, languages: Sequence[str]) -> str:
    """A new template's examples.toml: for each language a customer with two rows."""
    parts = [
        "# Letters that `mass-apology templates test` writes, and what they must say. Their facts are the examples of",
        "# scenario.toml; [example.incident] gives others. Beside these it writes every language with all facts and",
        "# with the required ones, with every column and with none, and with several rows.",
    ]
    for language in languages:
        parts += ["", *_example_toml(scenario, language)]
    return "\n".join(parts) + "\n"


def _example_toml(scenario: Scenario, language: str) -> Iterator[str]:
    sentences = (fact.example for fact in scenario.facts.values() if fact.type is FactType.SENTENCE and fact.required)
    words = [example[language] for example in sentences if language in example][:1]
    yield "[[example]]"
    yield f"title = {toml(f'a customer with two rows, {language}')}"
    yield f"language = {toml(language)}"
    yield 'name = "Maria Berg"'
    yield 'gender = "f"'
    yield 'time_zone = "Europe/Riga"'
    yield f"code = {toml(CODE)}  # where the campaign allots codes"
    yield f"says = {toml([*words])}"
    yield "says_not = []"
    for _ in range(2):
        yield "[[example.rows]]"
        yield from (f"{toml_key(column)} = {toml(cell)}" for column, cell in example_row(scenario).items())


def _proof(folder: Path, name: str, directories: tuple[Path, ...]) -> Proof:
    languages = available_languages(name, directories)
    scenario = load_scenario(name, directories)
    described = read_languages(folder)
    found = [*usage_findings(name, scenario, directories, described), *undescribed_findings(described, languages)]
    found += [_of_scenario(each) for each in facts_findings(scenario, example_facts(scenario, languages), languages)]
    letters = 0
    if not any(each.code in _UNWRITABLE for each in found):
        proofreader = _Proofreader(folder, name, scenario, languages, directories)
        flaws: dict[Finding, list[str]] = {}  # → the titles of the examples that have it
        for example in (*_usual(scenario, languages), *_own(name, directories)):
            for each in proofreader.findings(example):
                flaws.setdefault(each, []).append(example.title)
            letters += 1
        found += [_titled(each, titles) for each, titles in flaws.items()]
    return Proof(template=name, languages=languages, letters=letters, findings=tuple(dict.fromkeys(found)))


_UNWRITABLE = frozenset(
    {"letter-unusable", "variable-unknown", "fact-undeclared", "column-undeclared", "scenario-missing", "fact-invalid"}
)


def _titled(finding: Finding, titles: Sequence[str]) -> Finding:
    """The finding with the title of the first example that has it: one mistake is reported once."""
    more = f", and {len(titles) - 1} more" if len(titles) > 1 else ""
    return replace(finding, where=f"{finding.where} ({titles[0]}{more})")


def _usual(scenario: Scenario, languages: Sequence[str]) -> Iterator[Example]:
    """The examples that every template is tested with: all facts and columns, only the required ones, several rows."""
    full = example_row(scenario)
    needed = {name: full[name] for name, column in scenario.columns.items() if column.required}
    for language in languages:
        whole = Example(
            title="all facts, every column", language=language, name="Maria Berg", gender="f", code=CODE, rows=(full,)
        )
        yield whole
        yield replace(whole, title="all facts, three rows", rows=(full, full, full))
        yield replace(whole, title="all facts, no column", rows=(needed,))
        bare = Example(
            title="required facts, no column and no name", language=language, facts="required", rows=(needed,)
        )
        yield bare
        yield replace(bare, title="required facts, two rows", rows=(full, needed))


def _own(name: str, directories: Sequence[Path]) -> tuple[Example, ...]:
    """The examples of the template's examples.toml."""
    path = next((path for folder in directories if (path := folder / name / EXAMPLES).is_file()), None)
    if path is None:
        return ()
    try:
        return converted(parse_toml(read(path)), _Examples).example
    except ValueError as error:
        raise TemplateError(f"{path}: {error}.", next_step="Correct the file.") from error


class _Proofreader:
    """Renders examples of one template and inspects the letters."""

    def __init__(
        self, folder: Path, name: str, scenario: Scenario, languages: Sequence[str], directories: tuple[Path, ...]
    ) -> None:
        self._folder = folder
        self._name = name
        self._scenario = scenario
        self._languages = languages
        self._directories = directories
        self._writers: dict[str, Writer] = {}
        self._critic = WordingCritic(example_campaign(name, scenario, languages, {}, optional=False), folder, name)

    def findings(self, example: Example) -> list[Finding]:
        """Findings about one letter."""
        if example.language not in self._languages:
            problem = f"There is no letter in the language {example.language!r}."
            return [self._finding(example, "language-missing", problem, f"There are {', '.join(self._languages)}.")]
        try:
            writer = self._writer(example)
        except MassApologyError as error:  # a writer has all languages, so the error is of the whole template
            return [_failure(error, self._directories[0] / self._name)]
        try:
            return self._read(writer, example)
        except MassApologyError as error:
            return [_failure(error, self._path(example))]

    def _read(self, writer: Writer, example: Example) -> list[Finding]:
        rows = [{**row, **({GENDER: example.gender} if example.gender else {})} for row in example.rows]
        whom = example_customer(
            example.language, rows, name=example.name, time_zone=example.time_zone, code=example.code
        )
        inspected = writer.check([whom])
        found = [self._located(example, each) for each in inspected.findings]
        found += [self._located(example, each) for each in writer.legal_findings(inspected.breaches, ())]
        if inspected.letters:
            letter = writer.content(whom)
            faults = self._critic.faults(letter.subject, letter.text, example.language)
            found += [self._located(example, self._of_wording(example, each)) for each in faults]
            found += self._wording_findings(example, " ".join(f"{letter.subject}\n{letter.text}".split()))
        return found

    def _of_wording(self, example: Example, fault: WordingFinding) -> Finding:
        said, advice = sentences_of(fault)
        return self._finding(example, f"{WORDING}{fault.rule}", said, advice, fault.severity)

    def _wording_findings(self, example: Example, text: str) -> Iterator[Finding]:
        for words in example.says:
            if " ".join(words.split()) not in text:
                yield self._finding(example, "not-said", f"The letter does not say “{words}”.", _EXPECTED)
        for words in example.says_not:
            if " ".join(words.split()) in text:
                yield self._finding(example, "said", f"The letter says “{words}”.", _EXPECTED)

    def _writer(self, example: Example) -> Writer:
        """A writer for the example's facts; examples with the same facts share one, since compiling is slow."""
        key = f"{example.facts} {example.incident}"
        if key not in self._writers:
            optional = example.facts == "all"
            facts = _overlaid(example_facts(self._scenario, self._languages, optional=optional), example.incident)
            campaign = example_campaign(self._name, self._scenario, self._languages, facts, optional=optional)
            header = (*self._scenario.columns, *CUSTOMARY)
            self._writers[key] = Writer(campaign, folder=self._folder, directories=self._directories, header=header)
        return self._writers[key]

    def _located(self, example: Example, finding: Finding) -> Finding:
        """The finding, placed at the template's line with the words that it quotes."""
        found = self._finding(example, finding.code, finding.problem, finding.advice, finding.severity)
        path = letter_path(self._name, example.language, self._directories)
        quoted = _QUOTED.search(finding.problem)
        if quoted is None or quoted[1] not in read(path):
            return _placed(found)
        return replace(found, where=f"{path}, line {line_of(path, quoted[1])}")

    def _finding(
        self, example: Example, code: str, problem: str, advice: str, severity: Severity = Severity.ERROR
    ) -> Finding:
        return Finding(code=code, severity=severity, where=str(self._path(example)), problem=problem, advice=advice)

    def _path(self, example: Example) -> Path:
        if example.language not in self._languages:
            return self._directories[0] / self._name / EXAMPLES
        return letter_path(self._name, example.language, self._directories)


def _failure(error: MassApologyError, path: Path) -> Finding:
    """The finding for a letter that cannot be rendered."""
    problem, advice = error.problem, error.next_step
    return _placed(
        Finding(code="letter-fails", severity=Severity.ERROR, where=str(path), problem=problem, advice=advice)
    )


def _placed(finding: Finding) -> Finding:
    """The finding with file and line moved from the beginning of its problem to ``where``."""
    match = _PLACED.fullmatch(finding.problem)
    if match is None:
        return finding
    return replace(finding, where=match["where"], problem=match["problem"][:1].upper() + match["problem"][1:])


_EXPECTED = "Correct the letter, or what the example expects."
_QUOTED = re.compile("“([^”]+)”")
_PLACED = re.compile(r"(?P<where>\S.*?\.(?:md|html|txt), line \d+): (?P<problem>.+)", re.DOTALL)


def _overlaid(facts: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """``facts`` replaced by ``others``; tables are merged."""
    whole = dict(facts)
    for name, value in others.items():
        before = whole.get(name)
        whole[name] = before | value if isinstance(before, dict) and isinstance(value, dict) else value
    return whole


def _of_scenario(finding: Finding) -> Finding:
    """The finding placed in scenario.toml, which holds the examples of facts."""
    return replace(finding, where=finding.where.replace("campaign.toml, ", "scenario.toml, the example of "))
