"""A letter's halves write what the whole would, and each knows its time zone."""

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
from mass_apology.letter.markup.compiled_letter import ZONES, CompiledLetter
from mass_apology.letter.markup.sandbox import TIME_ZONE, LetterEnvironment, compiled, parsed
from mass_apology.letter.markup.static_parts import MARK, divided
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


@pytest.mark.parametrize(
    ("source", "common", "personal"),
    [
        ("all alike", "all alike", ""),
        ("{{ incident.service }} and {{ name }}.", "A & B and |.", "O'Neil|"),
        ("{{ name }}{{ customer.plan }} {{ name }}", "| ", "O'Neilpro|O'Neil"),
        ("{% if incident.credit %}a{% else %}b{% endif %}", "b", ""),
        ("{% if incident.service %}{{ name }}{% endif %}.", "|.", "O'Neil|"),
        ("{% for step in incident.steps %}{{ step }}{% endfor %}.", "|.", "xy|"),
        ("{% set a = incident.service %}{{ a }} {{ name }}", "A & B ", "O'Neil"),
        ("{% set a = incident.service %}{{ a }} {{ a ~ name }}", "| ", "A & B|A & BO'Neil"),
        ("{% set a = 1 %}{% set b = a %}{{ b }} {{ a }} {{ b + rows | length }}", "| | ", "1|1|3"),
        ("{% set a = 1 %}{% if name %}{% set a = 2 %}{% endif %}{{ a }}.", "|.", "2|"),
        ("{% set incident = customer %}{{ incident.plan }}.", "|.", "pro|"),
        ("{% set a = name %}{{ language }}{{ a }}.", "|en|.", "|O'Neil|"),
        ("{% autoescape true %}{{ incident.service }}<{{ name }}>{% endautoescape %}", "A &amp; B<|>", "O&#39;Neil|"),
        ("{% filter paragraph('') %}{{ language }}{% endfilter %}{% filter upper %}{{ name }}{% endfilter %}",
         "en", "O'NEIL"),
    ],
)  # fmt: skip
def test_what_is_common_and_what_is_personal(source: str, common: str, personal: str) -> None:
    halves = divided(parsed(ENVIRONMENT, source), CONSTANTS)
    written = [compiled(ENVIRONMENT, half, CONSTANTS).render(values(plan="pro")) for half in halves]
    assert [half.replace(MARK, "|") for half in written] == [common, personal]


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


@given(
    SOURCES,
    st.sampled_from(["", "Asia/Kathmandu", "No/Where"]),
    st.sampled_from(["", "pro", "<i>", f"a{MARK}b", f"{MARK}x{MARK}"]),
)
def test_the_halves_write_what_the_whole_would(source: str, time_zone: str, plan: str) -> None:
    script = letter(source)
    given = values(time_zone, name=plan, plan=plan)
    for _ in range(2):
        try:
            written = script.write(given)
        except Exception as error:
            written = f"{type(error).__name__}: {error}"
        assert written == outcome(source, given)


def test_a_letter_that_can_be_written_needs_no_whole() -> None:
    script = letter("{{ incident.began | time }} {{ name }} {{ customer.note or language }}")
    assert script.write(values()) == "11:12 CEST O'Neil en"
    assert "whole" not in vars(script)


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


def test_every_zone_of_the_world_is_written_and_few_are_kept() -> None:
    script = letter("{{ incident.began | time }} {{ name }}")
    zones = sorted(available_timezones())
    assert len(zones) > ZONES
    for zone in [*zones, *zones[:3]]:
        assert script.write(values(zone)).startswith(f"{SUMMER.astimezone(ZoneInfo(zone)):%H:%M} ")
    assert script._stretches.cache_info().currsize == ZONES


def test_a_zone_that_cannot_be_written_spoils_no_other() -> None:
    script = letter("{{ incident.began | time }} {{ name }}")
    for _ in range(2):
        with pytest.raises(ValueError, match="`No/Where` is not a time zone"):
            script.write(values("No/Where"))
        assert script.write(values("UTC")) == "09:12 UTC O'Neil"
