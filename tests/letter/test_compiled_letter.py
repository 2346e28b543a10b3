"""A letter's common part and its holes say what the whole would, and what is kept of a hole is right for its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letter_files import render, template, write

from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup.compiled_letter import (
    KEPT_FILLINGS,
    KEPT_OCTETS,
    CompiledLetter,
    Endless,
    Filling,
    HoleGroup,
    Unfilled,
)
from mass_apology.letter.markup.sandbox import TIME_ZONE, LetterEnvironment, compiled, parsed
from mass_apology.letter.markup.static_parts import MARK
from mass_apology.letter.values import Empty, Fields

SUMMER = datetime(2026, 7, 1, 9, 12, tzinfo=UTC)
WINTER = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)

ENVIRONMENT = LetterEnvironment(Localiser(SHIPPED["en"]))
CONSTANTS = {
    "incident": Fields({"service": "A & B", "began": SUMMER, "ended": WINTER, "steps": ["x", "y"]}, known=["credit"]),
    "language": "en",
}


def values(time_zone: str = "Europe/Warsaw", name: str = "O'Neil", **customer: str) -> dict[str, Any]:
    fields = Fields(customer, known=["plan", "note"])
    rows = [fields, Fields({"plan": "<pro>"}, known=["plan", "note"])]
    return {"customer": fields, "rows": rows, "name": name or Empty(name="name"), TIME_ZONE: time_zone}


def letter(source: str) -> CompiledLetter:
    return CompiledLetter(ENVIRONMENT, parsed(ENVIRONMENT, source), CONSTANTS)


def outcome(source: str, given: Mapping[str, Any]) -> str:
    """What Jinja itself makes of the undivided source: the text, or how it fails."""
    try:
        return compiled(ENVIRONMENT, parsed(ENVIRONMENT, source), CONSTANTS).render(given)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def key(group: HoleGroup, given: Mapping[str, Any]) -> object:
    """What the letter of these variables has for a group's inputs."""
    if group.inputs is None:
        return None
    rows = [given["customer"], *given["rows"]]
    cells = tuple(tuple(vars(row).get(column) for column in sorted(group.inputs.columns)) for row in rows)
    return cells, tuple(str(given[name] or "") for name in sorted(group.inputs.values)), given[TIME_ZONE]


class Given:
    """The variables of a letter that somebody has already."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def personal(self, name: str) -> str:
        return str(self._values[name] or "")

    def every(self) -> dict[str, Any]:
        return self._values


def filling(group: HoleGroup, given: dict[str, Any]) -> Filling:
    inputs = key(group, given)
    return group.kept(inputs) or group.filling(inputs, Given(given))


def divided(script: CompiledLetter, given: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The common stretches of a letter, and what fills the holes between them."""
    holes = {
        place: text
        for group in script.groups
        for place, text in zip(group.places, filling(group, given).texts, strict=True)
    }
    return script.stretches(given[TIME_ZONE]), [holes[place] for place in range(len(holes))]


def zipped(script: CompiledLetter, given: dict[str, Any]) -> str:
    """The letter by its holes, or what the whole tells where they cannot be filled."""
    try:
        stretches, holes = divided(script, given)
    except Exception:
        return whole(script, given)
    return "".join(piece for pair in zip(stretches, [*holes, ""], strict=True) for piece in pair)


def whole(script: CompiledLetter, given: dict[str, Any]) -> str:
    try:
        return script.write(given)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize(
    ("source", "common", "holes"),
    [
        ("all alike", "all alike", []),
        ("{{ incident.service }} and {{ name }}.", "A & B and |.", ["O'Neil"]),
        ("{{ name }}{{ customer.plan }} {{ name }}", "|| |", ["O'Neil", "pro", "O'Neil"]),
        ("{% if incident.credit %}a{% else %}b{% endif %}", "b", []),
        ("{% if incident.service %}{{ name }}{% endif %}.", "|.", ["O'Neil"]),
        ("{% for step in incident.steps %}{{ step }}{% endfor %}.", "|.", ["xy"]),
        ("{% set a = incident.service %}{{ a }} {{ name }}", "A & B |", ["O'Neil"]),
        ("{% set a = incident.service %}{{ a }} {{ a ~ name }}", "|| |", ["", "A & B", "A & BO'Neil"]),
        ("{% set a = 1 %}{% set b = a %}{{ b }} {{ a }} {{ b + rows | length }}", "||| | |", ["", "", "1", "1", "3"]),
        ("{% set a = 1 %}{% if name %}{% set a = 2 %}{% endif %}{{ a }}.", "|||.", ["", "", "2"]),
        ("{% set incident = customer %}{{ incident.plan }}.", "||.", ["", "pro"]),
        ("{% set a = name %}{{ language }}{{ a }}.", "|en|.", ["", "O'Neil"]),
        ("{% autoescape true %}{{ incident.service }}<{{ name }}>{% endautoescape %}", "A &amp; B<|>", ["O&#39;Neil"]),
        ("{% filter paragraph('') %}{{ language }}{% endfilter %}{% filter upper %}{{ name }}{% endfilter %}",
         "en|", ["O'NEIL"]),
    ],
)  # fmt: skip
def test_what_is_common_and_what_is_personal(source: str, common: str, holes: list[str]) -> None:
    stretches, filled = divided(letter(source), values(plan="pro"))
    assert ("|".join(stretches), filled) == (common, holes)


