"""Which letters go first: some of every language and of many domains, so that what can go wrong shows on few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mass_apology.model import Delivery

MOST = 200  # letters of one language and domain, and domains of one language, that are remembered


class Candidates:
    """Remembers letters while all of them stream by, in bounded memory."""

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
        """At most ``size`` letters' ids, ascending: one of each language in turn, and of its domains in turn."""
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
