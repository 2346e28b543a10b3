"""``bounces``: reads a mailbox or a file of events into the ledger and the suppression list, and lists the rest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.bounces.bounce_report import Affected, Kind, Report, is_elsewhere
from mass_apology.bounces.tokens import LEAST_RELAY_ID, choices_in, letter_in, relay_id_in, token_in
from mass_apology.flows.feedback.answers import Waiting, waiting_people
from mass_apology.flows.feedback.claimed_times import Lifetime
from mass_apology.flows.feedback.feedback_sources import Returned, returned
from mass_apology.flows.feedback.kept_apart import UNFIT, KeptApart, keep_apart
from mass_apology.flows.holding import shared_ledger
from mass_apology.flows.operator import OnProgress
from mass_apology.ledger import Ledger
from mass_apology.ledger.came_back import Match, Note, Token, Traces
from mass_apology.model import Status
from mass_apology.suppression import Entry, Reason, Suppressions
from mass_apology.workspace.workspace import Workspace

LISTED = 100  # replies and unread messages in the result, at most
AT_ONCE = 200  # messages in one commit

_BECOMES = {Kind.FAILURE: Status.BOUNCED, Kind.COMPLAINT: Status.COMPLAINED}
# Any other proven feedback shows that the relay had the letter.
_CLEARS = {
    Kind.SUCCESS: "a server reported that it was delivered",
    Kind.DELAY: "a server reported that it was on its way",
    Kind.OPT_OUT: "its recipient unsubscribed",
    Kind.AUTO_REPLY: "an automatic reply came back",
    Kind.REPLY: "a person replied",
}
_SUPPRESSES = {
    Kind.FAILURE: Reason.DEAD_ADDRESS,
    Kind.COMPLAINT: Reason.COMPLAINT,
    Kind.OPT_OUT: Reason.OPT_OUT,
}
_BY_ADDRESS = frozenset({Kind.REPLY, Kind.OPT_OUT})
"""An address is enough, if the mail is dated after its letter: people answer and unsubscribe without a token."""


class Item(Struct, frozen=True, kw_only=True):
    """A message for a person to look at."""

    where: str  # "bounces.mbox, message 12"
    sender: str
    subject: str


class Forwarded(Struct, frozen=True, kw_only=True):
    """A letter that failed at an address that its recipient forwards mail to. The recipient's own is not dead."""

    address: str  # the recipient's
    final: str
    said: str  # by the last server


class Settled(Struct, frozen=True, kw_only=True):
    """The result of reading a source once."""

    read: int  # messages and events
    known: int  # of these, already recorded: skipped
    kinds: Mapping[str, int]  # of the others
    bounced: int  # letters whose status is BOUNCED from now on
    complained: int  # letters reported as abuse
    chosen: int  # remedies that people chose by mail
    cleared: int  # letters in doubt that the relay had, by the feedback: now ACCEPTED
    suppressed: int  # addresses that were added to the suppression list
    on_their_way: int  # letters in hand-over; feedback about them is applied after it
    waiting: tuple[Waiting, ...]  # people who wait for an answer, the longest first; at most ``answers.LISTED``
    waiting_total: int
    unmatched: int  # failures and complaints about other letters than this campaign's
    unproven: int  # failures and complaints with an address only; they change nothing
    forwarded: tuple[Forwarded, ...]  # the first letters that failed where a recipient forwards mail to
    replies: tuple[Item, ...]  # the first ones
    unread: tuple[Item, ...]  # the first ones
    kept_apart: tuple[KeptApart, ...]  # messages and events that could not be recorded


class _Understood(Struct, frozen=True, kw_only=True):
    """A message that waits to be recorded."""

    returned: Returned
    report: Report  # with the claimed time bounded, and a customer's new mail counted as a reply
    notes: list[Note]
    tokens: list[Token]


def settle(workspace: Workspace, source: str, *, password: str | None = None, on_progress: OnProgress) -> Settled:
    """Read a box (mbox, Maildir, folder of .eml, one message, "-", imaps://…) or a file of events (.json, .jsonl).

    ``password`` names the place of a mail server's password: "env:NAME", "file:PATH" or "keyring:SERVICE".

    Reading the same box twice changes nothing. Raises ``MassApologyError``; what was read until then is recorded.
    """
    with shared_ledger(workspace) as ledger, Suppressions.open(workspace.suppression_list) as store:
        since = ledger.feedback.first_planned_at()
        reader = _FeedbackReader(workspace, ledger, store, Lifetime(first_planned_at=since, now=time.time()))
        for number, one in enumerate(returned(source, password, since), start=1):
            reader.take(one)
            on_progress("reading what came back", number, None)
        reader.flush()
        return reader.settled()


