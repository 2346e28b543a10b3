"""``templates new`` and ``templates test``: a template of one's own, and everything that can be wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from mass_apology.errors import TemplateError
from mass_apology.flows.templates.proofreading import EXAMPLES, Proof, proofs
from mass_apology.flows.templates.templates import copy
from mass_apology.languages import SHIPPED
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import shipped_templates
from mass_apology.letter.usage import usage_findings
from mass_apology.model import Finding, Severity

pytestmark = pytest.mark.slow

SITUATIONS = tuple(sorted(path.parent.name for path in shipped_templates().glob("*/scenario.toml")))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A template of one's own in two languages, begun as a copy."""
    made = copy(tmp_path, "late", "service-outage")
    others = [each.code for each in SHIPPED if each.code not in {"en", "pl"}]
    for language in others:
        (made / f"{language}.md").unlink()
    scenario = (made / "scenario.toml").read_text(encoding="utf-8")
    lines = [line for line in scenario.split("\n") if not line.startswith(tuple(f"{each} = " for each in others))]
    (made / "scenario.toml").write_text("\n".join(lines), encoding="utf-8")
    examples = tomllib.loads((made / EXAMPLES).read_text(encoding="utf-8"))["example"]
    assert {each["language"] for each in examples} == {each.code for each in SHIPPED}
    write_examples(made, 'title = "one"\nlanguage = "pl"\n')
    return made


def write_examples(made: Path, text: str) -> None:
    (made / EXAMPLES).write_text(f"[[example]]\n{text}", encoding="utf-8")


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def proof(made: Path) -> Proof:
    (told,) = proofs(made.parents[1], made.name)
    return told


def found(made: Path) -> list[Finding]:
    return list(proof(made).findings)


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_is_shipped_declares_what_it_uses(name: str) -> None:
    directories = [shipped_templates()]
    assert usage_findings(name, load_scenario(name, directories), directories) == []


def test_what_is_shipped_is_right(tmp_path: Path) -> None:
    (told,) = proofs(tmp_path, "wrong-charge")
    assert told.findings == ()
    assert told.letters == 5 * len(told.languages)


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_critic_finds_nothing_in_what_is_shipped(tmp_path: Path, name: str) -> None:
    (told,) = proofs(tmp_path, name)
    assert [each for each in told.findings if each.code.startswith("wording-")] == []


def test_a_new_one_passes_with_its_examples(tmp_path: Path) -> None:
    copy(tmp_path, "late", "product-recall")
    (told,) = proofs(tmp_path, None)
    assert [each for each in told.findings if each.severity is Severity.ERROR] == []
    assert told.letters == 6 * len(told.languages)


def test_only_its_own_are_tried_by_default(tmp_path: Path, own: Path) -> None:
    assert [each.template for each in proofs(tmp_path, None)] == ["late"]
    assert found(own) == []
    with pytest.raises(TemplateError, match="no templates in"):
        proofs(tmp_path / "other", None)
    with pytest.raises(TemplateError, match="no template `nope`"):
        proofs(tmp_path, "nope")


