"""What a ledger in memory holds of one campaign. Sessions and readers share it, as they would share a file."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from mass_apology.errors import IllegalTransition
from mass_apology.ledger import came_back
from mass_apology.ledger.further_waves import Armed
from mass_apology.ledger.recorded import Note
from mass_apology.ledger.sender_state import Control, Holder, SenderReport
from mass_apology.ledger.whereabouts import LogMark
from mass_apology.model import FIRST_WAVE, TRANSITIONS, Delivery, LargestLetter, Mark, Recipient, Status, Withheld

LEFT = frozenset({Status.HANDING_OVER, Status.ACCEPTED, Status.IN_DOUBT, Status.BOUNCED, Status.COMPLAINED})
"""The letter has reached the relay, or may have."""


@dataclass(eq=False)
class Person:
    """Somebody to write to."""

    id: int
    recipient: Recipient  # as the file had them last, until their letter left
    lines: str
    rows: str
    left_at: float | None = None  # when a plan first found no usable row of theirs
    code: str = ""


@dataclass(eq=False)
class Letter:
    """One person in one wave."""

    id: int
    person: Person
    wave: str
    message_id: str
    language: str
    planned_at: float
    canary: bool = False
    status: Status = Status.PLANNED
    attempts: int = 0
    first_tried_at: float | None = None
    due_at: float | None = None
    handed_over_at: float | None = None
    accepted_at: float | None = None
    marked_at: float | None = None
    code: int | None = None
    enhanced_code: str | None = None
    reply: str | None = None
    sha256: bytes | None = None
    subject: str | None = None
    edition: str | None = None  # the digest of what it was made from
    epoch: int | None = None  # of who handed it over
    relay: str | None = None  # through which
    stays: bool = False  # and it goes through no other

    @property
    def token(self) -> str:
        return self.message_id.strip("<>").partition("@")[0]

    def become(self, status: Status, now: float) -> None:
        """The only way to another status. Raises ``IllegalTransition``, and changes nothing, where there is none."""
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(
                f"Delivery {self.id} is {self.status} and cannot become {status}.",
                next_step="Run send again, and report this as a mistake in mass-apology.",
            )
        self.status, self.marked_at = status, now

    def is_late(self, mark: Mark, epoch: int | None) -> bool:
        """Whether the mark is what became of the hand-over in this epoch, of which nothing is known since."""
        is_open = self.status in {Status.HANDING_OVER, Status.IN_DOUBT}
        return is_open and self.epoch == epoch and mark.status in TRANSITIONS[self.status]

    def apply(self, mark: Mark, edition: str | None, epoch: int | None) -> None:
        """Change as the mark says; ``edition`` is what letters are made from now, and ``epoch`` is the sender's."""
        self.become(mark.status, mark.at)
        self.attempts, self.due_at = mark.attempts, mark.due_at
        self.code, self.enhanced_code, self.reply = mark.code, mark.enhanced_code, mark.reply
        if self.first_tried_at is None:
            self.first_tried_at = mark.at
        if mark.status is Status.HANDING_OVER:
            self.handed_over_at, self.edition, self.epoch = mark.at, edition, epoch
            self.relay = mark.relay
        if mark.status is Status.ACCEPTED:
            self.accepted_at = mark.at
        self.sha256, self.subject = mark.sha256 or self.sha256, mark.subject or self.subject

    def withhold(self, reason: str, now: float) -> None:
        self.become(Status.WITHHELD, now)
        self.due_at = self.code = self.enhanced_code = None
        self.reply = reason

    def be_due_again(self, now: float) -> None:
        """Giving up counts anew."""
        self.become(Status.DEFERRED, now)
        self.due_at, self.first_tried_at = now, None


@dataclass(frozen=True)
class SetAside:
    """A row that cannot be written to."""

    row: Withheld
    wave: str
    person: Person | None  # whose it is, where the ledger knows them
    at: float


