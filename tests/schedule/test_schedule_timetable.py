"""When letters may arrive: changes of the clock, the date line, weekends; compared with a slow and simple answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schedule_samples import FixedHolidays, first_opening, moment, open_by_the_wall, shown

from mass_apology.schedule import Place, Policy, Timetable, policy
from mass_apology.schedule.timetable import REACH
from mass_apology.settings import QuietSettings, ScheduleSettings

pytestmark = pytest.mark.slow

EVERY_DAY = frozenset(range(7))
HOLIDAYS = {"PL": {date(2026, 11, 11), date(2026, 12, 25)}, "SA": {date(2026, 9, 23)}}


@pytest.fixture
def machine_in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def hours(text: str, weekdays: str = "mon-sun") -> Policy:
    return policy(ScheduleSettings(hours=text, weekdays=weekdays), "UTC")


# Weeks in which something happens to the clock or the calendar, and an ordinary one.
WEEKS = [
    ("Europe/Warsaw", "2026-03-27"),
    ("Europe/Warsaw", "2026-10-23"),
    ("America/New_York", "2026-03-06"),
    ("America/New_York", "2026-10-30"),
    ("America/St_Johns", "2010-11-05"),  # went back from 00:01 to 23:01 of the day before
    ("America/Havana", "2026-10-30"),  # back from 01:00 to midnight
    ("America/Santiago", "2026-04-03"),  # back from midnight to 23:00
    ("America/Santiago", "2026-09-04"),  # forward at midnight: no 00:00
    ("Australia/Lord_Howe", "2026-04-03"),  # half an hour back
    ("Australia/Lord_Howe", "2026-10-02"),  # half an hour forward
    ("Asia/Kathmandu", "2026-05-01"),  # +05:45, never changed
    ("Pacific/Chatham", "2026-04-03"),  # +13:45 to +12:45
    ("Pacific/Apia", "2011-12-28"),  # 30 December did not exist
    ("Pacific/Kiritimati", "2026-06-01"),  # +14
    ("Pacific/Pago_Pago", "2026-06-01"),  # -11
    ("Africa/Casablanca", "2026-02-13"),  # back for Ramadan
    ("Africa/Casablanca", "2026-03-20"),  # and forward after it
    ("UTC", "2026-11-09"),
]


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    minutes = st.integers(0, 48).map(lambda half_hours: half_hours * 1800)
    ends = draw(st.lists(minutes, min_size=2, max_size=6, unique=True).map(sorted))
    stretches = tuple(zip(ends[::2], ends[1::2], strict=False))
    start = datetime.fromisoformat(draw(st.sampled_from(WEEKS))[1]).replace(tzinfo=UTC).timestamp()
    quiet = st.tuples(st.integers(0, 24 * 5), st.integers(1, 30)).map(
        lambda stretch: (start + stretch[0] * 3600, start + (stretch[0] + stretch[1]) * 3600)
    )
    return Policy(
        hours=draw(st.sampled_from([stretches, stretches, ((0, 86400),)])),
        weekdays=draw(st.none() | st.frozensets(st.integers(0, 6), min_size=1)),
        quiet=tuple(draw(st.lists(quiet, max_size=2))),
        quiet_by_the_wall=tuple(draw(st.lists(quiet, max_size=2))),
        holidays=draw(st.booleans()),
    )


@settings(max_examples=250, deadline=None)
@given(
    rules=policies(),
    week=st.sampled_from(WEEKS),
    country=st.sampled_from(["", "PL", "SA", "AF", "IR"]),
    minutes=st.integers(0, 5 * 1440),
    seconds=st.sampled_from([0.0, 0.5, 59.999]),
)
def test_the_first_opening_is_the_one_found_minute_by_minute(
    rules: Policy, week: tuple[str, str], country: str, minutes: int, seconds: float
) -> None:
    zone, day = week
    timetable = Timetable(rules, FixedHolidays(HOLIDAYS))
    place = timetable.place(zone, country)
    not_before = moment(f"{day} 00:00", zone) + minutes * 60 + seconds
    whole = moment(f"{day} 00:00", zone) + minutes * 60
    candidates = [not_before, *(whole + step * 60 for step in range(1, 4 * 1440))]
    is_open = [open_by_the_wall(rules, HOLIDAYS, at, place) for at in candidates]
    expected = next((at for at, opened in zip(candidates, is_open, strict=True) if opened), None)
    found = timetable.opening(not_before, place)
    if expected is None:
        assert found is None or found.at > candidates[-1]
        return
    assert found is not None
    assert found.at == expected
    assert timetable.is_open(found.at, place)
    assert found.day == date.fromisoformat(shown(found, place)[:10])
    inside = [opened for at, opened in zip(candidates, is_open, strict=True) if found.at <= at < found.until]
    assert all(inside)
    assert timetable.is_open(not_before, place) == is_open[0]


@settings(max_examples=60, deadline=None)
@given(rules=policies(), week=st.sampled_from(WEEKS), country=st.sampled_from(["PL", "SA"]))
def test_openings_follow_each_other_without_a_gap_or_an_overlap(
    rules: Policy, week: tuple[str, str], country: str
) -> None:
    """From one opening's end to the next: exactly the minutes that are open by the clock on the wall."""
    zone, day = week
    timetable = Timetable(rules, FixedHolidays(HOLIDAYS))
    place = timetable.place(zone, country)
    start = moment(f"{day} 00:00", zone)
    end = start + 4 * 86400
    found: set[float] = set()
    at = start
    while (opening := timetable.opening(at, place)) and opening.at < end:
        assert at <= opening.at < opening.until
        found.update(start + 60 * step for step in range(4 * 1440) if opening.at <= start + 60 * step < opening.until)
        at = opening.until
    assert found == {
        minute
        for minute in (start + 60 * step for step in range(4 * 1440))
        if open_by_the_wall(rules, HOLIDAYS, minute, place)
    }


