"""Guards against a lost, copied or outdated ledger: one that knows less than the records outside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from mass_apology.errors import shell_command
from mass_apology.model import Finding, Severity
from mass_apology.system.timestamps import utc_minute

LOST, COPIED, SET_BACK, ELSEWHERE = "ledger-lost", "ledger-copied", "ledger-set-back", "ledger-other-server"
SAME_PEOPLE = 0.1  # share of earlier recipients in a plan that is not chance
_BY_HAND = (
    "If there is none, the relay's log and the mailbox of replies tell who was written to: take these rows out of the "
    "file"
)


class Elsewhere(Struct, frozen=True, kw_only=True):
    """This machine's record of letters that left and that the ledger does not know."""

    handed_over: int  # letters, at least
    at: float  # Unix seconds: when it was last looked at
    folder: str  # from where they left


class LostElsewhere(Struct, frozen=True, kw_only=True):
    """A ledger of the same campaign name that has disappeared from another folder."""

    ledger: str  # its own name
    folder: str  # the campaign folder it was in
    at: float  # Unix seconds: when it was last looked at
    handed_over: int  # letters, at least
    sampled: int  # mailboxes in the sample of its people
    planned: int  # of these, in the plan

    @property
    def is_of_these(self) -> bool:
        """Whether the plan has many of this ledger's people."""
        return self.planned > 0 and self.planned >= self.sampled * SAME_PEOPLE


class LedgerFacts(Struct, frozen=True, kw_only=True):
    """A ledger, and the records outside it. ``flows.continuity.outside`` collects them."""

    path: str  # of the ledger
    campaign: str
    here: str  # the campaign's folder, as an absolute path
    there: bool = True  # whether there is a ledger with anything in it
    handed_over: int = 0  # letters that left, by the ledger
    made_in: str = ""  # the folder it was copied from; empty if it was not copied
    original: bool = False  # whether that folder still has a ledger
    log: str = "log.jsonl"
    log_letters: int = 0  # letters that left by the log, and that the ledger does not know
    log_strange: Mapping[str, int] = {}  # the same for other campaigns: name → letters
    remembered: tuple[Elsewhere, ...] = ()
    other_server: bool = False  # its database has another history than when it was sent from last
    stray_wal: str = ""  # a -wal file without its ledger; empty if there is none


def ledger_findings(facts: LedgerFacts) -> Iterator[Finding]:
    """Findings if the ledger knows less than the records outside it."""
    if facts.made_in:
        yield _copied(facts)
    if facts.other_server:
        yield _other_server(facts)
    told = list(_evidence(facts))
    if not told:
        yield from _foreign(facts)
    elif facts.there and facts.handed_over:
        problem = f"It knows less than what was sent: {'; '.join(told)}."
        yield _finding(SET_BACK, facts, problem, f"Put back the newest copy of {facts.path}. {_rebuild(facts)}")
    else:
        known = "It knows of no letter that left" if facts.there else "There is no ledger"
        problem = f"{known}, but {'; '.join(told)}."
        yield _finding(LOST, facts, problem, f"Put the ledger back, as it was after the last letter. {_rebuild(facts)}")


def elsewhere_findings(path: str, campaign: str, file: str, ledgers: Iterable[LostElsewhere]) -> Iterator[Finding]:
    """Findings if a plan from ``file`` has people of lost ledgers; ``path`` is the place of the campaign's ledger."""
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


def _evidence(facts: LedgerFacts) -> Iterator[str]:
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
        return f"If there is none, rebuild it: {shell_command('reconcile', '--from-log', facts.log)}"
    return _BY_HAND


def _copied(facts: LedgerFacts) -> Finding:
    if facts.original:
        problem = f"It is a copy of the ledger in {facts.made_in}, and does not know what leaves from there."
        advice = f"Go on there: {shell_command('send', '-C', facts.made_in)}"
    else:
        problem = (
            f"It was used in {facts.made_in} and is another file there, or on another machine: what left from there "
            "since it was copied is not known here."
        )
        advice = "If the campaign was moved here, make sure that nothing is sent from there any more, and override this"
    fresh = "For a new campaign in this folder, delete ledger.sqlite* and log.jsonl here, and change `name`"
    return _finding(COPIED, facts, problem, f"{advice}. {fresh} in campaign.toml")


def _other_server(facts: LedgerFacts) -> Finding:
    problem = (
        "Its server, or its server's history, is another one than when it was sent from last: a standby that "
        "took over, or a backup that was put back, may lack letters that left in the last seconds before."
    )
    advice = (
        "On each machine that sent, let it learn what left: mass-apology reconcile --from-log log.jsonl. When all have "
        "told, override this once"
    )
    return _finding(ELSEWHERE, facts, problem, advice)


def _foreign(facts: LedgerFacts) -> Iterator[Finding]:
    """Findings about a log of another campaign: the folder was copied, or the campaign renamed."""
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
