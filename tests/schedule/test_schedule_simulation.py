"""Sixty days over two changes of the clock, in thirty time zones, with holidays of six countries."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random

import pytest
from schedule_samples import FixedHolidays, moment
from simulated_weeks import PLACES, World, faults, firings

from mass_apology.model import Status
from mass_apology.schedule import Due, Timetable, plan_wave, policy, waves
from mass_apology.settings import FollowUpSettings, ScheduleSettings

pytestmark = pytest.mark.slow

BEGINS = moment("2026-10-14 09:00")  # Europe changes its clocks on 25 October, America on 1 November
HOLIDAYS = {
    "PL": {date(2026, 11, 11)},
    "EE": {date(2026, 10, 19)},  # not a real one: on it most of the first follow-ups are due
    "LV": {date(2026, 11, 18)},
    "GR": {date(2026, 10, 28)},
    "DE": {date(2026, 10, 19), date(2026, 10, 20)},  # nor are these
    "US": {date(2026, 11, 11), date(2026, 11, 26)},
}
SCHEDULE = policy(ScheduleSettings(hours="09:00-18:00", holidays=True), "UTC")
WAVES = waves(
    [
        FollowUpSettings(name="three-days", template="follow-up", after="3 days", unless_replied=True),
        FollowUpSettings(name="two-weeks", template="follow-up", after="14 days", from_wave="three-days"),
        FollowUpSettings(
            name="closing",
            template="closing",
            at=datetime(2026, 11, 24, 8, tzinfo=UTC),
            not_after=datetime(2026, 11, 27, 20, tzinfo=UTC),
            to=(Status.ACCEPTED, Status.IN_DOUBT),
        ),
    ]
)


@pytest.mark.parametrize("seed", [1, 2])
def test_each_letter_once_and_inside_its_window(seed: int) -> None:
    timetable = Timetable(SCHEDULE, FixedHolidays(HOLIDAYS))
    world = World(WAVES, timetable, recipients=1000, begins=BEGINS, seed=seed)
    now = BEGINS
    for now in firings(Random(seed), BEGINS, days=60):
        world.run(now)
        world.live()
    assert list(faults(world, WAVES, SCHEDULE, HOLIDAYS)) == []
    for wave in WAVES:
        reached = {sent.recipient for sent in world.sent if sent.wave == wave.name}
        assert len(reached) > 700
        assert {world.people[number][0] for number in reached} == {zone for zone, _ in PLACES}
        left = [each for each in plan_wave(wave, world.facts(wave), now, timetable) if isinstance(each, Due)]
        assert left == []  # nobody who should have had a letter was forgotten


def test_the_judge_sees_what_is_wrong() -> None:
    """A world whose timetable knows no hours and no holidays must not pass."""
    careless = Timetable(policy(ScheduleSettings(hours="00:00-24:00", weekdays="mon-sun"), "UTC"))
    world = World(WAVES, careless, recipients=300, begins=BEGINS, seed=1)
    for now in firings(Random(1), BEGINS, days=20):
        world.run(now)
    holidays = {"PL": {date(2026, 10, 17)}}  # a Saturday, on which the careless write
    found = {fault.rpartition(": ")[2] for fault in faults(world, WAVES, SCHEDULE, holidays)}
    assert found == {"hours", "weekend", "holiday"}
    world.sent += world.sent[:1]
    assert any(fault.endswith("2 times") for fault in faults(world, WAVES, SCHEDULE, HOLIDAYS))
