"""What spreadsheets, exports and people leave in a file beside its customers' rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook
from recipient_files import Load

from mass_apology.errors import InputError
from mass_apology.model import Severity

pytestmark = pytest.mark.slow


def test_quotes_after_a_blank_are_those_of_the_field(load_text: Load) -> None:
    loaded = load_text(
        [
            "email   , name            , note",
            'anna@one.example   , "Anna Ek"        , 12',
            'bo@two.example     , "Alm, Bo"        , "He said ""no"", twice"',
            'cia@two.example,"Cia, ""C"" Ek",13',
        ]
    )
    assert [each.name for each in loaded.recipients] == ["Anna Ek", "Alm, Bo", 'Cia, "C" Ek']
    assert loaded.column("note") == ["12", 'He said "no", twice', "13"]
    assert loaded.codes == []
    assert "in 2 rows (lines 2, 3)." in loaded.note("quotes-removed")


def test_a_value_that_truly_begins_with_a_blank_and_a_quote_keeps_it(load_text: Load) -> None:
    loaded = load_text(["email,note", 'a@x.example," ""no"" they said"', 'b@x.example," ""no"""'])
    assert loaded.column("note") == ['"no" they said', '"no"']
    assert loaded.note("quotes-removed") == ""


def test_a_quote_after_a_blank_that_no_quote_ends_is_refused_with_its_line(load_text: Load) -> None:
    # It has as many fields as the header, and would have been read into the wrong columns.
    loaded = load_text(["email,name,minutes", 'a@x.example, "Ek, Anna', "b@x.example,Bo,3"])
    assert loaded.codes == [(2, "quote-unclosed")]
    assert [each.name for each in loaded.recipients] == ["Bo"]


@pytest.mark.parametrize("first", ["sep=;", "sep=;\r", '"sep=;"', "SEP=;", "\ufeffsep=;"])
def test_the_first_line_that_states_the_delimiter_for_a_spreadsheet(load_text: Load, first: str) -> None:
    loaded = load_text(f"{first}\nemail;name;n\nanna@one.example;Ek, Anna;12\n".encode())
    assert loaded.layout.header == ("email", "name", "n")
    assert [(each.name, each.line) for each in loaded.recipients] == [("Ek, Anna", 3)]
    assert "separated by ';'" in loaded.note("delimiter-detected")


def test_the_stated_delimiter_of_a_file_may_be_any_sign(load_text: Load) -> None:
    loaded = load_text("sep=^\nemail^name\na@x.example^Ann\n")
    assert (loaded.layout.delimiter, loaded.recipients[0].name) == ("^", "Ann")


@pytest.mark.parametrize("rows", [["a@x.example,Anna,1,,", ",,,,"], ["a@x.example,Anna,1", "a@x.example,Anna,1,,,,,"]])
def test_empty_columns_and_fields_at_the_end_are_passed_over(load_text: Load, rows: list[str]) -> None:
    for header in ("email,name,n,,", "email,name,n"):
        loaded = load_text([header, *rows])
        assert loaded.layout.header == ("email", "name", "n")
        assert {each.row["n"] for each in loaded.recipients} == {"1"}
        assert loaded.codes == []
    assert loaded.note("row-ends-removed")


def test_empty_columns_are_told(load_text: Load) -> None:
    assert "The last 2 columns have no names" in load_text(["email,n,,", "a@x.example,1,,"]).note("columns-unnamed")
    assert "The last column has no name" in load_text(["email,n,", "a@x.example,1,"]).note("columns-unnamed")


def test_something_beyond_the_columns_with_names_is_an_error(load_text: Load) -> None:
    loaded = load_text(["email,name,,", "a@x.example,Ann,,lost", "b@x.example,Bo,,", "c@x.example,Cia,x,,"])
    assert loaded.codes == [(2, "field-count"), (4, "field-count")]
    assert [each.name for each in loaded.recipients] == ["Bo"]


def test_rows_without_any_value_are_no_rows(load_text: Load) -> None:
    loaded = load_text(["email,name,n", "a@x.example,Ann,1", ",,", "   ", " , ,\u00a0", "", "b@x.example,Bo,2", ",,,,"])
    assert (loaded.codes, loaded.rows_read, [each.line for each in loaded.recipients]) == ([], 2, [2, 7])
    assert "lines 3, 5, 8" in loaded.note("rows-empty")


