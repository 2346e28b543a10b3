"""Events of a relay that come as mail: Amazon SES through SNS with a subscription to an e-mail address.

The body is the event's JSON, and below it SNS's footer, "--" and "If you wish to stop receiving notifications …".
"""

from __future__ import annotations

from msgspec.structs import replace

from mass_apology.bounces.bounce_report import Kind, Report
from mass_apology.bounces.events import read_event_in
from mass_apology.bounces.tokens import is_id_of_ses


def mailed_event(text: str) -> Report | None:
    """The report of the event that a mail's text begins with; ``None`` where it begins with none that is known.

    Anybody can write a mail. So of the relay's own ids only those count that have the form of SES's, which are random.
    """
    text = text.lstrip("\ufeff \t\n")
    if not text.startswith("{"):
        return None
    report = read_event_in(text)
    if report.kind is Kind.UNREAD:
        return None
    if not is_id_of_ses(report.clues.relay_id):
        report = replace(report, clues=replace(report.clues, relay_id=""))
    return report
