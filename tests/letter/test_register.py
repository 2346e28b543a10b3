"""Informal letters: how they greet, which file they are written in, and where they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from mass_apology.errors import TemplateError
from mass_apology.flows.templates.example_campaign import example_campaign, example_facts
from mass_apology.flows.templates.templates import copy, show
from mass_apology.languages import SHIPPED, read_languages
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.localise import Localiser
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import shipped_templates, template_files
from mass_apology.model import Finding, Severity

SERIOUS = ("agent-conduct", "data-breach", "product-recall", "wrong-charge")


@pytest.mark.parametrize(
    ("language", "name", "greeted"),
    [
        ("en", "Maria Smith", "Hi Maria,"),
        ("en", "Mary-Ann O’Hara", "Hi Mary-Ann,"),
        ("en", "J. R. R. Tolkien", "Hello,"),
        ("en", "Dr Ann Lee", "Hello,"),
        ("en", "", "Hello,"),
        ("et", "Mari Tamm", "Tere, Mari!"),
        ("et", "", "Tere!"),
        ("lv", "Jānis Bērziņš", "Sveiki, Jāni!"),
        ("lv", "Ilze Kalniņa", "Sveiki, Ilze!"),
        ("lv", "Thomas Mann", "Labdien!"),
        ("el", "Γιώργος Παπαδόπουλος", "Γεια σας, Γιώργο,"),
        ("el", "Μαρία Παπαδοπούλου", "Γεια σας, Μαρία,"),
        ("el", "John Smith", "Γεια σας, John,"),
        ("pl", "Anna Kowalska", "Dzień dobry,"),
        ("ru", "Анна Ковальская", "Здравствуйте, Анна!"),
        ("ru", "Иванов Олег Анатольевич", "Здравствуйте, Олег!"),
        ("ru", "Петрова Анна", "Здравствуйте!"),
        ("ru", "Марина Петрова", "Здравствуйте, Марина!"),
    ],
)
def test_an_informal_letter_greets_by_the_first_name(language: str, name: str, greeted: str) -> None:
    assert Localiser(SHIPPED[language], "informal").salutation(name, "") == greeted


def test_the_informal_letter_stands_in_a_file_of_its_own(tmp_path: Path) -> None:
    formal, informal = (show(tmp_path, "website-overload", "en", each) for each in ("formal", "informal"))
    assert formal.text.startswith("Dear Maria Smith,\n")
    assert informal.text.startswith("Hi Maria,\n")
    assert informal.subject != formal.subject
    assert "sorry" in informal.text


def test_a_language_without_one_keeps_its_formal_letter(tmp_path: Path) -> None:
    assert show(tmp_path, "service-outage", "en", "informal") == show(tmp_path, "service-outage", "en")


def test_a_condition_on_the_register_makes_one_file_both(tmp_path: Path) -> None:
    copy(tmp_path, "ours", "service-outage", ["en"])
    path = tmp_path / "templates/ours/en.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("Kind regards,", '{% if register == "informal" %}\nCheers,\n{% else %}\nFormally,\n{% endif %}'),
        encoding="utf-8",
    )
    assert "Formally," in show(tmp_path, "ours", "en").text
    informal = show(tmp_path, "ours", "en", "informal").text
    assert "Cheers," in informal
    assert informal.startswith("Hi Maria,")


def findings(name: str, language: str) -> list[Finding]:
    scenario, directories = load_scenario(name, [shipped_templates()]), [shipped_templates()]
    campaign = example_campaign(name, scenario, (language,), example_facts(scenario, (language,)))
    writer = Writer(replace(campaign, register="informal"), folder=Path(), directories=directories, header=("email",))
    return [each for each in writer.language_findings([language]) if each.code.startswith("register")]


@pytest.mark.parametrize("name", SERIOUS)
def test_an_informal_letter_is_refused_where_customers_were_harmed(name: str, tmp_path: Path) -> None:
    (finding,) = findings(name, "en")
    assert (finding.code, finding.severity) == ("register-unfit", Severity.ERROR)
    with pytest.raises(TemplateError, match="no informal letter"):
        show(tmp_path, name, "en", "informal")


def test_check_says_which_languages_stay_formal() -> None:
    assert findings("website-overload", "en") == []
    (finding,) = findings("resolved", "en")
    assert (finding.code, finding.severity) == ("register-formal", Severity.WARNING)


def test_an_informal_letter_belongs_to_what_is_agreed_to() -> None:
    names = [path.name for path in template_files("website-overload", [shipped_templates()], "plain")]
    assert "en.informal.md" in names


def test_a_language_of_ones_own_says_how_it_greets_informally(tmp_path: Path) -> None:
    (tmp_path / "languages").mkdir()
    (tmp_path / "languages/de.toml").write_text(
        '[informal]\nnamed = { any = "Hallo {name}," }\nunnamed = { any = "Hallo," }\n', encoding="utf-8"
    )
    localiser = Localiser(read_languages(tmp_path)["de"], "informal")
    assert [localiser.salutation(name, "") for name in ("Anna Weiß", "A. Weiß", "")] == [
        "Hallo Anna,",
        "Hallo,",
        "Hallo,",
    ]


def test_a_copy_has_the_informal_letters_of_its_languages_and_no_others(tmp_path: Path) -> None:
    made = copy(tmp_path, "ours", "website-overload", ["pl"])
    assert sorted(path.name for path in made.glob("*.md")) == ["pl.informal.md", "pl.md"]
