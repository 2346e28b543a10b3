"""What the benches count with: a bar is worth as much as its arithmetic."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.even_rate import most_within
from bench.recorder import Arrival
from bench.result import TrialError
from bench.tried import Tried, bars_of
from bench.verdict import Row, judge
from mass_apology.model import Status

pytestmark = pytest.mark.slow

PEOPLE = ("a@x.example", "b@x.example", "c@x.example")


def row(address: str, status: Status) -> Row:
    return Row(address=address, status=status, message_id=f"<{address[0]}@acme.example>")


def arrival(address: str) -> Arrival:
    return Arrival(at=0.0, message_id=f"<{address[0]}@acme.example>", recipients=(address,), size=6000)


def test_the_worst_second_is_found_wherever_it_begins() -> None:
    assert most_within([], 1.0) == 0
    assert most_within([0.0, 0.5, 1.0, 1.4, 1.49, 3.0], 1.0) == 4
    assert most_within([0.0, 1.0, 2.0], 1.0) == 1


def test_everybody_reached_once() -> None:
    verdict = judge(PEOPLE, [row(each, Status.ACCEPTED) for each in PEOPLE], [arrival(each) for each in PEOPLE])
    assert (verdict.recipients, verdict.skipped, verdict.twice, verdict.lost, verdict.in_doubt) == (3, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("statuses", "received", "expected"),
    [
        ("AAA", "ab", {"skipped": 1}),  # believed to be written to
        ("AAD", "ab", {"skipped": 0, "in_doubt": 1, "never_sent": 1}),
        ("AAD", "abc", {"skipped": 0, "in_doubt": 1, "never_sent": 0}),
        ("AAA", "abcc", {"twice": 1}),
        ("AA", "abc", {"lost": 1}),
    ],
)
def test_what_went_wrong_is_counted(statuses: str, received: str, expected: dict[str, int]) -> None:
    names = {"A": Status.ACCEPTED, "D": Status.IN_DOUBT}
    rows = [row(address, names[letter]) for address, letter in zip(PEOPLE, statuses, strict=False)]
    verdict = judge(PEOPLE, rows, [arrival(f"{letter}@x.example") for letter in received])
    assert {name: getattr(verdict, name) for name in expected} == expected


def test_cases_that_were_tried_are_counted_and_none_is_taken_for_all(tmp_path: Path) -> None:
    module = tmp_path / "test_three.py"
    module.write_text("def test_a(): pass\ndef test_b(): pass\ndef test_c(): assert False\n", encoding="utf-8")
    cases, wrong = bars_of(Tried(name="three", fewest=4, modules=(str(module),)))
    assert (cases.figure, cases.met) == (3, False)
    assert (wrong.figure, wrong.met) == (1, False)
    module.write_text("", encoding="utf-8")
    with pytest.raises(TrialError, match="counted no test"):
        bars_of(Tried(name="none", fewest=1, modules=(str(module),)))
