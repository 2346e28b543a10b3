"""Every kind of hostile mail and event: nothing raises or takes long, and no text is one that no database takes."""

from __future__ import annotations

import random
import time

import pytest

from bench.hostile_mail import EVENTS, MAILS, base_mails, mutant_events, mutant_mails
from mass_apology.bounces.bounce_report import Kind
from mass_apology.bounces.events import read_events
from mass_apology.bounces.mail_reading import read

pytestmark = pytest.mark.slow

LONGEST = 0.3  # seconds of a core; the bench measures the bar of 0.1 where nothing else runs
MESSAGES = base_mails()


@pytest.mark.parametrize("name", MAILS)
def test_a_hostile_mail_is_read_soon_and_safely(name: str) -> None:
    rng = random.Random(name)
    for _ in range(5):
        octets = MAILS[name](rng.choice(MESSAGES), rng)
        begin = time.process_time()
        report = read(octets)
        assert time.process_time() - begin < LONGEST
        assert isinstance(report.kind, Kind)
        assert repr(report).encode()


def test_a_hostile_event_harms_no_other_and_is_safe_to_write() -> None:
    for name, line in mutant_events(len(EVENTS) * 20, seed=7):
        for one in read_events(line.encode(), "events.json"):
            assert repr(one.report).encode(), name


def test_there_are_enough_kinds() -> None:
    assert len(MAILS) + len(EVENTS) >= 60
    assert {name for name, _ in mutant_mails(len(MAILS), seed=1)} == set(MAILS)
