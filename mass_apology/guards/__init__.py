"""The accidents that mass mailings are known for: facts of a plan → findings that stop ``send``, and can be overridden.

A check of rows and letters asks whether each letter is right. A guard asks whether this is the mailing that was meant:
the right file, the right moment, the finished letter. Every guard has a code, and a person who means it says so:
``mass-apology send --override CODE``.
"""

from mass_apology.guards.accidents import AGAIN, GUARDS, SAME_FILE_WITHIN, SEND, accidents, apply_overrides, override
from mass_apology.guards.audience_stats import AudienceStats
from mass_apology.guards.facts import Audience, Commonest, EarlierUse, Facts, TemplateText, WrittenAgain

__all__ = [
    "AGAIN",
    "GUARDS",
    "SAME_FILE_WITHIN",
    "SEND",
    "Audience",
    "AudienceStats",
    "Commonest",
    "EarlierUse",
    "Facts",
    "TemplateText",
    "WrittenAgain",
    "accidents",
    "apply_overrides",
    "override",
]
