"""When templates are read and compiled."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import small_campaign

from mass_apology.errors import TemplateError
from mass_apology.letter import language_kit
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.markup.source import LetterSource
from mass_apology.letter.template_files import Template, shipped_templates


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The languages of the letters that are compiled from now on, in their order."""
    languages: list[str] = []
    compile_letter = language_kit.compile_letter

    def heard(written: LetterSource, language: str, **facts: Any) -> Template:
        languages.append(language)
        return compile_letter(written, language, **facts)

    monkeypatch.setattr(language_kit, "compile_letter", heard)
    return languages


def follow_up(folder: Path, templates: Path) -> Writer:
    facts = small_campaign.campaign(
        template="follow-up", types={}, incident={"done": "All is mended.", "contact": "Write to us."}, languages=["pl"]
    )
    return Writer(facts, folder=folder, directories=[templates], header=("email",))


def test_a_shipped_letter_is_compiled_once_and_only_for_somebody_who_gets_it(
    tmp_path: Path, compiled: list[str]
) -> None:
    writer = follow_up(tmp_path, shipped_templates())
    assert len(compiled) == 1
    compiled.clear()
    for wanted in ("pl", "pl-PL", "ru", "xx", "pl"):
        assert writer.language_for(wanted)
    assert not compiled
    for wanted in ("pl", "pl-PL", "ru", "xx", "pl"):
        assert writer.links([writer.language_for(wanted)]) is not None
    assert compiled == ["pl", "ru"]


def test_every_letter_of_ones_own_is_compiled_at_once_so_that_its_mistakes_are_told(
    tmp_path: Path, compiled: list[str]
) -> None:
    small_campaign.write_templates(tmp_path)
    small_campaign.make_writer(tmp_path)
    assert compiled == ["en", "pl"]
    (tmp_path / "templates" / "sorry" / "pl.md").write_text("Subject: a\n\n{{ nobody }}\n", encoding="utf-8")
    with pytest.raises(TemplateError, match=r"pl\.md, line 3: .*nobody"):
        small_campaign.make_writer(tmp_path)


def test_a_shipped_file_that_changes_later_reaches_no_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(shipped_templates(), templates)
    monkeypatch.setattr(language_kit, "shipped_templates", lambda: templates)
    customer = small_campaign.delivery(rows=[{"email": "a@b.example"}], language="lv")
    before = follow_up(tmp_path, templates).content(customer)
    writer = follow_up(tmp_path, templates)
    for path in (templates / "follow-up" / "lv.md", templates / "layouts" / "plain.html"):
        path.write_text(f"{path.read_text(encoding='utf-8')}\nWritten later.\n", encoding="utf-8")
    assert writer.content(customer) == before
    assert "Written later." in follow_up(tmp_path, templates).content(customer).text
