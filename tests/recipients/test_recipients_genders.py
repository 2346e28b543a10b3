"""A column of genders or titles, and countries by their names: understood in many languages, and told where not."""

from __future__ import annotations

import pytest
from recipient_files import Load

from mass_apology.countries import country_code, is_country
from mass_apology.languages import SHIPPED, gender_of
from mass_apology.settings import ValueSettings


@pytest.mark.parametrize(
    "text",
    [
        "f",
        "W",
        "k",
        "Ж",
        "Frau",
        "fr.",
        "Mrs.",
        "Ms",
        "Pani",
        "г-жа",
        "κα",
        "Κα.",
        "Mme",
        "Sra.",
        "proua",
        "kundze",
        "Kobieta",
        "Sig.ra",
    ],
)
def test_women(text: str) -> None:
    assert gender_of(text) == "f"


@pytest.mark.parametrize(
    "text", ["M", "м", "Herr", "Herrn", "Herr Dr.", "Mr", "Pan", "г-н", "κ.", "Κος", "M.", "Sr.", "härra"]
)
def test_men(text: str) -> None:
    assert gender_of(text) == "m"


@pytest.mark.parametrize("text", ["", "d", "divers", "Dr.", "Prof. Dr.", "keine Angabe", "-"])
def test_neither(text: str) -> None:
    assert gender_of(text) == ""


@pytest.mark.parametrize("text", ["Firma", "Familie", "Mr and Mrs", "Herr und Frau", "V", "S", "H", "N", "1"])
def test_what_is_not_understood_is_not_guessed(text: str) -> None:
    assert gender_of(text) is None


def test_no_word_means_both() -> None:
    women = {word for each in SHIPPED for word in each.reading.women}
    men = {word for each in SHIPPED for word in each.reading.men}
    assert {gender_of(each) for each in women} == {"f"}
    assert {gender_of(each) for each in men} == {"m"}
    assert all(each.reading.women and each.reading.men for each in SHIPPED)


def test_what_the_campaign_says_goes_first(load_text: Load) -> None:
    text = "email,Anrede\na@x.example,Frau\nb@x.example,Firma\nc@x.example,Firma\nd@x.example,Fam.\n"
    note = load_text(text, columns={"gender": "Anrede"}).note("gender-unknown")
    assert note.startswith("'Firma' tells no gender, in 2 rows (lines 3, 4)")
    assert "'Fam.'" in note
    own = ValueSettings(gender={"Firma": "", "Fam.": "m"})
    assert not load_text(text, columns={"gender": "Anrede"}, values=own).note("gender-unknown")
    assert gender_of("Fam.", own.gender) == "m"
    assert not load_text(text).note("gender-unknown"), "nobody asked for the column"


@pytest.mark.parametrize(("other", "doubtful"), [("V", True), ("H", True), ("K", False), ("F", False)])
def test_a_letter_that_may_be_a_man_or_a_woman_stops_everything(load_text: Load, other: str, doubtful: bool) -> None:
    text = f"email,sex\na@x.example,M\nb@x.example,{other}\n"
    assert bool(load_text(text, columns={"gender": "sex"}).note("gender-doubtful")) is doubtful
    own = ValueSettings(gender={"M": "f", other: "m"})
    assert not load_text(text, columns={"gender": "sex"}, values=own).note("gender-doubtful")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Germany", "DE"),
        ("polska", "PL"),
        ("Россия", "RU"),
        ("ΕΛΛΑΔΑ", "GR"),
        ("U.S.A.", "US"),
        ("EST", "EE"),
        ("lv", "LV"),
    ],
)
def test_a_country_is_understood_by_its_name(text: str, code: str) -> None:
    assert country_code(text) == code
    assert is_country(text)


def test_what_is_no_country_stays_none() -> None:
    assert not is_country("Atlantis")
    assert country_code("Atlantis") == "ATLANTIS"
