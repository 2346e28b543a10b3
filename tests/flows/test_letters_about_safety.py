"""A recall reaches people although they asked for no letters, and in a language that they read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, send, write_rows, write_toml
from smtp_fakes import Relay

from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.follow_up.affected import CorrectOptions as Corrections
from mass_apology.flows.follow_up.consent import agree
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.follow_up.outlook import outlook
from mass_apology.flows.init.toml_notation import toml
from mass_apology.flows.plan.plan_check import Check
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import shipped_templates
from mass_apology.model import Finding, Severity
from mass_apology.suppression import Entry, Reason, Suppressions, shared_path
from mass_apology.workspace.workspace import Workspace

URL = "smtp+plain://127.0.0.1:1"
SAFETY = 'campaign_purpose = "safety"\n'
LATER = "Subject: How it went on\n\n{{ salutation }}\n\nWe have mended it.\n"
LATER_IN_POLISH = "Subject: Co dalej\n\n{{ salutation }}\n\nNaprawiliśmy to.\n"


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


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


def recall(folder: Path, cells: list[dict[str, str]], url: str = URL, **tables: dict[str, object]) -> Path:
    """A campaign whose own scenario says that it is about safety; ``cells`` are the rows' further ones."""
    rows = [dict(row, **more) for row, more in zip(customers(len(cells)), cells, strict=True)]
    made = campaign_folder(folder, url, rows, **tables)
    (made / "templates/sorry/scenario.toml").write_text(SAFETY, encoding="utf-8")
    return made


def suppress(address: str) -> None:
    with Suppressions.open(shared_path()) as store:
        store.add(Entry.of(address, Reason.REQUESTED, at=1_795_000_000.0, source="trial"))


@pytest.mark.parametrize(
    ("scenario", "purpose"),
    [("product-recall", "safety"), ("data-breach", "safety"), ("defective-product", "service"), ("sorry", "service")],
)
def test_the_shipped_letters_about_safety_say_so(tmp_path: Path, scenario: str, purpose: str) -> None:
    (tmp_path / "sorry").mkdir()
    (tmp_path / "sorry/en.md").write_text(LATER, encoding="utf-8")
    assert load_scenario(scenario, (tmp_path, shipped_templates())).campaign_purpose == purpose


def test_who_asked_for_no_letters_hears_of_a_recall(tmp_path: Path) -> None:
    folder = recall(tmp_path, [{}, {}])
    suppress("customer1@d1.example")
    checked = look(folder)
    assert checked.letters == 2
    assert [each.line for each in told(checked, "suppressed-and-written-to")] == [3]
    assert not told(checked, "purpose-contradicts")


@pytest.mark.parametrize("purpose", ["service", "marketing"])
def test_a_recall_with_a_lesser_purpose_is_reported(tmp_path: Path, purpose: str) -> None:
    folder = recall(tmp_path, [{}, {}], **{"": {"purpose": purpose}})
    suppress("customer1@d1.example")
    checked = look(folder)
    assert checked.letters == 1  # the person's word holds
    (found,) = told(checked, "purpose-contradicts")
    assert found.severity is Severity.WARNING
    assert purpose in found.problem


def test_a_recall_in_a_language_that_was_not_asked_for_is_an_error(tmp_path: Path) -> None:
    folder = recall(tmp_path, [{"language": "de"}, {"language": "de"}, {"language": "en"}])
    checked = look(folder)
    (found,) = told(checked, "safety-language")
    assert found.severity is Severity.ERROR
    assert found.problem.startswith("2 letters ask for 'de' and will be in 'en'.")
    assert "templates/sorry/de.md" in found.advice
    assert "--override safety-language" in found.advice
    assert not checked.sendable
    assert look(folder, override=("safety-language",)).sendable


