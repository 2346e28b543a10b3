"""What surrounds a value in the file never decides who gets which letter; all that is taken away is told."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipient_files import Load

from mass_apology.recipients.cells import BLANKS
from mass_apology.settings import ColumnType


@pytest.mark.parametrize(
    "padded", ["pro ", " pro", "\u00a0pro", "pro\u200b", "\ufeffpro", "\tpro", "pro\u3000", "\u200epro"]
)
def test_where_finds_values_with_blanks_around_them(load_text: Load, padded: str) -> None:
    loaded = load_text(["email,plan", f"a@x.example,{padded}", "b@x.example,free"], where="plan == 'pro'")
    assert [(each.address, each.row["plan"]) for each in loaded.recipients] == [("a@x.example", "pro")]
    assert loaded.note("blanks-removed") == (
        "Blanks or invisible characters around values were taken away in one cell of 'plan' (line 2)."
    )


def test_numbers_may_stand_in_blanks(load_text: Load) -> None:
    loaded = load_text(["email,n", "a@x.example, 12", "b@x.example,13 "], types={"n": ColumnType.INT})
    assert (loaded.column("n"), loaded.codes) == (["12", "13"], [])


def test_the_columns_and_the_first_lines_are_named_once(load_text: Load) -> None:
    rows = [f"a{i}@x.example, pro,{i} " for i in range(9)]
    loaded = load_text(["email,plan,n", *rows], chunk_rows=2)
    assert [each.code for each in loaded.notes] == ["blanks-removed"]
    assert "in 18 cells of 'plan', 'n' (lines 2, 3, 4, 5, 6, …)." in loaded.note("blanks-removed")


def test_cells_of_only_blanks_need_no_word(load_text: Load) -> None:
    loaded = load_text(["email,plan", "a@x.example,  "])
    assert (dict(loaded.recipients[0].row), loaded.notes) == ({"email": "a@x.example"}, [])


def test_the_marks_that_make_text_of_values_are_taken_away(load_text: Load) -> None:
    loaded = load_text(
        [
            "email,name,phone,minutes",
            "'anna@one.example,'Anna Ek,'+48 22 555 01 23,'12",
            "hooft@one.example,'t Hooft,'00123,7",
            "neil@one.example,O'Neil,,8",
        ],
        types={"minutes": ColumnType.INT},
    )
    assert [each.address for each in loaded.recipients] == ["anna@one.example", "hooft@one.example", "neil@one.example"]
    assert [each.name for each in loaded.recipients] == ["Anna Ek", "'t Hooft", "O'Neil"]
    assert loaded.column("phone") == ["+48 22 555 01 23", "00123", ""]
    assert "in 5 cells of 'email', 'name', 'phone', 'minutes' (lines 2, 3)" in loaded.note("text-marks-removed")


def test_accents_that_stand_apart_are_the_same_letters(load_text: Load) -> None:
    apart = unicodedata.normalize("NFD", "Zoë")
    loaded = load_text(["email,city", f"a@x.example,{apart}", "b@x.example,Zoë"], where="city == 'Zoë'")
    assert loaded.column("city") == ["Zoë", "Zoë"]
    assert "in one cell of 'city' (line 2)" in loaded.note("accents-composed")


def test_a_name_keeps_its_own_form_of_a_character(load_text: Load) -> None:
    loaded = load_text(["email,name", "a@x.example,\ufa19田"])
    assert (loaded.recipients[0].name, loaded.notes) == ("\ufa19田", [])


@given(st.text(st.sampled_from(f"ab{BLANKS}"), max_size=9))
def test_blanks_are_no_part_of_a_class_of_characters(text: str) -> None:
    """They stand in brackets in patterns, where some signs would mean something else."""
    assert not set(BLANKS) & set("-]^\\[")
    assert text.strip(BLANKS).strip() == text.strip(BLANKS)
