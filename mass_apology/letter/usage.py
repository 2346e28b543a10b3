"""What a template's letters use, against what its scenario.toml declares: every difference, with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from jinja2 import TemplateSyntaxError, nodes
from msgspec import Struct

from mass_apology.errors import TemplateError
from mass_apology.languages import SHIPPED, Language, Languages
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup import source
from mass_apology.letter.markup.bare_columns import ANY_COLUMN, VARIABLES
from mass_apology.letter.markup.sandbox import LetterEnvironment, check, fields_used, unknown_variables
from mass_apology.letter.markup.source import Fragment
from mass_apology.letter.markup.tree_names import names_in, names_made_from
from mass_apology.letter.scenario import Scenario
from mass_apology.letter.template_files import available_languages
from mass_apology.letter.values import suggestion
from mass_apology.model import Finding, Severity
from mass_apology.settings import PARTS

CUSTOMARY = frozenset({"email", "phone", *PARTS})
"""Columns that a letter may speak of although its scenario does not."""

_UNDECLARED = frozenset({"fact-undeclared", "column-undeclared"})

_BY_ATTRIBUTE = frozenset({"map", "selectattr", "rejectattr", "sort", "groupby", "sum", "unique", "max", "min"})


class Use(Struct, frozen=True, kw_only=True):
    """One place in a letter where a fact or a column is used."""

    owner: str  # "incident", "remedies" or "customer"
    name: str
    path: Path
    line: int


def usage_findings(
    template: str, scenario: Scenario, directories: Sequence[Path], described: Languages = SHIPPED
) -> list[Finding]:
    """Everything that can be said about a template without writing a letter."""
    found: list[Finding] = []
    used: dict[str, list[Use]] = {}  # in the letters that can be read: what the others use is not known
    languages = available_languages(template, directories)
    for language in languages:
        path = source.letter_path(template, language, directories)
        problems, uses = _read(path, described[language], scenario)
        found += problems
        if informal := source.informal_path(path):  # it may tell less than the formal one
            found += _read(informal, described[language], scenario)[0]
        if not any(each.code == "letter-unusable" for each in problems):
            used[language] = uses
    declared = source.scenario_path(template, directories)
    if declared is None:
        folder = source.letter_path(template, languages[0], directories).parent
        problem = "There is no scenario.toml, which says what facts and columns the letters need."
        advice = "Write one, or copy that of a like situation."
        found = [each for each in found if each.code not in _UNDECLARED]  # everything would be
        return [*found, _error("scenario-missing", str(folder), problem, advice)]
    found += _unused(declared, scenario, used)
    return [*found, *_untold(declared, scenario, languages, directories), *_unfollowed(declared, scenario, directories)]


def first_row_only(template: str, language: str, directories: Sequence[Path]) -> frozenset[str]:
    """The columns of which the letter in this language shows the first row's value and no other row's.

    Raises ``TemplateError`` where the letter cannot be read.
    """
    environment = LetterEnvironment(Localiser(SHIPPED["en"]), ANY_COLUMN)  # Jinja is the same in every language
    letter = source.read_letter(source.letter_path(template, language, directories))
    first: set[str] = set()
    others: set[str] = set()
    for fragment in letter.fragments:
        tree = environment.parse(fragment.padded)
        first.update(name for owner, name, _ in fields_used(tree) if owner == "customer")
        rows = row_names(tree) - {"customer"}
        others.update(name for owner, name, _ in fields_used(tree) if owner in rows)
        for chosen in tree.find_all(nodes.Filter):
            if chosen.name in _BY_ATTRIBUTE and names_in(chosen) & rows:
                others.update(_attributes(chosen))
    return frozenset(first - others)


def _read(path: Path, language: Language, scenario: Scenario) -> tuple[list[Finding], list[Use]]:
    """One letter's mistakes and what it uses."""
    try:
        environment = LetterEnvironment(Localiser(language), {*CUSTOMARY, *scenario.columns})
        letter = source.read_letter(path)
    except TemplateError as error:
        return [_refused(error, path)], []
    except ValueError as error:
        return [
            _error(
                "letter-unusable",
                str(path),
                f"{error}.",
                "Name the file after an ISO 639 code, or give a `locale` (docs/languages.md).",
            )
        ], []
    looked_at = [_looked_at(environment, fragment, scenario) for fragment in letter.fragments]
    return [each for found, _ in looked_at for each in found], [use for _, uses in looked_at for use in uses]


def _refused(error: TemplateError, path: Path) -> Finding:
    """A letter that cannot be used; the problem begins with its place, where that is known."""
    where, known, problem = error.problem.partition(": ")
    if not known or not where.startswith(str(path)):
        where, problem = str(path), error.problem
    return _error("letter-unusable", where, problem[:1].upper() + problem[1:], error.next_step)


