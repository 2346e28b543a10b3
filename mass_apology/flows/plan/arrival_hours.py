"""When letters of a campaign may arrive where their recipients are: its [schedule], and the country of a row."""

from __future__ import annotations

from mass_apology.model import Delivery, read_rows
from mass_apology.schedule import Timetable, policy
from mass_apology.schedule.public_holidays import PublicHolidays
from mass_apology.settings import Campaign, ScheduleSettings


def timetable(schedule: ScheduleSettings, time_zone: str) -> Timetable:
    """When letters may arrive. Raises ``CampaignError`` where holidays are asked for and not installed."""
    return Timetable(policy(schedule, time_zone), PublicHolidays() if schedule.holidays else None)


def country_of(campaign: Campaign, letter: Delivery) -> str:
    """The country that the recipient's row names; empty where it does not."""
    return read_rows(letter.rows)[0].get(campaign.columns.country, "")
