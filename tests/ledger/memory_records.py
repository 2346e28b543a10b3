"""A campaign in memory, open for reading."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Self

import msgspec
from memory_campaign import CameBack, Letter, MemoryCampaign, Person, SetAside

from mass_apology.ledger.came_back import Choice, Returned, WaitingPerson
from mass_apology.ledger.further_waves import Armed, Candidate, Sharer, Thread
from mass_apology.ledger.purged_notes import PURGED
from mass_apology.ledger.recorded import Destinations, Edition, LatestReply, LetterFile, Note, People, Result
from mass_apology.ledger.sender_state import Control, Holder, SenderReport, SharedWave
from mass_apology.ledger.whereabouts import Gone, KnownLetter, Origin
from mass_apology.model import DUE, NO_LETTER, REACHED, LargestLetter, Status


class MemoryRecords:
    """Implements ``port.Records``."""

    def __init__(self, campaign: MemoryCampaign, place: str) -> None:
        self._campaign = campaign
        self.place = place
        self.name = campaign.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @property
    def waves(self) -> MemoryWaveRecords:
        return MemoryWaveRecords(self._campaign)

    @property
    def choices(self) -> MemoryChoiceRecords:
        return MemoryChoiceRecords(self._campaign)

    @property
    def answers(self) -> MemoryAnswerRecords:
        return MemoryAnswerRecords(self._campaign)

    @property
    def continuity(self) -> MemoryContinuityRecords:
        return MemoryContinuityRecords(self._campaign)

    @property
    def letter_files(self) -> MemoryLetterFileRecords:
        return MemoryLetterFileRecords(self._campaign)

    @property
    def overview(self) -> MemoryOverview:
        return MemoryOverview(self._campaign)

    # CampaignFacts

    @property
    def key(self) -> bytes:
        return self._campaign.key

    @property
    def digest_parts(self) -> Mapping[str, str]:
        return self._campaign.digest_parts

    @property
    def header(self) -> tuple[str, ...]:
        return self._campaign.header

    @property
    def is_purged(self) -> bool:
        return any(note.what == PURGED for note in self._campaign.notes)

    def editions(self) -> list[Edition]:
        letters = Counter(
            (each.wave, each.edition) for each in self._campaign.letters.values() if each.accepted_at is not None
        )
        return [
            Edition(wave=wave, digest=digest, digest_parts=parts, first_at=at, letters=letters[wave, digest])
            for (wave, digest), (parts, at) in self._campaign.editions.items()
        ]

    # Requests

    def holder(self) -> Holder | None:
        return self._campaign.holder

    def request(self, wanted: Control, *, note: str = "") -> None:
        self._campaign.wanted = wanted
        if note:
            self.remark(note)

    def remark(self, what: str) -> None:
        self._campaign.notes.append(Note(at=time.time(), what=what))

    def shared(self) -> SharedWave | None:
        return None

    def reports(self) -> tuple[SenderReport, ...]:
        if self._campaign.told is None:
            return ()
        epoch, report = self._campaign.told
        return (msgspec.structs.replace(report, is_latest=epoch == self._campaign.epoch),)

    def requested(self) -> Control:
        return self._campaign.wanted

    def handed_over(self, since: float) -> tuple[int, float | None]:
        moments = (each.handed_over_at for each in self._campaign.letters.values())
        later = [moment for moment in moments if moment is not None and moment > since]
        return len(later), min(later, default=None)

    # Results

    def people(self, wave: str) -> People:
        found = Counter(letter.status for letter in self._campaign.of(wave))
        set_aside = len(self._campaign.people_set_aside(wave))
        counts = {status: found[status] for status in Status}
        counts[Status.WITHHELD] += set_aside
        rows = sum(each.wave == wave for each in self._campaign.set_aside)
        return People(counts=counts, letters=found.total(), set_aside=set_aside, rows_set_aside=rows)

    def counts(self, wave: str) -> dict[Status, int]:
        return dict(self.people(wave).counts)

    def largest_letter(self, wave: str) -> LargestLetter:
        return self._campaign.largest.get(wave, NO_LETTER)

    def wave_names(self) -> list[str]:
        return list(dict.fromkeys(letter.wave for letter in self._campaign.letters.values()))

    def waiting(self, wave: str) -> Iterator[list[tuple[int, str, bool]]]:
        due = [each for each in self._campaign.of(wave) if each.status in DUE]
        if due:
            yield [(each.id, each.person.recipient.address, each.person.left_at is not None) for each in due]

    def in_doubt_ids(self, wave: str) -> list[int]:
        letters = self._campaign.of(wave)
        return [each.id for each in letters if each.status is Status.IN_DOUBT and each.person.left_at is None]

    def kept_back(self, wave: str) -> Iterator[tuple[str, str]]:
        for letter in self._campaign.of(wave):
            if letter.status is Status.WITHHELD and letter.person.left_at is None:
                yield letter.person.recipient.address, letter.reply or ""
        for each in self._campaign.set_aside:
            if each.wave == wave:
                yield each.row.address, each.row.reason

    def usage_since(self, since: float, relay: str | None = None) -> list[tuple[int, int]]:
        letters = self._campaign.letters.values()
        moments = (each.handed_over_at for each in letters if relay is None or each.relay in {None, relay})
        minutes = Counter(int(moment // 60) * 60 for moment in moments if moment is not None)
        return sorted((minute, count) for minute, count in minutes.items() if minute + 60 > since)

    def notes(self) -> list[Note]:
        return list(self._campaign.notes)

    def results(self, wave: str) -> Iterator[Result]:
        found = [_result(each, self._reason(each)) for each in self._campaign.of(wave)]
        yield from [*found, *map(_set_aside, self._campaign.people_set_aside(wave))]

    def _reason(self, letter: Letter) -> str | None:
        """Of one that was withheld: what is wrong with its rows."""
        if letter.status is Status.WITHHELD:
            for each in self._campaign.set_aside:
                if (each.person, each.wave) == (letter.person, letter.wave):
                    return each.row.reason
        return letter.reply


class MemoryWaveRecords:
    """Implements ``port.WaveRecords``."""

    def __init__(self, campaign: MemoryCampaign) -> None:
        self._campaign = campaign

    def candidates(self, base: str, wave: str) -> Iterator[Candidate]:
        yield from [
            self._candidate(each, self._campaign.letter_of(each.person, wave)) for each in self._campaign.of(base)
        ]

    def candidates_of(self, base: str, letters: Sequence[int]) -> list[Candidate]:
        pairs = ((self._campaign.letter_of(self._campaign.letters[each].person, base), each) for each in letters)
        found = [(letter, self._campaign.letters[each]) for letter, each in pairs if letter]
        return [self._candidate(*each) for each in sorted(found, key=lambda pair: pair[0].id)]

    def threads(self, recipients: Sequence[int]) -> dict[int, Thread]:
        found: dict[int, Thread] = {}
        for letter in self._campaign.letters.values():
            if letter.person.id in recipients and letter.accepted_at is not None:
                earlier = found.get(letter.person.id, Thread()).message_ids
                found[letter.person.id] = Thread(
                    message_ids=(*earlier, letter.message_id), subject=letter.subject or ""
                )
        return found

    def planned(self, wave: str) -> int:
        return sum(letter.status is not Status.WITHHELD for letter in self._campaign.of(wave))

    def languages(self, wave: str, also: Sequence[int] = ()) -> dict[str, int]:
        found = [each for each in self._campaign.of(wave) if each.status in DUE or each.id in also]
        counts = Counter(each.language for each in found)
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def sharing(self, wave: str) -> list[Sharer]:
        people = self._campaign.people.values()
        mailboxes = Counter(person.recipient.mailbox for person in people)
        shared = [each for each in people if mailboxes[each.recipient.mailbox] > 1]
        letters = {each.id: self._campaign.letter_of(each, wave) for each in shared}

        def is_due(recipient: int) -> bool:
            letter = letters[recipient]
            return letter is not None and letter.status in DUE

        return [
            Sharer(
                recipient=each.id,
                mailbox=each.recipient.mailbox,
                has_letter=(letter := letters[each.id]) is not None and letter.status is not Status.WITHHELD,
            )
            for each in sorted(shared, key=lambda each: (is_due(each.id), each.id))
        ]

    def armed(self) -> dict[str, Armed]:
        return dict(self._campaign.armed)

    def agreed_letters(self, since: float) -> dict[str, int]:
        letters = self._campaign.letters.values()
        planned = [each.wave for each in letters if each.status is not Status.WITHHELD and each.planned_at > since]
        return dict(Counter(wave for wave in planned if wave in self._campaign.armed))

    def _candidate(self, letter: Letter, following: Letter | None) -> Candidate:
        person = letter.person
        kinds = (
            each.note.kind
            for each in self._campaign.came_back.values()
            if each.note.match and self._campaign.letters[each.note.match.delivery].person is person
        )
        return Candidate(
            delivery=letter.id,
            recipient=person.id,
            identity=person.recipient.identity,
            address=person.recipient.address,
            name=person.recipient.name,
            language=person.recipient.language,
            time_zone=person.recipient.time_zone,
            lines=person.lines,
            rows=person.rows,
            status=letter.status,
            accepted_at=letter.accepted_at,
            sha256=letter.sha256,
            edition=letter.edition,
            replied="reply" in kinds,
            left_file=person.left_at is not None,
            code=person.code,
            next_delivery=following.id if following else None,
            next_status=following.status if following else None,
        )


class MemoryChoiceRecords:
    """Implements ``port.ChoiceRecords``."""

    def __init__(self, campaign: MemoryCampaign) -> None:
        self._campaign = campaign

    def last(self) -> Iterator[Choice]:
        letters = self._campaign.letters
        by_time = sorted(self._campaign.choices.items(), key=lambda each: each[0][2])
        last = {letters[letter].person: (remedy, at, source) for (letter, remedy, at), source in by_time}
        for person, (remedy, at, source) in sorted(last.items(), key=lambda each: each[0].id):
            yield Choice(
                address=person.recipient.address,
                name=person.recipient.name,
                lines=person.lines,
                rows=person.rows,
                remedy=remedy,
                at=at,
                source=source,
            )

    def undecided(self) -> int:
        letters = self._campaign.letters
        decided = {letters[letter].person for letter, _, _ in self._campaign.choices}
        return len({each.person for each in letters.values() if each.status in REACHED} - decided)


class MemoryAnswerRecords:
    """Implements ``port.AnswerRecords``."""

    def __init__(self, campaign: MemoryCampaign) -> None:
        self._campaign = campaign

    def waiting(self) -> Iterator[WaitingPerson]:
        by_person: dict[int, list[tuple[Letter, CameBack]]] = {}
        for person, each in self.replies():
            if each.note.address and each.read_at > self._campaign.answered.get(person.id, 0):
                letter = self._campaign.letters[each.note.match.delivery]
                by_person.setdefault(person.id, []).append((letter, each))
        found = [min(each, key=lambda pair: _written_at(pair[1])) for each in by_person.values()]
        for letter, first in sorted(found, key=lambda pair: (_written_at(pair[1]), pair[0].person.id)):
            yield WaitingPerson(
                address=letter.person.recipient.address,
                name=letter.person.recipient.name,
                language=letter.language,
                lines=letter.person.lines,
                rows=letter.person.rows,
                sender=first.note.address,
                subject=first.note.detail,
                since=_written_at(first),
                messages=len(by_person[letter.person.id]),
            )

    def all(self) -> Iterator[Returned]:
        def order(each: CameBack) -> tuple[float, str, int]:
            return each.read_at, each.note.key, each.note.part

        for each in sorted(self._campaign.came_back.values(), key=order):
            note = each.note
            yield Returned(
                key=note.key,
                part=note.part,
                read_at=each.read_at,
                at=note.at,
                kind=note.kind,
                cause=note.cause,
                message_id=self._campaign.letters[note.match.delivery].message_id if note.match else None,
                proven=note.match is not None and note.match.proven,
                address=note.address,
                detail=note.detail,
            )

    def replies(self) -> Iterator[tuple[Person, CameBack]]:
        for each in self._campaign.came_back.values():
            if each.note.kind == "reply" and each.note.match:
                yield self._campaign.letters[each.note.match.delivery].person, each


def _written_at(each: CameBack) -> float:
    return each.read_at if each.note.at is None else each.note.at


class MemoryContinuityRecords:
    """Implements ``port.ContinuityRecords``. Memory is never copied or moved."""

    def __init__(self, campaign: MemoryCampaign) -> None:
        self._campaign = campaign

    @property
    def origin(self) -> Origin:
        path, entries = self._campaign.suppressions
        return Origin(
            ledger=self._campaign.ledger, folder="", suppressions=path, suppressed=entries, log=self._campaign.log
        )

    def copied_from(self) -> str:
        return ""

    def other_server(self) -> bool:
        return False

    def is_settled_here(self) -> bool:
        return True

    def gone(self) -> Gone:
        letters = self._campaign.letters.values()
        gone = [
            each
            for each in letters
            if each.accepted_at is not None
            or each.status in {Status.HANDING_OVER, Status.IN_DOUBT, Status.BOUNCED, Status.COMPLAINED}
        ]
        return Gone(handed_over=len(gone), accepted=sum(each.accepted_at is not None for each in gone))

    def knows_run(self, run: str) -> bool:
        return run in self._campaign.runs

    def replaced(self) -> frozenset[str]:
        return frozenset(self._campaign.replaced)

    def spread(self, most: int) -> list[str]:
        addresses = [person.recipient.address for person in self._campaign.people.values()]
        return addresses[:: -(-len(addresses) // most) or 1]

    def by_number(self, numbers: Sequence[int]) -> dict[int, KnownLetter]:
        return {each.number: each for each in self.all_letters() if each.number in numbers}

    def all_letters(self) -> Iterator[KnownLetter]:
        for letter in list(self._campaign.letters.values()):
            settled = letter.status not in DUE | {Status.WITHHELD}
            yield KnownLetter(letter.id, letter.token, letter.attempts, letter.handed_over_at is not None, settled)


def _result(letter: Letter, reply: str | None) -> Result:
    recipient = letter.person.recipient
    return Result(
        delivery=letter.id,
        address=recipient.address,
        name=recipient.name,
        language=letter.language,
        time_zone=recipient.time_zone,
        lines=letter.person.lines,
        rows=letter.person.rows,
        enhanced_code=letter.enhanced_code,
        reply=reply,
        sha256=letter.sha256,
        wave=letter.wave,
        status=letter.status,
        message_id=letter.message_id,
        attempts=letter.attempts,
        planned_at=letter.planned_at,
        due_at=letter.due_at,
        handed_over_at=letter.handed_over_at,
        accepted_at=letter.accepted_at,
        marked_at=letter.marked_at,
        code=letter.code,
        customer_code=letter.person.code or None,
        relay=letter.relay,
    )


def _set_aside(rows: Sequence[SetAside]) -> Result:
    first = rows[0]
    reasons = {each.row.reason for each in rows}
    several = " ".join(f"Line {each.row.line}: {each.row.reason}" for each in rows)
    return Result(
        delivery=None,
        address=first.row.address,
        name="",
        language="",
        time_zone="",
        wave=first.wave,
        status=Status.WITHHELD,
        message_id="",
        attempts=0,
        lines=msgspec.json.encode([each.row.line for each in rows]).decode(),
        rows=msgspec.json.encode([each.row.row for each in rows]).decode(),
        planned_at=first.at,
        marked_at=first.at,
        reply=first.row.reason if len(reasons) == 1 else several,
    )


_TROUBLE = (
    Status.DEFERRED,
    Status.IN_DOUBT,
    Status.REFUSED,
    Status.EXPIRED,
    Status.BOUNCED,
    Status.COMPLAINED,
)


class MemoryOverview:
    """Implements ``port.Overview``."""

    def __init__(self, campaign: MemoryCampaign) -> None:
        self._campaign = campaign

    def by_language(self, wave: str) -> Mapping[str, Mapping[Status, int]]:
        return _ranked((letter.language, letter.status) for letter in self._campaign.of(wave))

    def by_destination(self, wave: str, largest: int, troubled: int) -> Destinations:
        letters = self._campaign.of(wave)
        ranked = _ranked((each.person.recipient.address.rpartition("@")[2], each.status) for each in letters)
        trouble = {
            name: sum(counts.get(status, 0) for status in _TROUBLE) for name, counts in list(ranked.items())[largest:]
        }
        others = sorted((name for name in trouble if trouble[name]), key=lambda name: -trouble[name])
        shown = [*list(ranked)[:largest], *others[:troubled]]
        return Destinations(counts={name: ranked[name] for name in shown}, domains=len(ranked))

    def latest_replies(self, most: int) -> list[LatestReply]:
        silent = {Status.PLANNED, Status.HANDING_OVER, Status.ACCEPTED, Status.WITHHELD}
        found = [
            LatestReply(
                wave=each.wave,
                status=each.status,
                code=each.code,
                enhanced_code=each.enhanced_code,
                text=each.reply,
                at=each.marked_at or 0.0,
            )
            for each in reversed(self._campaign.letters.values())
            if each.status not in silent and each.reply is not None
        ]
        return sorted(found, key=lambda each: -each.at)[:most]

    def hand_overs(self, seconds: int) -> list[tuple[int, int]]:
        moments = (each.handed_over_at for each in self._campaign.letters.values())
        return sorted(Counter(int(at // seconds) * seconds for at in moments if at is not None).items())


def _ranked(letters: Iterable[tuple[str, Status]]) -> dict[str, dict[Status, int]]:
    found: dict[str, Counter[Status]] = {}
    for name, status in letters:
        found.setdefault(name, Counter())[status] += 1
    return {name: dict(found[name]) for name in sorted(found, key=lambda each: (-found[each].total(), each))}


class MemoryLetterFileRecords:
    """Implements ``port.LetterFileRecords``."""

    def __init__(self, campaign: MemoryCampaign) -> None:
        self._campaign = campaign

    def of(self, wave: str) -> list[LetterFile]:
        files = sorted(self._campaign.letter_files.get(wave, {}).items())
        return [LetterFile(path=path, sha256=hashlib.sha256(data).digest(), octets=len(data)) for path, data in files]

    def content(self, sha256: bytes) -> bytes | None:
        contents = (data for files in self._campaign.letter_files.values() for data in files.values())
        return next((data for data in contents if hashlib.sha256(data).digest() == sha256), None)