@pytest.mark.parametrize(
    ("zone", "rules", "not_before", "opens"),
    [
        # An hour that does not exist: the window has what is left of it.
        ("Europe/Warsaw", hours("02:00-04:00"), "2026-03-29 00:00", "2026-03-29 03:00 +0200"),
        ("Europe/Warsaw", hours("02:00-03:00"), "2026-03-29 00:00", "2026-03-30 02:00 +0200"),
        ("America/New_York", hours("02:30-03:30"), "2026-03-08 00:00", "2026-03-08 03:00 -0400"),
        ("Australia/Lord_Howe", hours("02:15-03:00"), "2026-10-04 00:00", "2026-10-04 02:30 +1100"),
        ("America/Santiago", hours("00:00-06:00"), "2026-09-05 07:00", "2026-09-06 01:00 -0300"),
        # An hour that happens twice: the first time.
        ("Europe/Warsaw", hours("02:00-03:00"), "2026-10-25 00:00", "2026-10-25 02:00 +0200"),
        ("America/New_York", hours("01:30-02:30"), "2026-11-01 00:00", "2026-11-01 01:30 -0400"),
        ("Australia/Lord_Howe", hours("01:45-02:00"), "2026-04-05 00:00", "2026-04-05 01:45 +1100"),
        # Eight o'clock is eight o'clock on either side of a change.
        ("Europe/Warsaw", hours("08:00-20:00"), "2026-03-28 20:00", "2026-03-29 08:00 +0200"),
        ("Africa/Casablanca", hours("08:00-20:00"), "2026-02-14 20:00", "2026-02-15 08:00 +0000"),
        ("Africa/Casablanca", hours("08:00-20:00"), "2026-03-21 20:00", "2026-03-22 08:00 +0100"),
        # 45 minutes, and the date line.
        ("Asia/Kathmandu", hours("08:00-20:00"), "2026-05-02 00:00", "2026-05-02 08:00 +0545"),
        ("Pacific/Apia", hours("08:00-20:00"), "2011-12-29 20:00", "2011-12-31 08:00 +1400"),
        ("Pacific/Apia", hours("08:00-20:00", "fri"), "2011-12-29 12:00", "2012-01-06 08:00 +1400"),
    ],
)
def test_changes_of_the_clock(zone: str, rules: Policy, not_before: str, opens: str) -> None:
    assert first_opening(rules, not_before, zone) == opens


def test_the_second_showing_of_an_hour_is_closed() -> None:
    timetable = Timetable(hours("02:00-03:00"))
    place = timetable.place("Europe/Warsaw", "")
    first = moment("2026-10-25 02:30", "Europe/Warsaw")
    assert timetable.is_open(first, place)
    assert not timetable.is_open(first + 3600, place)
    assert shown(timetable.opening(first + 3600, place), place) == "2026-10-26 02:00 +0100"


def test_all_day_is_all_of_the_day() -> None:
    timetable = Timetable(hours("00:00-24:00"))
    place = timetable.place("Europe/Warsaw", "")
    opening = timetable.opening(moment("2026-10-25 00:00", "Europe/Warsaw"), place)
    assert opening is not None
    assert opening.until - opening.at == 25 * 3600


def test_one_day_is_not_the_same_everywhere() -> None:
    """Monday begins in Kiritimati 25 hours before it begins in Pago Pago, a few hundred miles away."""
    rules = hours("08:00-20:00", "mon")
    timetable = Timetable(rules)
    east, west = timetable.place("Pacific/Kiritimati", ""), timetable.place("Pacific/Pago_Pago", "")
    sunday = moment("2026-05-31 00:00")
    first, second = timetable.opening(sunday, east), timetable.opening(sunday, west)
    assert first is not None
    assert second is not None
    assert second.at - first.at == 25 * 3600
    assert first.day == second.day == date(2026, 6, 1)