@dataclass
class CameBack:
    """A note, and the status that waits until its letter may have it."""

    note: came_back.Note
    becomes: Status | None
    read_at: float


@dataclass
class MemoryCampaign:
    """All of it."""

    name: str
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    ledger: str = field(default_factory=lambda: secrets.token_hex(16))
    digest_parts: dict[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    letter_files: dict[str, dict[str, bytes]] = field(default_factory=dict)  # wave → path → content
    people: dict[int, Person] = field(default_factory=dict)
    letters: dict[int, Letter] = field(default_factory=dict)
    set_aside: list[SetAside] = field(default_factory=list)
    largest: dict[str, LargestLetter] = field(default_factory=dict)  # by wave
    editions: dict[tuple[str, str], tuple[dict[str, str], float]] = field(default_factory=dict)  # wave and digest
    notes: list[Note] = field(default_factory=list)
    armed: dict[str, Armed] = field(default_factory=dict)
    came_back: dict[tuple[str, int], CameBack] = field(default_factory=dict)
    answered: dict[int, float] = field(default_factory=dict)  # a person's number, and when they were answered last
    choices: dict[tuple[int, str, float], str] = field(default_factory=dict)  # letter, remedy and moment; the source
    runs: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    suppressions: tuple[str, int] = ("", 0)
    log: LogMark = field(default_factory=LogMark)
    epoch: int = 0  # of the last session that took the lock
    holder: Holder | None = None  # whoever has it
    wanted: Control = Control.RUN
    told: tuple[int, SenderReport] | None = None  # what a run said of itself last, and its epoch

    def of(self, wave: str) -> Iterator[Letter]:
        """The wave's letters, in the order in which they were planned."""
        return (letter for letter in self.letters.values() if letter.wave == wave)

    def letter_of(self, person: Person, wave: str) -> Letter | None:
        return next((letter for letter in self.of(wave) if letter.person is person), None)

    def add_letter(self, person: Person, wave: str, message_id: str, language: str, now: float) -> Letter:
        """Plan a letter. Raises ``IllegalTransition`` where the person has one of the wave."""
        if self.letter_of(person, wave):
            raise IllegalTransition(f"Recipient {person.id} has a letter of the wave {wave}.", next_step="Plan anew.")
        letter = Letter(max(self.letters, default=0) + 1, person, wave, message_id, language, now)
        self.letters[letter.id] = letter
        return letter

    def accepted_before(self, letter: Letter) -> list[Letter]:
        """What the letter answers to, the oldest first."""
        return [
            each
            for each in self.letters.values()
            if each.person is letter.person and each.id < letter.id and each.accepted_at is not None
        ]

    def delivery(self, letter: Letter) -> Delivery:
        """All that the letter is rendered from."""
        earlier = self.accepted_before(letter) if letter.wave != FIRST_WAVE else []
        recipient = letter.person.recipient
        return Delivery(
            id=letter.id,
            address=recipient.address,
            name=recipient.name,
            language=letter.language,
            time_zone=recipient.time_zone,
            lines=letter.person.lines,
            rows=letter.person.rows,
            message_id=letter.message_id,
            wave=letter.wave,
            thread=tuple(each.message_id for each in earlier),
            thread_subject=(earlier[-1].subject or "") if earlier else "",
            number=letter.id,
            code=letter.person.code,
            attempts=letter.attempts,
            first_tried_at=letter.first_tried_at,
            left_file=letter.person.left_at is not None,
            relay=letter.relay if letter.stays or letter.status is Status.IN_DOUBT else None,
        )

    def people_set_aside(self, wave: str) -> list[list[SetAside]]:
        """The rows of each person who has no letter in the wave, in the order of the file."""
        found: dict[object, list[SetAside]] = {}
        for each in sorted(self.set_aside, key=lambda each: each.row.line):
            if each.wave == wave and not (each.person and self.letter_of(each.person, wave)):
                whose = ("line", each.row.line) if each.row.identity is None else each.row.identity
                found.setdefault(whose, []).append(each)
        return list(found.values())
