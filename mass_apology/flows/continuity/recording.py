"""Keeps this machine's record of sent letters, outside the ledger: before the first final dot and every two seconds."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from msgspec.structs import replace

from mass_apology import high_water
from mass_apology.errors import LedgerError
from mass_apology.flows.continuity import own_log
from mass_apology.flows.continuity.outside import Comparison
from mass_apology.guards.domains import is_reserved, is_throwaway
from mass_apology.high_water import HighWater
from mass_apology.ledger import Ledger
from mass_apology.model import Finding, Mark, Severity, Status
from mass_apology.sending.log_chain import head_of
from mass_apology.workspace.workspace import Workspace

RECORD_SECONDS = 2.0  # between two records, each of which takes a few milliseconds of the ledger's thread
SAMPLE = 64  # mailboxes of a plan that are recorded, so that its people can be recognised


class Recording:
    """The record of one command that sends, made when it has the lock.

    The ledger's thread calls ``durable`` with each group of marks.
    """

    def __init__(self, workspace: Workspace, ledger: Ledger, comparison: Comparison) -> None:
        """Begins a run in the ledger. Raises ``FencedOut`` unless the lock is held."""
        self._log_path = workspace.log_path
        self._ledger = ledger
        self._comparison = comparison
        self._run = secrets.token_hex(16)
        ledger.continuity.begin_run(self._run, time.time())
        self._before = high_water_of(workspace.absolute_folder, ledger)
        self._out: set[int] = set()  # letters that are being handed over
        self._accepted = self._in_doubt = 0
        self._next = 0.0  # time.monotonic(): when to record again
        self._has_handed_over = False  # whether a letter was handed over

    def findings(self) -> Iterator[Finding]:
        """Write the record before anything has left; a finding if that fails. Skipped if a finding was overridden."""
        if not self._comparison.findings and (problem := high_water.remember(self._before)):
            yield Finding(
                code="state-unwritable",
                severity=Severity.WARNING,
                where="this machine's record",
                problem=problem,
                advice="Should the ledger be lost, only log.jsonl could tell who was written to: keep both.",
            )

    def durable(self, marks: Sequence[Mark]) -> None:
        """Count marks that are on the disk; called before anyone who waits for them continues."""
        for mark in marks:
            if mark.status is Status.HANDING_OVER:
                self._out.add(mark.delivery)
                self._has_handed_over = True
                continue
            self._out.discard(mark.delivery)
            self._accepted += mark.status is Status.ACCEPTED
            self._in_doubt += mark.status is Status.IN_DOUBT
        if self._has_handed_over and time.monotonic() >= self._next:
            self._next = time.monotonic() + RECORD_SECONDS
            high_water.remember(self._now())

    def settle(self) -> None:
        """Record at the command's end that ledger, log and machine agree; if nothing left, only the ledger's place.

        Overridden findings count as settled only if something was sent, so that the next run needs the override again
        otherwise. Raises ``LedgerError``.
        """
        if not self._has_handed_over:
            self._settle_place()
            return
        log = own_log.end_of(self._log_path)
        known = self._comparison.remembered
        replaces = [each.ledger for each in known if each.ledger != self._before.ledger]
        runs = [each.run for each in known if each.ledger == self._before.ledger and each.run]
        high_water.remember(replace(self._now(), log_head=_head(self._log_path)))
        self._ledger.continuity.settle(log, replaces=replaces, runs=runs, now=time.time())

    def _settle_place(self) -> None:
        continuity = self._ledger.continuity
        if not self._comparison.findings and not continuity.is_settled_here():
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
        """Computed when first needed: at the beginning there may have been no plan."""
        return _sample(self._ledger)


def high_water_of(folder: Path, ledger: Ledger) -> HighWater:
    """A record of the ledger as it is, with the last recorded run; ``folder`` is absolute."""
    name, counts = ledger.continuity.origin.ledger, ledger.continuity.gone()
    known = high_water.recall(name)
    return HighWater(
        ledger=name,
        campaign=ledger.name,
        folder=str(folder),
        at=time.time(),
        handed_over=counts.handed_over,
        accepted=counts.accepted,
        run=known.run if known else "",
        key=ledger.key.hex(),
        sample=_sample(ledger),
        log_head=known.log_head if known else "",
    )


def _head(log: Path) -> str:
    """Empty for a log that cannot be read: what became of it is told when it is looked at next."""
    with suppress(OSError):
        return head_of(log)
    return ""


def _sample(ledger: Ledger) -> tuple[str, ...]:
    """Without test addresses: a trial's people are everybody's. In any thread."""
    with suppress(LedgerError):
        found = ledger.continuity.spread(SAMPLE)
        return tuple(high_water.digests((each for each in found if _is_customer(each)), ledger.key.hex()))
    return ()


def _is_customer(address: str) -> bool:
    domain = address.rpartition("@")[2].lower()
    return not (is_reserved(domain) or is_throwaway(domain))
