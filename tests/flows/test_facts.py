"""``facts``: to a translator and back, with nothing of campaign.toml changed but the translations."""

from __future__ import annotations

import csv
import io
import shutil
import tomllib
from pathlib import Path

import pytest

from mass_apology.errors import CampaignError, InputError
from mass_apology.flows.facts.fact_export import export
from mass_apology.flows.facts.fact_import import Change, Imported, import_facts
from mass_apology.workspace.workspace import Workspace

HARM = "You could not place orders, and payments that had begun did not go through."


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return Path(shutil.copytree("samples/service-outage", tmp_path / "c"))


def given(here: Path, language: str = "de") -> list[list[str]]:
    export(Workspace.open(here), language, None, here / "facts.csv", force=True)
    return list(csv.reader(io.StringIO((here / "facts.csv").read_text(encoding="utf-8-sig"), newline="")))


def take(
    here: Path, rows: list[list[str]], *, delimiter: str = ",", outdated: bool = False, dry_run: bool = False
) -> Imported:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    (here / "back.csv").write_text(text.getvalue(), encoding="utf-8-sig")
    return import_facts(Workspace.open(here), here / "back.csv", outdated=outdated, dry_run=dry_run)


def test_each_fact_in_words_stands_there_with_its_original_and_its_meaning(here: Path) -> None:
    header, *rows = given(here)
    assert header == ["key", "en", "explanation", "de"]
    by_key = {row[0]: row for row in rows}
    assert by_key["harm"][1] == HARM
    assert by_key["harm"][2] == "What customers could not do in that time, concretely. (sentence; required)"
    assert by_key["service"][1] == "Acme API"
    assert {row[3] for row in rows} == {""}
    assert "started_at" not in by_key  # each letter writes moments itself


def test_facts_of_follow_ups_are_among_them(here: Path) -> None:
    path = here / "campaign.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[[follow_up]]", "[[waits]]").partition("[[waits]]")[0], encoding="utf-8")
    without = {row[0] for row in given(here)}
    path.write_text(
        text.partition("[[follow_up]]")[0] + '\n[[follow_up]]\ntemplate = "follow-up"\nafter = "3 days"\n',
        encoding="utf-8",
    )
    assert "next_step" in {row[0] for row in given(here)}
    # The sample's languages tell it too, so it is there without the wave: as a fact that only campaign.toml knows.
    assert "next_step" in without


def test_what_is_translated_already_stands_there(here: Path) -> None:
    by_key = {row[0]: row[3] for row in given(here, "pl")}
    assert by_key["harm"] == "Nie można było składać zamówień, a rozpoczęte płatności zostały anulowane."
    assert by_key["signed_as"] == "Dyrektorka operacyjna"
    assert by_key["service"] == ""


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_translations_come_back_and_nothing_else_changes(here: Path, delimiter: str) -> None:
    before = (here / "campaign.toml").read_text(encoding="utf-8")
    rows = given(here)
    for row in rows:
        if row[0] == "harm":
            row[3] = "Sie konnten  nichts bestellen;\nZahlungen brachen ab."
        if row[0] == "signed_as":
            row[3] = "Leiterin des Betriebs"
    taken = take(here, rows, delimiter=delimiter)
    after = (here / "campaign.toml").read_text(encoding="utf-8")
    assert tomllib.loads(after)["incident"]["de"] == {
        "harm": "Sie konnten nichts bestellen; Zahlungen brachen ab.",
        "signed_as": "Leiterin des Betriebs",
    }
    kept = iter(after.splitlines())
    assert all(line in kept for line in before.splitlines())  # each line, in its order
    assert taken.untranslated == ("what_failed", "repair", "prevention")
    assert taken.has_letter


