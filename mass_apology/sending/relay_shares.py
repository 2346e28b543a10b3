"""Shares letters out between relays by their weights, where several of them could take one. Pure.

With equal weights whoever is free takes the next letter. Otherwise a relay that is ahead of its share leaves letters to
one that is behind and could take them now, so that no share is kept by letting a letter wait for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

AHEAD = 10  # letters by which a relay may be ahead of its share


class Shares:
    """What each relay has taken, in relation to its weight. Relays are called by their numbers."""

    def __init__(self, weights: Sequence[int]) -> None:
        self._weights = weights
        self._taken = [0.0] * len(weights)  # letters by weight
        self.matter = len(set(weights)) > 1

    def took(self, relay: int, able: Iterable[int]) -> None:
        """A relay takes a letter. Those that are not ``able`` to take one now keep no claim to it."""
        self._taken[relay] += 1 / self._weights[relay]
        for other in set(range(len(self._weights))) - {relay, *able}:
            self._taken[other] = max(self._taken[other], self._taken[relay])

    def first(self, relay: int, able: Iterable[int]) -> frozenset[int]:
        """Those of the relays that are able to take a letter now which come before this one."""
        bound = self._taken[relay] - AHEAD / self._weights[relay]
        return frozenset(other for other in able if other != relay and self._taken[other] < bound)
