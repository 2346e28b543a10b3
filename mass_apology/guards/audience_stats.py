"""Statistics of the letters' recipients, counted in one pass and in constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mass_apology.guards.domains import is_reserved, is_throwaway
from mass_apology.guards.facts import Audience, Commonest
from mass_apology.model import Delivery

TEST_DOMAINS = 5
"""Test domains that a finding names, at most."""

_COUNTERS = 100


class AudienceStats:
    """Counts a plan's letters while it is made. ``add`` every batch, then call ``audience`` for the guards' facts."""

    def __init__(self) -> None:
        self._letters = self._reserved = self._throwaway = 0
        self._test_domains: dict[str, None] = {}
        self._addresses = _Frequent()
        self._names = _Frequent()

    def add(self, deliveries: Sequence[Delivery]) -> None:
        """Count these letters."""
        for delivery in deliveries:
            self._addresses.add(delivery.address)
            if delivery.name:
                self._names.add(delivery.name)
        self._letters += len(deliveries)
        for domain, letters in Counter([each.address.rpartition("@")[2] for each in deliveries]).items():
            self._count_domain(domain, letters)

    def audience(self) -> Audience:
        """The statistics of all letters counted so far."""
        return Audience(
            letters=self._letters,
            reserved=self._reserved,
            throwaway=self._throwaway,
            test_domains=tuple(self._test_domains),
            address=self._addresses.commonest(),
            name=self._names.commonest(),
        )

    def _count_domain(self, domain: str, letters: int) -> None:
        if is_reserved(domain):
            self._reserved += letters
        elif is_throwaway(domain):
            self._throwaway += letters
        else:
            return
        if len(self._test_domains) < TEST_DOMAINS:
            self._test_domains[domain] = None


class _Frequent:
    """The frequent values of a stream (Misra and Gries, "Finding repeated elements", 1982).

    A count is never too high; it is too low by at most the number of added values divided by ``_COUNTERS``.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, value: str) -> None:
        counts = self._counts
        if value in counts:
            counts[value] += 1
        elif len(counts) < _COUNTERS:
            counts[value] = 1
        else:
            self._counts = {each: count - 1 for each, count in counts.items() if count > 1}

    def commonest(self) -> Commonest:
        if not self._counts:
            return Commonest()
        value = max(self._counts, key=self._counts.__getitem__)
        return Commonest(value=value, letters=self._counts[value])
