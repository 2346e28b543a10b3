"""Values that a condition would take for something else are told while the file is read."""

from __future__ import annotations

import pytest
from recipient_files import Load

from mass_apology.columns import ColumnUse, How
from mass_apology.errors import InputError
from mass_apology.model import Severity
from mass_apology.settings import ColumnType

PLACE = "templates/note/en.md, line 5"


def use(column: str, how: How, *values: str) -> ColumnUse:
    return ColumnUse(column=column, how=how, where=PLACE, values=values)


@pytest.mark.parametrize(
    ("cells", "named"),
    [
        (["pro", "Pro"], "'pro' (line 2), 'Pro' (line 3)"),
        (["PRO", "free", "PRO"], "'PRO' (2 rows, first line 2), and 'where' in campaign.toml asks for 'pro'"),
        (["pro plan", "pro  plan", "proplan"], "'pro plan' (line 2), 'pro  plan' (line 3), 'proplan' (line 4)"),
        (["p\u200bro", "pro"], "'p\\u200bro' (line 2), 'pro' (line 3)"),
        (["ｐｒｏ"], "'ｐｒｏ' (line 2)"),
    ],
)
def test_spellings_that_where_takes_for_different_values_are_named(
    load_text: Load, cells: list[str], named: str
) -> None:
    rows = [f"a{number}@x.example,{cell}" for number, cell in enumerate(cells)]
    loaded = load_text(["email,plan", *rows], where="plan == 'pro'", chunk_rows=2)
    [finding] = [each for each in loaded.notes if each.code == "values-alike"]
    assert named in finding.problem
    assert (finding.severity, finding.where) == (Severity.WARNING, "affected.csv, column plan")


def test_a_condition_that_names_every_spelling_is_right(load_text: Load) -> None:
    rows = ["email,plan", "a@x.example,pro", "b@x.example,Pro"]
    assert load_text(rows, where="plan in ('pro', 'Pro')").note("values-alike") == ""
    assert load_text(rows).note("values-alike") == ""  # nothing asks


def test_what_a_letter_and_segments_compare_is_looked_at_too(load_text: Load) -> None:
    rows = ["email,plan,region", "a@x.example,Pro,EU", "b@x.example,free,eu"]
    loaded = load_text(rows, uses=[use("plan", How.COMPARED, "pro", "free")], segments={"eu": "region == 'EU'"})
    said = [each.problem for each in loaded.notes if each.code == "values-alike"]
    assert len(said) == 2
    assert f"'Pro' (line 2), and {PLACE} asks for 'pro'" in said[0]
    assert "'EU' (line 2), 'eu' (line 3), and 'segments.eu' in campaign.toml asks for 'EU'" in said[1]


def test_a_column_of_thousands_of_values_is_none_to_choose_by(load_text: Load) -> None:
    rows = [f"a{number}@x.example,v{number}" for number in range(2500)]
    loaded = load_text(["email,ref", *rows, "b@x.example,V1"], where="ref != 'v0'")
    assert (loaded.rows_chosen, loaded.note("values-alike")) == (2500, "")


@pytest.mark.parametrize(
    ("cells", "said", "advice"),
    [
        (["FALSE", "TRUE", "FALSE"], "'FALSE' (2 rows, first line 2)", 'x = "bool"'),
        (["tak", "nie"], "'nie' (line 3)", 'x = "bool"'),
        (["нет", "да"], "'нет' (line 2)", 'x = "bool"'),
        (["0", "12"], "'0' (line 2)", 'x = "int"'),
        (["n/a", "yes"], "'n/a' (line 2)", 'x = "bool", and empty the cells that say nothing'),
        (["no", "perhaps"], "'no' (line 2)", "Compare it in the letter"),
        (["-", "Rīga"], "'-' (line 2)", "or empty these cells"),
    ],
)
def test_a_text_that_says_no_is_not_taken_for_true(load_text: Load, cells: list[str], said: str, advice: str) -> None:
    rows = [f"a{number}@x.example,{cell}" for number, cell in enumerate(cells)]
    loaded = load_text(["email,x", *rows], uses=[use("x", How.ASKED)], chunk_rows=2)
    [finding] = loaded.notes
    assert (finding.code, finding.severity) == ("text-as-truth", Severity.ERROR)
    assert PLACE in finding.problem
    assert said in finding.problem
    assert advice in finding.advice


def test_texts_that_say_something_and_declared_columns_may_be_asked(load_text: Load) -> None:
    rows = ["email,x,name", "a@x.example,A-17,No", "b@x.example,,Ei"]
    assert load_text(rows, uses=[use("x", How.ASKED), use("name", How.ASKED)]).notes == []
    rows = ["email,x", "a@x.example,no"]
    for kind in (ColumnType.BOOL, ColumnType.TEXT):
        assert load_text(rows, uses=[use("x", How.ASKED)], types={"x": kind}).notes == []


def test_a_yes_or_no_is_not_printed(load_text: Load) -> None:
    rows = ["email,x", "a@x.example,no"]
    loaded = load_text(rows, uses=[use("x", How.PRINTED)], types={"x": ColumnType.BOOL})
    assert [(each.code, each.where) for each in loaded.notes] == [("bool-printed", PLACE)]
    assert load_text(rows, uses=[use("x", How.PRINTED)]).notes == []


@pytest.mark.parametrize(
    ("where", "chosen"),
    [
        ("refund", ["a", "d"]),
        ("not refund", ["b"]),
        ("refund == true", ["a", "d"]),
        ("refund == False", ["b"]),
        ("refund != 1", ["b"]),
        ("refund == 'tak'", ["a", "d"]),
        ("refund in (true, 'no') and not (refund == false)", ["a", "d"]),
        ("refund == ''", ["c"]),
    ],
)
def test_rows_are_chosen_by_yes_and_no(load_text: Load, where: str, chosen: list[str]) -> None:
    rows = ["a@x.example,TAK", "b@x.example,nie", "c@x.example,", "d@x.example,1"]
    loaded = load_text(["email,refund", *rows], where=where, types={"refund": ColumnType.BOOL})
    assert [each.address[0] for each in loaded.recipients] == chosen