def test_the_markets_language_counts_where_a_row_names_none(tmp_path: Path) -> None:
    cells = [
        {"country": "DE", "language": ""},
        {"country": "de", "language": ""},
        {"country": "UK", "language": ""},  # which is read there
        {"country": "US", "language": ""},
        {"country": "DE", "language": "en"},  # asked for
        {"country": "Atlantis", "language": ""},
    ]
    (found,) = told(look(recall(tmp_path, cells)), "safety-language")
    assert found.problem.startswith("2 letters go to DE, name no language, and will be in 'en'.")
    assert "templates/sorry/de.md" in found.advice


def test_other_letters_only_warn(tmp_path: Path) -> None:
    folder = recall(tmp_path, [{"language": "de", "country": ""}, {"language": "", "country": "DE"}])
    (folder / "templates/sorry/scenario.toml").unlink()
    checked = look(folder)
    assert [each.severity for each in told(checked, "language-fallback")] == [Severity.WARNING]
    assert not told(checked, "safety-language")
    assert checked.sendable


def with_follow_up(folder: Path, url: str) -> None:
    """The file grew a language after ``en`` had been enough, and a follow-up that has only ``en``."""
    (folder / "templates/later").mkdir()
    (folder / "templates/later/en.md").write_text(LATER, encoding="utf-8")
    write_toml(folder, url, schedule={"hours": "00:00-24:00", "weekdays": "mon-sun"})
    wave = {"name": "later", "template": "later", "at": "2020-01-01T00:00:00Z"}
    lines = ["", "[[follow_up]]", *(f"{key} = {value if key == 'at' else toml(value)}" for key, value in wave.items())]
    with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


@pytest.fixture
def sent(tmp_path: Path, live: Relay) -> Path:
    """Three letters, two of them in Polish, which neither the follow-up nor the correction has."""
    folder = tmp_path / "trial"
    rows = [dict(row, language=tag) for row, tag in zip(customers(3), ("pl", "pl", "en"), strict=True)]
    campaign_folder(folder, live.sink.url, rows)
    (folder / "templates/sorry/pl.md").write_text(LATER_IN_POLISH, encoding="utf-8")
    with_follow_up(folder, live.sink.url)
    assert send(folder).sent == 3
    return folder


SAID = "2 letters ask for 'pl' and will be in 'en'."


def test_a_follow_up_tells_in_what_languages_it_will_be(sent: Path) -> None:
    (wave,) = outlook(Workspace.open(sent)).waves
    assert [each.problem for each in wave.findings] == [SAID]
    heard: list[Finding] = []
    asyncio.run(
        agree(Workspace.open(sent), "later", lambda _: "", confirm=3, on_progress=lambda *_: None, notice=heard.extend)
    )
    assert [(each.code, each.problem) for each in heard] == [("language-fallback", SAID)]


def test_so_does_a_correction(sent: Path) -> None:
    person = Person()
    assert correct(Workspace.open(sent), Corrections(template="later", name="again"), person).sent == 3
    assert [each.problem for each in person.notices] == [SAID]
    assert person.asked == [3]


def test_nothing_is_said_where_every_letter_is_in_the_language_that_was_asked_for(sent: Path) -> None:
    (sent / "templates/later/pl.md").write_text(LATER_IN_POLISH, encoding="utf-8")
    assert outlook(Workspace.open(sent)).waves[0].findings == ()
    person = Person()
    correct(Workspace.open(sent), Corrections(template="later", name="again"), person)
    assert person.notices == []


def test_of_a_recall_the_market_is_told_too(tmp_path: Path, live: Relay) -> None:
    folder = tmp_path / "trial"
    rows = [dict(row, country=code) for row, code in zip(customers(3), ("PL", "PL", "IE"), strict=True)]
    campaign_folder(folder, live.sink.url, rows)
    (folder / "templates/sorry/scenario.toml").write_text(SAFETY, encoding="utf-8")
    write_rows(folder / "affected.csv", rows)
    with_follow_up(folder, live.sink.url)
    assert send(folder, override=("safety-language",)).sent == 3
    (found,) = outlook(Workspace.open(folder)).waves[0].findings
    assert (found.code, found.severity) == ("safety-language", Severity.WARNING)
    assert found.problem.startswith("2 letters go to PL")