def rename_fact(made: Path, name: str, other: str) -> None:
    path = made / "scenario.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(f"[facts.{name}", f"[facts.{other}"), encoding="utf-8")


Break = Callable[[Path], object]


def letter(before: str, after: str) -> Break:
    return lambda made: change(made / "en.md", before, after)


def scenario(before: str, after: str) -> Break:
    return lambda made: change(made / "scenario.toml", before, after)


@pytest.mark.parametrize(
    ("mistake", "code", "where", "problem"),
    [
        (letter("incident.harm", "incident.harrm"), "fact-undeclared", "en.md, line 1", "did you mean `harm`?"),
        (letter("{{ salutation }}", "{{ salutaton }}"), "variable-unknown", "en.md, line 4", "`salutation`?"),
        (letter("customer.minutes_down", "customer.minuts"), "column-undeclared", "en.md, line 2", "`minutes_down`?"),
        (letter("{{ salutation }}", "{{ salutation"), "letter-unusable", "en.md, line ", ""),
        (letter("{{ salutation }}", "{{ salutation | shout }}"), "letter-unusable", "en.md, line 4", "shout"),
        (letter("Subject:", "Sujet:"), "letter-unusable", "en.md", "is not a header"),
        (letter("{{ salutation }}", "Dear [NAME],"), "leftover-placeholders", "en.md, line 4 (", "[NAME]"),
        (letter("{{ incident.harm }}", "No harm."), "fact-unused", "scenario.toml, line ", "by the letter in en"),
        (letter("{{ incident.harm }}", "{{ incident.credit }}"), "letter-fails", "en.md, line ", "is empty"),
        (lambda made: rename_fact(made, "harm", "harm2"), "fact-undeclared", "en.md, line ", "did you mean `harm2`?"),
        (
            scenario("[columns.minutes_down]", '[columns.x]\ncomment = "X."\n[columns.minutes_down]'),
            "column-unused",
            "scenario.toml, line ",
            "`x` is not used by any letter",
        ),
        (scenario('pl = "Nie można', 'de = "Nie można'), "example-missing", "scenario.toml, line ", "no example in pl"),
        (scenario('pl = "Nie można', 'de = "Nie można'), "language-missing", "late/de.md", "no letter in the language"),
        (scenario("example = 2026-11-20T09:12:00Z", 'example = "x"'), "fact-invalid", "scenario.toml", "quotation"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(own: Path, mistake: Break, code: str, where: str, problem: str) -> None:
    mistake(own)
    told = [each for each in found(own) if each.code == code]
    assert told
    assert any(where in each.where and problem in each.problem for each in told), told


def test_mistakes_of_all_languages_are_reported_at_once(own: Path) -> None:
    change(own / "en.md", "incident.harm", "incident.hram")
    change(own / "pl.md", "incident.repair", "incident.repar")
    change(own / "pl.md", "{{ salutation }}", "{{ salutaton }}")
    told = [(each.code, Path(each.where.partition(",")[0]).name) for each in found(own)]
    assert [each for each in told if "unused" not in each[0]] == [
        ("fact-undeclared", "en.md"),
        ("variable-unknown", "pl.md"),
        ("fact-undeclared", "pl.md"),
    ]


def test_a_template_without_scenario_is_reported(tmp_path: Path) -> None:
    made = tmp_path / "templates" / "bare"
    made.mkdir(parents=True)
    (made / "en.md").write_text("Subject: x\n\nHello, {{ customer.plan }}, {{ incident.harm }}.\n", encoding="utf-8")
    assert [each.code for each in found(made)] == ["scenario-missing"]


@pytest.mark.parametrize(
    ("mistake", "where", "problem"),
    [
        (letter("{{ salutation }}", "{{ salutation"), "en.md, line 6", "print"),  # no fact is told to be unused there
        (letter("Subject:", "Sujet:"), "en.md, line 1", "`Sujet: "),
        (letter("{{ salutation }}", "{% if name %}{{ name | uper }}{% endif %}"), "en.md, line 4", "`upper`"),
        (letter("{{ salutation }}", "{% if name %}"), "en.md, line ", "endif"),
        (letter("{{ salutation }}", "[x](javascript:x)"), "en.md, line 4 (all facts, every column, and ", "javascript"),
        (letter("{{ salutation }}", "{{ 1 / 0 }}"), "en.md, line 4 (all facts, every column, and 4 more)", "zero"),
        (
            scenario('type = "datetime"', 'type = "moment"'),
            None,
            r"[facts.started_at]: `$.type` is 'moment', which",
        ),
        (scenario('legal_pack = ""', 'legal_pack = "gpsr"'), "late (all facts", "There is no legal pack `gpsr`"),
        (scenario('follow_up = "follow-up"', 'follow_up = "x"'), "scenario.toml, line ", "There is no template `x`"),
    ],
)
def test_one_mistake_is_reported_once(own: Path, mistake: Break, where: str | None, problem: str) -> None:
    mistake(own)
    if where is None:
        with pytest.raises(TemplateError, match=re.escape(problem)):
            found(own)
        return
    (told,) = found(own)
    assert where in told.where
    assert problem in told.problem
    assert str(own) not in told.problem


def test_a_folder_that_is_called_like_a_letter_is_none(own: Path) -> None:
    (own / "de.md").mkdir()
    assert proof(own).languages == ("en", "pl")


# examples.toml


def test_an_example_says_what_its_letter_must_say(own: Path) -> None:
    write_examples(
        own,
        'title = "two"\nlanguage = "pl"\nname = "Anna Nowak"\ngender = "f"\nincident.service = "Our API"\n'
        'incident.pl.harm = "Nic nie działało."\n'
        'rows = [{ minutes_down = "192" }, { minutes_down = "20" }]\n'
        'says = ["3 godziny i 12 minut", "Our API", "Nic nie działało."]\nsays_not = ["20 minut"]\n',
    )
    assert found(own) == []


def test_the_example_of_the_page_is_one(own: Path) -> None:
    page = (shipped_templates().parent / "docs" / "templates.md").read_text(encoding="utf-8")
    (block,) = [each for each in re.findall(r"```toml\n(.*?)```", page, re.S) if "[[example]]" in each]
    (own / EXAMPLES).write_text(block, encoding="utf-8")
    assert found(own) == []


@pytest.mark.parametrize(
    ("text", "code", "problem"),
    [
        ('title = "t"\nlanguage = "pl"\nsays = ["Nie ma"]\n', "not-said", "“Nie ma”"),
        ('title = "t"\nlanguage = "pl"\nsays_not = ["Acme API"]\n', "said", "“Acme API”"),
        ('title = "t"\nlanguage = "de"\n', "language-missing", "'de'"),
        ('title = "t"\nlanguage = "pl"\nrows = [{ minutes_down = "many" }]\n', "letter-fails", "'many'"),
    ],
)
def test_an_example_that_fails(own: Path, text: str, code: str, problem: str) -> None:
    write_examples(own, text)
    (told,) = found(own)
    assert told.code == code
    assert problem in told.problem
    assert "(t)" in told.where


@pytest.mark.parametrize("text", ["title = ", 'titel = "x"\n', 'title = "x"\nlanguage = 3\n'])
def test_an_examples_file_that_cannot_be_used(own: Path, text: str) -> None:
    write_examples(own, text)
    with pytest.raises(TemplateError, match=r"examples\.toml"):
        proofs(own.parents[1], "late")


def test_a_language_without_description_is_reported(own: Path) -> None:
    text = (own / "en.md").read_text(encoding="utf-8")
    (own / "sv.md").write_text(text, encoding="utf-8")
    (finding,) = [each for each in found(own) if each.code == "language-lacks"]
    assert (finding.where, finding.severity) == ("languages/sv.toml", Severity.WARNING)
