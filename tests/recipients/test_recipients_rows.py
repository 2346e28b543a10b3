"""What is checked in every row, and what a good row becomes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipient_files import Load

from mass_apology.model import Severity
from mass_apology.recipients.cells import shown
from mass_apology.settings import ColumnType

HEADER = "email,name,language,time_zone,account,note"


def row(**cells: str) -> str:
    """A row of the header above, every cell quoted."""
    cells = {"email": "ann@x.example", **cells}
    return ",".join('"{}"'.format(cells.get(column, "").replace('"', '""')) for column in HEADER.split(","))


@pytest.mark.parametrize("character", [chr(c) for c in [0, 1, 9, 10, 13, 0x1B, 0x7F, 0x80, 0x85, 0x9F, 0x2028, 0x2029]])
@pytest.mark.parametrize("column", ["email", "name", "language", "time_zone", "account"])
def test_control_characters_in_what_is_of_one_line(load_text: Load, character: str, column: str) -> None:
    cells = {"account": "7", column: f"an{character}n"}
    loaded = load_text([HEADER, row(**cells)], columns={"key": "account"})
    assert loaded.codes == [(2, "control-character")]
    assert all(finding.problem.isprintable() and finding.address.isprintable() for finding in loaded.findings)


@pytest.mark.parametrize("character", ["\0", "\x01", "\x1b", "\x7f", "\x9f", "\u2028", "\u2029"])
def test_control_characters_in_other_columns(load_text: Load, character: str) -> None:
    loaded = load_text([HEADER, row(note=f"one{character}two"), row(email="bob@x.example")])
    assert loaded.codes == [(2, "control-character")]
    assert [r.address for r in loaded.recipients] == ["bob@x.example"]


def test_a_longer_text_may_hold_lines_and_tabs(load_text: Load) -> None:
    loaded = load_text([HEADER, row(note="one\ttwo\r\nthree\rfour\n")])
    assert loaded.recipients[0].row["note"] == "one\ttwo\nthree\nfour"


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"name": "=?utf-8?q?=0D=0ABcc=3A_evil=40x?="}, "encoded-word", "name"),
        ({"email": "=?utf-8?q?x?=@x.example"}, "encoded-word", "email"),
        ({"name": "\u202eennA"}, "bidi-override", "name"),
        ({"name": "Ann \u2066x\u2069"}, "bidi-override", "name"),
        ({"name": "[click](http://evil.example)"}, "name-is-link", "name"),
        ({"name": "WWW.evil.example"}, "name-is-link", "name"),
        ({"name": "x" * 201}, "name-too-long", "name"),
        ({"email": "", "name": "Ann"}, "address-missing", "email"),
        ({"email": "  ", "note": "x"}, "address-missing", "email"),
        ({"email": "Ann <ann@x.example>"}, "address-invalid", "email"),
        ({"email": "ann@x.example,bob@x.example"}, "address-several", "email"),
        ({"email": "ann@x.example;bob"}, "address-invalid", "email"),
        ({"language": "Klingon"}, "language-invalid", "language"),
        ({"language": "p"}, "language-invalid", "language"),
        ({"language": "pl_PL.UTF-8"}, "language-invalid", "language"),
        ({"time_zone": "Europe/Warszawa"}, "time-zone-unknown", "time_zone"),
        ({"time_zone": "Europe"}, "time-zone-unknown", "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time-zone-unknown", "time_zone"),
        ({"time_zone": "europe/warsaw"}, "time-zone-unknown", "time_zone"),
    ],
)
def test_a_row_with_a_flaw_is_reported_and_set_aside(
    load_text: Load, cells: dict[str, str], code: str, column: str
) -> None:
    loaded = load_text([HEADER, row(email="bob@x.example"), row(**cells)])
    [finding] = loaded.findings
    assert (finding.code, finding.line, finding.severity) == (code, 3, Severity.ERROR)
    assert finding.where == f"affected.csv, line 3, column {column}"
    assert finding.address == cells.get("email", "ann@x.example").strip()
    assert finding.problem.endswith(".")
    assert finding.advice.endswith(".")
    assert [r.address for r in loaded.recipients] == ["bob@x.example"]
    assert (loaded.rows_read, loaded.rows_chosen) == (2, 2)


def test_all_that_is_wrong_with_a_row_is_said_at_once(load_text: Load) -> None:
    bad = row(email="ann", name="http://x\u202e", language="?", time_zone="Mars/Base", note="\x07")
    loaded = load_text([HEADER, bad, "short", row(email="", name="Bo")], types={"account": ColumnType.INT})
    assert sorted(loaded.codes) == [
        (2, "address-invalid"),
        (2, "bidi-override"),
        (2, "control-character"),
        (2, "language-invalid"),
        (2, "name-is-link"),
        (2, "time-zone-unknown"),
        (3, "field-count"),
        (4, "address-missing"),
    ]
    assert [line for line, _ in loaded.codes] == sorted(line for line, _ in loaded.codes)
    assert loaded.rows_chosen == 3


def test_values_are_as_written_but_for_outer_blanks(load_text: Load) -> None:
    loaded = load_text([HEADER, row(email=" Ann@X.Example ", name="\u00a0Ann  Lee ", language=" PL ", note="  x ")])
    ann = loaded.recipients[0]
    assert (ann.address, ann.name, ann.language) == ("Ann@x.example", "Ann  Lee", "pl")
    assert ann.row == {"email": "Ann@X.Example", "name": "Ann  Lee", "language": "PL", "note": "x"}


def test_a_cell_of_only_blanks_is_empty(load_text: Load) -> None:
    ann = load_text([HEADER, row(name=" \t", note="   ")]).recipients[0]
    assert (ann.name, dict(ann.row)) == ("", {"email": "ann@x.example"})


@pytest.mark.parametrize(
    ("written", "language"),
    [("pl", "pl"), ("PL", "pl"), ("pl-PL", "pl"), ("pl_PL", "pl"), ("zh-Hant-TW", "zh"), ("est", "et"), ("", "")],
)
def test_languages(load_text: Load, written: str, language: str) -> None:
    assert load_text([HEADER, row(language=written)]).recipients[0].language == language


@pytest.mark.parametrize("name", ["{{ 7*7 }}", "O'Neil & Sons", "<b>Ann</b>", "Łukasz Żółć", "李小龍", "Ann\u200fa"])
def test_names_that_look_odd_are_names(load_text: Load, name: str) -> None:
    loaded = load_text([HEADER, row(name=name)])
    assert (loaded.recipients[0].name, loaded.findings) == (name, [])


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (ColumnType.INT, ["192", "-7", ""], ["1.5", "1_000", "١٢", "1 7", "NA"]),
        (ColumnType.DECIMAL, ["12.50", ".5", ""], ["12,50", "1e5", "nan"]),
        (ColumnType.DATE, ["2026-11-20", ""], ["20.11.2026", "2026-02-30", "2026-11-20T00:00"]),
        (ColumnType.DATETIME, ["2026-11-20T09:12Z", "2026-11-20", ""], ["9:12", "2026-13-01"]),
        (ColumnType.TEXT, ["x", "", "="], []),
    ],
)
def test_declared_types(load_text: Load, kind: ColumnType, good: list[str], bad: list[str]) -> None:
    rows = [row(note=value) for value in [*good, *bad]]
    loaded = load_text([HEADER, *rows], types={"note": kind})
    assert loaded.column("note") == good
    assert loaded.codes == [(2 + len(good) + place, "value-invalid") for place in range(len(bad))]
    for value, finding in zip(bad, loaded.findings, strict=True):
        assert f"'{value}'" in finding.problem
        assert "column note" in finding.where


def test_a_long_or_invisible_value_is_shown_short_and_visible(load_text: Load) -> None:
    loaded = load_text([HEADER, row(note="\x1b[2J" + "9" * 100)], types={"note": ColumnType.INT})
    [finding] = loaded.findings
    assert "\\x1b[2J999" in finding.problem
    assert len(finding.problem) < 120


@given(st.text(), st.integers(1, 80))
def test_what_is_shown_is_one_printable_line(text: str, limit: int) -> None:
    result = shown(text, limit)
    assert result.isprintable()
    if text.isprintable():
        assert len(result) <= limit
        assert result == text or result.endswith("…")


def test_a_row_without_its_key_is_reported(load_text: Load) -> None:
    loaded = load_text([HEADER, row(account=" "), row(account="7")], columns={"key": "account"})
    assert loaded.codes == [(2, "key-missing")]


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        *(("Polish", "pl"), ("polski", "pl"), ("POLSKI", "pl"), ("Deutsch", "de"), ("русский", "ru"), ("Eesti", "et")),
        *(("ελληνικά", "el"), ("ΕΛΛΗΝΙΚΆ", "el"), ("ell", "el"), ("est", "et"), ("latviešu", "lv"), ("English", "en")),
    ],
)
def test_a_languages_name_is_understood_and_told(load_text: Load, cell: str, meant: str) -> None:
    loaded = load_text([HEADER, row(language=cell)])
    assert loaded.recipients[0].language == meant
    said = loaded.note("language-taken")
    assert f"'{cell}' was taken for the language '{meant}', in one cell of 'language' (line 2)." in said


@pytest.mark.parametrize(
    ("cell", "meant"), [("gr", "el"), ("ee", "et"), ("GR", "el"), ("ee-EE", "et"), ("cz", "cs"), ("se", "sv")]
)
def test_a_countrys_code_is_taken_for_its_language_and_told(load_text: Load, cell: str, meant: str) -> None:
    loaded = load_text([HEADER, row(language="pl"), row(email="bob@x.example", language=cell)])
    assert [each.language for each in loaded.recipients] == ["pl", meant]
    [told] = [each for each in loaded.notes if each.code == "language-taken"]
    assert told.severity is Severity.WARNING
    assert f"'{cell}' is a country's code, and was taken for the language '{meant}'" in told.problem
    assert "(line 3)" in told.problem


@pytest.mark.parametrize(
    ("cell", "meant"), [("lv-LV", "lv"), ("EN_us", "en"), ("uk", "uk"), ("et", "et"), ("el", "el")]
)
def test_a_languages_code_needs_no_word(load_text: Load, cell: str, meant: str) -> None:
    loaded = load_text([HEADER, row(language=cell)])
    assert (loaded.recipients[0].language, loaded.note("language-taken")) == (meant, "")


@pytest.mark.parametrize(
    ("kind", "cell"), [(ColumnType.INT, "00012"), (ColumnType.INT, "-07"), (ColumnType.DECIMAL, "01.5")]
)
def test_zeros_that_a_type_takes_away_are_told(load_text: Load, kind: ColumnType, cell: str) -> None:
    loaded = load_text([HEADER, row(account="1"), row(email="bob@x.example", account=cell)], types={"account": kind})
    [told] = [each for each in loaded.notes if each.code == "zeros-lost"]
    assert told.severity is Severity.WARNING
    assert f"'{cell}'" in told.problem
    assert "in one cell of 'account' (line 3)" in told.problem
    assert 'account = "text"' in told.advice


@pytest.mark.parametrize(
    ("kind", "cell"),
    [(ColumnType.INT, "0"), (ColumnType.INT, "10"), (ColumnType.DECIMAL, "0.50"), (ColumnType.TEXT, "007")],
)
def test_other_zeros_need_no_word(load_text: Load, kind: ColumnType, cell: str) -> None:
    assert load_text([HEADER, row(account=cell)], types={"account": kind}).note("zeros-lost") == ""
