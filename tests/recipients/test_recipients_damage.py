"""Damaged text never reaches a letter; what only looks odd is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipient_files import Load

from mass_apology.columns import ColumnUse, How
from mass_apology.errors import InputError
from mass_apology.model import Severity
from mass_apology.recipients.damage import garbled

NAMES = [
    "Jürgen Groß",
    "MÜLLER",
    "Łukasz Żółć",
    "Bērziņš",
    "Ąžuolas",
    "Õnne Tõnisson",
    "Иван Петров",
    "Γιώργος Παπαδόπουλος",
    "naïve “x”",
    "5 €",
]


@pytest.mark.parametrize("codec", ["cp1252", "latin_1", "cp1250", "cp1254", "mac_roman", "cp437", "cp852"])
@pytest.mark.parametrize("name", NAMES)
def test_utf_8_that_was_read_as_something_else_is_recognised(name: str, codec: str) -> None:
    try:
        read = name.encode().decode(codec)
    except UnicodeDecodeError:
        return  # that encoding could not have read it
    assert garbled(read) == name


@pytest.mark.parametrize(("name", "codec"), [("Мария Котова", "cp1251"), ("Мария", "koi8_r"), ("Ελένη", "cp1253")])
def test_so_is_what_was_read_in_encodings_of_letters(name: str, codec: str) -> None:
    assert garbled(name.encode().decode(codec)) == name


def test_what_was_read_wrongly_twice_is_recognised() -> None:
    assert garbled("JÃƒÂ¼rgen") == "Jürgen"


@pytest.mark.parametrize(
    "text",
    [
        *NAMES,
        "ООО «Компания О»",
        "Её",
        "Пётр Ёлкин",
        "«ΦΑΡΟ»",
        "Ξένια Ω»",
        "STRÓŻ I PODRÓŻ",
        "GROẞ",
        "São João IRMÃ",
        "IRMû",
        "Çelik Şahin",
        "Nguyễn Văn Đạt",
        "Ångström ÅÄÖ",
        "Côte d’Azur – «oui»",
        "山田 太郎",
        "한국",
        "№ 5 · 10 °C",
        "McDonald",
        "😀 Ann",
    ],
)
def test_what_people_write_is_not_taken_for_damage(load_text: Load, text: str) -> None:
    assert garbled(text) == ""
    loaded = load_text(f"email,name\na@x.example,{text}\n")
    assert (loaded.recipients[0].name, loaded.notes) == (text, [])


@given(st.text())
def test_whatever_the_text_it_is_judged_and_what_was_meant_is_another(text: str) -> None:
    assert garbled(text) != text or not text


@pytest.mark.parametrize(
    ("name", "code", "meant"),
    [
        ("J\ufffdrgen", "text-lost", "U+FFFD"),
        ("JÃ¼rgen GroÃŸ", "text-garbled", "probably 'Jürgen Groß'"),
        ("Zoë JÃ¼rgen", "text-garbled", "probably 'Zoë Jürgen'"),
        ("VoilÃ\u00a0", "text-garbled", "probably 'Voilà'"),
        ("Zo&euml; &amp; Co", "entities-left", "probably 'Zoë & Co'"),
        ("J&#252;rgen", "entities-left", "probably 'Jürgen'"),
        ("&#x141;ukasz", "entities-left", "probably 'Łukasz'"),
        ("????? ????????", "text-lost", "nothing but question marks"),
    ],
)
def test_a_damaged_name_is_an_error_with_its_line(load_text: Load, name: str, code: str, meant: str) -> None:
    loaded = load_text(["email,name", "b@x.example,Bo", f"a@x.example,{name}"])
    assert loaded.codes == [(3, code)]
    assert meant in loaded.findings[0].problem
    assert [each.name for each in loaded.recipients] == ["Bo"]


def test_damage_where_no_letter_looks_is_a_warning(load_text: Load) -> None:
    rows = ["email,note,city", "a@x.example,a &amp; b,KÃ¶ln", "b@x.example,c &lt; d,Bonn", "c@x.example,x\ufffd,Bonn"]
    loaded = load_text(rows, uses=[ColumnUse(column="city", how=How.USED, where="en.md, line 1")])
    assert loaded.codes == [(2, "text-garbled")]
    assert {(each.code, each.severity) for each in loaded.notes} == {
        ("entities-left-unused", Severity.WARNING),
        ("text-lost-unused", Severity.WARNING),
    }
    assert "in 2 cells of 'note' (lines 2, 3)" in loaded.note("entities-left-unused")


@pytest.mark.parametrize("name", ["J?rgen", "?ukasz", "Anna B?rzi?a"])
def test_question_marks_inside_words_are_a_warning(load_text: Load, name: str) -> None:
    loaded = load_text(["email,name", f"a@x.example,{name}", "b@x.example,Bo"])
    assert (loaded.codes, [each.name for each in loaded.recipients]) == ([], [name, "Bo"])
    [finding] = loaded.notes
    assert (finding.code, finding.severity) == ("letters-lost", Severity.WARNING)
    assert f"such as '{name}'" in finding.problem
    assert "(line 2)" in finding.problem


@pytest.mark.parametrize("value", ["https://a.example/x?y=1", "Really? Yes", "who?", "AT&T", "R&D; more", "a &c; d"])
def test_question_marks_and_ampersands_of_their_own_are_none(load_text: Load, value: str) -> None:
    loaded = load_text(["email,name,x", f'a@x.example,Ann,"{value}"'], where=f"x != '{value[:2]}'")
    assert (loaded.codes, loaded.notes) == ([], [])


def test_a_damaged_header_is_refused(load_text: Load) -> None:
    with pytest.raises(InputError, match="characters were lost in"):
        load_text("email,imi\ufffd\na@x.example,Ann\n")


@pytest.mark.parametrize(
    ("code", "cells"),
    [
        ("digits-lost", ["1.23457E+11", "4,8222E+10", "1E+11", "1e+16"]),
        ("cell-error", ["#####", "#WERT!", "#NAZWA?", "#ССЫЛКА!", "#¡VALOR!", "#DIV/0!", "#SPILL!", "#ΤΙΜΗ!"]),
    ],
)
def test_what_a_spreadsheet_wrote_in_place_of_a_value_is_an_error(load_text: Load, code: str, cells: list[str]) -> None:
    rows = [f"a{number}@x.example;{cell}" for number, cell in enumerate(cells)]
    uses = [ColumnUse(column="ref", how=How.PRINTED, where="templates/note/en.md, line 5")]
    loaded = load_text(["email;ref", *rows, "b@x.example;12"], uses=uses)
    assert [each.code for each in loaded.findings] == [code] * len(cells)
    assert [each.line for each in loaded.findings] == list(range(2, len(cells) + 2))


@pytest.mark.parametrize("cell", ["#1", "C#", "Unit #3!", "1E5", "E+", "2E+2 kg", "#hello!", "##"])
def test_a_sign_of_a_number_is_no_error(load_text: Load, cell: str) -> None:
    uses = [ColumnUse(column="ref", how=How.PRINTED, where="templates/note/en.md, line 5")]
    assert load_text(["email;ref", f"a@x.example;{cell}"], uses=uses).findings == []
