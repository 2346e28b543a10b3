"""The choice of rows: what may be said, and which rows it chooses."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipient_files import Load

from mass_apology.columns import readers
from mass_apology.errors import InputError
from mass_apology.recipients import check_where
from mass_apology.recipients.row_table import RowTable
from mass_apology.recipients.where import compiled
from mass_apology.settings import ColumnType

HEADER = ["email", "plan", "minutes", "paid", "since", "seen", "first name", "class", "ends"]
TYPES = {
    "minutes": ColumnType.INT,
    "paid": ColumnType.DECIMAL,
    "since": ColumnType.DATE,
    "ends": ColumnType.DATE,
    "seen": ColumnType.DATETIME,
}
ROWS = [
    # plan, minutes, paid, since, seen, first name, class, ends
    ["pro", "30", "0.10", "2026-11-20", "2026-11-20T09:00Z", "Ann", "a", "2026-11-21"],
    ["free", "9", "10", "2025-01-01", "2026-11-20T09:00", "O'Neil", "b", "2024-01-01"],
    ["", "", "", "", "", "", "", ""],
    ["team", "-5", "0.1", "2026-11-21", "2026-11-20T12:30+02:00", "Ann", "a", ""],
]


def chosen(load_text: Load, where: str) -> str:
    """The numbers of the rows that are chosen."""
    rows = [",".join([f"{number}@x.example", *row]) for number, row in enumerate(ROWS)]
    loaded = load_text([",".join(HEADER), *rows], types=TYPES, where=where, time_zone="Europe/Warsaw")
    assert (loaded.rows_read, loaded.findings) == (4, [])
    assert loaded.rows_chosen == len(loaded.recipients)
    assert [r.line for r in loaded.recipients] == [int(r.address[0]) + 2 for r in loaded.recipients]
    return "".join(r.address[0] for r in loaded.recipients)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("plan == 'pro'", "0"),
        ("'pro' == plan", "0"),
        ("plan != 'pro'", "123"),
        ("plan == ''", "2"),
        ("plan != ''", "013"),
        ("plan in ('pro', 'team')", "03"),
        ("plan in ['pro', '']", "02"),
        ("plan not in ('pro', 'team')", "12"),
        ("plan in ()", ""),
        ("minutes > 9", "0"),
        ("9 < minutes", "0"),
        ("minutes >= 9", "01"),
        ("minutes <= -5", "3"),
        ("minutes == 30.0", "0"),
        ("minutes != 30", "13"),  # an empty cell is unknown, whatever it is compared with
        ("not minutes == 30", "13"),
        ("not (minutes > 9)", "13"),
        ("minutes not in (30, 9)", "3"),
        ("minutes in (30, -5)", "03"),
        ("minutes == ''", "2"),
        ("not minutes == ''", "013"),
        ("minutes > 9 or plan == ''", "02"),
        ("-10 < minutes < 10", "13"),
        ("paid == 0.1", "03"),
        ("paid > 0.1", "1"),
        ("paid <= minutes", "0"),
        ("since >= '2026-11-20'", "03"),
        ("since == '2025-01-01'", "1"),
        ("since in ('2025-01-01', '2026-11-21')", "13"),
        ("ends > since", "0"),
        ("seen == '2026-11-20T09:00'", "1"),  # in the campaign's time zone
        ("seen > '2026-11-20T08:59Z'", "03"),
        ("seen < '2026-11-21'", "013"),
        ("`first name` == 'Ann'", "03"),
        ('`first name` == "O\'Neil"', "1"),
        ("`first name` != '`first name`'", "0123"),
        ("`class` == 'a' and `plan` == 'pro'", "0"),
        ("`first name` == plan", "2"),
        ("plan == 'pro' or plan == 'free' and minutes > 100", "0"),
        ("(plan == 'pro' or plan == 'free') and minutes > 5", "01"),
        ("plan == 'pro'\n  or plan == 'free'  # both", "01"),
    ],
)
def test_which_rows_are_chosen(load_text: Load, where: str, rows: str) -> None:
    assert chosen(load_text, where) == rows


@pytest.mark.parametrize(
    ("where", "complaint"),
    [
        ("plan = 'pro'", "Maybe you meant '=='"),
        ("plan ==", "invalid syntax"),
        ("first name == 'Ann'", "stands in backticks"),
        ("`plan == 'pro'", "invalid syntax"),
        ("plan == 'pro\0'", "null bytes"),
        ("", "no comparison"),
        ("pln == 'pro'", "there is no column 'pln'. Did you mean 'plan'"),
        ("`first nam` == 'Ann'", "there is no column 'first nam'. Did you mean 'first name'"),
        ("quoted_0 == 'Ann'", "there is no column 'quoted_0'"),
        ("plan", "'plan' is no comparison"),
        ("True", "'True' is no comparison"),
        ("__import__('os').system('true')", "is no comparison"),
        ("plan.upper() == 'PRO'", r"'plan\.upper\(\)' is no column"),
        ("plan == plan.upper()", "is neither a text nor a number"),
        ("plan[0] == 'p'", "is no column"),
        ("minutes + 1 > 2", "is no column"),
        ("minutes > 1 + 1", "is neither a text nor a number"),
        ("1 == 1", "is no column"),
        ("'pro' in plan", "is no column"),
        ("plan in 'pro'", "after 'in' stand values in brackets"),
        ("plan in (minutes,)", "is neither a text nor a number"),
        ("plan is 'pro'", "'is' has no place here"),
        ("plan == None", "is neither a text nor a number"),
        ("plan == True", "column 'plan' is no yes or no"),
        ("plan == b'pro'", "is neither a text nor a number"),
        ("minutes == 3j", "is neither a text nor a number"),
        ("minutes == 1e999", "is neither a text nor a number"),
        ("minutes == -'a'", "is neither a text nor a number"),
        ("minutes == --3", "is neither a text nor a number"),
        ("minutes > '30'", "column 'minutes' holds numbers"),
        ("minutes < ''", "only compared with == and !="),
        ("plan > 'pro'", "in which 9 is more than 10"),
        ("plan == 30", "declare its type under"),
        ("since > 2026", "column 'since' is no number"),
        ("since > '20.11.2026'", "is not a date such as 2026-11-20"),
        ("seen in ('yesterday',)", "is not a moment"),
        ("since == seen", "of different types"),
        ("plan == minutes", "of different types"),
        ("(x := plan) == 'pro'", "is no column"),
        ("plan == 'pro' if minutes else plan", "is no comparison"),
        ("not " * 100_000 + "plan == ''", "cannot be used"),
    ],
)
def test_what_has_no_place_is_refused_before_any_row_is_read(where: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as error:
        check_where(where, HEADER, TYPES)
    assert len(error.value.problem) < 700


def test_inspecting_a_file_checks_the_choice(load_text: Load) -> None:
    with pytest.raises(InputError, match="Did you mean 'plan'"):
        load_text("email,plan\n", where="plam == 'pro'")


def test_a_value_that_cannot_be_read_is_reported_and_not_left_out(load_text: Load) -> None:
    text = "email,minutes,plan\na@x.example,many,free\nb@x.example,5,free\nc@x.example,,pro\nd@x.example,50,pro\ne\n"
    where = "minutes > 10 and plan == 'pro'"
    loaded = load_text(text, types={"minutes": ColumnType.INT}, where=where)
    assert loaded.codes == [(2, "value-invalid"), (6, "field-count")]
    assert [r.line for r in loaded.recipients] == [5]
    assert (loaded.rows_read, loaded.rows_chosen) == (5, 3)


def test_a_batch_of_nothing_but_rows_of_another_width(load_text: Load) -> None:
    text = "email,minutes,plan\na\nb\nc\nd@x.example,50,pro\n"
    loaded = load_text(text, types={"minutes": ColumnType.INT}, where="minutes > 10 and plan == 'pro'", chunk_rows=2)
    assert (len(loaded.findings), [r.line for r in loaded.recipients]) == (3, [5])


def test_rows_that_are_not_chosen_are_not_checked(load_text: Load) -> None:
    loaded = load_text("email,plan\nnot an address,free\nb@x.example,pro\n", where="plan == 'pro'")
    assert (loaded.codes, [r.line for r in loaded.recipients]) == ([], [3])


def test_a_column_whose_name_python_would_fold_is_found(load_text: Load) -> None:
    loaded = load_text("email,\ufb01rst\na@x.example,x\nb@x.example,y\n", where="\ufb01rst == 'y'")
    assert [r.line for r in loaded.recipients] == [3]


_CELLS = st.lists(st.one_of(st.just(""), st.integers(-50, 50).map(str)), min_size=1, max_size=20)


@given(_CELLS, st.integers(-50, 50), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.booleans())
def test_comparisons_are_those_of_numbers_and_never_of_empty_cells(
    cells: list[str], bound: int, comparison: str, opposite: bool
) -> None:
    text = f"minutes {comparison} {bound}"
    where = compiled(f"not ({text})" if opposite else text, ["minutes"], TYPES)
    mask = where.chosen(RowTable({"minutes": cells}, readers(TYPES, "UTC")))
    compare = {"<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__, "==": int.__eq__, "!=": int.__ne__}
    assert mask == [bool(cell) and compare[comparison](int(cell), bound) is not opposite for cell in cells]


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_dates_are_compared_as_dates(one: date, other: date) -> None:
    where = compiled(f"since < '{other.isoformat()}'", ["since"], TYPES)
    assert where.chosen(RowTable({"since": [one.isoformat(), ""]}, readers(TYPES, "UTC"))) == [one < other, False]