def test_of_hours_over_midnight_each_side_belongs_to_its_date() -> None:
    rules = hours("22:00-02:00", "fri")
    assert first_opening(rules, "2026-11-19 23:00", "UTC") == "2026-11-20 00:00 +0000"
    assert first_opening(rules, "2026-11-20 02:00", "UTC") == "2026-11-20 22:00 +0000"
    assert first_opening(rules, "2026-11-21 00:00", "UTC") == "2026-11-27 00:00 +0000"


@pytest.mark.parametrize(
    ("country", "opens"),
    [
        ("PL", "2026-11-20 08:00 +0000"),  # a Friday
        ("SA", "2026-11-22 08:00 +0000"),
        ("IR", "2026-11-21 08:00 +0000"),
        ("AE", "2026-11-20 08:00 +0000"),  # Saturday and Sunday since 2022
    ],
)
def test_weekends_are_the_countrys(country: str, opens: str) -> None:
    assert first_opening(hours("08:00-20:00", "working"), "2026-11-19 20:00", "UTC", country) == opens


def test_quiet_stretches_with_an_offset_are_one_moment_everywhere() -> None:
    quiet = QuietSettings(from_=datetime(2026, 11, 20, 6, tzinfo=UTC), to=datetime(2026, 11, 20, 9, tzinfo=UTC))
    rules = policy(ScheduleSettings(weekdays="mon-sun", quiet=(quiet,)), "UTC")
    assert first_opening(rules, "2026-11-20 00:00", "Europe/Warsaw") == "2026-11-20 10:00 +0100"
    assert first_opening(rules, "2026-11-20 00:00", "Asia/Tokyo") == "2026-11-20 08:00 +0900"
    assert first_opening(rules, "2026-11-20 15:30", "Asia/Tokyo") == "2026-11-20 18:00 +0900"


@pytest.mark.usefixtures("machine_in_tokyo")
def test_quiet_stretches_without_one_are_by_each_places_clock() -> None:
    quiet = QuietSettings(
        from_=datetime(2026, 12, 24, 12),  # noqa: DTZ001 (each place's own noon)
        to=datetime(2026, 12, 26, 9),  # noqa: DTZ001 (and its own morning)
    )
    rules = policy(ScheduleSettings(weekdays="mon-sun", quiet=(quiet,)), "UTC")
    for zone, offset in (("Europe/Warsaw", "+0100"), ("Asia/Tokyo", "+0900"), ("America/New_York", "-0500")):
        assert first_opening(rules, "2026-12-24 11:59", zone) == f"2026-12-24 11:59 {offset}"
        assert first_opening(rules, "2026-12-24 12:00", zone) == f"2026-12-26 09:00 {offset}"


def test_a_stretch_is_not_cut_where_a_day_of_utc_ends() -> None:
    timetable = Timetable(hours("08:00-20:00"))
    place = timetable.place("Asia/Tokyo", "")
    opening = timetable.opening(moment("2026-11-20 08:30", "Asia/Tokyo"), place)
    assert opening is not None
    assert opening.until == moment("2026-11-20 20:00", "Asia/Tokyo")


def test_without_an_opening_within_400_days_there_is_none() -> None:
    start = moment("2026-01-01 00:00")
    forever = (start - 86400, start + 500 * 86400)
    timetable = Timetable(Policy(weekdays=EVERY_DAY, quiet=(forever,)))
    assert timetable.opening(start, Place("UTC", "")) is None
    assert timetable.opening(start + 100 * 86400, Place("UTC", "")) is None
    reached = timetable.opening(forever[1] - REACH + 1, Place("UTC", ""))
    assert reached is not None
    assert reached.at == forever[1]
    assert timetable.opening(forever[1] - REACH, Place("UTC", "")) is None


def test_unknown_places_are_answered_for_and_told() -> None:
    timetable = Timetable(
        Policy(zone="Europe/Warsaw", country="PL", holidays=True), FixedHolidays({"PL": {date(2026, 11, 11)}})
    )
    assert timetable.place("Mars/Phobos", "") == Place(
        "Europe/Warsaw", "PL", ("'Mars/Phobos' is no time zone; Europe/Warsaw is used.",)
    )
    assert timetable.place("", "EE").notes == ("No public holidays are kept: none of EE are known.",)
    assert Timetable(Policy(holidays=True), FixedHolidays({})).place("UTC", "").notes == (
        "No public holidays are kept: the row names no country.",
    )


def test_a_far_future_and_a_far_past_are_answered() -> None:
    timetable = Timetable(hours("08:00-20:00"))
    place = timetable.place("Europe/Warsaw", "")
    for at in (moment("1901-01-01 03:00"), moment("2190-01-01 03:00")):
        opening = timetable.opening(at, place)
        assert opening is not None
        assert 0 <= opening.at - at < timedelta(days=1).total_seconds()
