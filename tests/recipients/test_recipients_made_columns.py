"""Columns that campaign.toml makes from the file's: renamed, joined, patterns, the first of several addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from recipient_files import Load, campaign_of

from mass_apology.campaign_types import typed
from mass_apology.columns import ColumnUse, How
from mass_apology.errors import InputError
from mass_apology.settings import ColumnSettings, ColumnType

FILE = "E-mail 1,E-mail 2,First,Last,Downtime (min),Land\n"
ROWS = "ann@x.example,,Ann,Smith,63,DE\nbob@x.example,b@y.example,Bob,,12,PL\n"


def columns(**stated: Any) -> dict[str, Any]:
    """``[columns]`` as campaign.toml has it → the settings, as a dictionary."""
    sections = {"name": "a", "template": "t", "recipients": "f", "sender": {"from": "a@b.c"}, "relay": {"url": "-"}}
    found = typed({**sections, "columns": stated})
    assert not found.problems
    assert found.campaign is not None
    settings: ColumnSettings = found.campaign.columns
    parts = {part: name for part, name in settings.parts.items() if name is not None}
    return {"made": settings.made, "released": settings.released, **parts}


def test_a_column_of_the_letters_is_renamed_and_typed(load_text: Load) -> None:
    made = columns(address="E-mail 1", minutes_down="Downtime (min)")
    loaded = load_text(
        FILE + ROWS, columns=made, types={"minutes_down": ColumnType.INT}, where="minutes_down > 30 and Land == 'DE'"
    )
    assert loaded.column("minutes_down") == ["63"]
    assert loaded.column("Downtime (min)") == [""]
    assert loaded.layout.header == ("E-mail 1", "E-mail 2", "First", "Last", "minutes_down", "Land")


def test_a_bad_value_is_told_with_the_name_that_the_file_has(load_text: Load) -> None:
    made = columns(address="E-mail 1", minutes_down="Downtime (min)")
    loaded = load_text(FILE + "a@x.example,,Ann,Smith,1 h,DE\n", columns=made, types={"minutes_down": ColumnType.INT})
    (finding,) = loaded.findings
    assert finding.code == "value-invalid"
    assert finding.where == "affected.csv, line 2, column Downtime (min)"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (["First", "Last"], ["Ann Smith", "Bob"]),
        ("{First} {Last}", ["Ann Smith", "Bob"]),
        ("{Last}, {First}", ["Smith, Ann", ", Bob"]),
        (["{First} of {Land}", "Last"], ["Ann of DE Smith", "Bob of PL"]),
        ("First", ["Ann", "Bob"]),
    ],
)
def test_a_name_is_joined_or_filled_into_a_pattern(load_text: Load, source: Any, names: list[str]) -> None:
    loaded = load_text(FILE + ROWS, columns=columns(address="E-mail 1", name=source))
    assert [each.name for each in loaded.recipients] == names
    assert loaded.column("First") == ["Ann", "Bob"], "the parts stay as they are"


def test_a_pattern_without_any_value_is_empty(load_text: Load) -> None:
    loaded = load_text(FILE + "a@x.example,,,,1,DE\n", columns=columns(address="E-mail 1", name="Dear {First} {Last}"))
    assert loaded.recipients[0].name == ""


def test_a_column_whose_name_holds_braces_is_that_column(load_text: Load) -> None:
    loaded = load_text("email,{First}\na@x.example,Ann\n", columns=columns(name="{First}"))
    assert loaded.recipients[0].name == "Ann"


def test_the_first_usable_address_is_taken_and_that_is_told(load_text: Load) -> None:
    rows = "ann@x.example,a2@x.example,,,,\n,b2@x.example,,,,\nbroken,c2@x.example,,,,\nbroken,worse,,,,\n,,Dan,,,\n"
    loaded = load_text(FILE + rows, columns=columns(address=["E-mail 1", "E-mail 2"]))
    assert [each.address for each in loaded.recipients] == ["ann@x.example", "b2@x.example", "c2@x.example"]
    assert loaded.codes == [(5, "address-invalid"), (6, "address-missing")]
    assert loaded.findings[0].where == "affected.csv, line 5, column E-mail 1 or E-mail 2"
    assert loaded.note("address-next") == (
        "What stands first is no address, such as 'broken', in one cell of 'E-mail 1' (line 4)."
    )


def test_empty_first_addresses_alone_need_no_word(load_text: Load) -> None:
    loaded = load_text(FILE + ",b2@x.example,,,,\n", columns=columns(address=["E-mail 1", "E-mail 2"]))
    assert not loaded.note("address-next")


def test_the_second_address_keeps_a_row_from_being_no_row(load_text: Load) -> None:
    loaded = load_text(
        FILE + FILE + ",b2@x.example,Total,,,\n,,Total,,,\n", columns=columns(address=["E-mail 1", "E-mail 2"])
    )
    assert [each.address for each in loaded.recipients] == ["b2@x.example"]
    assert loaded.codes == [(4, "totals-row")]
    assert loaded.note("header-repeated")


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        ({"minutes_down": "Downtime"}, "[columns] minutes_down in campaign.toml names a column 'Downtime'"),
        ({"name": ["First", "Lst"]}, "Did you mean 'Last'?"),
        ({"name": "{First} {Lats}"}, "Did you mean 'Last'?"),
        ({"name": ["Fist", "Lst"]}, "name 'Fist', name 'Lst'"),
        ({"address": ["E-mail 1", "E-mail 3"]}, "names a column 'E-mail 3'"),
    ],
)
def test_a_name_that_the_file_lacks_is_an_error(load_text: Load, stated: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        load_text(FILE + ROWS, columns=columns(**{"address": "E-mail 1", **stated}))
    assert sentence in refused.value.problem


def test_a_column_of_the_file_gives_its_name_to_another(load_text: Load) -> None:
    made = columns(name=["First", "Last"])
    loaded = load_text("email,name,First,Last\na@x.example,Acme Ltd,Ann,Smith\n", columns=made)
    assert loaded.recipients[0].name == "Ann Smith"
    assert "gives these names to other columns: 'name'" in loaded.note("columns-hidden")


def test_a_part_that_is_misspelt_is_told_where_nothing_uses_it(load_text: Load) -> None:
    stated = columns(address="E-mail 1", contry="Land", town="Land")
    assert "'contry', which nothing uses" in load_text(FILE + ROWS, columns=stated).note("part-misspelt")
    use = ColumnUse(column="contry", how=How.PRINTED, where="templates/t/en.md, line 1")
    assert not load_text(FILE + ROWS, columns=stated, uses=[use]).note("part-misspelt")


def test_a_letter_finds_a_part_under_the_parts_own_name(load_text: Load) -> None:
    use = ColumnUse(column="country", how=How.PRINTED, where="templates/t/en.md, line 1")
    stated = columns(address="E-mail 1", country="Land")
    assert load_text(FILE + ROWS, columns=stated, uses=[use]).column("country") == ["DE", "PL"]
    assert load_text(FILE + ROWS, columns=stated).column("country") == ["", ""], "nothing is kept twice for nothing"
    chosen = load_text(FILE + ROWS, columns=stated, where="country == 'PL'")
    assert [each.address for each in chosen.recipients] == ["bob@x.example"]


def test_a_renamed_column_that_is_used_keeps_its_name_as_well(load_text: Load) -> None:
    made = columns(address="E-mail 1", minutes_down="Downtime (min)")
    loaded = load_text(
        FILE + ROWS, columns=made, types={"Downtime (min)": ColumnType.INT}, where="`Downtime (min)` > 20"
    )
    assert loaded.recipients[0].row["Downtime (min)"] == loaded.recipients[0].row["minutes_down"] == "63"


def test_a_workbook_is_read_so_too(load_file: Load, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Customers of November"])
    sheet.append(["E-mail 1", "First", "Last", "Loss"])
    sheet.append(["ann@x.example", "Ann", "Smith", 4.5])
    sheet["D3"].number_format = '0.00 "EUR"'
    path = tmp_path / "affected.xlsx"
    book.save(path)
    made = columns(address=["E-mail 1"], name=["First", "Last"], loss="Loss")
    (recipient,) = load_file(path, columns=made, types={"loss": ColumnType.DECIMAL}).recipients
    assert (recipient.address, recipient.name, recipient.row["loss"]) == ("ann@x.example", "Ann Smith", "4.5")


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        ({"name": []}, "`$.columns.name`"),
        ({"name": ["First", 5]}, "`$.columns.name"),
        ({"minutes_down": 5}, "`$.columns.minutes_down`"),
        ({"made": {"x": "y"}}, "`$.columns.made`"),
    ],
)
def test_what_cannot_be_a_source_is_told_by_its_key(stated: dict[str, Any], problem: str) -> None:
    found = typed({"columns": stated})
    assert any(problem in each for each in found.problems)


def test_the_campaign_says_what_is_made() -> None:
    settings = campaign_of(columns=columns(name=["First", "Last"], gender="Anrede")).columns
    assert (settings.name, settings.gender) == ("name", "Anrede")
    assert settings.sources("name") == ("First", "Last")
    assert settings.sources("gender") == ("gender",)


def test_a_released_column_is_one_of_the_letters_and_plays_no_part(load_text: Load) -> None:
    file = "email,name,Language,time_zone,country\nann@x.example,Ann's plan,Fortran,none,of the blind\n"
    taken = load_text(file)
    assert {finding.code for finding in taken.findings} == {"language-invalid", "time-zone-unknown"}
    loaded = load_text(file, columns=columns(name=False, language=False, time_zone=False, country=False))
    assert not loaded.findings
    (recipient,) = loaded.recipients
    assert (recipient.name, recipient.language, recipient.time_zone) == ("", "", "")
    assert recipient.row["name"] == "Ann's plan"
    assert recipient.row["Language"] == "Fortran"
    assert loaded.layout.header == ("email", "name", "Language", "time_zone", "country")


def test_an_address_cannot_be_released_and_a_part_is_not_true() -> None:
    sections = {"name": "a", "template": "t", "recipients": "f", "sender": {"from": "a@b.c"}, "relay": {"url": "-"}}
    found = typed({**sections, "columns": {"address": False, "language": True}})
    assert [each.split("`")[1] for each in found.problems] == ["$.columns.address", "$.columns.language"]