def _looked_at(
    environment: LetterEnvironment, fragment: Fragment, scenario: Scenario
) -> tuple[list[Finding], list[Use]]:
    """A fragment's mistakes and what it uses."""
    try:
        tree = environment.parse(fragment.padded)
        uses = list(fields_of(tree, fragment.path))
        found = [
            _error("variable-unknown", f"{fragment.path}, line {line}", problem, "Correct the name.")
            for line, problem in unknown_variables(tree, VARIABLES)
        ]
        found += _undeclared(uses, scenario)
    except TemplateSyntaxError as error:  # an unknown filter is one, too
        where = f"{fragment.path}, line {error.lineno}"
        problem = f"{(error.message or 'This is not Jinja').removesuffix('.')}."
        return [_error("letter-unusable", where, problem, "Correct the expression on that line.")], []
    if not found:
        try:
            check(environment, fragment, VARIABLES, {})
        except TemplateError as error:
            found.append(_refused(error, fragment.path))
    return found, uses


def _undeclared(uses: Iterable[Use], scenario: Scenario) -> Iterator[Finding]:
    facts = frozenset(scenario.facts)
    declared = {"incident": facts, "remedies": facts, "customer": CUSTOMARY | frozenset(scenario.columns)}
    for use in uses:
        if use.name not in (names := declared[use.owner]):
            table, what = ("columns", "column") if use.owner == "customer" else ("facts", "fact")
            problem = f"The {what} `{use.name}` is not declared{suggestion(use.name, names)}"
            advice = f"Correct the name, or declare it in scenario.toml: [{table}.{use.name}]"
            yield _error(f"{what}-undeclared", f"{use.path}, line {use.line}", problem, advice)


def _unused(path: Path, scenario: Scenario, used: Mapping[str, Sequence[Use]]) -> Iterator[Finding]:
    """Facts and columns that no letter uses, or those of some languages only."""
    for table, owner, names in (("facts", "incident", scenario.facts), ("columns", "customer", scenario.columns)):
        for name in names:
            without = [language for language, uses in used.items() if not any(_is(use, owner, name) for use in uses)]
            if not without:
                continue
            what = table.removesuffix("s")
            whom = "any letter" if len(without) == len(used) > 1 else f"the letter in {', '.join(without)}"
            problem = f"The {what} `{name}` is not used by {whom}."
            where = f"{path}, line {line_of(path, f'[{table}.{name}]')}"
            yield _error(f"{what}-unused", where, problem, "Use it in every language, or delete it.")


def _is(use: Use, owner: str, name: str) -> bool:
    return use.owner == owner and use.name == name


def _untold(path: Path, scenario: Scenario, letters: Sequence[str], directories: Sequence[Path]) -> Iterator[Finding]:
    """Languages that the scenario speaks and no letter does, and the reverse."""
    worded = {name: fact for name, fact in scenario.facts.items() if isinstance(fact.example, Mapping)}
    spoken = {*scenario.title, *scenario.purpose}
    spoken.update(language for fact in worded.values() for language in fact.example)
    for language in sorted(spoken - set(letters)):
        where = str(directories[0] / path.parent.name / f"{language}.md")
        problem = f"There is no letter in the language `{language}`, which scenario.toml speaks."
        yield _error("language-missing", where, problem, "Write the letter, or delete the language from scenario.toml.")
    for name, fact in worded.items():
        if lacking := [language for language in letters if language not in fact.example]:
            where = f"{path}, line {line_of(path, f'[facts.{name}')}"
            problem = f"The fact `{name}` has no example in {', '.join(lacking)}."
            yield _error("example-missing", where, problem, "Write an example in each language that has a letter.")


def _unfollowed(path: Path, scenario: Scenario, directories: Sequence[Path]) -> Iterator[Finding]:
    """The letter that is to come after this one, where there is none."""
    if scenario.follow_up:
        try:
            available_languages(scenario.follow_up, directories)
        except TemplateError as error:
            where = f"{path}, line {line_of(path, 'follow_up')}"
            yield _error("follow-up-missing", where, error.problem, "Correct `follow_up`, or leave it empty.")


def fields_of(tree: nodes.Template, path: Path) -> Iterator[Use]:
    """Every fact and column that is used, in the order of the tree."""
    rows = row_names(tree)
    for owner, name, line in fields_used(tree):
        if owner in {"incident", "remedies"} | rows:
            yield Use(owner="customer" if owner in rows else owner, name=name, path=path, line=line)
    for chosen in tree.find_all(nodes.Filter):
        if chosen.name in _BY_ATTRIBUTE and names_in(chosen) & rows:
            for name in _attributes(chosen):
                yield Use(owner="customer", name=name, path=path, line=chosen.lineno)


def row_names(tree: nodes.Template) -> set[str]:
    """What the letter calls the customer's rows, all of them or one: also what it sets from them, or loops over."""
    return names_made_from({"customer", "rows"}, tree)


def _attributes(chosen: nodes.Filter) -> Iterator[str]:
    """The columns that a filter is told by their names: `map(attribute="plan")`, `selectattr("plan")`."""
    for keyword in chosen.kwargs:
        if keyword.key == "attribute" and isinstance(keyword.value, nodes.Const):
            yield str(keyword.value.value)
    if chosen.name in {"selectattr", "rejectattr", "groupby"} and chosen.args:
        first = chosen.args[0]
        if isinstance(first, nodes.Const):
            yield str(first.value)


def line_of(path: Path, words: str) -> int:
    """The line of a template's file that holds these words; 1 where none does."""
    text = source.read(path)
    match = re.search(re.escape(words), text)
    return text.count("\n", 0, match.start()) + 1 if match else 1


def _error(code: str, where: str, problem: str, advice: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, where=where, problem=problem, advice=advice)
