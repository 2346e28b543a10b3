"""The relay takes less than it did, or is another one: told before the next letter leaves, by whichever command."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from live import Person, customers, relay, send
from smtp_fakes import FaultyConversation, Relay
from test_follow_up import ALWAYS, DAY, Clock, add_waves, armed, campaign, clock  # noqa: F401 (a fixture)

from mass_apology.errors import ConfirmationError
from mass_apology.flows.follow_up.affected import CorrectOptions
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.follow_up.follow_up import run
from mass_apology.model import Severity
from mass_apology.smtp.sink import SinkSettings
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

CODE = "letter-too-large"
EIGHTBIT = ("PIPELINING", "8BITMIME", "DSN")
WAVE = {"name": "later", "template": "later", "after": "3 days"}
Attempt = Callable[[Path, Person, Sequence[str]], str]


def _sent(folder: Path, person: Person, override: Sequence[str]) -> str:
    return _said(lambda: send(folder, person, override=tuple(override)))


def _corrected(folder: Path, person: Person, override: Sequence[str]) -> str:
    return _said(
        lambda: correct(Workspace.open(folder), CorrectOptions(template="later", override=tuple(override)), person)
    )


def _followed(folder: Path, person: Person, override: Sequence[str]) -> str:
    return run(Workspace.open(folder), person, override=override).waves[0].said


def _said(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except ConfirmationError as error:
        return f"{error.problem} {error.next_step}"
    return ""


@pytest.fixture(params=["send", "correct", "correct again", "follow-up", "follow-up again"])
def case(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> tuple[Path, Attempt, int]:  # noqa: F811
    """A campaign whose next letters leave by this command: the folder, the command, and how many letters it sends."""
    command, _, again = request.param.partition(" ")
    attempt = {"send": _sent, "correct": _corrected, "follow-up": _followed}[command]
    rows = [dict(row) for row in customers(20)]
    rows[19]["name"] = "Bartholomea Konstantina Featherstone"
    with relay(SinkSettings(extensions=EIGHTBIT)) as live:
        folder = campaign(tmp_path / "trial", live, rows)
        if command != "send":
            send(folder)
            armed(folder, 20)
            clock.at += 4 * DAY
        left = 20
        if command == "send" or again:
            live.fault = _no_more_than(live, len(live.received) + 5)
            before = len(live.received)
            attempt(folder, Person(), ())
            left -= len(live.received) - before
            assert 0 < left < 20
            clock.at += DAY
    return folder, attempt, left


def _no_more_than(live: Relay, letters: int) -> Callable[[FaultyConversation, str, bytes], bytes | None]:
    def fault(_conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        return b"530 5.7.0 Authentication required" if verb == "MAIL" and len(live.received) >= letters else None

    return fault


def _at_a_relay(
    folder: Path, attempt: Attempt, *extensions: str, override: Sequence[str] = ()
) -> tuple[Relay, Person, str]:
    person = Person()
    with relay(SinkSettings(extensions=(*EIGHTBIT, *extensions))) as live:
        add_waves(folder, live, ALWAYS, WAVE)
        said = attempt(folder, person, override)
    return live, person, said


def _octets(said: str) -> int:
    return int(re.findall(r"The letter has ([\d,]+) octets", said)[0].replace(",", ""))


def test_both_sizes_are_told_before_anything_leaves_and_what_fits_goes(case: tuple[Path, Attempt, int]) -> None:
    folder, attempt, left = case
    live, person, said = _at_a_relay(folder, attempt, "SIZE 500")
    largest = _octets(said)
    assert f"affected.csv, line 21: The letter has {largest:,} octets, and the relay takes 500 at the most." in said
    assert CODE in said
    assert f"--override {CODE}" in said
    assert (live.verbs.count("MAIL"), person.asked) == (0, [])

    live, _, said = _at_a_relay(folder, attempt, f"SIZE {largest - 1}")
    assert f"has {largest:,} octets, and the relay takes {largest - 1:,}" in said
    assert not live.received

    live, person, said = _at_a_relay(folder, attempt, f"SIZE {largest}")
    assert (said, person.notices) == ("", [])
    assert len(live.received) == left
    assert max(len(one.data) for one in live.received) == largest


def test_a_relay_that_states_no_size_takes_all(case: tuple[Path, Attempt, int]) -> None:
    folder, attempt, left = case
    live, person, said = _at_a_relay(folder, attempt, "SIZE 0")
    assert (len(live.received), person.notices, said) == (left, [], "")


def test_overridden_only_the_letter_that_is_too_large_stays(case: tuple[Path, Attempt, int]) -> None:
    folder, attempt, left = case
    _, _, said = _at_a_relay(folder, attempt, "SIZE 500")
    limit = _octets(said) - 1
    live, person, _ = _at_a_relay(folder, attempt, f"SIZE {limit}", override=(CODE,))
    assert [(each.code, each.severity) for each in person.notices] == [(CODE, Severity.WARNING)]
    assert len(live.received) == left - 1
    assert "customer19@d5.example" not in {each for one in live.received for each in one.recipients}


def test_nothing_is_said_where_nothing_is_due(case: tuple[Path, Attempt, int]) -> None:
    folder, attempt, left = case
    live, _, _ = _at_a_relay(folder, attempt)
    assert len(live.received) == left
    live, person, said = _at_a_relay(folder, attempt, "SIZE 500")
    assert (live.received, person.notices, said) == ([], [], "")
