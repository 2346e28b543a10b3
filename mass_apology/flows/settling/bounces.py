"""``bounces``: a mailbox or a file of events → the ledger, the suppression list, and what a person should look at."""

from __future__ import annotations

import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from mass_apology.bounces import boxes
from mass_apology.bounces.events import read_events
from mass_apology.bounces.reading import read
from mass_apology.bounces.report import Affected, Kind, Report
from mass_apology.campaign import read_campaign
from mass_apology.errors import InputError
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.observing import Observe
from mass_apology.flows.suppressing import store_path
from mass_apology.ledger.feedback import FeedbackBook, Match, Note
from mass_apology.model import Status
from mass_apology.settings import Campaign
from mass_apology.suppression import Entry, Reason, Suppressions

STANDARD_INPUT = "-"
LISTED = 100  # replies and unread messages that are named
AT_ONCE = 200  # messages that are recorded with one commit
MOST_EVENTS = 64 << 20  # octets of one file of events

_BECOMES = {Kind.FAILURE: Status.BOUNCED, Kind.COMPLAINT: Status.COMPLAINED}
_SUPPRESSES = {Kind.FAILURE: Reason.DEAD_ADDRESS, Kind.COMPLAINT: Reason.COMPLAINT}


class Item(Struct, frozen=True, kw_only=True):
    """A message for a person to look at."""

    where: str  # "bounces.mbox, message 12"
    sender: str
    subject: str


class Settled(Struct, frozen=True, kw_only=True):
    """What one reading came to."""

    read: int  # messages and events
    known: int  # of these: read before, and left alone
    kinds: Mapping[str, int]  # of the others
    bounced: int  # letters that count as not delivered from now on
    suppressed: int  # addresses that were new on the list
    unmatched: int  # failures and complaints that are about no letter of this campaign
    unproven: int  # failures and complaints that only name an address; they change nothing
    replies: tuple[Item, ...]  # the first ones
    unread: tuple[Item, ...]  # the first ones


def settle(folder: Path, source: str, *, observe: Observe) -> Settled:
    """Read a box (mbox, Maildir, folder of .eml, one message, "-") or a file of events (.json, .jsonl).

    Reading the same box twice changes nothing. Raises ``MassApologyError``; what was read until then is recorded.
    """
    campaign = read_campaign(folder)
    with locked_ledger(folder, campaign) as ledger, Suppressions.open(store_path(campaign, folder)) as store:
        settling = _Settling(campaign, FeedbackBook(ledger), store)
        for number, (key, where, report) in enumerate(_reports(source), start=1):
            settling.take(key, where, report)
            observe("reading what came back", number, None)
        settling.flush()
        return settling.settled()


class _Settling:
    def __init__(self, campaign: Campaign, book: FeedbackBook, store: Suppressions) -> None:
        self._campaign = campaign
        self._book = book
        self._store = store
        self._kinds: Counter[str] = Counter()
        self._read = self._known = self._bounced = self._suppressed = self._unmatched = self._unproven = 0
        self._replies: list[Item] = []
        self._unread: list[Item] = []
        self._waiting: dict[str, tuple[Report, list[Note]]] = {}  # by the message's key

    def take(self, key: str, where: str, report: Report) -> None:
        """One message or event."""
        self._read += 1
        if key in self._waiting or self._book.is_known(key):
            self._known += 1
            return
        self._kinds[report.kind.value] += 1
        self._list(where, report)
        self._waiting[key] = report, list(self._notes(key, report))
        if len(self._waiting) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Record what waits: on the list first, which may be repeated; what the ledger knows is not read again."""
        entries = [entry for report, notes in self._waiting.values() for entry in self._entries(report, notes)]
        self._suppressed += self._store.add_all(entries) if entries else 0
        self._book.record([note for _, notes in self._waiting.values() for note in notes], time.time())
        self._waiting.clear()

    def settled(self) -> Settled:
        return Settled(
            read=self._read,
            known=self._known,
            kinds=dict(self._kinds),
            bounced=self._bounced,
            suppressed=self._suppressed,
            unmatched=self._unmatched,
            unproven=self._unproven,
            replies=tuple(self._replies),
            unread=tuple(self._unread),
        )

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
            yield Note(
                key=key,
                part=part,
                at=report.at,
                kind=one.kind.value,
                cause=one.cause.value if one.cause else None,
                match=match,
                address=one.address,
                detail=one.diagnostic or report.subject,
                becomes=becomes if match is not None and match.proven else None,
            )

    def _match(self, report: Report, one: Affected) -> Match | None:
        clues = report.clues
        return self._book.find(
            token=clues.envelope_id,
            message_ids=(*clues.message_ids, *clues.references),
            address=one.address or one.final,
        )

    def _count(self, match: Match | None) -> None:
        if match is None:
            self._unmatched += 1
        elif match.proven:
            self._bounced += 1
        else:
            self._unproven += 1

    def _entries(self, report: Report, notes: list[Note]) -> Iterator[Entry]:
        """A dead address and a complaint enter the list by themselves; what anybody could have forged does not."""
        for note, one in zip(notes, report.affected, strict=False):
            reason = _SUPPRESSES.get(one.kind)
            if reason is None or note.match is None or not note.match.proven:
                continue
            if reason is Reason.DEAD_ADDRESS and not one.hard:
                continue
            yield Entry.of(note.match.address, reason, at=time.time(), source=self._campaign.name)


def _reports(source: str) -> Iterator[tuple[str, str, Report]]:
    """Key, place and meaning of each message or event."""
    path = Path(source)
    if source == STANDARD_INPUT:
        for message in boxes.of_stream(sys.stdin.buffer, "standard input"):
            yield message.key, message.where, read(message.data)
    elif path.suffix.lower() in {".json", ".jsonl"}:
        yield from _events(path)
    else:
        for message in boxes.messages(path):
            yield message.key, message.where, read(message.data)


def _events(path: Path) -> Iterator[tuple[str, str, Report]]:
    """An event has no identity of its own, so its place in a file of just these octets is one."""
    try:
        if path.stat().st_size > MOST_EVENTS:
            raise InputError(
                f"{path} is larger than {MOST_EVENTS >> 20} MB.", next_step="Split it, then read the pieces."
            )
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.", next_step="Name a file that is there."
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    for number, report in enumerate(read_events(data, str(path)), start=1):
        yield f"{digest}/{number}", f"{path}, event {number}", report
