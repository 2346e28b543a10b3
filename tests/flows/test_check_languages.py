"""``check`` from end to end: languages without a letter, templates with a mistake, legal packs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from live import LETTER, campaign_folder, customers, write_rows, write_toml

from mass_apology.errors import TemplateError
from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.plan.plan_check import Check
from mass_apology.model import Finding, Severity
from mass_apology.workspace.workspace import Workspace

POLISH = """Subject: {{ incident.service }}, {{ customer.name }}

{{ salutation }}

Nie działaliśmy przez {{ customer.minutes }} minut. Przepraszamy.
"""
URL = "smtp+plain://127.0.0.1:1"


def look(folder: Path, **options: object) -> Check:
    return asyncio.run(
        check(
            Workspace.open(folder),
            CheckOptions(offline=True, **options),
            None,
            force=False,
            on_progress=lambda *_: None,
        )
    )


def told(checked: Check, code: str) -> list[Finding]:
    return [each for group in checked.groups if group.code == code for each in group.examples]


def folder_with(tmp_path: Path, languages: list[str], **tables: dict[str, object]) -> Path:
    rows = [dict(row, language=language) for row, language in zip(customers(len(languages)), languages, strict=True)]
    folder = campaign_folder(tmp_path, URL, rows, **tables)
    (folder / "templates/sorry/pl.md").write_text(POLISH, encoding="utf-8")
    return folder


def test_a_language_without_a_letter_falls_back_and_is_counted(tmp_path: Path) -> None:
    languages = ["de", "de-AT", "fr", "pl", "PL", "en", "", ""]
    checked = look(folder_with(tmp_path, languages, top={"languages": ["lv", "pl", "en"]}))
    assert checked.languages == {"pl": 7, "en": 1}
    fallbacks = told(checked, "language-fallback")
    assert [each.problem for each in fallbacks] == [
        "2 letters ask for 'de' and will be in 'pl'.",
        "1 letter asks for 'fr' and will be in 'pl'.",
    ]
    assert {each.severity for each in fallbacks} == {Severity.WARNING}
    assert "templates/sorry/de.md" in fallbacks[0].advice
    (silent,) = told(checked, "language-unstated")
    assert silent.problem == "2 letters state no language and will be in 'pl'."
    assert silent.severity is Severity.INFO
    assert checked.sendable


def test_rows_are_counted_where_several_make_one_letter(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, ["de", "de", "pl"])
    rows = [{"email": "a@d1.example", "name": "Ann", "minutes": "1", "language": "de", "id": "7"}] * 3
    write_rows(folder / "affected.csv", rows)
    write_toml(folder, URL, columns={"key": "id"})
    (finding,) = told(look(folder), "language-fallback")
    assert finding.problem == "3 rows ask for 'de' and will be in 'en'."


def test_nothing_is_said_where_nobody_states_a_language(tmp_path: Path) -> None:
    checked = look(campaign_folder(tmp_path, URL, customers(4)))
    assert told(checked, "language-unstated") == told(checked, "language-fallback") == []


def test_no_fallback_at_all_names_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"no letter in 'de', 'lv'; it has 'en', 'pl'"):
        look(folder_with(tmp_path, ["pl", "de"], top={"languages": ["lv"]}))


@pytest.mark.parametrize(
    ("mistake", "line", "problem"),
    [
        ("We were down for {{ custmer.minutes }}.", 5, "did you mean `customer`?"),
        ("Our {{ incident.sevrice }}.", 5, "did you mean `service`?"),
        ("We {{ salutation", 5, "unexpected end of template|expected"),
        ("A\nB\n{{ 3 | tripled }}", 7, "tripled"),
        ("{% if customer.minutes %}", 5, "endif"),
    ],
)
def test_a_template_with_a_mistake_is_named_with_its_line(
    tmp_path: Path, mistake: str, line: int, problem: str
) -> None:
    folder = folder_with(tmp_path, ["pl", "en"])
    path = folder / "templates/sorry/pl.md"
    path.write_text(f"Subject: x\n\n{{{{ salutation }}}}\n\n{mistake}\n", encoding="utf-8")
    with pytest.raises(TemplateError, match=rf"templates/sorry/pl\.md, line {line}: .*(?:{problem})") as caught:
        look(folder)
    assert caught.value.next_step


def test_a_misspelt_column_is_an_error_of_every_row_with_the_nearest_name(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, ["pl", "en"])
    text = "Subject: x\n\n{{ salutation }}\n\nDown for {{ customer.minuts }}.\n"
    (folder / "templates/sorry/pl.md").write_text(text, encoding="utf-8")
    (finding,) = told(look(folder), "letter-fails")
    assert "pl.md, line 5: `minuts` is not known here; did you mean `minutes`?" in finding.problem
    assert finding.line == 2


def test_a_legal_pack_judges_the_rendered_letters_once_for_each_language(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, ["pl", "en", "pl", "en", "de"])
    (folder / "templates/sorry/scenario.toml").write_text('legal_pack = "gpsr-36"\n', encoding="utf-8")
    recall = "Subject: Recall\n\n{{ salutation }}\n\n## Product safety recall\n\nStop using it. A voluntary recall.\n"
    (folder / "templates/sorry/en.md").write_text(recall, encoding="utf-8")
    checked = look(folder)
    (forbidden,) = told(checked, "legal-forbidden")
    assert "The letter says “voluntary”." in forbidden.problem
    assert "GPSR, Art. 36(2)(c)" in forbidden.problem
    assert "line 3" in forbidden.problem
    assert "send --override legal-forbidden" in forbidden.advice
    assert not checked.sendable
    (missing,) = [group for group in checked.groups if group.code == "legal-missing"]
    assert missing.severity is Severity.WARNING
    assert {each.where for each in missing.examples} <= {
        "template sorry, language en",
        "template sorry, language pl",
    }
    assert not any("heading" in each.problem for each in missing.examples if "language en" in each.where)
    meant = look(folder, override=("legal-forbidden",))
    assert meant.sendable


def test_a_scenario_with_an_unknown_pack_is_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, ["pl"])
    (folder / "templates/sorry/scenario.toml").write_text('legal_pack = "gdpr"\n', encoding="utf-8")
    with pytest.raises(TemplateError, match="did you mean `gdpr-34`"):
        look(folder)


def test_a_language_that_nobody_has_described_is_told_until_it_is(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, ["sv", "sv", "en"])
    (folder / "templates/sorry/sv.md").write_text(LETTER, encoding="utf-8")
    (finding,) = told(look(folder), "language-lacks")
    assert (finding.where, finding.severity) == ("languages/sv.toml", Severity.WARNING)
    assert look(folder).sendable
    (folder / "languages").mkdir()
    (folder / "languages/sv.toml").write_text("[bonds]\n[durations]\n", encoding="utf-8")
    (finding,) = told(look(folder), "language-lacks")
    assert "do without `salutations`, `days`, `spans`, `labels`, `country`:" in finding.problem


def test_a_language_that_no_letter_is_in_lacks_nothing_that_matters(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, ["pl", "en"])
    (folder / "templates/sorry/de.md").write_text(LETTER, encoding="utf-8")
    assert told(look(folder), "language-lacks") == []


SIGNED = LETTER + "\n{% set role = incident.signed_as or sender.role %}\n{% if role %}{{ role }}{% endif %}\n"


def signed(tmp_path: Path, incident: dict[str, object], role: str) -> list[Finding]:
    folder = folder_with(
        tmp_path,
        ["en", "pl"],
        sender={"from": "Anna Kowalska <anna@acme.example>"} | ({"role": role} if role else {}),
        **{f"incident.{language}": each for language, each in incident.items() if isinstance(each, dict)},
        incident={name: each for name, each in incident.items() if not isinstance(each, dict)},
    )
    for language in ("en", "pl"):
        (folder / f"templates/sorry/{language}.md").write_text(SIGNED, encoding="utf-8")
    (folder / "templates/sorry/scenario.toml").write_text(
        '[facts.service]\ntype = "text"\nexample = "Acme"\ncomment = "Its name."\n'
        '[facts.signed_as]\ntype = "text"\nby_language = true\nexample = "Head"\ncomment = "The position."\n',
        encoding="utf-8",
    )
    return told(look(folder), "role-untranslated")


def test_one_position_under_letters_in_two_languages_is_told(tmp_path: Path) -> None:
    (finding,) = signed(tmp_path, {}, "Head of Operations")
    assert (finding.where, finding.severity) == ("campaign.toml, [sender] role", Severity.WARNING)
    assert finding.problem == "“Head of Operations” stands under the letters in en, pl alike."
    assert finding.advice == "Write the position in each language: signed_as in [incident.en], [incident.pl]."


def test_a_position_outside_the_languages_tables_is_told(tmp_path: Path) -> None:
    (finding,) = signed(tmp_path, {"signed_as": "Head of Operations"}, "")
    assert finding.where == "campaign.toml, [incident] signed_as"


@pytest.mark.parametrize(
    ("incident", "role"),
    [
        ({"pl": {"signed_as": "Dyrektorka operacyjna"}}, "Head of Operations"),
        ({"en": {"signed_as": "Head"}, "pl": {"signed_as": "Szefowa"}}, ""),
        ({}, "COO"),
        ({}, ""),
    ],
)
def test_a_position_of_each_languages_own_is_no_finding(tmp_path: Path, incident: dict[str, object], role: str) -> None:
    assert signed(tmp_path, incident, role) == []
