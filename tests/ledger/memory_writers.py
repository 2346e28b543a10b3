"""Parts of a ledger in memory for those who change it, besides the sender."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from memory_campaign import CameBack, Letter, MemoryCampaign
from memory_records import (
    MemoryAnswerRecords,
    MemoryChoiceRecords,
    MemoryContinuityRecords,
    MemoryLetterFileRecords,
    MemoryWaveRecords,
)
from msgspec.structs import replace

from mass_apology.errors import IllegalTransition
from mass_apology.ledger import came_back
from mass_apology.ledger.came_back import Doubt, Match, Proof, Recorded, Token, Traces
from mass_apology.ledger.further_waves import Addition, Armed
from mass_apology.ledger.purged_notes import PURGED, kept_of_note
from mass_apology.ledger.recorded import Note, Refusal, Unfinished
from mass_apology.ledger.staged import Changed
from mass_apology.ledger.whereabouts import LogMark
from mass_apology.model import DUE, NO_LETTER, Delivery, LargestLetter, Status, largest_of
from mass_apology.quantities import counted, were


class Session(Protocol):
    def require_lock(self) -> None: ...

    def settle_waiting(self, now: float) -> Counter[Status]: ...


class MemoryWaves(MemoryWaveRecords):
    """Implements ``port.Waves``."""

    def __init__(self, campaign: MemoryCampaign, session: Session) -> None:
        super().__init__(campaign)
        self._session = session

    def arm(self, consent: Armed, *, overridden: Sequence[str] = ()) -> None:
        self._campaign.armed[consent.wave] = consent
        what = f"wave {consent.wave} of at most {counted(consent.letters, 'letter')} armed by {consent.by}"
        what += f"; overridden: {', '.join(overridden)}" if overridden else ""
        self._campaign.notes.append(Note(at=consent.at, what=what))

    def add(
        self,
        wave: str,
        letters: Iterable[Addition],
        now: float,
        *,
        largest: LargestLetter = NO_LETTER,
        changes: Iterable[Changed] = (),
    ) -> None:
        self._session.require_lock()
        additions = list(letters)
        withheld = self._withheld(wave, additions)
        for change in changes:
            person = self._campaign.people[change.recipient]
            person.rows = change.rows
            person.recipient = replace(
                person.recipient, name=change.name, language=change.language, time_zone=change.time_zone
            )
        for letter in withheld:
            del self._campaign.letters[letter.id]
        for each in additions:
            person = self._campaign.people[each.recipient]
            self._campaign.add_letter(person, wave, each.message_id, each.language, now)
        self._campaign.largest[wave] = largest_of([self._campaign.largest.get(wave, NO_LETTER), largest])

    def withhold(self, reasons: Mapping[int, str], now: float) -> None:
        self._session.require_lock()
        for number, reason in reasons.items():
            if self._campaign.letters[number].status in DUE:
                self._campaign.letters[number].withhold(reason, now)

    def _withheld(self, wave: str, additions: Sequence[Addition]) -> list[Letter]:
        """The letters in whose place these come. Raises, before anything is changed, if there are others."""
        if len({each.recipient for each in additions}) < len(additions):
            raise IllegalTransition(f"Somebody would get two letters of the wave {wave}.", next_step="Plan it anew.")
        people = [self._campaign.people[each.recipient] for each in additions]
        found = [letter for person in people if (letter := self._campaign.letter_of(person, wave))]
        if any(letter.status is not Status.WITHHELD for letter in found):
            raise IllegalTransition(f"Somebody has a letter of the wave {wave} already.", next_step="Plan it anew.")
        return found


class MemoryFeedback:
    """Implements ``port.Feedback``."""

    def __init__(self, campaign: MemoryCampaign, session: Session) -> None:
        self._campaign = campaign
        self._session = session

    def known(self, keys: Collection[str]) -> frozenset[str]:
        return frozenset(key for key, _ in self._campaign.came_back if key in keys)

    def first_planned_at(self) -> float | None:
        return min((letter.planned_at for letter in self._campaign.letters.values()), default=None)

    def first_letters_at(self, addresses: Collection[str]) -> Mapping[str, float]:
        left = {
            address: [moment for each in self._to(address) if (moment := each.accepted_at or each.handed_over_at)]
            for address in addresses
        }
        return {address: min(moments) for address, moments in left.items() if moments}

    def find(self, asked: Sequence[Traces]) -> list[Match | None]:
        return [self._find(traces) for traces in asked]

    def _find(self, traces: Traces) -> Match | None:
        letters = list(self._campaign.letters.values())
        acknowledged = [each for each in letters if _is_acknowledged(each)]
        lookups = [
            *([each for each in letters if each.token == token] for token in traces.tokens),
            *([each for each in letters if each.message_id == message_id] for message_id in traces.message_ids),
            *(
                [each for each in acknowledged if (each.reply or "").rpartition(" ")[2] == relay_id]
                for relay_id in traces.relay_ids
            ),
        ]
        for found in lookups:
            if len(found) == 1:
                return _match(found[0], proven=True)
        found = list(self._to(traces.address))
        return _match(found[-1], proven=False) if found else None

    def record(self, notes: Sequence[came_back.Note], now: float) -> Counter[Status]:
        is_purged = any(note.what == PURGED for note in self._campaign.notes)
        for note in map(_forgotten, notes) if is_purged else notes:
            self._campaign.came_back.setdefault(
                (note.key, note.part), CameBack(note, note.becomes if note.match else None, now)
            )
        return self._session.settle_waiting(now)

    def waiting(self) -> int:
        waiting = (each.note.match for each in self._campaign.came_back.values() if each.becomes is not None)
        return len({match.delivery for match in waiting if match})

    def _to(self, address: str) -> Iterator[Letter]:
        letters = self._campaign.letters.values()
        return (each for each in letters if each.person.recipient.address in {address, address.lower()})


class MemoryDoubts:
    """Implements ``port.Doubts``."""

    def __init__(self, campaign: MemoryCampaign, session: Session) -> None:
        self._campaign = campaign
        self._session = session

    def all(self) -> list[Doubt]:
        return [
            Doubt(
                delivery=each.id,
                message_id=each.message_id,
                address=each.person.recipient.address,
                handed_over_at=each.handed_over_at or 0.0,
            )
            for each in self._in_doubt()
        ]

    def acknowledged(self, since: float, until: float, limit: int) -> list[tuple[str, float]]:
        found = [
            (each.message_id, each.handed_over_at)
            for each in self._campaign.letters.values()
            if _is_acknowledged(each) and each.handed_over_at is not None and since <= each.handed_over_at <= until
        ]
        return sorted(found, key=lambda each: -each[1])[:limit]

    def on_their_way(self) -> int:
        return sum(each.status is Status.HANDING_OVER for each in self._campaign.letters.values())

    def settle(self, proofs: Sequence[Proof], now: float) -> int:
        in_doubt = {each.id: each for each in self._in_doubt()}
        proven = {each.delivery: each for each in reversed(proofs) if each.delivery in in_doubt}
        for number, proof in proven.items():
            in_doubt[number].become(Status.ACCEPTED, now)
            in_doubt[number].accepted_at, in_doubt[number].reply = proof.at, proof.reply
        count = f"{counted(len(proven), 'letter')} in doubt {were(len(proven))}"
        self._note(now, f"{count} found in the relay's log and counted as accepted")
        return len(proven)

    def letters(self, wave: str, letters: Iterable[int]) -> list[Delivery]:
        asked = set(letters)
        return [self._campaign.delivery(each) for each in self._in_doubt() if each.wave == wave and each.id in asked]

    def release(self, wave: str, letters: Collection[int], now: float) -> int:
        self._session.require_lock()
        released = [each for each in self._in_doubt() if each.wave == wave and each.id in letters]
        for letter in released:
            letter.be_due_again(now)
            letter.stays = letter.relay is not None
        if count := len(released):
            what = f"{counted(count, 'letter')} of the wave {wave} in doubt {were(count)} released to be sent again"
            self._note(now, what)
        return count

    def _in_doubt(self) -> list[Letter]:
        return [each for each in self._campaign.letters.values() if each.status is Status.IN_DOUBT]

    def _note(self, now: float, what: str) -> None:
        self._campaign.notes.append(Note(at=now, what=what))


class MemoryRefusals:
    """Implements ``port.Refusals``."""

    def __init__(self, campaign: MemoryCampaign, session: Session) -> None:
        self._campaign = campaign
        self._session = session

    def of(self, wave: str) -> list[Refusal]:
        return [
            Refusal(
                delivery=each.id,
                address=each.person.recipient.address,
                lines=each.person.lines,
                rows=each.person.rows,
                code=each.code,
                enhanced_code=each.enhanced_code,
                reply=each.reply or "",
                left_file=each.person.left_at is not None,
            )
            for each in self._campaign.of(wave)
            if each.status is Status.REFUSED
        ]

    def take_back(self, deliveries: Sequence[int], what: str, now: float) -> int:
        self._session.require_lock()
        letters = [self._campaign.letters[each] for each in deliveries if each in self._campaign.letters]
        refused = [each for each in letters if each.status is Status.REFUSED]
        for letter in refused:
            letter.be_due_again(now)
        self._campaign.notes.append(Note(at=now, what=what))
        return len(refused)


class MemoryChoices(MemoryChoiceRecords):
    """Implements ``port.Choices``."""

    def record(self, tokens: Sequence[Token], now: float) -> Recorded:
        letters = {letter.token: letter.id for letter in self._campaign.letters.values()}
        known = [(order, token) for order, token in enumerate(tokens) if token.letter in letters]
        before = len(self._campaign.choices)
        for order, token in known:
            letter = letters[token.letter]
            made = {(each, remedy) for each, remedy, _ in self._campaign.choices}
            if token.at is not None or (letter, token.remedy) not in made:
                at = now + order / 1_000_000 if token.at is None else token.at
                self._campaign.choices.setdefault((letter, token.remedy, at), token.source)
        new = len(self._campaign.choices) - before
        return Recorded(new=new, known=len(known) - new, strange=len(tokens) - len(known))


class MemoryAnswers(MemoryAnswerRecords):
    """Implements ``port.Answers``."""

    def answered(self, addresses: Collection[str], now: float) -> frozenset[str]:
        wrote: dict[str, set[int]] = {}
        for person, each in self.replies():
            for address in (person.recipient.address, each.note.address):
                wrote.setdefault(address.lower(), set()).add(person.id)
        for address in addresses:
            self._campaign.answered.update(dict.fromkeys(wrote.get(address.lower(), ()), now))
        return frozenset(address for address in addresses if address.lower() not in wrote)


class MemoryPurging:
    """Implements ``port.Purging``."""

    def __init__(self, campaign: MemoryCampaign, session: Session) -> None:
        self._campaign = campaign
        self._session = session

    def newest(self) -> float | None:
        letters = self._campaign.letters.values()
        return max((each.planned_at if each.marked_at is None else each.marked_at for each in letters), default=None)

    def unfinished(self) -> Unfinished:
        found = Counter(each.status for each in self._campaign.letters.values())
        due = sum(found[status] for status in {*DUE, Status.HANDING_OVER})
        return Unfinished(due=due, in_doubt=found[Status.IN_DOUBT])

    def named(self) -> int:
        people = [each for each in self._campaign.people.values() if each.recipient.address]
        others = {
            (each.row.line if each.row.identity is None else "", each.row.identity)
            for each in self._campaign.set_aside
            if each.person is None and (each.row.address or each.row.reason or each.row.row)
        }
        return len(people) + len(others)

    def purge(self, now: float) -> None:
        self._session.require_lock()
        campaign = self._campaign
        for person in campaign.people.values():
            person.recipient = replace(person.recipient, address="", name="", customer=None, person=None, row={})
            person.rows = "[{}]"
        for letter in campaign.letters.values():
            letter.reply = letter.subject = None
        campaign.set_aside = [
            dataclasses.replace(each, row=replace(each.row, address="", reason="", row={}))
            for each in campaign.set_aside
        ]
        for each in campaign.came_back.values():
            each.note = _forgotten(each.note)
        campaign.choices = dict.fromkeys(campaign.choices, "")
        campaign.armed = {wave: replace(consent, by="") for wave, consent in campaign.armed.items()}
        campaign.header = ()
        campaign.letter_files = {}
        campaign.told = None
        campaign.notes = [Note(at=each.at, what=kept_of_note(each.what)) for each in campaign.notes]
        campaign.notes.append(Note(at=now, what=PURGED))


class MemoryContinuity(MemoryContinuityRecords):
    """Implements ``port.Continuity`` without ``become`` and ``learn``, which rebuild a ledger that was lost, and
    without ``trust_server``, for there is no server."""

    def __init__(self, campaign: MemoryCampaign, session: Session) -> None:
        super().__init__(campaign)
        self._session = session

    def begin_run(self, run: str, now: float) -> None:
        self._session.require_lock()
        self._campaign.runs.add(run)

    def use_suppressions(self, path: str, entries: int) -> None:
        self._session.require_lock()
        self._campaign.suppressions = (path, entries)

    def settle(self, log: LogMark, *, replaces: Sequence[str], runs: Sequence[str], now: float) -> None:
        self.agree(log, replaces=replaces, runs=runs, now=now)

    def agree(self, log: LogMark, *, replaces: Sequence[str], runs: Sequence[str], now: float) -> None:
        self._session.require_lock()
        self._campaign.log = log
        self._campaign.replaced.update(replaces)
        self._campaign.runs.update(runs)

    def take_place_of(self, others: Sequence[str], now: float) -> None:
        self._session.require_lock()
        self._campaign.replaced.update(others)


def _forgotten(note: came_back.Note) -> came_back.Note:
    match = replace(note.match, address="") if note.match else None
    return replace(note, match=match, address="", detail="", said="")


def _is_acknowledged(letter: Letter) -> bool:
    return letter.status is Status.ACCEPTED and letter.code is not None and 200 <= letter.code < 300


def _match(letter: Letter, *, proven: bool) -> Match:
    return Match(delivery=letter.id, address=letter.person.recipient.address, proven=proven)


class MemoryLetterFiles(MemoryLetterFileRecords):
    """Implements ``port.LetterFiles``."""

    def __init__(self, campaign: MemoryCampaign, session: Session) -> None:
        super().__init__(campaign)
        self._session = session

    def keep(self, wave: str, files: Mapping[str, bytes]) -> None:
        self._session.require_lock()
        self._campaign.letter_files[wave] = dict(files)
