"""The letters of one campaign in memory, as several sessions share them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.errors import IllegalTransition
from mass_apology.ledger.sender_state import Control
from mass_apology.model import TRANSITIONS, Delivery, Mark, Status


class Letter(Struct):
    """Where one letter stands."""

    delivery: Delivery
    canary: bool
    status: Status = Status.PLANNED
    due_at: float | None = None


class MemoryLetters:
    """Holds the letters, and the fence of the session that may change them."""

    def __init__(self) -> None:
        self.letters: dict[int, Letter] = {}
        self.fence = 0  # of the last session that took the lock
        self.is_held = False  # whether that one still has it
        self.wanted = Control.RUN

    def plan(self, letters: Iterable[Delivery], canary: Collection[int] = ()) -> None:
        """Add letters in the order of the file: PLANNED, and due. ``canary`` are the ids of those that go first."""
        for delivery in letters:
            self.letters[delivery.id] = Letter(delivery, delivery.id in canary)

    def counts(self, wave: str) -> dict[Status, int]:
        """How many letters of the wave are in each status; every status is there."""
        found = Counter(letter.status for letter in self.letters.values() if letter.delivery.wave == wave)
        return {status: found[status] for status in Status}

    def apply(self, mark: Mark) -> None:
        """Change one letter. Raises ``IllegalTransition``, and changes nothing, where no way leads there."""
        letter = self.letters.get(mark.delivery)
        if letter is None or mark.status not in TRANSITIONS[letter.status]:
            said = f"is {letter.status} and" if letter else "does not exist and"
            raise IllegalTransition(
                f"Delivery {mark.delivery} {said} cannot become {mark.status}.",
                next_step="Run send again, and report this as a mistake in mass-apology.",
            )
        first = letter.delivery.first_tried_at
        letter.delivery = replace(
            letter.delivery, attempts=mark.attempts, first_tried_at=mark.at if first is None else first
        )
        letter.status, letter.due_at = mark.status, mark.due_at
