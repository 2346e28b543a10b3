"""A ledger in memory: it proves that the sender's port is one. Nothing outlasts the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from memory_letters import Letter, MemoryLetters

from mass_apology.errors import FencedOut, LedgerError, LedgerLocked
from mass_apology.ledger.port import Sender
from mass_apology.ledger.sender_state import Control
from mass_apology.model import FIRST_WAVE, Delivery, Mark, Status


class MemoryLedger(Sender):
    """Implements ``port.Sender``, and the lock, the recovery and the listeners of ``port.Session``.

    A session stands for a process: what it claimed ends with it. A mark is durable at once.
    """

    def __init__(self, letters: MemoryLetters) -> None:
        self._letters = letters
        self._fence: int | None = None
        self._claimed: set[int] = set()  # letters that were claimed and have no mark since
        self._failure: LedgerError | None = None
        self._hear_claim: Callable[[Sequence[Delivery]], None] = lambda _: None
        self._hear_marks: list[Callable[[Sequence[Mark]], None]] = []

    # Session

    def acquire(self, now: float) -> None:
        if self._letters.is_held:
            raise LedgerLocked(
                "Another session is working on this campaign.", next_step="Let it end first.", host="here", pid=0
            )
        self._letters.fence += 1
        self._letters.is_held = True
        self._letters.wanted = Control.RUN
        self._fence = self._letters.fence

    def release(self) -> None:
        if self._fence == self._letters.fence:
            self._letters.is_held = False
        self._fence = None

    def recover(self, now: float) -> int:
        self._require_lock()
        lost = [letter for letter in self._letters.letters.values() if letter.status is Status.HANDING_OVER]
        for letter in lost:
            letter.status = Status.IN_DOUBT
        return len(lost)

    def on_durable(self, hear: Callable[[Sequence[Mark]], None]) -> None:
        self._hear_marks.append(hear)

    def on_claim(self, hear: Callable[[Sequence[Delivery]], None]) -> None:
        self._hear_claim = hear

    # Sender

    async def claim(
        self, limit: int, now: float, *, canary_only: bool = False, wave: str = FIRST_WAVE
    ) -> list[Delivery]:
        self._require_whole()
        free = [each for each in self._free(wave) if each.canary or not canary_only]
        deferred = [each for each in free if each.status is Status.DEFERRED and _due_at(each) <= now]
        planned = [each for each in free if each.status is Status.PLANNED]
        letters = [each.delivery for each in [*sorted(deferred, key=_due_at), *planned][:limit]]
        self._claimed.update(letter.id for letter in letters)
        self._hear_claim(letters)
        return letters

    async def next_due_at(self, wave: str = FIRST_WAVE) -> float | None:
        self._require_whole()
        return min((_due_at(each) for each in self._free(wave) if each.status is Status.DEFERRED), default=None)

    async def hand_over(self, mark: Mark) -> None:
        self.record(mark)
        self._require_whole()

    def record(self, mark: Mark) -> None:
        if self._failure is not None:
            return
        try:
            self._require_lock()
            self._letters.apply(mark)
        except LedgerError as error:
            self._failure = error
            return
        self._claimed.discard(mark.delivery)
        for hear in self._hear_marks:
            hear([mark])

    async def flush(self) -> None:
        self._require_whole()

    async def wanted(self) -> Control:
        return self._letters.wanted

    def _free(self, wave: str) -> Iterator[Letter]:
        """Letters of the wave that this session did not claim, in the order of the file."""
        for number, letter in self._letters.letters.items():
            if letter.delivery.wave == wave and number not in self._claimed:
                yield letter

    def _require_whole(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _require_lock(self) -> None:
        if self._fence is None or self._fence != self._letters.fence:
            raise FencedOut(
                "Another session has taken this campaign over; nothing more is sent from here.",
                next_step="Run the command again.",
            )


def _due_at(letter: Letter) -> float:
    return letter.due_at or 0.0
