"""What customers are given and no letter shows: codes and remedies, language by language."""

from __future__ import annotations

import asyncio
from pathlib import Path

from live import campaign_folder, customers

from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.init.toml_notation import toml
from mass_apology.model import Finding, Severity
from mass_apology.workspace.workspace import Workspace

URL = "smtp+plain://127.0.0.1:1"
WITHOUT = "Subject: Sorry\n\n{{ salutation }}\n\nWe are sorry.\n"
SHOWS = f"{WITHOUT}\nYour code is {{{{ code }}}}.\n"
WITH = f"{SHOWS}\n[Money back]({{{{ remedies.refund }}}})\n"


def told(folder: Path, code: str) -> list[Finding]:
    checked = asyncio.run(
        check(Workspace.open(folder), CheckOptions(offline=True), None, force=False, on_progress=lambda *_: None)
    )
    return [each for group in checked.groups if group.code == code for each in group.examples]


def campaign(folder: Path, letters: dict[str, str], **tables: dict[str, object]) -> Path:
    """A campaign that gives every customer a code, with these letters by language, each of which is asked for."""
    rows = [dict(row, language=tag) for row, tag in zip(customers(len(letters)), letters, strict=True)]
    made = campaign_folder(folder, URL, rows, codes={"file": "codes.csv"}, **tables)
    (made / "codes.csv").write_text("SORRY-1\nSORRY-2\nSORRY-3\n", encoding="utf-8")
    for language, text in letters.items():
        (made / f"templates/sorry/{language}.md").write_text(text, encoding="utf-8")
    return made


def test_a_code_that_no_letter_of_a_language_shows(tmp_path: Path) -> None:
    folder = campaign(tmp_path, {"en": SHOWS, "pl": WITHOUT, "lv": WITHOUT})
    (found,) = told(folder, "code-unshown")
    assert found.severity is Severity.WARNING
    assert found.where == "template sorry, languages lv, pl"
    assert "templates/sorry/pl.md" in found.advice
    assert "{{ code }}" in found.advice


def test_all_is_well_where_every_letter_shows_it(tmp_path: Path) -> None:
    letters = dict.fromkeys(("en", "pl"), SHOWS)
    assert told(campaign(tmp_path, letters), "code-unshown") == []


def test_a_layout_or_a_follow_up_may_show_it(tmp_path: Path) -> None:
    folder = campaign(tmp_path, {"en": WITHOUT, "pl": WITHOUT})
    assert len(told(folder, "code-unshown")) == 1
    (folder / "templates/later").mkdir()
    (folder / "templates/later/pl.md").write_text(SHOWS, encoding="utf-8")
    plain = (folder / "campaign.toml").read_text(encoding="utf-8")
    with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[follow_up]]\ntemplate = {toml("later")}\nafter = "3 days"\n')
    (found,) = told(folder, "code-unshown")
    assert found.where == "template sorry, language en"
    (folder / "campaign.toml").write_text(plain.replace("\n", '\nlayout = "own"\n', 1), encoding="utf-8")
    (folder / "templates/layouts").mkdir()
    (folder / "templates/layouts/own.html").write_text("<html><body>{{ body }}<p>{{ code }}</body></html>")
    assert told(folder, "code-unshown") == []


def test_nothing_is_said_where_nobody_gets_a_code(tmp_path: Path) -> None:
    assert told(campaign_folder(tmp_path, URL, customers(2)), "code-unshown") == []


def test_a_remedy_that_one_language_does_not_link_to(tmp_path: Path) -> None:
    remedies = {"refund": "https://acme.example/r?c={token}", "repair": "https://acme.example/x?c={token}"}
    folder = campaign(tmp_path, {"en": WITH, "pl": SHOWS}, remedies=remedies)
    problems = [each.problem for each in told(folder, "remedy-unshown")]
    assert problems == [
        "No letter in pl links to the remedy `refund`, so none of them can choose it.",
        "No letter links to the remedy `repair`, so nobody can choose it.",
    ]
