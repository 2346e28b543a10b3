"""Several addresses in a cell: a letter to each, or the first, as the campaign says; without its word an error."""

from __future__ import annotations

import pytest
from recipient_files import Load

from mass_apology.campaign_types import typed
from mass_apology.campaign_values import value_problems
from mass_apology.recipients.several_addresses import several
from mass_apology.settings import ValueSettings

FILE = """email,name,plan
ann@x.example; bob@y.example,Ann,pro
carl@x.example,Carl,pro
"dora@x.example
dora@y.example",Dora,free
"Eva@x.example, eva@X.example",Eva,free
"""
EACH = ValueSettings(several_addresses="each")
FIRST = ValueSettings(several_addresses="first")


@pytest.mark.parametrize(
    ("cell", "addresses"),
    [
        ("a@x.example;b@y.example", ("a@x.example", "b@y.example")),
        ("a@x.example, b@y.example;", ("a@x.example", "b@y.example")),
        ("a@x.example b@y.example\nc@z.example", ("a@x.example", "b@y.example", "c@z.example")),
        ("a@x.example / b@y.example", ("a@x.example", "b@y.example")),
        ("a@x.example; A@X.example; b@y.example", ("a@x.example", "b@y.example")),
        ("a@x.example; A@x.example", ("a@x.example",)),
        ("a@x.example", ()),
        ("a@x.example;", ()),
        ("a@x.example; tel. 555", ()),
        ("a@x.example; b@", ()),
        ("Ann <a@x.example>, Bob <b@y.example>", ()),
        ("a@@x.example", ()),
        ("", ()),
        (";".join(["a@x.example"] * 101), ()),
    ],
)
def test_only_a_cell_of_nothing_but_addresses_holds_several(cell: str, addresses: tuple[str, ...]) -> None:
    assert several(cell) == addresses


def test_without_a_choice_they_are_errors_with_their_lines_and_what_to_write(load_text: Load) -> None:
    loaded = load_text(FILE)
    assert loaded.codes == [(2, "address-several"), (4, "address-several"), (6, "address-several")]
    assert [each.address for each in loaded.recipients] == ["carl@x.example"]
    assert loaded.findings[0].problem == (
        "The value 'ann@x.example; bob@y.example' is several addresses, and campaign.toml does not say who gets the "
        "letter."
    )
    assert 'several_addresses = "each" or "first" under [values]' in loaded.findings[0].advice


@pytest.mark.parametrize("chunk_rows", [1, 2, 5000])
def test_each_gets_a_letter_as_if_the_row_stood_there_for_each(load_text: Load, chunk_rows: int) -> None:
    loaded = load_text(FILE, values=EACH, chunk_rows=chunk_rows)
    assert [(each.address, each.name, each.line) for each in loaded.recipients] == [
        ("ann@x.example", "Ann", 2),
        ("bob@y.example", "Ann", 2),
        ("carl@x.example", "Carl", 3),
        ("dora@x.example", "Dora", 4),
        ("dora@y.example", "Dora", 4),
        ("Eva@x.example", "Eva", 6),
    ]
    assert [each.row["email"] for each in loaded.recipients] == [each.address for each in loaded.recipients]
    assert len({each.identity for each in loaded.recipients}) == 6
    assert not loaded.findings
    assert (loaded.rows_read, loaded.rows_chosen) == (6, 6)
    assert loaded.note("address-several") == (
        "Several addresses stand in 3 cells of 'email' (lines 2, 4, 6): each gets a letter, 2 further ones by that."
    )


def test_or_the_first_alone(load_text: Load) -> None:
    loaded = load_text(FILE, values=FIRST)
    addresses = ["ann@x.example", "carl@x.example", "dora@x.example", "Eva@x.example"]
    assert [each.address for each in loaded.recipients] == addresses
    assert loaded.note("address-several").endswith("the first gets the letter, 2 further ones none.")


def test_a_row_with_an_error_is_set_aside_once_and_nobody_of_it_gets_a_letter(load_text: Load) -> None:
    loaded = load_text("email,name\na@x.example;b@y.example,=?x?=\n", values=EACH)
    assert loaded.recipients == []
    assert loaded.codes == [(2, "encoded-word")]
    assert (loaded.rows_read, loaded.rows_chosen) == (1, 1)


def test_of_several_columns_the_first_that_is_filled_counts(load_text: Load) -> None:
    made = {"address": "address", "made": {"address": ("one", "two")}}
    file = "one,two\na@x.example;b@y.example,c@z.example\n"
    assert load_text(file, columns=made).codes == [(2, "address-several")]
    loaded = load_text(file, columns=made, values=EACH)
    assert [each.address for each in loaded.recipients] == ["a@x.example", "b@y.example"]


def test_a_customer_with_a_key_who_gets_one_letter_cannot_get_several() -> None:
    tables = {"name": "a", "template": "t", "recipients": "f", "sender": {"from": "a@b.example"}}
    tables |= {"relay": {"url": "smtp+plain://127.0.0.1"}, "values": {"several_addresses": "each"}}
    tables |= {"columns": {"key": "id"}, "one_letter_per": "customer"}
    found = typed(tables).campaign
    assert found is not None
    assert [each for each in value_problems(found) if "several_addresses" in each]