def test_yes_and_no_have_no_order_and_are_no_words(load_text: Load) -> None:
    options = {"types": {"refund": ColumnType.BOOL}}
    with pytest.raises(InputError, match="is a yes or no, which is not more or less"):
        load_text("email,refund\n", where="refund > 0", **options)
    with pytest.raises(InputError, match="is neither yes nor no"):
        load_text("email,refund\n", where="refund == 'perhaps'", **options)
    loaded = load_text("email,refund\na@x.example,perhaps\n", **options)
    assert loaded.codes == [(2, "value-invalid")]


@pytest.mark.parametrize("cell", ["0,00", "0.00", "0 €", "€0", "0,00 zł", "EUR 0", "0 %", "00:00", "-0"])
def test_a_zero_in_whatever_form_is_not_taken_for_true(load_text: Load, cell: str) -> None:
    loaded = load_text(["email;x", f"a@x.example;{cell}", "b@x.example;1,50"], uses=[use("x", How.ASKED)])
    [finding] = [each for each in loaded.notes if each.code == "text-as-truth"]
    assert f"'{cell}' (line 2) would count as yes" in finding.problem
    assert 'x = "decimal"' in finding.advice


@pytest.mark.parametrize("cell", ["0,01", "00123", "0-0", "O", "0 items", "10 €"])
def test_what_is_no_zero_may_count_as_true(load_text: Load, cell: str) -> None:
    loaded = load_text(["email;x", f"a@x.example;{cell}"], uses=[use("x", How.ASKED)])
    assert loaded.note("text-as-truth") == ""


@pytest.mark.parametrize(
    ("how", "values", "kind", "problem", "advice"),
    [
        (How.COMPARED_WITH_VALUE, ("true",), None, "which is text, with true: they are never equal", 'x = "bool".'),
        (How.COMPARED_WITH_VALUE, ("3",), None, "which is text, with 3: they are never equal", 'with the text: "3"'),
        (How.ORDERED_AS_TEXT, ("30",), None, "where '9' is more than '30'", 'x = "decimal"'),
        (How.COMPARED, ("yes",), ColumnType.BOOL, "declared as bool, with the text 'yes'", "Ask {% if customer.x %}"),
        (How.COMPARED, ("", "3"), ColumnType.INT, "declared as int, with the text '3'", "Compare it with a value"),
    ],
)
def test_a_comparison_that_the_column_cannot_answer_is_an_error(
    load_text: Load, how: How, values: tuple[str, ...], kind: ColumnType | None, problem: str, advice: str
) -> None:
    types = {"x": kind} if kind else {}
    loaded = load_text(["email,x", "a@x.example,1"], types=types, uses=[use("x", how, *values)])
    [finding] = [each for each in loaded.notes if each.code == "values-unlike"]
    assert (finding.severity, finding.where) == (Severity.ERROR, PLACE)
    assert problem in finding.problem
    assert advice in finding.advice


@pytest.mark.parametrize(
    ("how", "values", "kind"),
    [
        (How.COMPARED, ("1",), None),
        (How.COMPARED, ("",), ColumnType.INT),
        (How.COMPARED_WITH_VALUE, ("3",), ColumnType.INT),
        (How.ORDERED_AS_TEXT, ("2026-11-20",), None),
        (How.ORDERED_AS_TEXT, ("M",), None),
    ],
)
def test_a_comparison_that_it_can_answer_is_none(
    load_text: Load, how: How, values: tuple[str, ...], kind: ColumnType | None
) -> None:
    types = {"x": kind} if kind else {}
    assert (
        load_text(["email,x", "a@x.example,1"], types=types, uses=[use("x", how, *values)]).note("values-unlike") == ""
    )


@pytest.mark.parametrize("cell", ["РRO", "рrо", "ΡRO", "Рro"])  # each begins with another alphabet's letter
def test_a_value_in_letters_of_another_alphabet_is_named(load_text: Load, cell: str) -> None:
    loaded = load_text(["email,plan", f"a@x.example,{cell}", "b@x.example,pro"], where="plan == 'pro'")
    assert f"'{cell}' (line 2), 'pro' (line 3)" in loaded.note("values-alike")


@pytest.mark.parametrize(
    ("value", "literal"), [("premium", "premuim"), ("Łódź Górna", "Łódź Gorna"), ("free", "fre e")]
)
def test_a_condition_that_misspells_a_value_is_told(load_text: Load, value: str, literal: str) -> None:
    loaded = load_text(["email,plan", f"a@x.example,{value}", "b@x.example,other"], where=f"plan != '{literal}'")
    said = loaded.note("value-absent") + loaded.note("values-alike")
    assert f"asks for '{literal}'" in said
    assert f"'{value}' (line 2)" in said


@pytest.mark.parametrize(
    ("value", "literal"), [("plan1", "plan2"), ("free", "pro"), ("EU", "EUR"), ("trial", "enterprise")]
)
def test_a_value_that_may_be_absent_is_not(load_text: Load, value: str, literal: str) -> None:
    loaded = load_text(["email,plan", f"a@x.example,{value}"], where=f"plan != '{literal}'")
    assert loaded.note("value-absent") == ""


def test_two_near_values_that_are_both_asked_for_are_right(load_text: Load) -> None:
    loaded = load_text(["email,plan", "a@x.example,Basic A"], where="plan in ('Basic A', 'Basic B')")
    assert loaded.note("value-absent") == ""
