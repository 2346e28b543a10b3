"""Whether byte templates may be used for a language's letters: some of them are compared with the ordinary way's."""

from __future__ import annotations

from collections import Counter

FIRST_COMPARED = 4
"""Of each language's letters, in each process."""

COMPARED_EVERY = 1_000
"""Letters, after that: the ordinary way takes many times as long."""


class WaysCompared:
    """What is known of the two ways in one process."""

    def __init__(self) -> None:
        self.ordinary: Counter[str] = Counter()
        """How many letters of each language byte templates could not write."""
        self._quick: Counter[str] = Counter()
        self._distrusted: set[str] = set()
        self._told: set[str] = set()

    @property
    def quick(self) -> int:
        """How many letters byte templates have written."""
        return self._quick.total()

    def to_tell(self) -> list[str]:
        """The languages in which the two ways differed, each once: their letters are written the ordinary way since."""
        languages = sorted(self._distrusted - self._told)
        self._told |= self._distrusted
        return languages

    def trusts(self, language: str) -> bool:
        """Whether the quick way may be tried."""
        return language not in self._distrusted

    def compares(self, language: str) -> bool:
        """Count a letter that was written the quick way; whether it is to be compared."""
        number = self._quick[language] = self._quick[language] + 1
        return number <= FIRST_COMPARED or number % COMPARED_EVERY == 0

    def compare(self, language: str, *, same: bool) -> None:
        """Take the ordinary way from now on where the two were not the same."""
        if not same:
            self._distrusted.add(language)

    def missed(self, language: str) -> None:
        """Count a letter that the quick way could not write."""
        self.ordinary[language] += 1
