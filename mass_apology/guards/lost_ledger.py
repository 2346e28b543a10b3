"""Guards against a ledger that was lost, copied or set back: it knows less than what lies outside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from mass_apology.model import Finding, Severity
from mass_apology.system.timestamps import utc_minute

LOST, COPIED, SET_BACK = "ledger-lost", "ledger-copied", "ledger-set-back"
SAME_PEOPLE = 0.1  # so large a share of those written to before, in a plan, is no chance
_BY_HAND = (
    "If there is none, the relay's log and the mailbox of replies tell who was written to: take these rows out of the "
    "file"
)


class Elsewhere(Struct, frozen=True, kw_only=True):
    """What this machine remembers of letters that left, and the ledger does not know."""

    handed_over: int  # letters, at least
    at: float  # Unix seconds: when it was last looked at
    folder: str  # from where they left


class LostElsewhere(Struct, frozen=True, kw_only=True):
    """A ledger of the campaign's name that was in another folder, and is gone from there."""

    ledger: str  # its own name
    folder: str  # from where letters left with it
    at: float  # Unix seconds: when it was last looked at
    handed_over: int  # letters, at least
    sampled: int  # mailboxes by which its people are known again
    planned: int  # of these, those in the plan

    @property
    def is_of_these(self) -> bool:
        """Whether the plan has its people."""
        return self.planned > 0 and self.planned >= self.sampled * SAME_PEOPLE


class LedgerFacts(Struct, frozen=True, kw_only=True):
    """A ledger, and what lies outside it."""

    path: str  # of the ledger
    campaign: str
    here: str  # the campaign's folder, as an absolute path
    there: bool = True  # whether there is a ledger with anything in it
    handed_over: int = 0  # letters that it knows to have left
    made_in: str = ""  # the folder that it was copied from; empty where it is in its own
    original: bool = False  # whether there still is a ledger in that folder
    log: str = "log.jsonl"
    log_letters: int = 0  # letters that the log says have left, and the ledger does not know
    log_strange: Mapping[str, int] = {}  # the same, of other campaigns
    remembered: tuple[Elsewhere, ...] = ()
    stray_wal: str = ""  # the -wal of a ledger that is gone; empty where there is none


def ledger_findings(facts: LedgerFacts) -> Iterator[Finding]:
    """What has to be said about the ledger; nothing where it knows all that lies outside it."""
    if facts.made_in:
        yield _copied(facts)
    told = list(_told(facts))
    if not told:
        yield from _strange(facts)
    elif facts.there and facts.handed_over:
        problem = f"It knows less than what was sent: {'; '.join(told)}."
        yield _finding(SET_BACK, facts, problem, f"Put back the newest copy of {facts.path}. {_rebuild(facts)}")
    else:
        known = "It knows of no letter that left" if facts.there else "There is no ledger"
        problem = f"{known}, but {'; '.join(told)}."
        yield _finding(LOST, facts, problem, f"Put the ledger back, as it was after the last letter. {_rebuild(facts)}")


def elsewhere_findings(path: str, campaign: str, file: str, ledgers: Iterable[LostElsewhere]) -> Iterator[Finding]:
    """What has to be said of a plan from ``file`` that has people of lost ledgers; ``path`` is where one should be."""
    for lost in ledgers:
        problem = (
            f"No letter is known here, but this machine remembers that {_letters(lost.handed_over)} at least of the "
            f"campaign {campaign} had left from {lost.folder} by {utc_minute(lost.at)}, and its ledger is gone from "
            f"there; of {lost.sampled} mailboxes that it remembers of them, {lost.planned} are in {file}."
        )
        advice = (
            f"If the campaign was moved here, put its ledger at {path}, as it was after the last letter. {_BY_HAND}."
        )
        yield Finding(code=LOST, severity=Severity.ERROR, where=path, problem=problem, advice=advice)


def _told(facts: LedgerFacts) -> Iterator[str]:
    if facts.log_letters:
        unknown = ", unknown to it" if facts.there else ""
        yield f"{facts.log} tells of {_letters(facts.log_letters)} that left{unknown}"
    for seen in facts.remembered:
        place = "from here" if seen.folder == facts.here else f"from {seen.folder}"
        yield (
            f"this machine remembers that {_letters(seen.handed_over)} at least had left {place} "
            f"by {utc_minute(seen.at)}"
        )
    if facts.stray_wal:
        yield f"{facts.stray_wal} is there, in which a ledger keeps what it recorded last"


def _rebuild(facts: LedgerFacts) -> str:
    if facts.log_letters:
        return f"If there is none, rebuild it: mass-apology reconcile --from-log {facts.log}"
    return _BY_HAND


def _copied(facts: LedgerFacts) -> Finding:
    if facts.original:
        problem = f"It is a copy of the ledger in {facts.made_in}, and does not know what leaves from there."
        advice = f"Go on there: mass-apology send -C {facts.made_in}"
    else:
        problem = (
            f"It was used in {facts.made_in} and is another file there, or on another machine: what left from there "
            "since it was copied is not known here."
        )
        advice = "If the campaign was moved here, make sure that nothing is sent from there any more, and override this"
    fresh = "For a new campaign in this folder, delete ledger.sqlite* and log.jsonl here, and change `name`"
    return _finding(COPIED, facts, problem, f"{advice}. {fresh} in campaign.toml")


def _strange(facts: LedgerFacts) -> Iterator[Finding]:
    """A log that a folder was copied with, or that a campaign was renamed over."""
    for campaign, letters in facts.log_strange.items():
        problem = (
            f"{facts.log} tells of {_letters(letters)} of the campaign {campaign}, which this one, {facts.campaign}, "
            "does not know: the same customers may be written to again."
        )
        advice = (
            f"If the folder is a copy for a new campaign, delete {facts.log} in it. If the campaign was only renamed, "
            "put its name in campaign.toml back, and its ledger"
        )
        yield _finding(LOST, facts, problem, advice)


def _finding(code: str, facts: LedgerFacts, problem: str, advice: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, where=facts.path, problem=problem, advice=f"{advice}.")


def _letters(count: int) -> str:
    return f"{count:,} letter{'' if count == 1 else 's'}"
