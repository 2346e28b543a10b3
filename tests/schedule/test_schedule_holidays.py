"""Public holidays: kept by the schedule, and known by the package `holidays` where the extra is installed."""

from __future__ import annotations

import sys
from datetime import date

import pytest
from schedule_samples import FixedHolidays, moment, shown

from mass_apology.errors import CampaignError
from mass_apology.schedule import Timetable, policy
from mass_apology.schedule.public_holidays import PublicHolidays
from mass_apology.settings import ScheduleSettings

# A holiday of each country that is a working day elsewhere.
DAYS = {
    "PL": (date(2026, 11, 11), "Europe/Warsaw"),  # Independence Day
    "EE": (date(2026, 2, 24), "Europe/Tallinn"),  # Independence Day
    "LV": (date(2026, 11, 18), "Europe/Riga"),  # Proclamation Day
    "GR": (date(2026, 10, 28), "Europe/Athens"),  # Ochi Day
    "DE": (date(2026, 4, 3), "Europe/Berlin"),  # Good Friday
    "US": (date(2026, 11, 26), "America/New_York"),  # Thanksgiving
}
SCHEDULE = policy(ScheduleSettings(hours="08:00-20:00", weekdays="mon-sun", holidays=True), "UTC")


@pytest.fixture
def public_holidays() -> PublicHolidays:
    pytest.importorskip("holidays")
    return PublicHolidays()


@pytest.mark.parametrize("country", DAYS)
def test_a_letter_waits_for_the_day_after_a_holiday_of_its_own_country(country: str) -> None:
    timetable = Timetable(SCHEDULE, FixedHolidays({code: {day} for code, (day, _) in DAYS.items()}))
    for code, (day, zone) in DAYS.items():
        place = timetable.place(zone, code)
        not_before = moment(f"{DAYS[country][0]} 09:00", zone)
        opens = shown(timetable.opening(not_before, place), place)[:10]
        assert (opens == day.isoformat()) is (code != country and day == DAYS[country][0])
        assert (opens == DAYS[country][0].isoformat()) is (code != country)


def test_holidays_are_kept_only_where_it_is_asked_for() -> None:
    day, zone = DAYS["PL"]
    calendar = FixedHolidays({"PL": {day}})
    without = Timetable(policy(ScheduleSettings(), "UTC"), calendar)
    assert without.is_open(moment(f"{day} 09:00", zone), without.place(zone, "PL"))


def test_without_the_extra_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(CampaignError, match="is not installed") as raised:
        PublicHolidays()
    assert "with its extra `calendar`" in raised.value.next_step


@pytest.mark.parametrize("country", DAYS)
def test_the_package_knows_these_holidays(country: str, public_holidays: PublicHolidays) -> None:
    day, zone = DAYS[country]
    timetable = Timetable(SCHEDULE, public_holidays)
    place = timetable.place(zone, country)
    assert place.notes == ()
    assert public_holidays.is_holiday(country, day)
    assert not timetable.is_open(moment(f"{day} 12:00", zone), place)


def test_the_package_knows_the_day_on_which_a_holiday_is_observed(public_holidays: PublicHolidays) -> None:
    assert public_holidays.is_holiday("US", date(2026, 7, 3))  # the 4th is a Saturday
    assert not public_holidays.is_holiday("DE", date(2026, 11, 1))  # All Saints' is a holiday of some states only


def test_a_country_that_the_package_does_not_know_is_said(public_holidays: PublicHolidays) -> None:
    assert not public_holidays.covers("XX")
    with pytest.raises(KeyError):
        public_holidays.is_holiday("XX", date(2026, 1, 1))
