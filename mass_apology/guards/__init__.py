"""Guards against the known accidents of mass mailings: facts of a plan → findings that stop ``send``. Pure.

The checks of rows and letters find errors in single letters. A guard finds a mailing that nobody intended: the wrong
file, the wrong moment, an unfinished letter. Every guard has a code, by which a person can override it:
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
