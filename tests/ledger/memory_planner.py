"""A plan in memory. People are known again by their mailbox; it does not know customers by keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import msgspec
from memory_campaign import LEFT, Letter, MemoryCampaign, Person, SetAside
from memory_ledger import MemoryLedger
from msgspec.structs import replace

from mass_apology.ledger.merging import NAMED, Merging, Row, merge
from mass_apology.ledger.staged import (
    Changed,
    Codes,
    Conflict,
    Counts,
    Kin,
    Known,
    Planned,
    Respelled,
    SeveralRows,
    Shared,
)
from mass_apology.model import (
    DUE,
    NO_LETTER,
    Delivery,
    LargestLetter,
    Recipient,
    Status,
    Withheld,
    read_lines,
    read_rows,
)


@dataclass(frozen=True)
class Staged:
    """One letter of the plan, and what the ledger knows of it."""

    recipient: Recipient  # as all its rows together say
    found: Merging
    person: Person | None
    letter: Letter | None

    @property
    def id(self) -> int:
        return self.found.merged.staged

    @property
    def lines(self) -> tuple[int, ...]:
        return tuple(read_lines(self.found.merged.lines))

    @property
    def fate(self) -> str:
        """As ``Planned`` counts it."""
        if self.person is None or self.letter is None or self.letter.status is Status.WITHHELD:
            return "new"
        if self._data == (_data(self.person.recipient), self.person.rows, self.letter.language):
            return "known"
        return "updated" if self.letter.status in DUE else "outdated"

    @property
    def wants_code(self) -> bool:
        is_due = self.letter is None or self.letter.status in {*DUE, Status.WITHHELD}
        return is_due and not (self.person and self.person.code)

    @property
    def _data(self) -> tuple[object, ...]:
        return _data(self.recipient), self.found.merged.rows, self.found.merged.letter_language


class MemoryPlanner:
    """Implements ``port.Planner``; everything is worked out anew whenever it is asked for."""

    def __init__(
        self,
        campaign: Callable[[], MemoryCampaign | None],
        wave: str,
        message_id: Callable[[int], str],
        *,
        stamp: bytes,
        on_keep: Callable[[MemoryPlanner], None],
    ) -> None:
        self.stamp = stamp
        self.kept = self.record = b""
        self._on_keep = on_keep
        self._is_to_be_kept = False
        self._campaign = campaign
        self._wave = wave
        self._message_id = message_id
        self._rows: list[tuple[Recipient, Row]] = []
        self._set_aside: list[Withheld] = []
        self._offered: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_to_be_kept:
            self._on_keep(self)

    def keep(self, record: bytes) -> None:
        self.record, self._is_to_be_kept = record, True

    # PlanInput

    def add(self, recipients: Sequence[tuple[Recipient, str]]) -> None:
        for recipient, letter_language in recipients:
            if recipient.customer is not None:
                raise NotImplementedError("people are known again by their mailbox only")
            self._rows.append((recipient, _row(len(self._rows) + 1, recipient, letter_language)))

    def withhold(self, rows: Sequence[Withheld]) -> None:
        self._set_aside += rows

    def withhold_conflicts(self) -> None:
        self.withhold_letters([(conflict.staged, conflict.problem) for conflict in self.conflicts(len(self._rows))])

    def withhold_letters(self, failed: Iterable[tuple[int, str]]) -> None:
        letters = {each.id: each for each in self._letters()}
        for staged, reason in failed:
            recipient, merged = letters[staged].recipient, letters[staged].found.merged
            self._set_aside += [
                Withheld(line=line, address=recipient.address, reason=reason, identity=recipient.identity, row=row)
                for line, row in zip(read_lines(merged.lines), read_rows(merged.rows), strict=True)
            ]
            self._rows = [each for each in self._rows if each[0].identity != recipient.identity]

    def offer(self, codes: Iterable[str]) -> None:
        self._offered = list(dict.fromkeys([*self._offered, *codes]))

    # PlanContents

    def codes(self) -> Codes:
        return Codes(wanted=sum(each.wants_code for each in self._letters()), free=len(self._free_codes()))

    def conflicts(self, limit: int = 1000) -> list[Conflict]:
        found = [each for each in self._letters() if each.found.differs]
        return [
            Conflict(staged=each.id, lines=each.lines, differs=each.found.differs, address=each.recipient.address)
            for each in found[:limit]
        ]

    def counts(self, domains: int = 10) -> Counts:
        letters = self._letters()
        languages = Counter(each.found.merged.letter_language for each in letters)
        found = Counter(each.recipient.address.rpartition("@")[2] for each in letters)
        return Counts(
            letters=len(letters),
            rows=len(self._rows),
            withheld=len(self._set_aside),
            conflicts=sum(bool(each.found.differs) for each in letters),
            languages=dict(_most_frequent(languages)),
            domains=tuple(_most_frequent(found)[:domains]),
        )

    def shared(self) -> Iterator[Shared]:
        for each in self._letters():
            if names := each.found.persons:
                yield Shared(address=each.recipient.address, persons=len(names), names=names[:NAMED], lines=each.lines)

    def respelled(self) -> Iterator[Respelled]:
        for each in self._letters():
            if each.found.spellings:
                yield Respelled(addresses=each.found.spellings[:NAMED], lines=each.lines)

    def of_several_rows(self) -> Iterator[SeveralRows]:
        for each in self._letters():
            if len(each.lines) > 1:
                merged = each.found.merged
                yield SeveralRows(
                    language=merged.letter_language,
                    address=each.recipient.address,
                    lines=each.lines,
                    rows=read_rows(merged.rows),
                )

    def repeated(self) -> Iterator[Kin]:
        """None: customers are known by keys."""
        return iter(())

    # PlanOutlook

    def compare(self) -> Planned:
        fates = Counter(each.fate for each in self._letters())
        return Planned(
            **{fate: fates[fate] for fate in ("new", "known", "updated", "outdated")},
            missing=sum(each.status in DUE for each in self._left_out()),
            superseded=0,
            withheld=len(self._set_aside),
        )

    def known(self, limit: int = 5) -> Known:
        campaign = self._campaign()
        earlier = [each for each in campaign.of(self._wave) if each.status in LEFT] if campaign else []
        moments = [each.accepted_at or each.handed_over_at or each.marked_at for each in earlier]
        return Known(
            known=sum(each.person is not None for each in self._letters()),
            earlier=len(earlier),
            earlier_at=max((moment for moment in moments if moment is not None), default=None),
        )

    def outdated(self, limit: int = 100) -> list[int]:
        found = [each for each in self._letters() if each.fate == "outdated"]
        return [line for each in found[:limit] for line in each.lines]

    def leaving(self) -> frozenset[int]:
        return frozenset(each.id for each in self._left_out() if each.status is Status.IN_DOUBT)

    def changed(self) -> Iterator[Changed]:
        for each in self._letters():
            if each.fate == "outdated" and each.person:
                yield Changed(
                    recipient=each.person.id,
                    address=each.recipient.address,
                    name=each.recipient.name,
                    language=each.recipient.language,
                    time_zone=each.recipient.time_zone,
                    lines=each.found.merged.lines,
                    rows=each.found.merged.rows,
                )

    def deliveries(self, batch: int, *, everyone: bool = False) -> Iterator[list[Delivery]]:
        letters, codes = self._letters(), self._allotted()
        number = self._last_number(letters)
        found = []
        new = [each.id for each in _in_order(letters) if each.fate == "new"]
        numbers = {each: number + place for place, each in enumerate(new, start=1)}
        for each in letters:
            if everyone or each.fate in {"new", "updated"}:
                stays = each.letter.id if each.letter and each.fate != "new" else numbers.get(each.id, 0)
                found.append(self._delivery(each, stays, codes.get(each.id, "")))
        yield from (found[start : start + batch] for start in range(0, len(found), batch))

    # Making it the ledger's

    def commit(
        self,
        ledger: MemoryLedger,
        *,
        digest_parts: Mapping[str, str],
        header: Sequence[str],
        canary: Collection[int],
        now: float,
        largest: LargestLetter = NO_LETTER,
    ) -> Planned:
        ledger.require_lock()
        campaign = self._campaign()
        assert campaign is not None, "a ledger is open"
        self._is_to_be_kept = False
        planned, letters, codes = self.compare(), self._letters(), self._allotted()
        self._leave(campaign, letters, now)
        for each in letters:
            if each.fate == "new" and each.letter:
                del campaign.letters[each.letter.id]  # withheld when its row left the file, and the row is back
        for each in _in_order(letters):
            self._commit_letter(campaign, each, codes.get(each.id, ""), is_canary=each.id in canary, now=now)
        self._commit_rows(campaign, now)
        campaign.digest_parts, campaign.header = dict(digest_parts), tuple(header)
        campaign.largest[self._wave] = largest
        return planned

    def _leave(self, campaign: MemoryCampaign, letters: Sequence[Staged], now: float) -> None:
        for letter in self._left_out():
            if letter.status in DUE:
                letter.withhold("no longer in the recipients file", now)
        here = {each.person.id for each in letters if each.person}
        for person in campaign.people.values():
            person.left_at = None if person.id in here else person.left_at or now

    def _commit_letter(
        self, campaign: MemoryCampaign, staged: Staged, code: str, *, is_canary: bool, now: float
    ) -> None:
        fate, merged = staged.fate, staged.found.merged
        person = staged.person
        if person is None:
            person = Person(max(campaign.people, default=0) + 1, staged.recipient, merged.lines, merged.rows)
            campaign.people[person.id] = person
        person.lines, person.code = merged.lines, code
        if fate in {"new", "updated"}:
            person.recipient, person.rows = staged.recipient, merged.rows
        if fate == "new":
            message_id = self._message_id(person.recipient.identity)
            letter = campaign.add_letter(person, self._wave, message_id, merged.letter_language, now)
            letter.canary = is_canary
        elif fate == "updated" and staged.letter:
            staged.letter.language = merged.letter_language

    def _commit_rows(self, campaign: MemoryCampaign, now: float) -> None:
        own = {person.recipient.mailbox: person for person in campaign.people.values()}
        own |= {person.recipient.identity: person for person in campaign.people.values()}
        kept = [each for each in campaign.set_aside if each.wave != self._wave]
        rows = sorted(self._set_aside, key=lambda each: each.line)
        campaign.set_aside = kept + [
            SetAside(row, self._wave, own.get(row.identity) if row.identity is not None else None, now) for row in rows
        ]

    # How

    def _letters(self) -> list[Staged]:
        """The letters of the plan, in the file's order."""
        campaign = self._campaign()
        people = {each.recipient.mailbox: each for each in campaign.people.values()} if campaign else {}
        rows: dict[int, list[tuple[Recipient, Row]]] = {}
        for recipient, row in self._rows:
            rows.setdefault(recipient.identity, []).append((recipient, row))
        staged = []
        for same in rows.values():
            found = merge([row for _, row in same], each_customer=False)
            merged, person = found.merged, people.get(same[0][0].mailbox)
            recipient = replace(
                same[0][0],
                person=merged.person,
                name=merged.name,
                language=merged.language,
                time_zone=merged.time_zone,
            )
            letter = campaign.letter_of(person, self._wave) if campaign and person else None
            staged.append(Staged(recipient, found, person, letter))
        return staged

    def _left_out(self) -> list[Letter]:
        """The wave's letters to people who are not in the plan."""
        campaign = self._campaign()
        here = {each.person.id for each in self._letters() if each.person}
        return [each for each in campaign.of(self._wave) if each.person.id not in here] if campaign else []

    def _last_number(self, letters: Sequence[Staged]) -> int:
        """Of the letters that stay."""
        campaign = self._campaign()
        anew = {each.letter.id for each in letters if each.fate == "new" and each.letter}
        return max(set(campaign.letters) - anew, default=0) if campaign else 0

    def _free_codes(self) -> list[str]:
        campaign = self._campaign()
        taken = {person.code for person in campaign.people.values()} if campaign else set()
        return [code for code in self._offered if code not in taken]

    def _allotted(self) -> dict[int, str]:
        """Everybody's code, by the plan's letters: one that they have, or else the next."""
        letters, free = self._letters(), iter(self._free_codes())
        own = {each.id: each.person.code for each in letters if each.person and each.person.code}
        return own | {each.id: code for each, code in zip([e for e in letters if e.wants_code], free, strict=False)}

    def _delivery(self, staged: Staged, number: int, code: str) -> Delivery:
        recipient, merged = staged.recipient, staged.found.merged
        return Delivery(
            id=staged.id,
            address=recipient.address,
            name=recipient.name,
            language=merged.letter_language,
            time_zone=recipient.time_zone,
            lines=merged.lines,
            rows=merged.rows,
            message_id=self._message_id(recipient.identity),
            number=number,
            code=code,
        )


def _in_order(letters: Sequence[Staged]) -> list[Staged]:
    return sorted(letters, key=lambda each: -each.found.merged.priority)


def _row(number: int, recipient: Recipient, letter_language: str) -> Row:
    return Row(
        id=number,
        identity=recipient.identity,
        customer=recipient.customer,
        person=recipient.person,
        address=recipient.address,
        name=recipient.name,
        language=recipient.language,
        time_zone=recipient.time_zone,
        letter_language=letter_language,
        lines=f"[{recipient.line}]",
        rows=msgspec.json.encode([recipient.row]).decode(),
        names=None,
        priority=recipient.priority,
    )


def _data(recipient: Recipient) -> tuple[str, ...]:
    return recipient.address, recipient.name, recipient.language, recipient.time_zone


def _most_frequent(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))