def test_a_changed_translation_is_told_with_what_it_was(here: Path) -> None:
    before = (here / "campaign.toml").read_text(encoding="utf-8")
    rows = given(here, "pl")
    old = next(row[3] for row in rows if row[0] == "harm")
    for row in rows:
        row[3] = row[3].replace(old, "Inaczej.")
    assert take(here, rows, dry_run=True).changes == (Change(key="harm", before=old, after="Inaczej."),)
    assert (here / "campaign.toml").read_text(encoding="utf-8") == before
    taken = take(here, rows)
    assert (taken.same, taken.has_letter) == (len([row for row in rows[1:] if row[3]]) - 1, True)
    assert (here / "campaign.toml").read_text(encoding="utf-8") == before.replace(old, "Inaczej.")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["harn", "", "", "Ja."], r"back\.csv:2: the campaign has no fact `harn`; did you mean `harm`\?"),
        (["", "", "", "Ja."], r"back\.csv:2: the key is empty"),
        (["started_at", "", "", "gestern"], r"back\.csv:2: the campaign has no fact `started_at`"),
        (["harm", HARM, "", "Kein Ende"], r"back\.csv:2: the translation of `harm` does not end as a sentence"),
        (["harm", HARM, "", HARM], r"back\.csv:2: `harm` is not translated: it is the same sentence as in en"),
        (["harm", HARM, "", "Ja\x07."], r"back\.csv:2: the translation of `harm` holds the control character"),
        (["harm", "It was before.", "", "Ja."], r"back\.csv:2: the text of `harm` in en is another one .* --outdated"),
        (["status_url", "https://status.acme.example", "", "keine"], r"back\.csv:2: the translation of `status_url`"),
    ],
)
def test_nonsense_is_refused_with_its_line_and_nothing_is_written(here: Path, row: list[str], said: str) -> None:
    before = (here / "campaign.toml").read_bytes()
    sound = [
        "repair",
        "We replaced the certificate the same day, and have since processed every order that was held back.",
    ]
    rows = [["key", "en", "explanation", "de"], row, [*sound, "", "Alles ist wieder gut."]]
    with pytest.raises(InputError, match=said):
        take(here, rows)
    assert (here / "campaign.toml").read_bytes() == before


def test_all_that_is_wrong_is_said_at_once(here: Path) -> None:
    rows = [
        ["key", "en", "explanation", "de"],
        ["a", "", "", "x"],
        ["harm", HARM, "", "Ja."],
        ["harm", HARM, "", "Ja."],
    ]
    with pytest.raises(InputError) as raised:
        take(here, rows)
    assert [line.partition(": ")[0][-2:] for line in raised.value.problem.splitlines()] == [":2", ":4"]


def test_an_outdated_translation_is_taken_when_asked_for(here: Path) -> None:
    taken = take(here, [["key", "en", "explanation", "de"], ["harm", "Before.", "", "Ja."]], outdated=True)
    assert [each.key for each in taken.changes] == ["harm"]


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "is empty"),
        (b"email,name\na@b.net,Ann\n", r":1: the columns are email, name, and not key"),
        (b"key,en,explanation,German\n", "German is no language's code"),
        (b"key,en,explanation,de\nharm,x\n", r":2: the row has fewer than 4 cells"),
        (b'key,en,explanation,de\nharm,"x\n', r":2: the row cannot be read"),
        ("key,en,explanation,de\nharm,x,,Größe.\n".encode("latin-1"), r":2: it is not UTF-8"),
    ],
)
def test_another_file_is_refused(here: Path, octets: bytes, said: str) -> None:
    (here / "back.csv").write_bytes(octets)
    with pytest.raises((InputError, CampaignError), match=said):
        import_facts(Workspace.open(here), here / "back.csv")


def test_a_fact_that_looks_like_a_formula_comes_back_as_it_was(here: Path) -> None:
    path = here / "campaign.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(HARM, "=1+1 was shown."), encoding="utf-8")
    rows = given(here)
    assert next(row[1] for row in rows if row[0] == "harm") == "'=1+1 was shown."
    for row in rows[1:]:
        row[3] = "'=1+1 stand da." if row[0] == "harm" else ""
    take(here, rows)
    assert Workspace.open(here).campaign.incident["de"] == {"harm": "=1+1 stand da."}


@pytest.mark.parametrize(("language", "source"), [("German", None), ("de", "x1"), ("en", "en")])
def test_languages_that_are_none(here: Path, language: str, source: str | None) -> None:
    with pytest.raises(CampaignError):
        export(Workspace.open(here), language, source, here / "facts.csv", force=False)
    assert not (here / "facts.csv").exists()
