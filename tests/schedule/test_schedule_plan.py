"""Who gets the next letter, when, and why the others do not; and what a plan comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schedule_samples import facts, moment

from mass_apology.model import Status
from mass_apology.schedule import (
    Calendar,
    Decision,
    Due,
    Facts,
    Not,
    Policy,
    Reason,
    Timetable,
    Wave,
    plan_wave,
    policy,
    waves,
)
from mass_apology.settings import FollowUpSettings, ScheduleSettings

DAY = 86400.0
ACCEPTED_AT = moment("2026-11-02 12:00", "Europe/Warsaw")  # a Monday, as in the sample's facts
DUE = ACCEPTED_AT + 3 * DAY
WORKDAYS = Timetable(policy(ScheduleSettings(hours="08:00-20:00"), "Europe/Warsaw"))


def wave(**changes: object) -> Wave:
    written = {"template": "follow-up", "after": "3 days"} | changes
    return waves([FollowUpSettings(**written)])[0]  # type: ignore[arg-type]  # a wrong type fails the test


def decided(wave: Wave, facts: Facts, now: float = DUE, timetable: Timetable = WORKDAYS) -> Decision:
    (decision,) = plan_wave(wave, [facts], now, timetable)
    return decision


def due(wave: Wave, facts: Facts, now: float = DUE) -> float:
    decision = decided(wave, facts, now)
    assert isinstance(decision, Due)
    return decision.at


def reason(wave: Wave, facts: Facts, now: float = DUE) -> Reason:
    decision = decided(wave, facts, now)
    assert isinstance(decision, Not)
    return decision.reason


def warsaw(text: str) -> float:
    return moment(text, "Europe/Warsaw")


def test_a_letter_is_due_so_long_after_the_recipients_own() -> None:
    assert decided(wave(), facts()) == Due(
        recipient=1,
        language="pl",
        at=warsaw("2026-11-05 12:00"),
        until=warsaw("2026-11-05 20:00"),
        day=date(2026, 11, 5),
        place=WORKDAYS.place("Europe/Warsaw", "PL"),
    )
    assert due(wave(), facts(accepted_at=warsaw("2026-11-02 21:30"))) == warsaw("2026-11-06 08:00")
    assert due(wave(), facts(accepted_at=warsaw("2026-11-04 12:00"))) == warsaw("2026-11-09 08:00")  # not on Saturday


def test_three_days_are_seventy_two_hours_over_a_change_of_the_clock() -> None:
    accepted = warsaw("2026-10-23 12:00")  # a Friday; on Sunday the clock goes back
    assert due(wave(), facts(accepted_at=accepted), accepted) == warsaw("2026-10-26 11:00")


def test_a_moment_holds_for_everybody_but_never_before_the_letter_before() -> None:
    at = datetime(2026, 11, 10, 9, tzinfo=UTC)
    fixed = wave(after=None, at=at)
    assert due(fixed, facts()) == at.timestamp()
    assert due(fixed, facts(accepted_at=warsaw("2026-11-12 15:00"))) == warsaw("2026-11-12 15:00")
    in_doubt = facts(status=Status.IN_DOUBT, accepted_at=None)
    assert due(wave(after=None, at=at, to=(Status.IN_DOUBT,)), in_doubt) == at.timestamp()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"planned": True}, Reason.PLANNED),
        ({"suppressed": "bounced on 3 November"}, Reason.SUPPRESSED),
        ({"status": Status.REFUSED}, Reason.STATUS),
        ({"status": Status.COMPLAINED}, Reason.STATUS),
        ({"accepted_at": None}, Reason.NOT_ACCEPTED),
        ({"replied": True}, Reason.REPLIED),
        ({"chosen": False}, Reason.NOT_CHOSEN),
    ],
)
def test_those_who_get_none_have_a_reason(changes: dict[str, object], why: Reason) -> None:
    assert reason(wave(unless_replied=True), facts(**changes)) == why
    assert why.sentence.endswith(".")


def test_a_reply_matters_only_where_it_is_asked_for() -> None:
    assert due(wave(), facts(replied=True)) == DUE


def test_the_first_reason_that_holds_is_given() -> None:
    everything = facts(planned=True, suppressed="x", status=Status.REFUSED, replied=True, chosen=False)
    assert reason(wave(unless_replied=True), everything) == Reason.PLANNED


def test_nobody_is_written_to_after_the_last_moment() -> None:
    last = wave(not_after=datetime.fromtimestamp(DUE, UTC))
    assert due(last, facts()) == DUE
    assert reason(last, facts(), DUE + 0.001) == Reason.TOO_LATE
    assert reason(last, facts(zone="America/New_York", country="US")) == Reason.TOO_LATE  # 06:00 there
    decision = decided(wave(not_after=datetime.fromtimestamp(DUE + 3600, UTC)), facts())
    assert isinstance(decision, Due)
    assert decision.until == DUE + 3600  # sooner than the opening's end


def test_without_any_opening_there_is_no_letter() -> None:
    never = Timetable(Policy(quiet=((0.0, DUE + 1000 * DAY),)))
    assert decided(wave(), facts(), timetable=never) == Not(recipient=1, reason=Reason.NO_OPENING)


def test_a_timer_that_fires_three_days_late_sends_at_the_next_opening() -> None:
    assert due(wave(), facts(), DUE + 3 * DAY) == warsaw("2026-11-09 08:00")  # from Sunday noon
    assert due(wave(), facts(), warsaw("2026-11-09 14:00")) == warsaw("2026-11-09 14:00")


def test_a_clock_that_was_set_back_makes_nothing_earlier() -> None:
    assert due(wave(), facts(), ACCEPTED_AT - 10 * DAY) == DUE


@settings(deadline=None)
@given(
    accepted_at=st.floats(ACCEPTED_AT - 30 * DAY, ACCEPTED_AT + 30 * DAY),
    now=st.floats(ACCEPTED_AT - 60 * DAY, ACCEPTED_AT + 60 * DAY),
    late=st.floats(0, 20 * DAY),
    zone=st.sampled_from(["Europe/Warsaw", "Asia/Kathmandu", "America/New_York", ""]),
    not_after=st.none() | st.floats(0, 40 * DAY),
)
def test_never_early_never_too_late_and_never_earlier_for_waiting(
    accepted_at: float, now: float, late: float, zone: str, not_after: float | None
) -> None:
    end = datetime.fromtimestamp(ACCEPTED_AT + not_after, UTC) if not_after is not None else None
    planned, each = wave(not_after=end), facts(accepted_at=accepted_at, zone=zone)
    first, later = decided(planned, each, now), decided(planned, each, now + late)
    for decision, moment_ in ((first, now), (later, now + late)):
        if isinstance(decision, Due):
            assert decision.at >= max(accepted_at + 3 * DAY, moment_)
            assert end is None or decision.at <= end.timestamp()
            assert decision.at <= decision.until
            assert WORKDAYS.is_open(decision.at, decision.place)
    if isinstance(later, Due):  # whoever is due late would have been due on time
        assert isinstance(first, Due)
        assert first.at <= later.at
    if isinstance(first, Due) and first.at >= now + late:
        assert later == first


def test_plans_are_made_as_they_are_asked_for() -> None:
    """One decision for each of the facts, in order, and none before it is wanted."""
    asked: list[int] = []

    def endless() -> Iterator[Facts]:
        while True:
            asked.append(len(asked))
            yield facts(asked[-1], replied=asked[-1] % 2 == 1)

    decisions = plan_wave(wave(unless_replied=True), endless(), DUE, WORKDAYS)
    found = [next(decisions) for _ in range(4)]
    assert [decision.recipient for decision in found] == [0, 1, 2, 3]
    assert [isinstance(decision, Due) for decision in found] == [True, False, True, False]
    assert asked == [0, 1, 2, 3]


def test_a_chain_counts_from_its_own_wave() -> None:
    first, second = waves(
        [
            FollowUpSettings(template="follow-up", after="3 days"),
            FollowUpSettings(template="follow-up", after="7 days", from_wave="follow-up-1", unless_replied=True),
        ]
    )
    assert (first.name, first.from_wave) == ("follow-up-1", "first")
    assert (second.name, second.from_wave) == ("follow-up-2", "follow-up-1")
    assert due(second, facts(accepted_at=due(first, facts()))) == warsaw("2026-11-12 12:00")


def calendar(*decisions: tuple[str, Decision]) -> Calendar:
    calendar = Calendar()
    for name, decision in decisions:
        calendar.add(name, decision)
    return calendar


def test_a_calendar_counts_by_the_date_of_the_recipient() -> None:
    """At one moment it is Friday in Warsaw and already Saturday in Tokyo."""
    always = Timetable(Policy(weekdays=frozenset(range(7))))
    at = warsaw("2026-11-06 18:00")
    people = [
        facts(1),
        facts(2, language="en"),
        facts(3, accepted_at=ACCEPTED_AT + 60),
        facts(4, zone="Asia/Tokyo", language="ja"),
    ]
    plan = [("b-wave", each) for each in plan_wave(wave(), people, at, always)]
    days = calendar(*plan, ("a-wave", decided(wave(), facts()))).days()
    assert [(day.wave, day.day.isoformat(), dict(day.letters), day.count) for day in days] == [
        ("b-wave", "2026-11-06", {"en": 1, "pl": 2}, 3),
        ("b-wave", "2026-11-07", {"ja": 1}, 1),
        ("a-wave", "2026-11-05", {"pl": 1}, 1),
    ]
    assert days[0].first == days[0].last == at


def test_a_calendar_shows_the_first_and_the_last_moment() -> None:
    people = [facts(number, accepted_at=ACCEPTED_AT + number * 60) for number in (3, 1, 2)]
    (day,) = calendar(*(("w", each) for each in plan_wave(wave(), people, ACCEPTED_AT, WORKDAYS))).days()
    assert (day.first, day.last) == (DUE + 60, DUE + 180)


def test_a_calendar_counts_those_who_get_none_by_reason() -> None:
    people = [facts(replied=True), facts(suppressed="x"), facts(replied=True), facts(planned=True), facts()]
    plan = [("w", each) for each in plan_wave(wave(unless_replied=True), people, DUE, WORKDAYS)]
    found = calendar(*plan).left_out()
    assert [(each.reason, each.count) for each in found] == [
        (Reason.PLANNED, 1),
        (Reason.SUPPRESSED, 1),
        (Reason.REPLIED, 2),
    ]


def test_a_calendar_says_what_was_not_understood() -> None:
    people = [
        facts(zone="Mars/Phobos", country=""),
        facts(zone="Mars/Phobos", country=""),
        facts(zone="", country="US"),
    ]
    plan = [("w", each) for each in plan_wave(wave(), people, DUE, WORKDAYS)]
    assert calendar(*plan).notes() == [
        ("'Mars/Phobos' is no time zone; Europe/Warsaw is used.", 2),
        ("US has several time zones and the row names none; Europe/Warsaw is used.", 1),
    ]


def test_a_file_with_a_different_mistake_in_every_row_is_counted_in_bounded_memory() -> None:
    people = [facts(zone=f"Mars/Crater-{number}", country="") for number in range(300)]
    notes = dict(calendar(*(("w", each) for each in plan_wave(wave(), people, DUE, WORKDAYS))).notes())
    assert len(notes) == 101
    assert notes["Other time zones or countries were not understood either."] == 200


def test_every_reason_has_its_sentence() -> None:
    assert max(Counter(each.sentence for each in Reason).values()) == 1
