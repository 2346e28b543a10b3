"""Chooses the canary: the first letters, spread over languages and domains, so that an error shows on few letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mass_apology.model import Delivery

MOST = 200  # letters of one language and domain, and domains of one language, that are remembered


class Candidates:
    """Collects candidates from all letters of a plan in bounded memory, then chooses the canary."""

    def __init__(self) -> None:
        self._languages: dict[str, dict[str, list[int]]] = {}

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Consider these letters too."""
        for delivery in deliveries:
            domains = self._languages.setdefault(delivery.language, {})
            domain = delivery.address.rpartition("@")[2]
            if domain in domains:
                if len(domains[domain]) < MOST:
                    domains[domain].append(delivery.id)
            elif len(domains) < MOST:
                domains[domain] = [delivery.id]

    def choose(self, size: int) -> list[int]:
        """At most ``size`` ids, ascending, taken in turn from the languages, and within each from its domains."""
        in_turn = _alternating(
            [_alternating([iter(ids) for ids in domains.values()]) for domains in self._languages.values()]
        )
        return sorted(each for each, _ in zip(in_turn, range(size), strict=False))


def _alternating(sources: list[Iterator[int]]) -> Iterator[int]:
    """One of each source in turn, until all are used up."""
    while sources:
        left = []
        for source in sources:
            for each in source:
                yield each
                left.append(source)
                break
        sources = left
