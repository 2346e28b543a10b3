"""The interfaces of a ledger that is open for writing, except the sender's; see ``port``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from mass_apology.ledger.came_back import Doubt, Match, Note, Proof, Recorded, Token, Traces
from mass_apology.ledger.further_waves import Addition, Armed
from mass_apology.ledger.one_person import NewAddress, OnceMore
from mass_apology.ledger.readers import AnswerRecords, ChoiceRecords, ContinuityRecords, LetterFileRecords, WaveRecords
from mass_apology.ledger.recorded import Refusal, Unfinished
from mass_apology.ledger.staged import Changed
from mass_apology.ledger.whereabouts import File, Learned, LogMark, MakeToken, Told
from mass_apology.model import NO_LETTER, Delivery, LargestLetter, Status


class Waves(WaveRecords, Protocol):
    """For planning further waves."""

    def arm(self, consent: Armed, *, overridden: Sequence[str] = ()) -> None:
        """Keep a consent, in place of an earlier one to the same wave, and note it. It needs no campaign's lock.

        ``overridden`` are codes of guards that spoke against it.
        """

    def add(
        self,
        wave: str,
        letters: Iterable[Addition],
        now: float,
        *,
        largest: LargestLetter = NO_LETTER,
        changes: Iterable[Changed] = (),
    ) -> None:
        """Plan these letters, all of them or none: they are PLANNED at ``now``, and due; ``changes`` hold from then on.

        ``largest`` is the largest of them; the wave's is kept, see ``Results.largest_letter``. Nobody gets two letters
        of one wave: the ledger refuses the second, unless the first was withheld. Raises ``FencedOut``.
        """

    def withhold(self, reasons: Mapping[int, str], now: float) -> None:
        """Letters that must not go any more become WITHHELD: the delivery's row → why. Others than due ones are left
        alone. Raises ``FencedOut``."""


class Choices(ChoiceRecords, Protocol):
    """For reading choices in."""

    def record(self, tokens: Sequence[Token], now: float) -> Recorded:
        """Keep these choices, all of them or none; needs no campaign's lock.

        A choice without a time of its own counts from ``now``, when it is read first, and after those before it.
        """


class Answers(AnswerRecords, Protocol):
    """For noting who was answered."""

    def answered(self, addresses: Collection[str], now: float) -> frozenset[str]:
        """Nobody with these addresses waits from now on, until they write again: the recipient's address, or the one
        that they wrote from. Those of them under which nobody ever wrote are given back. Needs no campaign's lock."""


class Feedback(Protocol):
    """For reading what came back. It touches no letter that is due or on its way: no lock is needed.

    Each question may cost a round trip, so it is asked about many messages at once.
    """

    def known(self, keys: Collection[str]) -> frozenset[str]:
        """Those of these messages that are recorded already."""

    def first_planned_at(self) -> float | None:
        """The time when the campaign's first letter was planned; ``None`` without one."""

    def first_letters_at(self, addresses: Collection[str]) -> Mapping[str, float]:
        """When the first letter may have left for each of these addresses; without those that none has left for."""

    def find(self, asked: Sequence[Traces]) -> list[Match | None]:
        """The letter that each is about, in this order: by the first of its traces that fits."""

    def record(self, notes: Sequence[Note], now: float) -> Counter[Status]:
        """Keep these notes, and change the statuses that they or earlier ones change: all or none.

        How many letters are now in which. A status for a letter that is being handed over waits; see ``waiting``.
        """

    def waiting(self) -> int:
        """Letters that are being handed over, and get a status once their sender has recorded its reply."""


