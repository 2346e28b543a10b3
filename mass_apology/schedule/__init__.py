"""When a letter may arrive, and who gets the next one: facts and a moment in, decisions out. No clock is read here."""

from mass_apology.schedule.calendar import Calendar, Day, LeftOut
from mass_apology.schedule.declared import is_resend_wave, is_wave_name, problems, resend_wave, wave_names
from mass_apology.schedule.due_times import (
    Decision,
    Due,
    Facts,
    Not,
    Reason,
    Wave,
    plan_wave,
    waves,
)
from mass_apology.schedule.localities import Place
from mass_apology.schedule.policy import Policy, policy
from mass_apology.schedule.timetable import Holidays, Opening, Timetable

__all__ = [
    "Calendar",
    "Day",
    "Decision",
    "Due",
    "Facts",
    "Holidays",
    "LeftOut",
    "Not",
    "Opening",
    "Place",
    "Policy",
    "Reason",
    "Timetable",
    "Wave",
    "is_resend_wave",
    "is_wave_name",
    "plan_wave",
    "policy",
    "problems",
    "resend_wave",
    "wave_names",
    "waves",
]