class _FeedbackReader:
    """One run of ``bounces``: takes messages one by one; groups of ``AT_ONCE`` are looked up and recorded together.

    The suppression list is written before the ledger, so that a crash between them repeats an entry and loses none.
    A message that cannot be recorded is kept apart, and those beside it are recorded.
    """

    def __init__(self, workspace: Workspace, ledger: Ledger, store: Suppressions, lifetime: Lifetime) -> None:
        self._folder = workspace.folder
        self._campaign = workspace.campaign
        self._ledger = ledger
        self._book = ledger.feedback
        self._store = store
        self._lifetime = lifetime
        self._kinds: Counter[str] = Counter()
        self._read = self._known = self._suppressed = self._unmatched = self._unproven = 0
        self._changed: Counter[Status] = Counter()
        self._forwarded: list[Forwarded] = []
        self._replies: list[Item] = []
        self._unread: list[Item] = []
        self._waiting: dict[str, Returned] = {}  # by the message's key
        self._chosen = 0
        self._kept_apart: list[KeptApart] = []

    def take(self, one: Returned) -> None:
        """Take one message or event."""
        self._read += 1
        if one.key in self._waiting:
            self._known += 1
            return
        self._waiting[one.key] = one
        if len(self._waiting) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Record what waits, together; where one of them cannot be recorded, one by one.

        Call it even without new messages: letters in hand-over at the last reading have their replies by now.
        """
        known = self._book.known(self._waiting.keys())
        self._known += len(known)
        waiting = [one for key, one in self._waiting.items() if key not in known]
        self._waiting.clear()
        try:
            self._record(self._understood(waiting))
        except UNFIT:
            for one in waiting:
                self._record_alone(one)

    def _record_alone(self, one: Returned) -> None:
        try:
            self._record(self._understood([one]))
        except UNFIT as error:
            self._kept_apart.append(keep_apart(self._folder, one, error))

    def _understood(self, waiting: Sequence[Returned]) -> list[_Understood]:
        reports = self._of_customers([replace(one.report, at=self._lifetime.claimed(one.report.at)) for one in waiting])
        affected = [report.affected or (Affected(kind=report.kind, address=report.sender),) for report in reports]
        pairs = [(report, one) for report, each in zip(reports, affected, strict=True) for one in each]
        matches = iter(self._matches(pairs))
        return [
            _Understood(
                returned=one,
                report=report,
                notes=[_note(one.key, part, report, whom, next(matches)) for part, whom in enumerate(each)],
                tokens=self._tokens(one, report),
            )
            for one, report, each in zip(waiting, reports, affected, strict=True)
        ]

    def _tokens(self, one: Returned, report: Report) -> list[Token]:
        return [
            Token(remedy=remedy, letter=letter, at=self._lifetime.chosen(report.at), source=one.where)
            for remedy, letter in _choices(report)
            if remedy in self._campaign.remedies
        ]

    def _record(self, waiting: Sequence[_Understood]) -> None:
        """First what may be repeated, since a message that the ledger knows is not read again."""
        tokens = [token for one in waiting for token in one.tokens]
        self._chosen += self._ledger.choices.record(tokens, time.time()).new if tokens else 0
        entries = [entry for one in waiting for entry in self._entries(one.report, one.notes)]
        self._suppressed += self._store.add_all(entries) if entries else 0
        self._changed += self._book.record([note for one in waiting for note in one.notes], time.time())
        for one in waiting:
            self._kinds[one.report.kind.value] += 1
            self._list(one.returned.where, one.report)
            for note in one.notes:
                self._count(note)
            self._list_forwarded(one)

    def settled(self) -> Settled:
        total, waiting = waiting_people(self._ledger)
        return Settled(
            read=self._read,
            known=self._known,
            kinds=dict(self._kinds),
            bounced=self._changed[Status.BOUNCED],
            complained=self._changed[Status.COMPLAINED],
            chosen=self._chosen,
            cleared=self._changed[Status.ACCEPTED],
            suppressed=self._suppressed,
            on_their_way=self._book.waiting(),
            waiting=waiting,
            waiting_total=total,
            unmatched=self._unmatched,
            unproven=self._unproven,
            forwarded=tuple(self._forwarded),
            replies=tuple(self._replies),
            unread=tuple(self._unread),
            kept_apart=tuple(self._kept_apart),
        )

    def _of_customers(self, reports: Sequence[Report]) -> list[Report]:
        """Count a customer's new mail as a reply: the customer waits for an answer, even without a quoted letter."""
        left_at = self._first_letters_at({report.sender for report in reports if report.by_person})
        return [
            replace(report, kind=Kind.REPLY, affected=(Affected(kind=Kind.REPLY, address=report.sender),))
            if report.by_person and (choices_in(report.subject) or _is_after(report, left_at.get(report.sender)))
            else report
            for report in reports
        ]

    def _matches(self, pairs: Sequence[tuple[Report, Affected]]) -> list[Match | None]:
        """Whose letter each report is about, for each recipient that it names."""
        found = self._book.find([_traces(report, one.address or one.final) for report, one in pairs])
        by_address = {
            number: match.address
            for number, ((_, one), match) in enumerate(zip(pairs, found, strict=True))
            if match is not None and not match.proven and one.kind in _BY_ADDRESS
        }
        left_at = self._first_letters_at(set(by_address.values()))
        return [
            match if number not in by_address or _is_after(report, left_at.get(by_address[number])) else None
            for number, ((report, _), match) in enumerate(zip(pairs, found, strict=True))
        ]

    def _first_letters_at(self, addresses: Collection[str]) -> Mapping[str, float]:
        return self._book.first_letters_at(addresses) if addresses else {}

    def _list(self, where: str, report: Report) -> None:
        listed = {Kind.REPLY: self._replies, Kind.UNREAD: self._unread}.get(report.kind)
        if listed is not None and len(listed) < LISTED:
            listed.append(Item(where=where, sender=report.sender, subject=report.subject))

    def _list_forwarded(self, understood: _Understood) -> None:
        for note, one in zip(understood.notes, understood.report.affected, strict=False):
            address = note.match.address if note.match is not None and note.match.proven else ""
            room = len(self._forwarded) < LISTED
            if one.kind is Kind.FAILURE and room and is_elsewhere(one.final, address):
                self._forwarded.append(Forwarded(address=address, final=one.final, said=note.detail))

    def _count(self, note: Note) -> None:
        if note.kind not in _BECOMES:
            return
        if note.match is None:
            self._unmatched += 1
        elif not note.match.proven:
            self._unproven += 1

    def _entries(self, report: Report, notes: list[Note]) -> Iterator[Entry]:
        """New entries of the suppression list: dead addresses and complaints that are proven, and opt-outs."""
        for note, one in zip(notes, report.affected, strict=False):
            reason = _SUPPRESSES.get(one.kind)
            if reason is None or note.match is None or not note.match.address:  # a purged ledger has no address
                continue
            if not note.match.proven and one.kind not in _BY_ADDRESS:  # the address in the report may be forged
                continue
            if reason is Reason.DEAD_ADDRESS and (not one.hard or is_elsewhere(one.final, note.match.address)):
                continue
            yield Entry.of(note.match.address, reason, at=time.time(), source=self._campaign.name)


def _note(key: str, part: int, report: Report, one: Affected, match: Match | None) -> Note:
    becomes = Status.ACCEPTED if one.kind in _CLEARS else _BECOMES.get(one.kind)
    detail = one.diagnostic or report.subject
    return Note(
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


def _is_after(report: Report, left_at: float | None) -> bool:
    """Whether the report is later than the first letter to its sender; a mailbox also holds older mail."""
    return left_at is not None and report.at is not None and report.at >= left_at


def _choices(report: Report) -> Sequence[tuple[str, str]]:
    """Remedies that a person chose by mail, each with its letter; a letter that is quoted holds those of all."""
    return tuple(choices_in(report.subject)) if report.kind is Kind.REPLY else ()


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
                    letter_in(report.subject) if report.kind is Kind.OPT_OUT else "",
                ),
            )
        ),
        message_ids=named,
        relay_ids=tuple(dict.fromkeys(each for each in relay_ids if len(each) >= LEAST_RELAY_ID)),
        address=address,
    )
