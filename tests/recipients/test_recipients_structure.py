"""The structure of delimited files: lines, quotes, fields, header, delimiter."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from recipient_files import Load

from mass_apology import recipients
from mass_apology.errors import InputError
from mass_apology.model import Severity
from mass_apology.recipients import RecipientsFile, inspect, read
from mass_apology.recipients.cells import BLANKS, composed
from mass_apology.settings import Campaign, ColumnType
from mass_apology.spreadsheets import unmarked


def test_a_plain_file(load_text: Load) -> None:
    loaded = load_text("email,name,account\nann@x.example,Ann,00123\nbob@x.example,Bob,\n")
    ann, bob = loaded.recipients
    assert (ann.address, ann.name, ann.line) == ("ann@x.example", "Ann", 2)
    assert ann.row == {"email": "ann@x.example", "name": "Ann", "account": "00123"}
    assert bob.row == {"email": "bob@x.example", "name": "Bob"}
    assert (loaded.rows_read, loaded.rows_chosen, loaded.findings, loaded.layout.findings) == (2, 2, [], ())


@pytest.mark.parametrize(
    "name", ["NA", "null", "None", "nan", "NaN", "N/A", "00123", "1e5", "True", "#N/A", "-", "inf"]
)
def test_what_looks_like_nothing_or_a_number_stays_as_written(load_text: Load, name: str) -> None:
    loaded = load_text(f"email,name,note\nann@x.example,{name},{name}\n")
    assert (loaded.recipients[0].name, loaded.recipients[0].row["note"]) == (name, name)


@pytest.mark.parametrize(
    "bad_rows", [["ann@x.example,Ann,,extra"], ["ann@x.example"], ["ann@x.example,Ann,1,2,3", "b@x.example"]]
)
def test_rows_of_another_width_are_each_reported_and_do_not_shift_the_others(
    load_text: Load, bad_rows: list[str]
) -> None:
    loaded = load_text(["email,name,n", *bad_rows, "cid@x.example,Cid,7", *bad_rows, "dan@x.example,Dan,8"])
    assert [(r.address, r.name, r.row["n"]) for r in loaded.recipients] == [
        ("cid@x.example", "Cid", "7"),
        ("dan@x.example", "Dan", "8"),
    ]
    width = len(bad_rows)
    lines = [*range(2, 2 + width), *range(3 + width, 3 + 2 * width)]
    assert loaded.codes == [(line, "field-count") for line in lines]
    assert loaded.findings[0].address == "ann@x.example"
    assert loaded.findings[0].where == "affected.csv, line 2"
    assert (loaded.rows_read, loaded.rows_chosen) == (2 + 2 * width, 2 + 2 * width)


def test_one_field_too_many_in_every_row_moves_nothing(load_text: Load) -> None:
    loaded = load_text(["email,name", *(f"a{i}@x.example,Ann,extra" for i in range(7))], chunk_rows=3)
    assert loaded.recipients == []
    assert loaded.codes == [(line, "field-count") for line in range(2, 9)]


def test_lines_are_those_of_an_editor_even_after_quoted_line_ends_and_blank_lines(load_text: Load) -> None:
    text = 'email,note\r\n\r\na@x.example,"one\r\ntwo\rthree\nfour"\r\n\n\nb@x.example,\nshort\n"c@x.example","x"\n'
    loaded = load_text(text, chunk_rows=2)
    assert [(r.line, r.row.get("note")) for r in loaded.recipients] == [
        (3, "one\ntwo\nthree\nfour"),
        (9, None),
        (11, "x"),
    ]
    assert loaded.codes == [(10, "field-count")]


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 100])
def test_the_size_of_a_batch_changes_nothing(load_text: Load, chunk_rows: int) -> None:
    rows = [f'a{i}@x.example,"N\n{i}"' if i % 3 else f"a{i}@x.example" for i in range(20)]
    whole = load_text(["email,note", *rows])
    parts = load_text(["email,note", *rows], chunk_rows=chunk_rows)
    assert (parts.recipients, parts.findings) == (whole.recipients, whole.findings)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (['a@x.example,"Ann', "b@x.example,Bob", "c@x.example,Cid"], 2),  # never closed
        (["a@x.example,Ann", 'b@x.example,"Bob', 'c@x.example,"Cid"'], 3),  # closed by the next row's quote
        (["a@x.example,Ann", "", 'b@x.example,"Bob"by'], 4),  # closed in the middle of a field
        (['a@x.example,"two\nlines"', 'b@x.example,"Bob" '], 4),  # a blank after the closing quote
        (['"a\n@x.example","Ann', "b@x.example,Bob"], 3),  # a row that starts a line before its bad quote
        (['a@x.example,"' + "x" * 140_000, "b@x.example,Bob"], 2),  # more than a field may hold
    ],
)
def test_a_stray_quote_is_an_error_that_names_the_line_where_it_opened(
    load_text: Load, rows: list[str], line: int
) -> None:
    with pytest.raises(InputError, match=rf"affected\.csv, line {line}: a double quote opens here"):
        load_text(["email,name", *rows])


def test_a_field_beyond_the_limit_is_named(load_text: Load) -> None:
    with pytest.raises(InputError, match=r"line 3: a field is longer than 131,072 characters"):
        load_text(["email,note", "a@x.example,", "b@x.example," + "x" * 140_000])


def test_a_quote_within_a_field_is_part_of_it(load_text: Load) -> None:
    loaded = load_text('email,name,size\na@x.example,"Ann ""Annie"" Lee",5" disk\n')
    assert (loaded.recipients[0].name, loaded.recipients[0].row["size"]) == ('Ann "Annie" Lee', '5" disk')


def test_batches_before_a_stray_quote_were_right(tmp_path: Path, campaign_of: Callable[..., Campaign]) -> None:
    path = tmp_path / "affected.csv"
    path.write_text('email\na@x.example\nb@x.example\n"c@x.example\n')
    with RecipientsFile(path) as file:
        batches = read(file, inspect(file, campaign_of()), campaign_of(), chunk_rows=2)
        assert [r.address for r in next(batches).recipients] == ["a@x.example", "b@x.example"]
        with pytest.raises(InputError, match="line 4"):
            next(batches)


def test_a_file_of_one_column(load_text: Load) -> None:
    loaded = load_text("email\n\na@x.example\n  \nb@x.example")
    assert [(r.address, r.line) for r in loaded.recipients] == [("a@x.example", 3), ("b@x.example", 5)]
    assert (loaded.codes, loaded.rows_read) == ([], 2)
    assert loaded.layout.delimiter == ","


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("email,name,name", "more than one column is called 'name'"),
        ("email,name, name ", "more than one column is called 'name'"),
        ("email,,name", "column 2 has no name"),
        ("email,,name,", "column 2 has no name"),
        ("Email,name,email", "the columns 'Email', 'email' are called alike but for case"),
        ("email,full name,FullName", "the columns 'full name', 'FullName' are called alike"),
        ("email,imię,imie\u0328", "more than one column is called 'imię'"),
        ("email,name\u00a0,name", "more than one column is called 'name'"),
        ('email,"na\nme"', r"control characters in 'na\\nme'"),
    ],
)
def test_a_header_that_cannot_be_used(load_text: Load, header: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        load_text([header, "a@x.example,x,y"])


def test_every_problem_of_the_header_is_said_at_once(load_text: Load) -> None:
    with pytest.raises(InputError, match="columns 2, 4 have no name; more than one column is called 'email', 'a'"):
        load_text("email,,email,,a,a\n")


def test_blanks_around_column_names_are_taken_away_and_said(load_text: Load) -> None:
    loaded = load_text("email , full name\na@x.example,Ann\n")
    assert loaded.layout.header == ("email", "full name")
    assert [(f.code, f.severity) for f in loaded.layout.findings] == [("header-stripped", Severity.INFO)]
    assert loaded.column("full name") == ["Ann"]


@pytest.mark.parametrize(
    ("options", "header", "complaint", "step"),
    [
        ({}, "e-mail,name", "Did you mean 'e-mail'", "'e-mail', 'name'"),
        ({"columns": {"address": "adress"}}, "address,name", "Did you mean 'address'", "'address'"),
        ({"columns": {"name": "fullname"}}, "email,full_name", "Did you mean 'full_name'", "'full_name'"),
        ({"columns": {"key": "Account"}}, "email,account", "Did you mean 'account'", "'account'"),
        ({"columns": {"gender": "sex"}}, "email,name", r"gender in campaign\.toml names a column 'sex'", "'name'"),
        (
            {"columns": {"address": "Adres", "name": "Imiê", "city": "Miasto"}},
            "Adres,Imię",
            r"has not: name 'Imiê', city 'Miasto'",
            "'Adres', 'Imię'",
        ),
        ({"types": {"minute": ColumnType.INT}}, "email,minutes", "Did you mean 'minutes'", "'minutes'"),
    ],
)
def test_a_column_that_the_campaign_names_and_the_file_has_not(
    load_text: Load, options: dict[str, Any], header: str, complaint: str, step: str
) -> None:
    with pytest.raises(InputError, match=complaint) as error:
        load_text([header, "a@x.example,b"], **options)
    assert step in error.value.next_step


def test_usual_columns_are_found_whatever_their_case(load_text: Load) -> None:
    loaded = load_text("Email,NAME,Language,Time_Zone\na@x.example,Ann,pl-PL,Europe/Warsaw\n")
    ann = loaded.recipients[0]
    assert (ann.name, ann.language, ann.time_zone) == ("Ann", "pl", "Europe/Warsaw")


def test_usual_names_may_be_in_any_case(load_text: Load) -> None:
    loaded = load_text("EMAIL,Name\na@x.example,Ann\n")
    assert (loaded.recipients[0].address, loaded.recipients[0].name) == ("a@x.example", "Ann")


def test_stated_columns_come_before_the_usual_ones(load_text: Load) -> None:
    columns = {"address": "contact", "name": "who", "language": "speaks", "time_zone": "zone"}
    loaded = load_text("email,name,contact,who,speaks,zone\nx,y,a@x.example,Ann,et,UTC\n", columns=columns)
    ann = loaded.recipients[0]
    assert (ann.address, ann.name, ann.language, ann.time_zone) == ("a@x.example", "Ann", "et", "UTC")


@pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolon"), ("\t", "tab"), ("|", "vertical bar")])
def test_another_delimiter_is_detected_and_said(load_text: Load, delimiter: str, name: str) -> None:
    loaded = load_text(f'email{delimiter}name\na@x.example{delimiter}Lee, Ann\nb@x.example{delimiter}"Cy, Bob"\n')
    assert loaded.layout.delimiter == delimiter
    assert [(f.code, f.severity) for f in loaded.layout.findings] == [("delimiter-detected", Severity.INFO)]
    assert name in loaded.layout.findings[0].problem
    assert [r.name for r in loaded.recipients] == ["Lee, Ann", "Cy, Bob"]


def test_the_delimiter_that_frees_the_address_column_is_right(load_text: Load) -> None:
    loaded = load_text("email;first,last;town\na@x.example;Ann,Lee;Rīga\n")
    assert loaded.layout.delimiter == ";"
    assert loaded.layout.header == ("email", "first,last", "town")


def test_a_stated_delimiter_wins(load_text: Load) -> None:
    loaded = load_text("email:a,b\na@x.example:1,2\n", csv={"delimiter": ":"})
    assert loaded.layout.delimiter_stated
    assert loaded.column("a,b") == ["1,2"]
    assert loaded.layout.findings == ()


@pytest.mark.parametrize("delimiter", ['"', "\n", "\r", "a", "7", "õ", "\0"])
def test_a_delimiter_that_cannot_be_one(load_text: Load, delimiter: str) -> None:
    with pytest.raises(InputError, match="cannot separate fields"):
        load_text("email\na@x.example\n", csv={"delimiter": delimiter})


@pytest.mark.parametrize("text", ["", "\n\n\r\n", "\ufeff"])
def test_an_empty_file(load_text: Load, text: str) -> None:
    with pytest.raises(InputError, match="is empty"):
        load_text(text)


def test_only_a_header_means_no_rows(load_text: Load) -> None:
    loaded = load_text("email,name")
    assert (loaded.recipients, loaded.findings, loaded.rows_read) == ([], [], 0)


def test_a_missing_file_and_a_folder(tmp_path: Path, load_file: Load) -> None:
    with pytest.raises(InputError, match="There is no file"):
        load_file(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder, not a file"):
        load_file(tmp_path)


@pytest.mark.parametrize(
    ("start", "step"),
    [(b"PK\x03\x04", ".xlsx"), (b"\xd0\xcf\x11\xe0", ".xls"), (b"PAR1", ".parquet"), (b"\x1f\x8b\x08", "Unpack")],
)
def test_a_file_that_is_no_text(load_text: Load, start: bytes, step: str) -> None:
    with pytest.raises(InputError, match="not text") as error:
        load_text(start + b"email\n")
    assert step in error.value.next_step


def test_pandas_is_not_imported_before_a_file_is_read() -> None:
    program = "import sys, mass_apology.recipients; print({'pandas', 'numpy', 'email_validator'} & set(sys.modules))"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout == "set()\n"


def test_a_file_that_changed_after_it_was_inspected(tmp_path: Path, campaign_of: Callable[..., Campaign]) -> None:
    path = tmp_path / "affected.csv"
    path.write_text("email,name\na@x.example,Ann\n")
    with RecipientsFile(path) as file:
        layout = inspect(file, campaign_of())
        path.write_text("name,email\nAnn,a@x.example\n")
        with pytest.raises(InputError, match="changed after it was inspected"):
            list(read(file, layout, campaign_of()))


_TOLD = [*range(32), *range(127, 160), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]  # as flaws
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters=[chr(c) for c in _TOLD]))
_NOTE = st.lists(st.one_of(_TEXT, st.sampled_from(["\n", "\r\n", "\t", '"', ",", '","', "\ufeff", "#", "\\"]))).map(
    "".join
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    rows=st.lists(st.tuples(_NOTE, _NOTE), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t| :"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\r\n", "\n", "\r"]),
    chunk_rows=st.integers(1, 9),
)
def test_what_csv_writer_writes_comes_back(
    tmp_path: Path,
    load_file: Load,
    rows: list[tuple[str, str]],
    delimiter: str,
    quoting: int,
    end: str,
    chunk_rows: int,
) -> None:
    assume(quoting == csv.QUOTE_ALL or end != "\r")  # with such an end the writer itself leaves line feeds unquoted
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(["a note", "email", '"it\'s" a note'])
    for number, (one, other) in enumerate(rows):
        writer.writerow([one, f"a{number}@x.example", other])
    path = Path(tmp_path, "round.csv")
    path.write_bytes(buffer.getvalue().encode())
    loaded = load_file(path, chunk_rows=chunk_rows, csv={"delimiter": delimiter, "encoding": "utf-8"})

    def kept(cell: str) -> str:
        return composed(unmarked(cell.replace("\r\n", "\n").strip(BLANKS)).strip(BLANKS))

    assert loaded.findings == []
    assert loaded.column("a note") == [kept(one) for one, _ in rows]
    assert loaded.column('"it\'s" a note') == [kept(other) for _, other in rows]
    assert [r.address for r in loaded.recipients] == [f"a{number}@x.example" for number in range(len(rows))]


_SAYS_NOTHING = re.compile(rf'[{BLANKS}]*|[{BLANKS}]+"[{BLANKS}]*"[{BLANKS}]*')  # quotes after a blank are a field's


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(
    st.lists(
        st.sampled_from(['"', ",", "\n", "\r\n", "\r", "a", "é", " ", "\0", "\t", "a@x.example,b"]), max_size=40
    ).map("".join)
)
def test_whatever_the_text_every_row_is_accounted_for_or_the_file_is_refused(
    tmp_path: Path, load_file: Load, body: str
) -> None:
    path = Path(tmp_path, "any.csv")
    path.write_bytes(f"email,note\n{body}".encode())
    try:
        rows = csv.reader(io.StringIO(body, newline=""), strict=True)
        expected = [row for row in rows if not all(_SAYS_NOTHING.fullmatch(cell) for cell in row)]
    except csv.Error:
        with pytest.raises(InputError, match="double quote opens here"):
            load_file(path, csv={"delimiter": ",", "encoding": "utf-8"})
        return
    loaded = load_file(path, chunk_rows=3, csv={"delimiter": ",", "encoding": "utf-8"})
    lines = {r.line for r in loaded.recipients} | {f.line for f in loaded.findings}
    assert len(lines) == loaded.rows_read == len(expected)


def test_a_header_is_no_longer_than_somebody_would_read(load_text: Load) -> None:
    with pytest.raises(InputError, match="has 6,001 columns, and at most 5,000 can be read"):
        load_text(",".join(["email", *map(str, range(6000))]) + "\n")
    with pytest.raises(InputError, match="name has more than 1,000 characters"):
        load_text(f"email,{'n' * 1001}\n")
    with pytest.raises(InputError, match="expected in a column 'email'") as error:
        load_text(",".join(map(str, range(3000))) + "\n")
    assert error.value.next_step.endswith("'39' and 2,960 more.")
    assert len(load_text(",".join(["email", *map(str, range(4999))]) + "\n").layout.header) == 5000


def test_what_is_no_text_is_refused_before_all_of_it_is_read(load_text: Load) -> None:
    with pytest.raises(InputError, match="NUL characters in it") as error:
        load_text(b"email,na\0me\n" + b"\xff" * 100)
    assert 'encoding = "utf-16-le"' in error.value.next_step


def test_init_looks_at_a_file_whose_rows_are_all_bad(tmp_path: Path) -> None:
    path = tmp_path / "affected.csv"
    path.write_text("email,name\na@x.example,Anna,too,many\n")
    with RecipientsFile(path) as file:
        layout = recipients.look(file)
        assert list(recipients.cells(file, layout, layout.header)) == [{"email": [], "name": []}]
