"""The interfaces of a ledger that is open for reading; see ``port``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from mass_apology.ledger.came_back import Choice, Returned, WaitingPerson
from mass_apology.ledger.further_waves import Armed, Candidate, Sharer, Thread
from mass_apology.ledger.one_person import CameBack, Chosen, FoundPerson, KnownPerson, SetAside
from mass_apology.ledger.recorded import Destinations, Edition, LatestReply, LetterFile, Note, People, Result
from mass_apology.ledger.sender_state import Control, Holder, SenderReport, SharedWave
from mass_apology.ledger.whereabouts import Gone, KnownLetter, Origin
from mass_apology.model import LargestLetter, Status


class Results(Protocol):
    """For who looks at letters and people: plan, status, report, the gate."""

    def people(self, wave: str) -> People:
        """Everybody whom the wave is about, as of one moment. Raises ``CountingError`` where they do not add up."""

    def counts(self, wave: str) -> dict[Status, int]:
        """Status → number of people in the wave, for every status."""

    def largest_letter(self, wave: str) -> LargestLetter:
        """The largest letter of the wave, whether or not it has left; of 0 octets where none was looked at."""

    def wave_names(self) -> list[str]:
        """The names of all waves that have letters, in the order in which they were planned."""

    def waiting(self, wave: str) -> Iterator[list[tuple[int, str, bool]]]:
        """The wave's letters that are due, now or later, page by page: row, address, whether they left the file."""

    def in_doubt_ids(self, wave: str) -> list[int]:
        """The letters of the wave in doubt that may be sent again: those of customers who are still in the file."""

    def kept_back(self, wave: str) -> Iterator[tuple[str, str]]:
        """Who was withheld from the wave and did not leave the file: address and reason, of letters and of rows."""

    def usage_since(self, since: float, relay: str | None = None) -> list[tuple[int, int]]:
        """(minute, letters handed over in it) for all minutes that reach beyond ``since``, in order.

        With ``relay``: those that left through the relay of that name, or through one that had no name then.
        A letter that was handed over several times counts where it was handed over last.
        """

    def notes(self) -> list[Note]:
        """All notes, in order."""

    def results(self, wave: str) -> Iterator[Result]:
        """Everyone in the wave in the order of planning, then those whose rows were set aside, as of one moment.

        Each person once: rows that were set aside of somebody who has a letter are passed over. Streams in constant
        memory, and works while a sender runs.
        """


class CampaignFacts(Protocol):
    """For all readers: the ledger's campaign, place and digests."""

    @property
    def name(self) -> str:
        """The campaign's."""

    @property
    def place(self) -> str:
        """Where the ledger is, as people are told."""

    @property
    def key(self) -> bytes:
        """The campaign's secret for its Message-IDs: 32 octets, made with the ledger."""

    @property
    def digest_parts(self) -> Mapping[str, str]:
        """What the last plan was made from, and its digests; empty before the first plan."""

    @property
    def header(self) -> tuple[str, ...]:
        """The column names of the recipients file, as of the last plan; empty before the first one."""

    @property
    def is_purged(self) -> bool:
        """Whether the people of this ledger were forgotten."""

    def editions(self) -> list[Edition]:
        """All editions, in the order in which sending from them began."""


class Requests(Protocol):
    """For a person at another terminal. It needs no lock, and gets through however busy the ledger is."""

    def holder(self) -> Holder | None:
        """The process that is sending, as far as this host can tell; ``None`` where there is none, or it has ended."""

    def request(self, wanted: Control, *, note: str = "") -> None:
        """Ask the sender that holds the lock to run, pause or stop; the next holder of the lock is not asked.

        ``note``, where there is one, is kept with it.
        """

    def remark(self, what: str) -> None:
        """Keep a note, as ``Session.note``, without the lock."""

    def requested(self) -> Control:
        """What was asked of the last holder of the lock; ``RUN`` if nothing was."""

    def handed_over(self, since: float) -> tuple[int, float | None]:
        """How many letters were last handed over after ``since``, and when the first of them was."""

    def reports(self) -> tuple[SenderReport, ...]:
        """What the runs that send, or sent last, said of themselves last: the newest first."""

    def shared(self) -> SharedWave | None:
        """What a person confirmed and is not over; ``None`` in a ledger that is one process's at a time."""


class Overview(Protocol):
    """For who watches letters leave: each question is a pass over them, and none holds a sender up."""

    def by_language(self, wave: str) -> Mapping[str, Mapping[Status, int]]:
        """The wave's letters by language and status, the most frequent language first."""

    def by_destination(self, wave: str, largest: int, troubled: int) -> Destinations:
        """The wave's letters by domain of the address and status.

        Of the ``largest`` domains with the most letters, and then of those ``troubled`` others that have the most
        trouble: letters that are deferred, in doubt, refused, expired, bounced or complained about.
        """

    def latest_replies(self, most: int) -> list[LatestReply]:
        """The last replies about letters of any wave that were not accepted, or came back; the newest first."""

    def hand_overs(self, seconds: int) -> list[tuple[int, int]]:
        """(Unix seconds of its start, letters handed over in it) for all steps of so many seconds, in order.

        A letter that was handed over several times counts where it was handed over last.
        """


