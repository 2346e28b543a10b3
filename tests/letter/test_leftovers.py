"""What programs leave in letters is found, and what people write is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_letters import LETTERS, written

from mass_apology.letter.inspecting.leftovers import Kind, leftovers

PLACEHOLDERS = [
    "[FIRSTNAME]",
    "[FIRST NAME]",
    "[CUSTOMER_NAME]",
    "[First Name]",
    "[Name]",
    "[IMIĘ]",
    "[Имя]",
    "[insert the date here]",
    "{{name}}",
    "{{ customer.name }}",
    "{% if name %}",
    "{first_name}",
    "${name}",
    "<<First Name>>",
    "«First_Name»",
    "*|FNAME|*",
    "%%name%%",
    "%FIRST_NAME%",
    "[object Object]",
]
MISSING = ["nan", "NaN", "NaT", "NULL", "N/A", "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?"]
NOBODIES = ["None", "null", "NULL", "undefined", "NA", "n/a", "nan", "#REF!", "nil"]
MEANT = [
    "None of your data was lost.",
    "Your credit card was not charged.\nNone of your orders was lost.",
    "We looked for lost orders,\nNone of them is missing.",
    "Our maintenance window in the finance department, and a Banana.",
    "The guarantee is null and void.",
    "The rate fell by 10%, then by 20%, and is 50 % lower.",
    "Your ticket [ACME-1204] and the note [1] stay as they are.",
    "Call GET /orders/{id} or /users/{name} again; [see the status page].",
    "Zwrot 5 % kwoty; usługa «Poczta» i «Dysk» działa.",
    "Сервис «Почта» работает, номер №5 и #5 тоже.",
    "North America (NA) was not hit; a < b << c, a | b.",
    "Write to nan@customer.example or see https://customer.example/nan/nan-1.",
    "Undefined behaviour was the cause, and undefined behavior too.",
]


def words(subject: str, text: str) -> dict[Kind, tuple[str, ...]]:
    return {each.kind: each.words for each in leftovers(subject, text)}


@pytest.mark.parametrize("mark", PLACEHOLDERS)
def test_the_dear_firstname_newsletter(mark: str) -> None:
    """Newsletters have greeted whole customer bases with the merge field of another mailing tool."""
    assert words("Acme API", f"Dear {mark},\n\nWe are sorry.\n") == {Kind.PLACEHOLDER: (mark,)}
    assert words(f"{mark}, we are sorry", "Hello,\n\nWe are sorry.\n") == {Kind.PLACEHOLDER: (mark,)}
    assert words("Acme API", f"Hello,\n\nYour order, {mark}, is late.\n") == {Kind.PLACEHOLDER: (mark,)}


@pytest.mark.parametrize("word", NOBODIES)
def test_the_letter_to_mister_null(word: str) -> None:
    """An export wrote its own word for "no value" into the name column, and customers were greeted by it."""
    for salutation in (f"Dear {word},", f"Dzień dobry, {word}!", f"Здравствуйте, {word}!", f"Dear Ms {word}"):
        assert words("Acme API", f"{salutation}\n\nWe are sorry.\n") == {Kind.MISSING_VALUE: (word,)}


@pytest.mark.parametrize("word", MISSING)
def test_the_bill_over_nan_euros(word: str) -> None:
    """A missing amount was printed as the word by which a program calls it."""
    assert words("Acme API", f"Hello,\n\nWe owe you {word} euros.\n") == {Kind.MISSING_VALUE: (word,)}
    assert words(f"Your refund: {word}", "Hello,\n\nWe are sorry.\n") == {Kind.MISSING_VALUE: (word,)}


def test_none_counts_inside_a_sentence() -> None:
    assert words("Acme API", "Hello,\n\nIt took None minutes.\n") == {Kind.MISSING_VALUE: ("None",)}
    assert words("Acme API", "Hello,\n\nIt took\nNone minutes.\n") == {Kind.MISSING_VALUE: ("None",)}


@pytest.mark.parametrize("text", MEANT)
def test_what_people_write_is_no_leftover(text: str) -> None:
    assert leftovers("[Acme] What happened on 20 November", f"Dear Jennifer Null,\n\n{text}\n") == []
    assert leftovers(text.replace("\n", " "), "Dear Nan Goldin,\n\nWe are sorry.\n") == []


@pytest.mark.parametrize("key", sorted(LETTERS))
def test_the_shipped_letters_are_clean(key: tuple[str, str, bool]) -> None:
    content = written(LETTERS[key], full=key[2])
    assert leftovers(content.subject, content.text) == []


def test_each_word_is_told_once_and_each_kind_together() -> None:
    found = leftovers("{{name}}", "Dear nan,\n\n{{name}} and *|FNAME|*, for nan minutes.\n")
    assert [each.words for each in found] == [("{{name}}", "*|FNAME|*"), ("nan",)]
    assert found[0].problem == "The letter still holds the place holder “{{name}}”, “*|FNAME|*”."
    assert found[1].problem == "The letter says “nan” where a value is missing."
    assert found[0].advice != found[1].advice


@given(st.text(alphabet="[]{}<>%|*$#«»NAaMEn _/\n!", max_size=200), st.sampled_from(PLACEHOLDERS))
def test_any_text_is_looked_through(noise: str, mark: str) -> None:
    assert all(each.words and all(each.words) for each in leftovers("", noise))
    assert any(mark in each.words for each in leftovers(mark, noise))


@given(st.text(alphabet=st.characters(categories=["Ll"], exclude_characters="nu"), max_size=300))
def test_small_letters_alone_are_never_leftovers(text: str) -> None:
    assert leftovers(text, text) == []
