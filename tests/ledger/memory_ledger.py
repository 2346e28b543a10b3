"""A campaign in memory, open for writing. A session stands for a process: what it claimed ends with it."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from memory_campaign import Letter, MemoryCampaign
from memory_records import MemoryRecords
from memory_writers import (
    MemoryAnswers,
    MemoryChoices,
    MemoryContinuity,
    MemoryDoubts,
    MemoryFeedback,
    MemoryLetterFiles,
    MemoryPurging,
    MemoryRefusals,
    MemoryWaves,
)

from mass_apology.errors import FencedOut, IllegalTransition, LedgerError, LedgerLocked
from mass_apology.ledger.recorded import Note, digest_of
from mass_apology.ledger.sender_state import Control, Holder, SenderReport, SharedWave
from mass_apology.model import FIRST_WAVE, Delivery, Mark, Status


class MemoryLedger(MemoryRecords):
    """Implements ``port.Ledger``. A mark is durable at once."""

    def __init__(self, campaign: MemoryCampaign, place: str) -> None:
        super().__init__(campaign, place)
        self._epoch: int | None = None
        self._edition: str | None = None
        self._claimed: set[int] = set()  # letters that were claimed and have no mark since
        self._failure: LedgerError | None = None
        self._is_closed = False
        self._hear_claim: Callable[[Sequence[Delivery]], None] = lambda _: None
        self._hear_marks: list[Callable[[Sequence[Mark]], None]] = []

    def __exit__(self, *_: object) -> None:
        if self._is_closed:
            return
        self.settle_waiting(time.time())
        self.release()
        failure, self._is_closed = self._failure, True
        self._failure = LedgerError("The ledger is closed.", next_step="Open it again.")
        if failure is not None:
            raise failure

    # Its parts

    @property
    def waves(self) -> MemoryWaves:
        return MemoryWaves(self._campaign, self)

    @property
    def choices(self) -> MemoryChoices:
        return MemoryChoices(self._campaign)

    @property
    def answers(self) -> MemoryAnswers:
        return MemoryAnswers(self._campaign)

    @property
    def purging(self) -> MemoryPurging:
        return MemoryPurging(self._campaign, self)

    @property
    def continuity(self) -> MemoryContinuity:
        return MemoryContinuity(self._campaign, self)

    @property
    def feedback(self) -> MemoryFeedback:
        return MemoryFeedback(self._campaign, self)

    @property
    def letter_files(self) -> MemoryLetterFiles:
        return MemoryLetterFiles(self._campaign, self)

    @property
    def doubts(self) -> MemoryDoubts:
        return MemoryDoubts(self._campaign, self)

    @property
    def refusals(self) -> MemoryRefusals:
        return MemoryRefusals(self._campaign, self)

    # Session

    def confirm(self, wave: SharedWave) -> None:
        pass

    def withdraw(self) -> None:
        pass

    def take_up(self, now: float) -> SharedWave | None:
        return None

    def closing(self, now: float) -> AbstractContextManager[SharedWave | None]:
        return nullcontext()

    def share(self, wave: SharedWave) -> bool:
        return False

    def join(self) -> SharedWave | None:
        return None

    def limits(self) -> None:
        return None

    def acquire(self, now: float) -> None:
        holder = self._campaign.holder
        if holder is not None:
            raise LedgerLocked(
                f"Process {holder.pid} on {holder.host} is working on this campaign.",
                next_step="Let it end first.",
                host=holder.host,
                pid=holder.pid,
            )
        self._campaign.epoch += 1
        self._campaign.holder = Holder(host=socket.gethostname(), pid=os.getpid(), started="")
        self._epoch = self._campaign.epoch
        self._campaign.wanted = Control.RUN

    def release(self) -> None:
        if self._epoch == self._campaign.epoch:
            self._campaign.holder = None
        self._epoch = None

    def recover(self, now: float) -> int:
        self.require_lock()
        return self._recover(now, self._epoch)

    def recover_unless_held(self, now: float) -> bool:
        if self._campaign.holder is not None:
            return False
        self._recover(now, None)
        return True

    def begin_edition(self, wave: str, parts: Mapping[str, str], now: float) -> None:
        self.require_lock()
        self._edition = digest_of(parts)
        self._campaign.editions.setdefault((wave, self._edition), (dict(parts), now))

    def note(self, now: float, what: str) -> None:
        self.require_lock()
        self._campaign.notes.append(Note(at=now, what=what))

    def on_durable(self, hear: Callable[[Sequence[Mark]], None]) -> None:
        self._hear_marks.append(hear)

    def on_claim(self, hear: Callable[[Sequence[Delivery]], None]) -> None:
        self._hear_claim = hear

    def lost_sight(self) -> str | None:
        return None

    def require_kept(self) -> None:
        pass

    # Sender

    async def claim(
        self, limit: int, now: float, *, canary_only: bool = False, wave: str = FIRST_WAVE
    ) -> list[Delivery]:
        self._require_whole()
        free = [each for each in self._free(wave) if each.canary or not canary_only]
        deferred = [each for each in free if each.status is Status.DEFERRED and _due_at(each) <= now]
        planned = [each for each in free if each.status is Status.PLANNED]
        letters = [self._campaign.delivery(each) for each in [*sorted(deferred, key=_due_at), *planned][:limit]]
        self._claimed.update(letter.id for letter in letters)
        self._hear_claim(letters)
        return letters

    async def claimed(self, letters: Sequence[int], wave: str = FIRST_WAVE) -> list[Delivery]:
        self._require_whole()
        return [self._campaign.delivery(self._campaign.letters[each]) for each in letters if each in self._claimed]

    async def next_due_at(self, wave: str = FIRST_WAVE) -> float | None:
        self._require_whole()
        return min((_due_at(each) for each in self._free(wave) if each.status is Status.DEFERRED), default=None)

    async def hand_over(self, mark: Mark) -> None:
        self.record(mark)
        self._require_whole()

    def record(self, mark: Mark) -> None:
        try:
            self._require_whole()
            self._apply(mark)
        except FencedOut as error:
            self._failure = error
            if not self._apply_late(mark):
                return
        except LedgerError as error:
            self._failure = error
            return
        self._claimed.discard(mark.delivery)
        for hear in self._hear_marks:
            hear([mark])

    async def flush(self) -> None:
        self._require_whole()
        self.settle_waiting(time.time())

    async def wanted(self) -> Control:
        return self._campaign.wanted

    def tell(self, report: SenderReport) -> None:
        if self._epoch is not None and self._epoch == self._campaign.epoch:
            self._campaign.told = (self._epoch, report)

    # What its parts need

    def require_lock(self) -> None:
        """Raise ``FencedOut`` unless the campaign's lock is ours."""
        if self._epoch is None:
            raise FencedOut("This process does not hold the campaign's lock.", next_step="Run the command again.")
        if self._epoch != self._campaign.epoch:
            raise FencedOut("Another process has taken this campaign over.", next_step="Run the command again.")

    def settle_waiting(self, now: float) -> Counter[Status]:
        """Give letters the statuses that wait for them; how many got which."""
        waiting = [each for each in self._campaign.came_back.values() if each.becomes is not None]
        changed: Counter[Status] = Counter()
        for number in dict.fromkeys(each.note.match.delivery for each in waiting if each.note.match):
            letter = self._campaign.letters[number]
            if letter.status is Status.HANDING_OVER:
                continue
            notes = [each for each in waiting if each.note.match and each.note.match.delivery == number]
            failures = [each for each in notes if each.becomes is not Status.ACCEPTED]
            first, becomes = (failures or notes)[0], (failures or notes)[0].becomes
            if letter.status is Status.IN_DOUBT or (letter.status is Status.ACCEPTED and failures):
                letter.become(becomes, now)
                letter.reply = first.note.said or None
                letter.accepted_at = now if becomes is Status.ACCEPTED else letter.accepted_at
                changed[becomes] += 1
            for each in notes:
                each.becomes = None
        return changed

    def _apply(self, mark: Mark) -> None:
        self.require_lock()
        if mark.delivery not in self._campaign.letters:
            raise IllegalTransition(
                f"There is no delivery {mark.delivery} to become {mark.status}.", next_step="Run send again."
            )
        self._campaign.letters[mark.delivery].apply(mark, self._edition, self._epoch)

    def _apply_late(self, mark: Mark) -> bool:
        letter = self._campaign.letters.get(mark.delivery)
        if letter is None or self._epoch is None or not letter.is_late(mark, self._epoch):
            return False
        letter.apply(mark, self._edition, self._epoch)
        return True

    def _recover(self, now: float, living: int | None) -> int:
        letters = self._campaign.letters.values()
        lost = [each for each in letters if each.status is Status.HANDING_OVER and each.epoch != living]
        for letter in lost:
            letter.become(Status.IN_DOUBT, now)
            letter.reply = "the sending process ended before the reply was recorded"
        self.settle_waiting(now)
        return len(lost)

    def _free(self, wave: str) -> Iterator[Letter]:
        """Letters of the wave that this session did not claim, in the order of the file."""
        return (letter for letter in self._campaign.of(wave) if letter.id not in self._claimed)

    def _require_whole(self) -> None:
        if self._failure is not None:
            raise self._failure


def _due_at(letter: Letter) -> float:
    return letter.due_at or 0.0
