"""Hours, weekdays and follow-ups as they are written: what is understood, and what is said of the rest."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mass_apology.model import Status
from mass_apology.schedule import problems, wave_names, waves
from mass_apology.schedule.declared import parse_hours, parse_weekdays
from mass_apology.settings import FollowUpSettings, QuietSettings, ScheduleSettings

HOUR = 3600
NOON = datetime(2026, 12, 24, 12, tzinfo=UTC)


def said(schedule: ScheduleSettings | None = None, *follow_ups: FollowUpSettings) -> list[str]:
    return list(problems(schedule or ScheduleSettings(), follow_ups))


def follow_up(**changes: object) -> FollowUpSettings:
    return FollowUpSettings(**({"template": "follow-up", "after": "3 days"} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("08:00-20:00", [(8, 20)]),
        ("08:00 - 12:00,14:00-20:00", [(8, 12), (14, 20)]),
        ("14:00-20:00, 08:00-14:00", [(8, 20)]),
        ("22:00-02:00", [(0, 2), (22, 24)]),
        ("22:00-00:00", [(22, 24)]),
        ("00:00-24:00", [(0, 24)]),
        ("12:00-12:30, 12:15-13:00", [(12, 13)]),
        ("13:00-12:00, 12:00-13:00", [(0, 24)]),
    ],
)
def test_hours_are_read(text: str, hours: list[tuple[int, int]]) -> None:
    assert parse_hours(text) == tuple((start * HOUR, end * HOUR) for start, end in hours)


@pytest.mark.parametrize(
    "text", ["", "8-20", "8:00-20:00", "08:00", "08:00-20:00,", "08:00-20:60", "٠8:00-20:00", "noon"]
)
def test_what_are_no_hours_says_what_are(text: str) -> None:
    with pytest.raises(ValueError, match="is no range of hours; '08:00-20:00' is"):
        parse_hours(text)


@pytest.mark.parametrize("text", ["24:00-08:00", "08:00-24:30"])
def test_a_day_ends_at_24(text: str) -> None:
    with pytest.raises(ValueError, match="ends at 24:00"):
        parse_hours(text)


def test_empty_hours_name_the_whole_day() -> None:
    with pytest.raises(ValueError, match="write 00:00-24:00"):
        parse_hours("08:00-08:00")


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1440)), min_size=1, max_size=5))
def test_every_minute_is_in_the_hours_that_were_written(ranges: list[tuple[int, int]]) -> None:
    ranges = [(start, end) for start, end in ranges if start != end] or [(0, 1)]
    parsed = parse_hours(", ".join(f"{s // 60:02}:{s % 60:02}-{e // 60:02}:{e % 60:02}" for s, e in ranges))
    for minute in range(1440):
        written = any(s <= minute < e if s < e else minute >= s or minute < e for s, e in ranges)
        assert any(start <= minute * 60 < end for start, end in parsed) == written
    ends = [end for stretch in parsed for end in stretch]
    assert ends == sorted(set(ends))  # in order, and no two touch


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sun-thu", {6, 0, 1, 2, 3}),
        ("sat", {5}),
        ("Mon, wed,FRI - sat", {0, 2, 4, 5}),
        ("mon-sun", set(range(7))),
    ],
)
def test_weekdays_are_read(text: str, days: set[int]) -> None:
    assert parse_weekdays(text) == days


def test_working_days_are_the_countrys() -> None:
    assert parse_weekdays("working") is None


@pytest.mark.parametrize("text", ["", "monday", "mon-", "-fri", "mon--fri", "mon;tue", "mon,,tue", "1-5"])
def test_what_is_no_weekday_says_what_is(text: str) -> None:
    with pytest.raises(ValueError, match="is no weekday; 'mon-fri'"):
        parse_weekdays(text)


def test_settings_are_read_from_toml() -> None:
    """A quiet stretch without offsets, statuses by their names, and a name that is made."""
    quiet = msgspec.toml.decode("from = 2026-12-24T12:00:00\nto = 2026-12-27T00:00:00", type=QuietSettings)
    assert quiet.from_.tzinfo is None
    wave = msgspec.toml.decode(
        'template = "still-sorry"\nafter = "3 days"\nto = ["ACCEPTED", "BOUNCED"]', type=FollowUpSettings
    )
    assert wave_names([follow_up(name="how-it-went"), wave]) == ["how-it-went", "still-sorry-2"]
    assert waves([wave])[0].to == {Status.ACCEPTED, Status.BOUNCED}
    assert not said(ScheduleSettings(quiet=(quiet,)), wave)


def test_what_is_right_is_not_mentioned() -> None:
    chain = [
        follow_up(not_after=NOON),
        follow_up(after=None, at=NOON, not_after=NOON, from_wave="follow-up-1", to=(Status.IN_DOUBT, Status.REFUSED)),
        follow_up(name="last", from_wave="follow-up-2", to=(Status.ACCEPTED, Status.BOUNCED)),
    ]
    assert said(ScheduleSettings(hours="22:00-02:00", weekdays="sun-thu", default_country="pl"), *chain) == []


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        (ScheduleSettings(hours="8 to 8"), "`$.schedule.hours` holds '8 to 8', which is no range of hours"),
        (ScheduleSettings(weekdays="workdays"), "`$.schedule.weekdays` holds 'workdays', which is no weekday"),
        (
            ScheduleSettings(default_country="Polandia"),
            "`$.schedule.default_country` is 'Polandia', which is no country's",
        ),
        (
            ScheduleSettings(quiet=(QuietSettings(from_=NOON, to=NOON),)),
            "`$.schedule.quiet[0].to` is not later than `$.schedule.quiet[0].from`",
        ),
        (
            ScheduleSettings(quiet=(QuietSettings(from_=NOON, to=NOON.replace(tzinfo=None, day=26)),)),
            "`$.schedule.quiet[0]` has an offset at one end only",
        ),
    ],
)
def test_a_wrong_schedule_is_told(schedule: ScheduleSettings, problem: str) -> None:
    (only,) = said(schedule)
    assert only.startswith(problem)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"template": "Follow up", "name": "x"}, "`$.follow_up[0].template` is 'Follow up', but a template's name"),
        ({"after": None}, "`$.follow_up[0]` has neither `after` nor `at`"),
        ({"at": NOON}, "`$.follow_up[0]` has both `after` and `at`"),
        ({"after": "soon"}, "`$.follow_up[0].after` is 'soon', which is no duration"),
        ({"after": None, "at": NOON.replace(tzinfo=None)}, "`$.follow_up[0].at` has no offset"),
        ({"not_after": NOON.replace(tzinfo=None)}, "`$.follow_up[0].not_after` has no offset"),
        (
            {"after": None, "at": NOON, "not_after": NOON.replace(hour=11)},
            "`$.follow_up[0].not_after` is before `$.follow_up[0].at`",
        ),
        ({"to": ()}, "`$.follow_up[0].to` is empty"),
        ({"to": (Status.WITHHELD,)}, "`$.follow_up[0].to` holds WITHHELD, but such a letter"),
        ({"to": (Status.DEFERRED,)}, "`$.follow_up[0].to` holds DEFERRED, but such a letter"),
        ({"to": (Status.IN_DOUBT,)}, "`$.follow_up[0].to` holds IN_DOUBT, but `after` counts from an accepted letter"),
        ({"name": "First Wave"}, "`$.follow_up[0].name` is 'First Wave', but a wave's name"),
        ({"name": "a-" * 30 + "b"}, "`$.follow_up[0].name` is 'a-a-"),
        ({"name": "first"}, "`$.follow_up[0].name` is 'first', which another wave is called"),
        ({"from_wave": "second"}, "`$.follow_up[0].from_wave` is 'second', but no wave is called so"),
        ({"name": "me", "from_wave": "me"}, "`$.follow_up[0].from_wave` is 'me', which is not an earlier wave"),
    ],
)
def test_a_wrong_follow_up_is_told(changes: dict[str, object], problem: str) -> None:
    (only,) = said(None, follow_up(**changes))
    assert only.startswith(problem)


def test_a_made_name_can_collide_too() -> None:
    (only,) = said(None, follow_up(name="follow-up-2"), follow_up())
    assert only.startswith("`$.follow_up[1].name` is 'follow-up-2', which another wave is called")


def test_a_chain_only_goes_back() -> None:
    (only,) = said(None, follow_up(from_wave="follow-up-2"), follow_up())
    assert only.startswith("`$.follow_up[0].from_wave` is 'follow-up-2', which is not an earlier wave")


def test_all_mistakes_are_told_at_once() -> None:
    wrong = ScheduleSettings(hours="x", weekdays="x", default_country="x")
    assert len(said(wrong, follow_up(after="x"), follow_up(to=(), from_wave="x"))) == 6
