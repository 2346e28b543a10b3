"""The library as ``templates`` shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mass_apology.errors import OutputError, TemplateError
from mass_apology.flows.templates.templates import copy, show, situations
from mass_apology.languages import SHIPPED
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import shipped_templates


def test_every_situation_has_a_title_a_purpose_and_its_languages(tmp_path: Path) -> None:
    found = situations(tmp_path, "pl")
    assert len(found) >= 20
    for each in found:
        assert each.title
        assert each.purpose
        assert set(each.languages) >= {language.code for language in SHIPPED}
        assert not each.own


@pytest.mark.parametrize("language", [each.code for each in SHIPPED])
def test_a_letter_is_shown_in_every_language(tmp_path: Path, language: str) -> None:
    """test_every_letter_shown.py shows all."""
    letter = show(tmp_path, "service-outage", language)
    assert letter.subject
    assert "Anna Kowalska" in letter.text
    position = load_scenario("service-outage", [shipped_templates()]).facts["signed_as"].example_in(language)
    assert position in letter.text.split("\n--\n")[0].split("Anna Kowalska")[-1]


def test_the_signatorys_position_is_in_the_language_of_the_letter(tmp_path: Path) -> None:
    shown = {language: show(tmp_path, "wrong-charge", language).text for language in ("en", "pl", "ru")}
    assert "Head of Finance" in shown["en"]
    assert "Dyrektorka finansowa" in shown["pl"]
    assert "Финансовый директор" in shown["ru"]


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


def test_a_language_may_have_its_country(tmp_path: Path) -> None:
    polish = show(tmp_path, "service-outage", "pl")
    assert show(tmp_path, "service-outage", "pl-PL") == show(tmp_path, "service-outage", "PL") == polish


@pytest.mark.parametrize("name", ["Zażółć gęślą", "../mine", "a b", ""])
def test_a_name_that_no_campaign_could_use_is_not_begun(tmp_path: Path, name: str) -> None:
    with pytest.raises(TemplateError, match="is not the name of a template"):
        copy(tmp_path, name, "late-delivery")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_ones_own_where_the_shipped_ones_are() -> None:
    assert not any(each.own for each in situations(shipped_templates().parent, "en"))
