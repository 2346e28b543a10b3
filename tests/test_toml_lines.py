"""A key is found on the line where a person wrote it."""

from __future__ import annotations

import pytest

from mass_apology.near_misses import did_you_mean
from mass_apology.system.toml_lines import Place, line_of

TEXT = """name = "x"

[relay]  # the server
url = "smtp://"
"odd key" = 1
[[follow_up]]
template = "a"
[[follow_up]]
to = [
  "ACCEPTED",
]
schedule.hours = "8-20"
[incident.pl]
what = "Nic."
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("name",), 1),
        (("relay", "url"), 4),
        (("relay", "rate"), 3),  # it is missing: its table
        (("relay", "odd key"), 5),
        (("follow_up", 0, "template"), 7),
        (("follow_up", 1, "to", 0), 9),
        (("follow_up", 1, "template"), 8),
        (("follow_up", 1, "schedule", "hours"), 12),
        (("incident", "pl", "what"), 14),
        (("sender",), None),
    ],
)
def test_a_key_is_found_on_its_line(place: Place, line: int | None) -> None:
    assert line_of(TEXT, place) == line


@pytest.mark.parametrize(
    ("word", "meant"),
    [("chekc", "; did you mean check?"), ("CHECK", "; did you mean check?"), ("apologise", ""), ("", "")],
)
def test_only_what_is_near_is_proposed(word: str, meant: str) -> None:
    assert did_you_mean(word, ["check", "send", "status"]) == meant
