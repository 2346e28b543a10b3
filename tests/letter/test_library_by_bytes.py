"""Every shipped letter, in every language and layout, is the same by byte templates and the ordinary way."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from mass_apology.letter.template_files import available_languages
from tests.gallery.examples import TEMPLATES, customer, writer
from tests.gallery.samples import DATE, LAYOUTS, PLAIN, SHOWS_LAYOUTS

pytestmark = pytest.mark.slow

SCENARIOS = sorted(path.parent.name for path in TEMPLATES.glob("*/scenario.toml"))
CHANGES = ({}, {"order": "Ä-1 <b>"}, {"amount": "1234.50", "minutes_down": "61"})


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize(
    ("scenario", "layout"),
    [*((each, PLAIN) for each in SCENARIOS), *((SHOWS_LAYOUTS, each) for each in LAYOUTS if each != PLAIN)],
)
def test_a_shipped_letter(scenario: str, layout: str, complete: bool) -> None:
    made = writer(scenario, layout, complete=complete)
    missed = made.ways.ordinary.total()
    for language in available_languages(scenario, [TEMPLATES]):
        for number in range(4):
            whom = customer(scenario, language, complete=complete, number=number)
            (row,) = json.loads(whom.rows)
            rows = [row | {key: cell for key, cell in change.items() if key in row} for change in CHANGES]
            for each in (whom, replace(whom, rows=json.dumps(rows[:2])), replace(whom, rows=json.dumps(rows), name="")):
                for eightbit in (True, False):
                    ordinary = made.write_ordinarily(each, date=DATE, eightbit=eightbit)
                    assert made._quick_message(each, date=DATE, eightbit=eightbit) == ordinary
                assert made._quick_content(each, DATE) == made._rendering.content(each, DATE)
    assert made.ways.ordinary.total() == missed