PIECES = st.sampled_from(
    [
        *("plain ", "<b>", "{{ name }}", "{{ customer.plan | d }}", "{{ customer.note }}", "{{ incident.service }}"),
        *(
            "{{ incident.began | moment }}",
            "{{ incident.credit | d }}",
            "{{ a | d('-') }}",
            "{{ b | d('-') }}",
            "{{ b }}",
        ),
        *("{% set a = incident.service %}", "{% set a = name %}", "{% set b = a | d(1) %}", "{% set b = 2 %}"),
    ]
)
AROUND = st.sampled_from(
    [
        *(("{% if a is defined %}", "{% else %}{{ b | d }}{% endif %}"), ("{% if customer.plan %}", "{% endif %}")),
        *(("{% if incident.credit %}", "{% endif %}"), ("{% if incident.service %}", "{% endif %}")),
        *(("{% for a in rows %}", "{{ a.plan | d }}{% endfor %}"), ("{% for b in incident.steps %}", "{% endfor %}")),
        *(("{% autoescape true %}", "{% endautoescape %}"), ("{% filter paragraph('') %}", "{% endfilter %}")),
    ]
)
SOURCES = st.lists(
    st.recursive(
        PIECES,
        lambda inner: st.builds(lambda around, held: "".join(held).join(around), AROUND, st.lists(inner, max_size=4)),
        max_leaves=6,
    ),
    max_size=6,
).map("".join)


PLANS = st.sampled_from(["", "pro", "<i>", "a\r\nb", "\0", f"a{MARK}b", f"{MARK}x{MARK}"])


@given(SOURCES, st.lists(st.tuples(st.sampled_from(["", "Asia/Kathmandu", "No/Where"]), PLANS, PLANS), max_size=4))
def test_the_holes_say_what_the_whole_would(source: str, letters: list[tuple[str, str, str]]) -> None:
    script = letter(source)
    for time_zone, name, plan in [*letters, *letters]:
        given = values(time_zone, name=name, plan=plan)
        assert zipped(script, given) == outcome(source, given)


def test_what_is_known_of_a_letter_is_not_written_again() -> None:
    (group,) = letter("{{ name }} {{ customer.plan }}").groups[:1]
    assert group.kept("a") is None
    first = group.filling("a", Given(values()))
    assert first.texts == ("O'Neil",)
    assert group.kept("a") is first
    assert group.kept("b") is None


def test_what_is_kept_of_holes_is_bounded() -> None:
    (group,) = letter("{{ name ~ '' }}").groups
    for number in range(2 * KEPT_FILLINGS):
        group.filling(number, Given(values()))
    assert len(group._kept) <= KEPT_FILLINGS
    for number in range(300):
        group.filling(-1 - number, Given(values(name="x" * (KEPT_OCTETS // 100))))
    assert sum(each.size for each in group._kept.values()) <= KEPT_OCTETS


@pytest.mark.parametrize("value", ["a\rb", "a\0b", "a\x1eb", "a\ud800b", f"a{MARK}b"])
def test_what_a_message_does_not_hold_as_it_is_fills_no_hole(value: str) -> None:
    (group,) = letter("{{ name | upper }}").groups
    with pytest.raises(Unfilled):
        group.filling(value, Given(values(name=value)))


def test_holes_together_take_no_more_than_a_letter_may() -> None:
    script = letter("{{ name }}{% for row in rows %}{{ row.plan | d }}{% endfor %}")
    long = values() | {"rows": [Fields({"plan": "x" * 900})] * 600}
    assert script.write(long).endswith("x" * 900)
    with pytest.raises(Endless):
        script.groups[-1].filling("", Given(long))


def test_a_value_that_holds_the_mark_is_printed(tmp_path: Path) -> None:
    write(tmp_path, "{{ name }} and {{ customer.plan }} and {{ incident.service }}")
    made = template(tmp_path, service=f"s{MARK}s")
    assert render(made, {"plan": f"{MARK}p"}, name=f"{MARK}n{MARK}").text == f"{MARK}n{MARK} and {MARK}p and s{MARK}s\n"


def test_moments_stay_in_their_zone_and_their_half_of_the_year(tmp_path: Path) -> None:
    write(tmp_path, "{{ incident.began | time }} {{ name }} {{ incident.ended | time }}")
    made = template(tmp_path, began=SUMMER, ended=WINTER)
    expected = {
        "Europe/Warsaw": "11:12 CEST Ann 10:12 CET\n",
        "America/New_York": "05:12 EDT Ann 04:12 EST\n",
        "Pacific/Auckland": "21:12 NZST Ann 22:12 NZDT\n",
        "": "09:12 Ann 09:12 UTC\n",
    }
    for zone, text in [*expected.items(), *expected.items()]:
        assert render(made, time_zone=zone).text == text


def test_languages_share_nothing(tmp_path: Path) -> None:
    write(tmp_path, "{{ incident.started_at | date }} {{ name }}")
    write(tmp_path, "{{ incident.started_at | date }} {{ name }}", language="pl")
    english, polish = template(tmp_path), template(tmp_path, "pl")
    for _ in range(2):
        assert render(english).text == "20 November 2026 Ann\n"
        assert render(polish).text == "20\u00a0listopada 2026 Ann\n"


def test_every_zone_of_the_world_is_written() -> None:
    script = letter("{{ incident.began | time }} {{ name }}")
    for zone in sorted(available_timezones()):
        assert zipped(script, values(zone)).startswith(f"{SUMMER.astimezone(ZoneInfo(zone)):%H:%M} ")


def test_a_zone_that_cannot_be_written_spoils_no_other() -> None:
    script = letter("{{ incident.began | time }} {{ name }}")
    for _ in range(2):
        with pytest.raises(ValueError, match="`No/Where` is not a time zone"):
            divided(script, values("No/Where"))
        assert zipped(script, values("UTC")) == "09:12 UTC O'Neil"
