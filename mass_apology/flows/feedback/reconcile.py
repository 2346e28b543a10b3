"""``reconcile``: settles letters in doubt by the relay's log: accepted, or provably not accepted."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import tzinfo
from enum import StrEnum, auto
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from mass_apology.flows.feedback.log_lines import STANDARD_INPUT, log_lines
from mass_apology.flows.feedback.relay_log_trial import AROUND, Trial
from mass_apology.flows.holding import shared_ledger
from mass_apology.flows.operator import OnProgress
from mass_apology.ledger import Ledger
from mass_apology.ledger.came_back import Doubt, Proof
from mass_apology.relay_log.log_events import Disposition, LogEvent
from mass_apology.relay_log.log_times import Clock
from mass_apology.relay_log.relay_log_reading import RelayLog
from mass_apology.workspace.workspace import Workspace

SKEW = 60.0  # seconds by which the relay's clock may differ from ours

_ABSENT = "not in the log, which names all {} letters that the relay took around then"
_TRIED = 20_000  # acknowledged letters that test the log, at most
_OFTEN = 50_000  # lines between two reports of progress


class DoubtVerdict(StrEnum):
    """The verdict of the log on a letter in doubt."""

    TAKEN = auto()  # the relay has it: it becomes ACCEPTED
    NOT_TAKEN = auto()  # its transaction failed before the relay had it: it may be sent again
    UNNAMED = auto()  # the log covers the time of its hand-over, but proves neither
    UNCOVERED = auto()  # the log does not cover the time of its hand-over


class ReconciledLetter(Struct, frozen=True, kw_only=True):
    """A letter in doubt, and the verdict of the log."""

    address: str
    message_id: str
    handed_over_at: float
    verdict: DoubtVerdict
    seen_at: float | None = None  # Unix seconds: the line's time, where it can be read
    queue_id: str = ""  # the relay's name for it, where the log names it
    where: str = ""  # "mail.log, line 123"
    relay_text: str = field(default="", name="said")  # the relay's words; "said" in the JSON


class Reconciled(Struct, frozen=True, kw_only=True):
    """The result of reading the logs once."""

    lines: int
    first_at: float | None  # Unix seconds: the time that the log covers
    last_at: float | None
    letters: tuple[ReconciledLetter, ...]  # all that were in doubt
    on_their_way: int  # letters in hand-over by a running `send`; they may still come into doubt
    recorded: int  # of them, now ACCEPTED; 0 in a dry run

    def count(self, verdict: DoubtVerdict) -> int:
        return sum(letter.verdict is verdict for letter in self.letters)


class _FoundEvent(Struct, frozen=True, kw_only=True):
    """An event, and its place in the logs."""

    event: LogEvent
    where: str

    def is_failure_between(self, since: float, until: float) -> bool:
        at = self.event.at
        return self.event.disposition is Disposition.NOT_TAKEN and at is not None and since <= at <= until


def reconcile(
    workspace: Workspace,
    logs: Sequence[str],
    *,
    zone: tzinfo | None = None,
    record: bool = True,
    show: Callable[[Reconciled], None],
    on_progress: OnProgress,
) -> Reconciled:
    """Read the relay's logs as one, in this order ("-": standard input), and settle the doubts they prove.

    ``zone`` holds for times without an offset; ``None``: this machine's. ``show`` gets the result before
    anything is recorded; ``record=False`` records nothing. Reading the same logs again changes nothing.
    Raises ``InputError`` and ``LedgerError``.
    """
    campaign = workspace.campaign
    with shared_ledger(workspace) as ledger:
        doubted = {doubt.message_id.strip("<>"): doubt for doubt in ledger.doubts.all()}
        known = _known(ledger, doubted.values())
        log = RelayLog(doubted.keys() | known.keys(), Clock(zone=zone, now=time.time()))
        seen = _seen(log, logs, on_progress)
        trial = Trial((at, message_id in seen) for message_id, at in known.items())
        longest = max(relay.dot_timeout for relay in campaign.relays)
        letters = {
            doubt.delivery: _reconciled_letter(doubt, seen.get(message_id, ()), log, trial, longest)
            for message_id, doubt in doubted.items()
        }
        found = Reconciled(
            lines=log.lines,
            first_at=log.first_at,
            last_at=log.last_at,
            letters=tuple(letters.values()),
            on_their_way=ledger.doubts.on_their_way(),
            recorded=0,
        )
        show(found)
        proofs = list(_proofs(letters)) if record else []
        if not proofs:
            return found
        return replace(found, recorded=ledger.doubts.settle(proofs, time.time()))


def _known(ledger: Ledger, doubted: Collection[Doubt]) -> Mapping[str, float]:
    """Message-ID → time of hand-over, of acknowledged letters near those in doubt."""
    moments = [doubt.handed_over_at for doubt in doubted]
    if not moments:
        return {}
    letters = ledger.doubts.acknowledged(min(moments) - AROUND, max(moments) + AROUND, _TRIED)
    return {message_id.strip("<>"): at for message_id, at in letters}


def _seen(log: RelayLog, sources: Sequence[str], on_progress: OnProgress) -> Mapping[str, list[_FoundEvent]]:
    """The events of each letter, by Message-ID."""
    found: dict[str, list[_FoundEvent]] = {}
    for source in sources:
        name, before = "standard input" if source == STANDARD_INPUT else Path(source).name, log.lines
        for event in log.read(_watched(log_lines(source), log, on_progress)):
            seen = _FoundEvent(event=event, where=f"{name}, line {log.lines - before}")
            found.setdefault(event.message_id, []).append(seen)
    return found


def _watched(lines: Iterator[bytes], log: RelayLog, on_progress: OnProgress) -> Iterator[bytes]:
    for line in lines:
        if log.lines % _OFTEN == 0:
            on_progress("reading the relay's log", log.lines, None)
        yield line


def _reconciled_letter(
    doubt: Doubt, seen: Sequence[_FoundEvent], log: RelayLog, trial: Trial, dot_timeout: float
) -> ReconciledLetter:
    """The verdict of the log on one letter. It stays in doubt unless the log proves something."""
    since, until = doubt.handed_over_at - SKEW, doubt.handed_over_at + dot_timeout + SKEW
    covered = log.covers(since, until)
    absent = trial.passed(doubt.handed_over_at) if covered and not seen else 0
    decisive = next((one for one in seen if one.event.disposition is Disposition.TAKEN), None)
    verdict = DoubtVerdict.TAKEN
    if decisive is None:
        # The failure must be of the last hand-over, and the log must be long enough to show a later one.
        failures = [one for one in seen if one.is_failure_between(since, until)]
        decisive = failures[-1] if failures and covered else None
        verdict = DoubtVerdict.UNNAMED if covered else DoubtVerdict.UNCOVERED
        verdict = DoubtVerdict.NOT_TAKEN if decisive or absent else verdict
    return ReconciledLetter(
        address=doubt.address,
        message_id=doubt.message_id,
        handed_over_at=doubt.handed_over_at,
        verdict=verdict,
        seen_at=decisive.event.at if decisive else None,
        queue_id=decisive.event.queue_id if decisive else "",
        where=decisive.where if decisive else "",
        relay_text=decisive.event.text if decisive else _ABSENT.format(absent) if absent else "",
    )


def _proofs(letters: Mapping[int, ReconciledLetter]) -> Iterator[Proof]:
    for delivery, letter in letters.items():
        if letter.verdict is DoubtVerdict.TAKEN:
            reply = f"In doubt at first; then found in the relay's log as {letter.queue_id} ({letter.where})."
            at = letter.handed_over_at if letter.seen_at is None else letter.seen_at
            yield Proof(delivery=delivery, at=at, reply=reply)
