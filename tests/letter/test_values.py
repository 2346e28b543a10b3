"""Named values: present, empty on purpose, or a mistake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import UndefinedError

from mass_apology.letter.values import Empty, Fields, facts_for, names_of, sender_fields, suggestion
from mass_apology.settings import SenderSettings

printable = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1)


@given(st.dictionaries(st.text(min_size=1), printable))
def test_every_value_is_found_by_any_name(values: dict[str, str]) -> None:
    fields = Fields(values)
    assert {name: fields[name] for name in values} == values
    assert names_of(fields) == set(values)


@pytest.mark.parametrize("name", ["items", "keys", "values", "get", "update", "name", "_Fields__known2"])
def test_a_column_may_be_named_like_anything_python_has(name: str) -> None:
    assert getattr(Fields({name: "here"}), name) == "here"


def test_a_name_with_a_space_is_an_item() -> None:
    assert Fields({"order id": "A-1"})["order id"] == "A-1"


@pytest.mark.parametrize("blank", ["", "  ", "\t", None])
def test_blank_values_are_known_and_empty(blank: str | None) -> None:
    fields = Fields({"plan": blank, "city": "Riga"})
    assert isinstance(fields.plan, Empty)
    assert "plan" not in fields
    assert names_of(fields) == {"plan", "city"}


@pytest.mark.parametrize("value", [0, False, "0", "NA", "null", "None"])
def test_values_that_only_look_empty_are_present(value: object) -> None:
    assert Fields({"value": value}).value is value


def test_a_known_absent_name_is_empty() -> None:
    empty = Fields({}, known=["plan"]).plan
    assert not empty
    assert empty == ""
    assert empty == Empty(name="other")
    assert empty != "pro"
    assert hash(empty) == hash("")


@pytest.mark.parametrize(
    "use", [str, len, list, "{}".format, lambda value: value + "x", lambda value: value < 3, lambda value: "a" in value]
)
def test_using_an_empty_value_names_the_field(use) -> None:  # type: ignore[no-untyped-def]  # any callable
    with pytest.raises(UndefinedError, match="`plan` is empty"):
        use(Fields({}, known=["plan"]).plan)


def test_an_unknown_name_suggests_the_nearest() -> None:
    fields = Fields({"minutes_down": 3}, known=["plan"])
    with pytest.raises(AttributeError, match="did you mean `minutes_down`"):
        _ = fields.minuts_down
    with pytest.raises(KeyError, match="did you mean `plan`"):
        _ = fields["plann"]


def test_a_suggestion_lists_the_names_where_none_is_near() -> None:
    assert suggestion("zzz", ["plan", "city"]) == "; there are `city`, `plan`"
    assert suggestion("zzz", []) == ""


def test_a_language_tells_its_own_facts() -> None:
    incident = {"service": "API", "repair": "We did.", "pl": {"repair": "Zrobiliśmy."}, "ru": {"repair": "Сделали."}}
    assert facts_for(incident, "pl") == {"service": "API", "repair": "Zrobiliśmy."}
    assert facts_for(incident, "en") == {"service": "API", "repair": "We did."}


def test_a_fact_named_like_a_language_is_a_fact_unless_it_is_a_table() -> None:
    assert facts_for({"id": 7, "en": {"a": "b"}}, "en") == {"id": 7, "a": "b"}


def test_the_sender_is_known_by_name_and_address() -> None:
    sender = sender_fields(SenderSettings(from_="Anna Kowalska <anna@acme.example>", role="Head"))
    assert (sender.name, sender.address, sender.role) == ("Anna Kowalska", "anna@acme.example", "Head")
    assert sender.phone == ""
