"""The library as ``templates`` shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mass_apology.errors import OutputError, TemplateError
from mass_apology.flows.library import copy, show, situations


def test_every_situation_has_a_title_a_purpose_and_its_languages(tmp_path: Path) -> None:
    found = situations(tmp_path, "pl")
    assert len(found) >= 20
    for each in found:
        assert each.title
        assert each.purpose
        assert set(each.languages) >= {"el", "en", "et", "lv", "pl", "ru"}
        assert not each.own


@pytest.mark.parametrize("language", ["el", "en", "et", "lv", "pl", "ru"])
def test_every_letter_can_be_shown(tmp_path: Path, language: str) -> None:
    for each in situations(tmp_path, "en"):
        letter = show(tmp_path, each.name, language)
        assert letter.subject
        assert "Anna Kowalska" in letter.text


def test_one_of_ones_own_begins_as_a_copy(tmp_path: Path) -> None:
    made = copy(tmp_path, "late-parcels", "late-delivery")
    (made / "en.md").write_text("Subject: Your parcel\n\n{{ salutation }}\n\nIt is late.\n", encoding="utf-8")
    (own,) = [each for each in situations(tmp_path, "en") if each.own]
    assert own.name == "late-parcels"
    assert show(tmp_path, "late-parcels", "en").subject == "Your parcel"
    with pytest.raises(OutputError, match="exists already"):
        copy(tmp_path, "late-parcels", "late-delivery")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no template `nope`"):
        show(tmp_path, "nope", "en")
    with pytest.raises(TemplateError, match="no letter in 'xx'"):
        show(tmp_path, "service-outage", "xx")
    with pytest.raises(TemplateError, match="no template `nope`"):
        copy(tmp_path, "mine", "nope")
