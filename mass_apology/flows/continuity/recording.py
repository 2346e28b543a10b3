"""What leaves with a ledger, kept outside it: on the disk before the first final dot, and every few seconds."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from msgspec.structs import replace

from mass_apology import high_water
from mass_apology.campaign import LOG_NAME
from mass_apology.errors import LedgerError
from mass_apology.flows.continuity import own_log
from mass_apology.flows.continuity.outside import Outside
from mass_apology.guards.domains import is_reserved, is_throwaway
from mass_apology.high_water import HighWater
from mass_apology.ledger import Ledger
from mass_apology.model import Finding, Mark, Severity, Status

EVERY = 2.0  # seconds between two records: one costs a few milliseconds of the ledger's thread
SAMPLE = 64  # mailboxes of a plan by which its people are known again


class Recording:
    """One command's, from when it has the lock. ``durable`` runs in the ledger's thread, with each group of marks."""

    def __init__(self, folder: Path, ledger: Ledger, outside: Outside) -> None:
        """Begins a run in the ledger. Raises ``FencedOut`` unless the lock is held."""
        self._folder = folder
        self._ledger = ledger
        self._outside = outside
        self._run = secrets.token_hex(16)
        ledger.continuity.begin_run(self._run, time.time())
        self._before = seen_now(folder, ledger)
        self._out: set[int] = set()  # letters that are being handed over
        self._accepted = self._in_doubt = 0
        self._next = 0.0  # time.monotonic(): when to record again
        self._begun = False  # whether a letter was handed over

    def findings(self) -> Iterator[Finding]:
        """Try whether it can be kept at all, while nothing has left. What was overridden stays as it is until then."""
        if not self._outside.findings and (said := high_water.remember(self._before)):
            yield Finding(
                code="state-unwritable",
                severity=Severity.WARNING,
                where="this machine's record",
                problem=said,
                advice="Should the ledger be lost, only log.jsonl could tell who was written to: keep both.",
            )

    def durable(self, marks: Sequence[Mark]) -> None:
        """These marks are on the disk, and nobody who waits for one of them has gone on yet."""
        for mark in marks:
            if mark.status is Status.HANDING_OVER:
                self._out.add(mark.delivery)
                self._begun = True
                continue
            self._out.discard(mark.delivery)
            self._accepted += mark.status is Status.ACCEPTED
            self._in_doubt += mark.status is Status.IN_DOUBT
        if self._begun and time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY
            high_water.remember(self._now())

    def settle(self) -> None:
        """The command ends: from now on the ledger and what lies outside it agree. Where nothing left, it only learns
        of its new place.

        What was overridden is settled only now: an override for a run that sends nothing is none for the next.
        Raises ``LedgerError``.
        """
        if not self._begun:
            self._settle_place()
            return
        log = own_log.end_of(self._folder / LOG_NAME)
        known = self._outside.remembered
        replaces = [each.ledger for each in known if each.ledger != self._before.ledger]
        runs = [each.run for each in known if each.ledger == self._before.ledger and each.run]
        high_water.remember(self._now())
        self._ledger.continuity.settle(log, replaces=replaces, runs=runs, now=time.time())

    def _settle_place(self) -> None:
        continuity = self._ledger.continuity
        if not self._outside.findings and not continuity.is_settled_here():
            continuity.settle(continuity.origin.log, replaces=(), runs=(), now=time.time())

    def _now(self) -> HighWater:
        before = self._before
        return replace(
            before,
            at=time.time(),
            handed_over=before.handed_over + self._accepted + self._in_doubt + len(self._out),
            accepted=before.accepted + self._accepted,
            run=self._run,
            sample=self._sample,
        )

    @cached_property
    def _sample(self) -> tuple[str, ...]:
        """Of the plan that letters leave by: when the recording began, there may have been none."""
        return _sample(self._ledger)


def seen_now(folder: Path, ledger: Ledger) -> HighWater:
    """What this machine should know of the ledger as it is; the last run is the one that it knows of."""
    name, counts = ledger.continuity.origin.ledger, ledger.continuity.gone()
    known = high_water.recall(name)
    return HighWater(
        ledger=name,
        campaign=ledger.name,
        folder=str(folder.resolve()),
        at=time.time(),
        handed_over=counts.handed_over,
        accepted=counts.accepted,
        run=known.run if known else "",
        key=ledger.key.hex(),
        sample=_sample(ledger),
    )


def _sample(ledger: Ledger) -> tuple[str, ...]:
    """Without test addresses: a trial's people are everybody's. In any thread."""
    with suppress(LedgerError):
        found = ledger.continuity.spread(SAMPLE)
        return tuple(high_water.digests((each for each in found if _is_customer(each)), ledger.key.hex()))
    return ()


def _is_customer(address: str) -> bool:
    domain = address.rpartition("@")[2].lower()
    return not (is_reserved(domain) or is_throwaway(domain))
