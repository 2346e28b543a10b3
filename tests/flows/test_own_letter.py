"""``init NAME --letter FILE``: a letter of one's own in one command."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mass_apology.errors import TemplateError
from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.init.own_letter import init_with_letters
from mass_apology.flows.letter_language import language_of
from mass_apology.flows.plan import plan
from mass_apology.flows.templates import proofreading, templates
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import shipped_templates
from mass_apology.model import Content, Severity
from mass_apology.workspace.workspace import Workspace

ROWS = "email,name,plan,refund,extra,subject\njan@firma.com,Jan,pro,5,x,A\nmia@firma.com,Mia,free,,y,B\n"
LETTER = """---
subject: Your {{ plan }} plan
language: en
---

{{ salutation }}

Your plan **{{ plan }}** was down. {% if refund %}You get {{ customer.refund }}.{% endif %}

{% for row in rows %}
- {{ row.extra }}
{% endfor %}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("customers.csv").write_text(ROWS)


def contents(folder: str) -> list[Content]:
    async def written() -> list[Content]:
        workspace = Workspace.open(Path(folder))
        async with plan.drafted(workspace, plan.NO_KEY, plan.Terms(), on_progress=lambda *_: None) as draft:
            return [draft.writer.content(each) for batch in draft.letters() for each in batch]

    return asyncio.run(written())


def test_one_command_makes_a_campaign_whose_letters_can_be_seen() -> None:
    Path("letter.md").write_text(LETTER)
    made = init_with_letters("note", [Path("letter.md")], Path("customers.csv"))
    assert (made.languages, made.unused, made.note) == (("en",), ("subject",), "")
    assert set(made.shown) == {"extra", "plan", "refund"}
    first, second = contents("note")
    assert (first.subject, first.text) == ("Your pro plan", "Dear Jan,\n\nYour plan pro was down. You get 5.\n\n- x\n")
    assert second.text == "Dear Mia,\n\nYour plan free was down.\n\n- y\n"
    toml = Path("note/campaign.toml")
    toml.write_text(toml.read_text().replace("Your Name <you@example.org>", "Anna <anna@acme.com>"))
    workspace = Workspace.open(Path("note"))
    checked = asyncio.run(check(workspace, CheckOptions(offline=True), None, force=False, on_progress=lambda *_: None))
    assert checked.sendable


def test_several_letters_each_in_its_languages() -> None:
    Path("one.md").write_text(LETTER.replace("language: en", "languages: [en, de]"))
    Path("pl.txt").write_text("Subject: Przepraszamy\n\n{{ plan }}\n")
    made = init_with_letters("note", [Path("one.md"), Path("pl.txt")], Path("customers.csv"))
    assert sorted(path.name for path in Path("note/templates/letter").iterdir()) == ["de.md", "en.md", "pl.txt"]
    assert made.note == ""


def test_a_language_that_nobody_states_is_told() -> None:
    text = "Subject: Störung\n\nSehr geehrte Damen und Herren, wir bitten Sie um Entschuldigung für die Störung."
    Path("brief.md").write_text(text)
    made = init_with_letters("note", [Path("brief.md")], Path("customers.csv"))
    assert (Path("note/templates/letter/de.md").read_text(), made.languages) == (text, ("de",))
    assert made.note == "brief.md is taken for de, by its words: write `language: de` at its top to say so."


@pytest.mark.parametrize(
    ("letter", "problem"),
    [
        (LETTER.replace("{{ plan }}", "{{ plann }}", 1), "line 2: `plann` is not a variable of a letter; did you mean"),
        (LETTER.replace("{% endif %}", ""), "is not Jinja"),
        ("Hello {{ plan }}", "is not a header of a letter"),
        (LETTER.replace("{{ plan }}", "{{ incident.service }}"), "`incident.service` is not known"),
    ],
)
def test_a_letter_that_cannot_be_used_leaves_nothing_behind(letter: str, problem: str) -> None:
    Path("letter.md").write_text(letter)
    with pytest.raises(TemplateError, match=problem):
        init_with_letters("note", [Path("letter.md")], Path("customers.csv"))
    assert not Path("note").exists()


def test_two_letters_in_one_language_are_refused() -> None:
    for name in ("a.md", "b.md"):
        Path(name).write_text(LETTER)
    with pytest.raises(TemplateError, match=r"a\.md and b\.md are both in the language `en`"):
        init_with_letters("note", [Path("a.md"), Path("b.md")], Path("customers.csv"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We are sorry that your order is late, and we have to ask you for more time.", "en"),
        ("Przepraszamy za to, że nie możemy dostarczyć zamówienia na czas i że trwa to tak długo.", "pl"),
        ("Мы приносим извинения за то, что сервис не работал и вы не могли войти.", "ru"),
        ("Nous vous prions de nous excuser pour le retard de votre commande et les ennuis.", "fr"),
        ("Hi 17", None),
    ],
)
def test_the_words_tell_the_language(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_a_new_template_in_chosen_languages(tmp_path: Path) -> None:
    made = templates.copy(tmp_path, "parcels", "late-delivery", ["en", "de"])
    assert sorted(path.name for path in made.iterdir()) == ["de.md", "en.md", "examples.toml", "scenario.toml"]
    scenario = load_scenario("parcels", [tmp_path / "templates"])
    assert set(scenario.title) == {"en", "de"}
    (proof,) = proofreading.proofs(tmp_path, "parcels")
    assert {each.code for each in proof.findings if each.severity is Severity.ERROR} <= {"letter-fails"}  # no greeting
    with pytest.raises(TemplateError, match="'deutsch' is no language"):
        templates.copy(tmp_path, "other", "late-delivery", ["deutsch"])


def test_one_letter_laid_over_a_shipped_template_is_tested(tmp_path: Path) -> None:
    own = tmp_path / "templates" / "service-outage"
    own.mkdir(parents=True)
    shipped = shipped_templates() / "service-outage" / "en.md"
    (own / "en.md").write_text(shipped.read_text() + "\n{{ incident.servce }}\n")
    (proof,) = proofreading.proofs(tmp_path, str(own / "en.md"))
    assert [each.code for each in proof.findings] == ["fact-undeclared"]
    (own / "en.md").write_text(shipped.read_text())
    (proof,) = proofreading.proofs(tmp_path, str(own / "en.md"))
    assert (proof.languages, proof.findings) == (("en",), ())
    with pytest.raises(TemplateError, match="is no letter of this campaign"):
        proofreading.proofs(tmp_path, str(tmp_path / "service-outage" / "en.md"))
