"""The judge of a random story: believes the relay and what people saw, and reads the ledger's file by itself.

Four things must never be: a letter that came twice to one mailbox in one wave without a person's word, one that came to
somebody suppressed, one whose text nobody agreed to, and a customer without a status, or with one that is not so.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from enum import StrEnum

from msgspec import Struct
from random_stories_campaign import customer_of, has_key, rows
from random_stories_people import Agreed, Entry, Listed
from random_stories_relay import Receipt
from random_stories_world import Happened, World

SLACK = 1.0  # seconds; whoever was suppressed that long before must not be reached: far more than FRESH here

Letter = tuple[str, str]
"""Mailbox and wave."""

_ARRIVED = frozenset({"ACCEPTED", "BOUNCED", "COMPLAINED"})
_NAMED = _ARRIVED | {"PLANNED", "DEFERRED", "REFUSED", "IN_DOUBT", "EXPIRED", "WITHHELD", "HANDING_OVER"}
_LETTERS = "SELECT address, wave, status FROM delivery JOIN recipient ON recipient.id = delivery.recipient"
_NUMBERS = "SELECT json_extract(value, '$.number') FROM recipient, json_each(recipient.rows)"


class Kind(StrEnum):
    """What is wrong."""

    TWICE = "twice"
    SUPPRESSED = "suppressed reached"
    UNSEEN = "unseen text"
    STATUS = "without a status"
    OTHER = "anything else"


class Fault(Struct, frozen=True, kw_only=True):
    """Something that must never be."""

    kind: Kind
    act: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} (after {self.act})"


class Judge:
    """Looks after every act."""

    def __init__(self, world: World) -> None:
        self.faults: list[Fault] = []
        self._world = world
        self._seen = 0  # receipts
        self._last: dict[Letter, int] = {}  # the last receipt of a letter
        self._heard: set[int] = set()  # receipts whose 250 came to a run that lived on
        self._suppressed: dict[str, float] = {}  # mailbox → since when, on the machine's own clock
        self._armed: dict[str, list[Agreed]] = defaultdict(list)  # what was agreed to go later; several after a kill
        self._agreed_rows: dict[str, set[str]] = defaultdict(set)  # mailbox → minutes that people have seen
        self._released: set[Letter] = set()  # letters in doubt that a person let go again, and that did not come yet
        self._crashed = False  # and nobody has settled the traces
        self._mailboxes: dict[int, set[str]] = defaultdict(set)  # of each customer, one after the other
        self._was_killed = False
        self._has_lost = False  # a ledger

    def after(self, happened: Happened) -> None:
        """What is wrong since the act before."""
        entries = self._world.journal.new()
        agreed = [each for each in entries if isinstance(each, Agreed)]
        before = dict(self._suppressed)
        self._take_list(entries)
        for row in rows(self._world.folder):
            self._mailboxes[customer_of(row["number"])].add(row["email"].lower())
        self._take_consents(agreed, happened)
        self._judge_letters(agreed, before, happened)
        if happened.death:
            self._crashed = self._was_killed = True
        elif happened.settled:
            self._crashed = False
        elif happened.act.startswith("put back"):
            self._crashed |= (
                self._was_killed
            )  # the copy may have been made after a kill, before anybody settled its traces
        if happened.fault or happened.second_died:
            self._fault(Kind.OTHER, happened, happened.fault or "the second terminal's process failed")
        for what in self._wrong_statuses(happened):
            self._fault(Kind.STATUS, happened, what)

    def at_the_end(self, last: Happened) -> None:
        """Nobody is left behind by the last send, whose relay was well."""
        if last.due:
            self._fault(Kind.STATUS, last, f"{last.due} letters are stuck")

    # What came to the relay

    def _judge_letters(self, agreed: list[Agreed], before: dict[str, float], happened: Happened) -> None:
        receipts = self._world.book.receipts
        free = self._free(agreed)
        counted: Counter[str] = Counter()
        for place in range(self._seen, len(receipts)):
            receipt = receipts[place]
            letter = (receipt.mailbox, receipt.wave)
            counted[receipt.wave] += 1
            if letter in self._last and letter not in free:
                self._fault(Kind.TWICE, happened, f"{letter} has come again")
            free.discard(letter)
            self._released.discard(letter)
            self._last[letter] = place
            if place in self._world.book.heard and not happened.death:
                self._heard.add(place)
            self._judge_suppression(receipt, before, happened)
            self._judge_text(receipt, agreed, happened)
        self._seen = len(receipts)
        for wave, count in counted.items():
            most = sum(each.count for each in agreed if each.shown.wave == wave and not each.arms)
            if wave in {"first", "correction"} and count > most:
                self._fault(Kind.UNSEEN, happened, f"{count} letters of {wave} have come, and {most} were agreed to")

        self._judge_follow_ups(happened)

    def _judge_follow_ups(self, happened: Happened) -> None:
        """A wave is of no more letters than were armed; unless a ledger was lost, and with it what was counted."""
        self._has_lost |= self._world.known != frozenset(range(self._seen))
        for wave, consents in self._armed.items():
            count = sum(letter[1] == wave for letter in self._last)
            most = max((each.count for each in consents), default=0)
            if count > most and not self._has_lost:
                self._fault(Kind.UNSEEN, happened, f"{count} letters of {wave} have come, and {most} were armed")

    def _free(self, agreed: Iterable[Agreed]) -> set[Letter]:
        """Letters that may come although they have come before."""
        for each in agreed:
            if each.resend:
                self._released |= {
                    letter
                    for letter, place in self._last.items()
                    if letter[1] == each.shown.wave and place not in self._heard
                }
            if "already-written" in each.override:
                self._released |= {letter for letter in self._last if letter[1] == "first"}
        forgotten = {letter for letter, place in self._last.items() if place not in self._world.known_before}
        if not self._world.overridden:
            return set(self._released)
        if agreed:  # a new ledger, or an older one, was begun with: these are due until they come
            self._released |= forgotten
        return self._released | forgotten

    def _judge_suppression(self, receipt: Receipt, before: dict[str, float], happened: Happened) -> None:
        since = self._suppressed.get(receipt.mailbox)
        if since is None:
            return
        if before.get(receipt.mailbox) == since or receipt.asked_at > since + SLACK:
            self._fault(Kind.SUPPRESSED, happened, f"{receipt.mailbox} got {receipt.wave}")

    def _judge_text(self, receipt: Receipt, agreed: Iterable[Agreed], happened: Happened) -> None:
        seen = [each.shown for each in agreed if each.shown.wave == receipt.wave and not each.arms]
        if receipt.wave in {"one", "two"}:
            seen = [each.shown for each in self._armed[receipt.wave]]
        if not any((each.words, each.fact) == (receipt.words, receipt.fact) for each in seen):
            said = [(each.words, each.fact) for each in seen]
            self._fault(
                Kind.UNSEEN,
                happened,
                f"{receipt.mailbox} got {receipt.wave} with {receipt.words, receipt.fact}, and agreed to were {said}",
            )
        if receipt.minutes not in self._agreed_rows[receipt.mailbox]:
            self._fault(Kind.UNSEEN, happened, f"{receipt.mailbox} got {receipt.wave} with {receipt.minutes} minutes")

    def _take_list(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if not isinstance(entry, Listed):
                continue
            if entry.off:
                self._suppressed.pop(entry.mailbox, None)
            else:
                self._suppressed.setdefault(entry.mailbox, entry.at)

    def _take_consents(self, agreed: Iterable[Agreed], happened: Happened) -> None:
        for each in agreed:
            for mailbox, minutes in each.shown.minutes.items():
                self._agreed_rows[mailbox].update(minutes)
            if each.arms and (happened.death or happened.armed):
                kept = self._armed[each.shown.wave] if happened.death else []
                self._armed[each.shown.wave] = [*kept, each]

    # What the ledger says

    def _wrong_statuses(self, happened: Happened) -> Iterator[str]:
        path = self._world.folder / "ledger.sqlite"
        if not path.exists() or not path.stat().st_size:
            return
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            letters = connection.execute(_LETTERS).fetchall()
            aside = {address.lower() for (address,) in connection.execute("SELECT address FROM withheld")}
            numbers = {customer_of(number) for (number,) in connection.execute(_NUMBERS)}
        statuses: dict[Letter, list[str]] = defaultdict(list)
        for address, wave, status in letters:
            statuses[address.lower(), wave].append(status)
        yield from self._wrong_names(statuses)
        yield from self._wrong_facts(statuses)
        if happened.sent:
            known = numbers if has_key(self._world.folder) else set()
            there = rows(self._world.folder)
            # Somebody known by the key may have moved after the letter had come to the mailbox before. Of those who
            # share a mailbox then, the first one's key decides for all.
            moved = {row["email"].lower() for row in there if customer_of(row["number"]) in known}
            for mailbox in {row["email"].lower() for row in there} - moved - aside:
                if not statuses[mailbox, "first"]:
                    yield f"{mailbox} has no status"

    def _wrong_names(self, statuses: dict[Letter, list[str]]) -> Iterator[str]:
        for letter, several in statuses.items():
            for status in several:
                if status not in _NAMED or (status == "HANDING_OVER" and not self._crashed):
                    yield f"{letter} is {status}"
            if len([status for status in several if status != "WITHHELD"]) > 1:
                yield f"{letter} is {' and '.join(several)}"

    def _wrong_facts(self, statuses: dict[Letter, list[str]]) -> Iterator[str]:
        """Of the letters that this ledger must know of."""
        for letter, place in self._last.items():
            several = set(statuses.get(letter, []))
            if place not in self._world.known or letter in self._released:
                continue
            may_be = _ARRIVED if place in self._heard else _ARRIVED | {"IN_DOUBT"}
            if not several & (may_be | ({"HANDING_OVER"} if self._crashed else set())):
                heard = "" if place in self._heard else ", for all we heard"
                yield f"{letter} has come{heard}, and is {' and '.join(several) or 'nothing'}"
        for letter, several_ in statuses.items():
            if set(several_) & _ARRIVED and not self._has_come(letter):
                yield f"{letter} is {' and '.join(several_)}, and has not come"
            doubtful = "IN_DOUBT" in several_ and not self._was_killed
            if doubtful and letter not in self._last and not self._world.book.dots[letter]:
                yield f"{letter} is in doubt without a dot"

    def _has_come(self, letter: Letter) -> bool:
        """To this mailbox, or to another one of somebody whose it is now: the log names letters by customers' rows."""
        mailbox, wave = letter
        sharing = [known for known in self._mailboxes.values() if mailbox in known]
        return any((known, wave) in self._last for known in {mailbox}.union(*sharing))

    def _fault(self, kind: Kind, happened: Happened, what: str) -> None:
        self.faults.append(Fault(kind=kind, act=str(happened), what=what))
