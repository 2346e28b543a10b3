"""``bounces``: a mailbox or a file of events → the ledger, the suppression list, and what a person should look at."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.bounces.bounce_report import Affected, Kind, Report
from mass_apology.bounces.tokens import LEAST_RELAY_ID, choices_in, relay_id_in, token_in
from mass_apology.campaign import read_campaign
from mass_apology.flows.feedback.feedback_sources import Returned, returned
from mass_apology.flows.holding import shared_ledger
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.suppressing import store_path
from mass_apology.ledger import Ledger
from mass_apology.ledger.came_back import Match, Note, Token, Traces
from mass_apology.ledger.writers import Feedback
from mass_apology.model import Status
from mass_apology.settings import Campaign
from mass_apology.suppression import Entry, Reason, Suppressions

LISTED = 100  # replies and unread messages that are named
AT_ONCE = 200  # messages that are recorded with one commit

_BECOMES = {Kind.FAILURE: Status.BOUNCED, Kind.COMPLAINT: Status.COMPLAINED}
# Any other feedback by a proven match shows that the relay had the letter.
_CLEARS = {
    Kind.SUCCESS: "a server reported that it was delivered",
    Kind.DELAY: "a server reported that it was on its way",
    Kind.AUTO_REPLY: "an automatic reply came back",
    Kind.REPLY: "a person replied",
}
_SUPPRESSES = {Kind.FAILURE: Reason.DEAD_ADDRESS, Kind.COMPLAINT: Reason.COMPLAINT}


class Item(Struct, frozen=True, kw_only=True):
    """A message for a person to look at."""

    where: str  # "bounces.mbox, message 12"
    sender: str
    subject: str


class Settled(Struct, frozen=True, kw_only=True):
    """The result of reading a source once."""

    read: int  # messages and events
    known: int  # of these: read before, and left alone
    kinds: Mapping[str, int]  # of the others
    bounced: int  # letters that count as not delivered from now on
    complained: int  # letters that were reported as abuse
    chosen: int  # remedies that people chose by mail
    cleared: int  # letters that were in doubt, and which the relay turns out to have had
    suppressed: int  # addresses that were new on the list
    waiting: int  # letters that are just being handed over: feedback about them counts when that is recorded
    unmatched: int  # failures and complaints that are about no letter of this campaign
    unproven: int  # failures and complaints that only name an address; they change nothing
    replies: tuple[Item, ...]  # the first ones
    unread: tuple[Item, ...]  # the first ones


def settle(folder: Path, source: str, *, password: str | None = None, on_progress: OnProgress) -> Settled:
    """Read a box (mbox, Maildir, folder of .eml, one message, "-", imaps://…) or a file of events (.json, .jsonl).

    ``password`` names the place of a mail server's password: "env:NAME", "file:PATH" or "keyring:SERVICE".

    Reading the same box twice changes nothing. Raises ``MassApologyError``; what was read until then is recorded.
    """
    campaign = read_campaign(folder)
    with shared_ledger(folder, campaign) as ledger, Suppressions.open(store_path(campaign, folder)) as store:
        book = ledger.feedback
        reader = _FeedbackReader(campaign, ledger, book, store)
        for number, one in enumerate(returned(source, password, book.first_planned_at()), start=1):
            reader.take(one)
            on_progress("reading what came back", number, None)
        reader.flush()
        return reader.settled()


class _FeedbackReader:
    """One run of ``bounces``: takes messages one by one and records them in groups of ``AT_ONCE``.

    The suppression list is written before the ledger, so that a crash between them repeats an entry and loses none.
    """

    def __init__(self, campaign: Campaign, ledger: Ledger, book: Feedback, store: Suppressions) -> None:
        self._campaign = campaign
        self._ledger = ledger
        self._book = book
        self._store = store
        self._kinds: Counter[str] = Counter()
        self._read = self._known = self._suppressed = self._unmatched = self._unproven = 0
        self._changed: Counter[Status] = Counter()
        self._replies: list[Item] = []
        self._unread: list[Item] = []
        self._waiting: dict[str, tuple[Report, list[Note]]] = {}  # by the message's key
        self._tokens: list[Token] = []
        self._chosen = 0

    def take(self, one: Returned) -> None:
        """Take one message or event."""
        self._read += 1
        if one.key in self._waiting or self._book.is_known(one.key):
            self._known += 1
            return
        report = self._of_customer(one.report)
        self._kinds[report.kind.value] += 1
        self._list(one.where, report)
        self._tokens += [token for token in _tokens(report, one.where) if token.remedy in self._campaign.remedies]
        self._waiting[one.key] = report, list(self._notes(one.key, report))
        if len(self._waiting) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Record what waits: first what may be repeated, since a message that the ledger knows is not read again.

        Also without anything new: letters that were on their way at the last reading have got their replies by now.
        """
        self._chosen += self._ledger.choices.record(self._tokens, time.time()).new if self._tokens else 0
        self._tokens.clear()
        entries = [entry for report, notes in self._waiting.values() for entry in self._entries(report, notes)]
        self._suppressed += self._store.add_all(entries) if entries else 0
        self._changed += self._book.record([note for _, notes in self._waiting.values() for note in notes], time.time())
        self._waiting.clear()

    def settled(self) -> Settled:
        return Settled(
            read=self._read,
            known=self._known,
            kinds=dict(self._kinds),
            bounced=self._changed[Status.BOUNCED],
            complained=self._changed[Status.COMPLAINED],
            chosen=self._chosen,
            cleared=self._changed[Status.ACCEPTED],
            suppressed=self._suppressed,
            waiting=self._book.waiting(),
            unmatched=self._unmatched,
            unproven=self._unproven,
            replies=tuple(self._replies),
            unread=tuple(self._unread),
        )

    def _of_customer(self, report: Report) -> Report:
        """A customer's new mail is a reply, too: somebody waits for an answer, though it quotes no letter of ours."""
        chooses = bool(choices_in(report.subject))
        if not report.by_person or not (chooses or self._after_letter(report, report.sender)):
            return report
        return replace(report, kind=Kind.REPLY, affected=(Affected(kind=Kind.REPLY, address=report.sender),))

    def _after_letter(self, report: Report, address: str) -> bool:
        """Whether the report is dated after a letter to this address left: a mailbox holds older mail as well."""
        left_at = self._book.first_letter_at(address)
        return left_at is not None and report.at is not None and report.at >= left_at

    def _list(self, where: str, report: Report) -> None:
        listed = {Kind.REPLY: self._replies, Kind.UNREAD: self._unread}.get(report.kind)
        if listed is not None and len(listed) < LISTED:
            listed.append(Item(where=where, sender=report.sender, subject=report.subject))

    def _notes(self, key: str, report: Report) -> Iterator[Note]:
        affected = report.affected or (Affected(kind=report.kind, address=report.sender),)
        for part, one in enumerate(affected):
            match = self._match(report, one)
            becomes = _BECOMES.get(one.kind)
            if becomes is not None:
                self._count(match)
            elif one.kind in _CLEARS:
                becomes = Status.ACCEPTED
            detail = one.diagnostic or report.subject
            yield Note(
                key=key,
                part=part,
                at=report.at,
                kind=one.kind.value,
                cause=one.cause.value if one.cause else None,
                match=match,
                address=one.address,
                detail=detail,
                becomes=becomes if match is not None and match.proven else None,
                said=f"In doubt at first; then {_CLEARS[one.kind]}." if one.kind in _CLEARS else detail,
            )

    def _match(self, report: Report, one: Affected) -> Match | None:
        match = self._book.find(_traces(report, one.address or one.final))
        if match is None or match.proven or one.kind is not Kind.REPLY:
            return match
        return match if self._after_letter(report, match.address) else None

    def _count(self, match: Match | None) -> None:
        if match is None:
            self._unmatched += 1
        elif not match.proven:
            self._unproven += 1

    def _entries(self, report: Report, notes: list[Note]) -> Iterator[Entry]:
        """A dead address and a complaint enter the list by themselves; what anybody could have forged does not."""
        for note, one in zip(notes, report.affected, strict=False):
            reason = _SUPPRESSES.get(one.kind)
            if reason is None or note.match is None or not note.match.proven or not note.match.address:
                continue  # a purged ledger knows no address, and anybody could name one
            if reason is Reason.DEAD_ADDRESS and not one.hard:
                continue
            yield Entry.of(note.match.address, reason, at=time.time(), source=self._campaign.name)


def _tokens(report: Report, source: str) -> list[Token]:
    """Remedies that a person chose by mail; a letter that is quoted holds the tokens of all of them."""
    if report.kind is not Kind.REPLY:
        return []
    found = choices_in(report.subject)
    return [Token(remedy=remedy, letter=letter, at=report.at, source=source) for remedy, letter in found]


def _traces(report: Report, address: str) -> Traces:
    clues = report.clues
    named = (*clues.message_ids, *clues.references)
    relay_ids = (clues.relay_id, *map(relay_id_in, named))
    return Traces(
        tokens=tuple(
            filter(
                None,
                (
                    clues.envelope_id,
                    *map(token_in, clues.sent_to),
                    *(letter for _, letter in choices_in(report.subject)),
                ),
            )
        ),
        message_ids=named,
        relay_ids=tuple(dict.fromkeys(each for each in relay_ids if len(each) >= LEAST_RELAY_ID)),
        address=address,
    )