class WaveRecords(Protocol):
    """For looking at further waves."""

    def candidates(self, base: str, wave: str) -> Iterator[Candidate]:
        """Everybody who has a letter in the wave ``base``, with regard to ``wave``, as of one moment; streams."""

    def candidates_of(self, base: str, letters: Sequence[int]) -> list[Candidate]:
        """The candidates whose next letters these are, by their rows in the ledger, as of now."""

    def threads(self, recipients: Sequence[int]) -> dict[int, Thread]:
        """The threads of these recipients, of those who have one, by their rows in the ledger."""

    def planned(self, wave: str) -> int:
        """How many letters of the wave have left, may have, or are due: all but withheld ones."""

    def languages(self, wave: str, also: Sequence[int] = ()) -> dict[str, int]:
        """The wave's letters that are due, and those of the rows ``also``, by language, the most frequent first."""

    def sharing(self, wave: str) -> list[Sharer]:
        """All who share a mailbox, those first whose letter of the wave has left, or may have."""

    def armed(self) -> dict[str, Armed]:
        """What has been agreed to, by wave."""

    def agreed_letters(self, since: float) -> dict[str, int]:
        """The letters, without withheld ones, planned after ``since``, by wave that was ever armed."""


class PersonRecords(Protocol):
    """For looking at one person. ``mailbox`` is their address's, as ``Recipient.mailbox``."""

    def at(self, address: str, mailbox: int) -> list[KnownPerson]:
        """Everybody who is written to at this address, however it is spelled."""

    def in_row(self, recipient: int) -> KnownPerson | None:
        """The recipient of this row of the ledger; ``None`` where there is none."""

    def like(self, text: str, most: int) -> list[FoundPerson]:
        """At most so many whose address, name or cells hold the text, in the order of the file.

        Small and capital letters are the same, as far as the store knows both.
        """

    def with_status(self, wave: str, statuses: Collection[Status], most: int) -> list[FoundPerson]:
        """At most so many whose letter of the wave has one of these, in the order of the file."""

    def set_aside(self, address: str, mailbox: int) -> list[SetAside]:
        """The rows with this address that were set aside, as the last plan of each wave found them."""

    def came_back(self, recipient: int) -> list[CameBack]:
        """All that came back of their letters, in the order in which it was read."""

    def chosen(self, recipient: int) -> list[Chosen]:
        """All remedies that they chose, the last one of each letter last."""


class ChoiceRecords(Protocol):
    """For ``choices``: the remedies that recipients chose."""

    def last(self) -> Iterator[Choice]:
        """The last choice of everybody who made one, in the order of the recipients file; streams."""

    def undecided(self) -> int:
        """How many people have a letter that was accepted and have chosen nothing."""


class AnswerRecords(Protocol):
    """For what came back: the list of who waits for an answer, and all of it as evidence."""

    def waiting(self) -> Iterator[WaitingPerson]:
        """Everybody who wrote after a letter and was not answered since, the longest first; streams."""

    def all(self) -> Iterator[Returned]:
        """Every message and event that came back, in the order in which it was read; streams."""


class LetterFileRecords(Protocol):
    """For workers without the campaign's folder: the files that letters are made from."""

    def of(self, wave: str) -> list[LetterFile]:
        """The files of a wave, by path; none where they were not kept, or were forgotten."""

    def content(self, sha256: bytes) -> bytes | None:
        """A file's content, which the caller compares with the digest; ``None`` where it is missing."""


class ContinuityRecords(Protocol):
    """For comparing a ledger with what lies outside it: its log, this machine's record, other ledgers."""

    @property
    def origin(self) -> Origin:
        """Which ledger this is, and what it was last sent from."""

    def copied_from(self) -> str:
        """The folder that the ledger was used in before; empty where it is still there, or nothing is planned yet."""

    def other_server(self) -> bool:
        """Whether its database has another history than when it was sent from last, and may lack what left since."""

    def is_settled_here(self) -> bool:
        """Whether nothing about its place has changed since it was last sent from."""

    def gone(self) -> Gone:
        """What has left, counted now."""

    def knows_run(self, run: str) -> bool:
        """Whether this run was begun with the ledger."""

    def replaced(self) -> frozenset[str]:
        """The ledgers that this one takes the place of."""

    def spread(self, most: int) -> list[str]:
        """At most so many addresses of the plan, at equal distances. May be asked for in any thread."""

    def by_number(self, numbers: Sequence[int]) -> dict[int, KnownLetter]:
        """What is known of the letters with these numbers."""

    def all_letters(self) -> Iterator[KnownLetter]:
        """Every letter of every wave; streams."""