@pytest.mark.parametrize(
    "totals",
    [
        "Total,,203",
        ",Total:,203",
        "Summe,,203",
        "Suma,,203",
        "OGÓŁEM,,203",
        "Итого:,,203",
        "ΣΥΝΟΛΟ,,203",
        "Kokku,,203",
        "Kopā,,203",
        "Grand total,,203",
        "Total (203),,",
        "(203 rows)",
        "Total,203",
    ],
)
def test_a_row_of_totals_is_named_as_such(load_text: Load, totals: str) -> None:
    loaded = load_text(["email,name,n", "a@x.example,Ann,203", totals])
    assert loaded.codes == [(3, "totals-row")]
    assert "seems to be a total" in loaded.findings[0].problem
    assert "--skip-bad-rows" in loaded.findings[0].advice


def test_a_customer_may_be_called_total(load_text: Load) -> None:
    loaded = load_text(["email,name", "a@x.example,Total", ",Totalizator Sportowy"])
    assert [each.name for each in loaded.recipients] == ["Total"]
    assert loaded.codes == [(3, "address-missing")]


def test_column_names_that_stand_there_again_are_no_customer(load_text: Load) -> None:
    text = "email,name\na@x.example,Ann\n\ufeffEmail,name \nb@x.example,Bo\n"
    loaded = load_text(text)
    assert [each.name for each in loaded.recipients] == ["Ann", "Bo"]
    assert (loaded.codes, loaded.rows_read) == ([], 2)
    assert "line 3" in loaded.note("header-repeated")


@pytest.mark.parametrize("other", ["name,email,n", "email,n,name", "email,name,plan"])
def test_other_column_names_in_the_middle_stop_everything(load_text: Load, other: str) -> None:
    loaded = load_text(["email,name,n", "a@x.example,Ann,1", other, "b@x.example,2,Bo"])
    [finding] = [each for each in loaded.notes if each.code == "header-changed"]
    assert (finding.severity, finding.line, finding.where) == (Severity.ERROR, None, "affected.csv, line 3")


def test_a_row_of_another_delimiter_is_named_as_such(load_text: Load) -> None:
    loaded = load_text(["email,name,n", "a@x.example,Ann,1", "b@x.example;Bo;2"])
    assert loaded.codes == [(3, "field-count")]
    assert "separated by the semicolon" in loaded.findings[0].problem


def test_lines_may_end_in_carriage_returns_alone(load_text: Load) -> None:
    loaded = load_text("email;name\ra@x.example;Ann\r\rb@x.example;Bo\r")
    assert [(each.name, each.line) for each in loaded.recipients] == [("Ann", 2), ("Bo", 4)]


def test_quotes_doubled_wrongly_name_their_line(load_text: Load) -> None:
    for row in ('""Anna"",1', '"Anna ""A" Ek",1', '"Anna \\"A\\" Ek",1'):
        with pytest.raises(InputError, match="line 3: a double quote opens here"):
            load_text(["email,name,n", "b@x.example,Bo,2", f"a@x.example,{row}"])


def test_all_this_holds_for_workbooks(tmp_path: Path, load_file: Load) -> None:
    book = Workbook()
    for row in (
        ["email", "name", "plan", None],
        ["'anna@one.example", "'Anna Ek", " pro"],
        ["email", "name", "plan"],
        [None, " ", None],
        ["Total", None, 1],
    ):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    loaded = load_file(tmp_path / "book.xlsx", where="plan == 'pro' or plan == '1'")
    assert [(each.address, each.name, each.row["plan"]) for each in loaded.recipients] == [
        ("anna@one.example", "Anna Ek", "pro")
    ]
    assert loaded.codes == [(5, "totals-row")]
    assert "line 3" in loaded.note("header-repeated")


def test_a_row_of_nothing_but_open_quotes_is_judged_once(load_text: Load) -> None:
    loaded = load_text(["email,name", "a@x.example" + ', "a' * 20_000, "b@x.example,Bo"])
    assert loaded.codes == [(2, "quote-unclosed")]


def test_a_field_that_only_another_delimiter_makes_too_long_is_no_fault_of_the_program(load_text: Load) -> None:
    loaded = load_text(["email,name", "a@x.example" + ",x" * 100_000, "b@x.example,Bo"])
    assert loaded.codes == [(2, "field-count")]