class Doubts(Protocol):
    """For ``reconcile``, and for a person who lets letters in doubt go again."""

    def all(self) -> list[Doubt]:
        """All letters in doubt, of every wave, in the order in which they were planned."""

    def acknowledged(self, since: float, until: float, limit: int) -> list[tuple[str, float]]:
        """Letters that the relay has acknowledged: Message-ID with angle brackets, and when it was handed over."""

    def on_their_way(self) -> int:
        """Letters that a running sender is handing over: they may be in doubt yet, or not."""

    def settle(self, proofs: Sequence[Proof], now: float) -> int:
        """Make these ACCEPTED, all or none, and note it; how many were still in doubt. It needs no campaign's lock."""

    def letters(self, wave: str, letters: Iterable[int]) -> list[Delivery]:
        """Those of these letters of the wave that are in doubt, as they would be claimed."""

    def release(self, wave: str, letters: Collection[int], now: float) -> int:
        """A person's word that these letters in doubt may go again, with the same Message-ID: due now, noted. How many.

        Letters that are not in doubt any more, or of another wave, stay as they are. Raises ``FencedOut``.
        """


class Refusals(Protocol):
    """For ``retry``."""

    def of(self, wave: str) -> list[Refusal]:
        """All refused letters of a wave, in the order in which they were planned."""

    def take_back(self, deliveries: Sequence[int], what: str, now: float) -> int:
        """Make these due again at once, all or none, and note ``what`` was done; how many were still refused.

        Raises ``FencedOut``.
        """


class Resends(Protocol):
    """For ``resend``: one person asked for their letter once more, and somebody agreed."""

    def again(self, letter: OnceMore, what: str, now: float) -> int:
        """Plan the letter, due at once, and note ``what`` was agreed to, both or nothing; the new row.

        The ledger refuses a second one of its wave to the same recipient. Raises ``FencedOut``.
        """

    def elsewhere(self, letter: NewAddress, what: str, now: float) -> int:
        """Plan it for another address, which becomes a recipient of the same wave; the new row.

        A code goes along with the person. Raises ``LedgerError`` where the address has a recipient, and ``FencedOut``.
        """


class Purging(Protocol):
    """For ``purge``."""

    def newest(self) -> float | None:
        """When anything last happened to a letter; ``None`` where there is none."""

    def unfinished(self) -> Unfinished:
        """Letters that could not be sent, or cleared up, after a purge."""

    def named(self) -> int:
        """How many people, and rows of people, the ledger still tells anything of."""

    def purge(self, now: float) -> None:
        """Forget addresses, names, rows, subjects, reasons, and the texts of servers and operators.

        What stays proves what was done, and keeps a customer who is in the file again from being written to twice.
        Raises ``FencedOut``.
        """


class LetterFiles(LetterFileRecords, Protocol):
    """For the command that has letters confirmed."""

    def keep(self, wave: str, files: Mapping[str, bytes]) -> None:
        """Keep what the wave's letters are made from, in place of what was kept for it: path → content, all or none.

        The same content is kept once. Raises ``FencedOut``.
        """


class Continuity(ContinuityRecords, Protocol):
    """For keeping a ledger and what lies outside it in agreement. Every method raises ``FencedOut``."""

    def begin_run(self, run: str, now: float) -> None:
        """Record, durably, that a run begins."""

    def use_suppressions(self, path: str, entries: int) -> None:
        """Letters leave by this suppression list."""

    def settle(self, log: LogMark, *, replaces: Sequence[str], runs: Sequence[str], now: float) -> None:
        """``agree``, and from now on the ledger belongs where it is."""

    def trust_server(self, now: float) -> None:
        """A person's word that the ledger lacks nothing in its database as it is, noted."""

    def agree(self, log: LogMark, *, replaces: Sequence[str], runs: Sequence[str], now: float) -> None:
        """From now on the ledger knows all that the log tells, and stands for these ledgers, runs."""

    def take_place_of(self, others: Sequence[str], now: float) -> None:
        """From now on the ledger stands for these, too, which were lost."""

    def become(self, name: str, key: bytes) -> None:
        """Give a ledger without letters the name and the key of one that was lost: so its Message-IDs are the same."""

    def learn(self, told: Iterable[Told], make_token: MakeToken, file: File, domain: str, now: float) -> Learned:
        """Make letters what a log says, all of them or none. They keep the Message-IDs that the log names.

        ``domain`` is the right side of those.
        """
