"""How a relay's last letters ended, for the breaker: those of this process, and of others that send the campaign."""

from __future__ import annotations

from collections import deque

from mass_apology.ledger.common_limits import PaceState, Told
from mass_apology.sending.pacing import RECENT, Ending

_LETTERS = {Ending.ACCEPTED: "A", Ending.REFUSED: "R", Ending.DEFERRED: "D", Ending.IN_DOUBT: "I"}
_ENDINGS = {letter: ending for ending, letter in _LETTERS.items()}


class RecentEndings:
    """Of one relay. What others tell replaces what was known; one's own endings since then come after it."""

    def __init__(self) -> None:
        self.recent: deque[Ending] = deque(maxlen=RECENT)
        self.in_doubt = 0  # letters
        self._untold: deque[Ending] = deque(maxlen=RECENT)
        self._doubts_untold = 0

    def add(self, ending: Ending) -> None:
        """A letter of this process has ended."""
        self.recent.append(ending)
        self._untold.append(ending)
        if ending is Ending.IN_DOUBT:
            self.in_doubt += 1
            self._doubts_untold += 1

    def untold(self) -> Told:
        """What the others do not know."""
        told = Told(endings="".join(_LETTERS[ending] for ending in self._untold), in_doubt=self._doubts_untold)
        self._untold.clear()
        self._doubts_untold = 0
        return told

    def tell_again(self, told: Told) -> None:
        """It did not get through."""
        self._untold.extendleft(_ENDINGS[letter] for letter in reversed(told.endings))
        self._doubts_untold += told.in_doubt

    def learn(self, state: PaceState) -> None:
        """What all know together, as of when this process told last."""
        self.recent = deque((_ENDINGS[letter] for letter in state.recent), RECENT)
        self.recent.extend(self._untold)
        self.in_doubt = state.in_doubt + self._doubts_untold
