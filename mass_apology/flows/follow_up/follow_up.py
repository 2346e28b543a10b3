"""``follow-up``: the letters that are armed and due, sent. Run by a timer or by hand; late or twice, each goes once."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.errors import ConfirmationError, LedgerLocked
from mass_apology.flows import event_loop
from mass_apology.flows.asked_relay import AskedRelay
from mass_apology.flows.follow_up.consent import require_follow_ups, require_writable, wave_named
from mass_apology.flows.follow_up.wave_plan import WavePlan
from mass_apology.flows.follow_up.wave_renaming import renaming_findings
from mass_apology.flows.holding import sending_ledger
from mass_apology.flows.notify.notifier import Notifier, notifying
from mass_apology.flows.notify.occasions import end_of_wave
from mass_apology.flows.operator import disagreement
from mass_apology.flows.plan import plan
from mass_apology.flows.plan.size_limit import size_findings
from mass_apology.flows.promises import Promise, promises
from mass_apology.flows.send.closing import close_if_shared, is_told_by_the_last
from mass_apology.flows.send.confirmed import Confirmed, Further, resendable
from mass_apology.flows.send.sending_run import (
    Operator,
    RunResult,
    SendingRun,
)
from mass_apology.flows.suppressing import Suppressed, suppressed
from mass_apology.guards import AGAIN
from mass_apology.ledger import Ledger
from mass_apology.ledger.further_waves import Candidate
from mass_apology.model import NO_LETTER, Finding, LargestLetter, Severity, StopCause
from mass_apology.quantities import counted
from mass_apology.schedule import Due, Not, Wave, waves
from mass_apology.workspace.workspace import Workspace

LONGEST_SLEEP = 3600.0  # seconds of --watch between two looks at the ledger and the clock
SHORTEST_SLEEP = 1.0
PATIENCE = 60.0
"""Seconds that a run waits for deferred letters: other waves and the next run of the timer must not wait for days."""


class Resend(Struct, frozen=True, kw_only=True):
    """A person's wish to have a wave's letters in doubt sent again, with the same Message-IDs."""

    wave: str
    confirm: int | None  # their number, where it was given beforehand


class WaveEnded(Struct, frozen=True, kw_only=True):
    """What a run did about one wave."""

    name: str
    ended: RunResult | None  # of the sending; None where nothing was due
    said: str  # what a person should know: not armed, changed, more due than armed, due later; empty otherwise
    needs_a_person: bool
    next_at: float | None  # Unix seconds: when more of its letters are due; None where none are
    cause: StopCause | None = None  # of ``said``


class FollowedUp(Struct, frozen=True, kw_only=True):
    """What one run did."""

    waves: tuple[WaveEnded, ...]
    late: tuple[Promise, ...] = ()  # what the letters promised by a date that has passed

    @property
    def next_at(self) -> float | None:
        """When it is worth running again, Unix seconds."""
        return min((wave.next_at for wave in self.waves if wave.next_at is not None), default=None)

    @property
    def interrupted(self) -> bool:
        """A signal ended it: nothing more is begun."""
        return any(wave.ended is not None and wave.ended.interrupted for wave in self.waves)


def run(
    workspace: Workspace, operator: Operator, resend: Resend | None = None, *, override: Collection[str] = ()
) -> FollowedUp:
    """Send what is armed and due; with ``resend``, of that wave only, and its letters in doubt too.

    ``override`` are codes of guards against accidents that are not to stop it. Raises ``MassApologyError`` with what
    was sent recorded.
    """
    with notifying(workspace, operator.notice, by_timer=True) as notifier:
        if not promises(workspace, time.time()):  # whose dates a timer may look at, too
            require_follow_ups(workspace.campaign)
        done = _run_all(workspace, _Attendants(operator, notifier), resend, override)
        late = tuple(each for each in promises(workspace, time.time()) if each.is_late)
        for wave in done.waves:
            if wave.ended is not None and is_told_by_the_last(wave.ended):
                continue
            occasion = end_of_wave(
                wave.ended,
                said=bool(wave.said),
                cause=wave.cause,
                needs_a_person=wave.needs_a_person,
                more_later=wave.next_at is not None,
            )
            notifier.tell(occasion, wave.name, sent=wave.ended.sent if wave.ended else 0, resumes_at=wave.next_at)
        return replace(done, late=late)


def watch(
    workspace: Workspace, operator: Operator, say: Callable[[FollowedUp], None], *, override: Collection[str] = ()
) -> FollowedUp:
    """Run again and again, for as long as letters are due later; ``say`` hears of each run. Returns the last."""
    while True:
        done = run(workspace, operator, override=override)
        say(done)
        if done.next_at is None or done.interrupted:
            return done
        time.sleep(max(SHORTEST_SLEEP, min(LONGEST_SLEEP, done.next_at - time.time())))
        workspace = workspace.reopened()


def _run_all(
    workspace: Workspace, attendants: _Attendants, resend: Resend | None, override: Collection[str]
) -> FollowedUp:
    """Wave after wave. One that was shared is closed, or left to others, before the next one is looked at."""
    campaign = workspace.campaign
    ahead = [wave_named(campaign, resend.wave)] if resend is not None else list(waves(campaign.follow_up))
    done = FollowedUp(waves=())
    while ahead and not done.interrupted:
        try:
            more = event_loop.run(_run(workspace, ahead, attendants, resend, override))
        except LedgerLocked:
            if not done.waves:
                raise
            # Others still send the wave before: the next run comes to these.
            again = time.time() + PATIENCE
            more = [_untouched(wave, "", again, None) for wave in ahead]
        if more and more[-1].ended is not None:
            ended = close_if_shared(workspace, more[-1].ended, more[-1].name, attendants.operator.notice)
            more[-1] = replace(more[-1], ended=ended)
        done = FollowedUp(waves=(*done.waves, *more))
        ahead = ahead[len(more) :]
    return done


async def _run(
    workspace: Workspace,
    ahead: Sequence[Wave],
    attendants: _Attendants,
    resend: Resend | None,
    override: Collection[str],
) -> list[WaveEnded]:
    """The waves as far as the first that was shared, or was interrupted."""
    relay = AskedRelay(workspace.campaign)
    done: list[WaveEnded] = []
    with (
        sending_ledger(workspace, override=override, notice=attendants.operator.notice) as ledger,
        suppressed(workspace) as suppressions,
    ):
        following = _Following(workspace, ledger, suppressions, relay, attendants, override)
        for wave in ahead:
            done.append(await following.follow(wave, resend))
            ended = done[-1].ended
            if ended is not None and (ended.shared or ended.interrupted):
                break
    return done


class _Attendants(NamedTuple):
    """Who follows a run."""

    operator: Operator
    notifier: Notifier


class _Following:
    """One run over all waves."""

    def __init__(
        self,
        workspace: Workspace,
        ledger: Ledger,
        suppressions: Suppressed,
        relay: AskedRelay,
        attendants: _Attendants,
        override: Collection[str],
    ) -> None:
        self._workspace = workspace
        self._campaign = workspace.campaign
        self._ledger = ledger
        self._suppressions = suppressions
        self._relay = relay
        self._operator, self._notifier = attendants
        self._override = override

    async def follow(self, wave: Wave, resend: Resend | None = None) -> WaveEnded:
        consent = self._ledger.waves.armed().get(wave.name)
        wave_plan = WavePlan(self._workspace, self._ledger, wave, self._suppressions)
        now = time.time()
        due, next_at = _due(wave_plan, now)
        if consent is None:
            letters = counted(len(due), "letter is", "letters are")
            said = f"{letters} due, but nobody has armed it: mass-apology follow-up --arm {wave.name}"
            return _untouched(wave, said if due else "", next_at, StopCause.NOT_ARMED if due else None)
        parts = self._workspace.letter_parts(wave.template)  # before the consent is compared
        changed = plan.changed_parts(consent.digest_parts, self._workspace.wave_parts(wave.template))
        if changed:
            said = f"nothing is sent, since {' and '.join(changed)} changed after it was armed; look, and arm it again"
            return _untouched(wave, said, next_at, StopCause.CHANGED)
        renamed = renaming_findings(self._ledger, self._campaign, wave, consent, self._override)
        if said := _refused(renamed):
            return _untouched(wave, said, next_at, StopCause.GUARD)
        self._operator.notice(renamed)
        self._withhold_stopped(wave_plan, now)
        room = max(0, consent.letters - self._ledger.waves.planned(wave.name))
        new = wave_plan.letters(due[:room])
        largest = await require_writable(wave_plan, new, self._operator.stage) if new else NO_LETTER
        if new or resend is not None or plan.due(self._ledger.counts(wave.name)):
            too_large = await self._size_findings(wave_plan.largest_letter(largest))
            if said := _refused(too_large):
                return _untouched(wave, said, next_at, StopCause.GUARD)
            self._operator.notice(too_large)
        again = self._agreed_again(wave_plan, resend) if resend is not None else ()
        if new:
            wave_plan.add(self._ledger, new, now, largest=largest)
        more = counted(len(due) - room, "more is", "more are")
        said = f"{more} due than were armed; look, and arm it again" if len(due) > room else ""
        confirmed = Confirmed(
            wave=wave.name,
            template=wave.template,
            subject_line=wave.subject,
            parts=parts,
            count=plan.due(self._ledger.counts(wave.name)) + len(again),
            resend=again,
            further=Further(wave=wave, schedule=self._campaign.schedule),
        )
        return await self._send(wave_plan, confirmed, said, next_at)

    def _agreed_again(self, wave_plan: WavePlan, resend: Resend) -> tuple[int, ...]:
        """The wave's letters in doubt that a person agrees to have sent again, by their number."""
        letters = resendable(self._ledger, resend.wave, wave_plan.gate())
        if not letters:
            raise ConfirmationError(
                f"No letter of the wave {resend.wave} is in doubt and may go again now; nothing was sent.",
                next_step="See where each letter is: mass-apology status",
            )
        due = plan.remaining(self._ledger, resend.wave, self._workspace.campaign, letters)
        self._operator.plan(due, len(letters), self._campaign)
        if said := disagreement(len(letters), resend.confirm, self._operator.count):
            raise ConfirmationError(
                f"{counted(len(letters), 'letter')} in doubt would be sent again, but {said}; nothing was sent.",
                next_step="To send them again, run: mass-apology follow-up --resend-in-doubt "
                f"{resend.wave} --confirm {len(letters)}",
            )
        return letters

    async def _size_findings(self, largest: LargestLetter) -> list[Finding]:
        offered = await self._relay.extensions()
        return size_findings(largest, self._campaign.recipients, offered, self._override, command=AGAIN)

    def _withhold_stopped(self, wave_plan: WavePlan, now: float) -> None:
        """Letters that were planned by an earlier run, and must not go any more."""
        stopped = dict(_stopped(wave_plan, now))
        if stopped:
            self._ledger.waves.withhold(stopped, now)

    async def _send(self, wave_plan: WavePlan, confirmed: Confirmed, said: str, next_at: float | None) -> WaveEnded:
        name = confirmed.wave
        cause = StopCause.MORE_THAN_ARMED if said else None
        if not confirmed.count:
            return _untouched(wave_plan.wave, said, next_at, cause)
        access = await self._relay.access()
        run = SendingRun(self._workspace, self._ledger, self._operator, access, self._notifier)
        ended = await run.send(confirmed, wave_plan.gate(), longest_wait=PATIENCE)
        if ended.due:
            next_at = _soonest(next_at, await self._ledger.next_due_at(name), *_openings(wave_plan, time.time()))
        return WaveEnded(
            name=name,
            ended=ended,
            said=said,
            needs_a_person=bool(said or ended.reason or ended.unreached),
            next_at=next_at,
            cause=cause,
        )


def _due(wave_plan: WavePlan, now: float) -> tuple[list[Candidate], float | None]:
    """Who is due now, and when somebody is due next."""
    due: list[Candidate] = []
    later: float | None = None
    for candidate, decision in wave_plan.decisions(now):
        if isinstance(decision, Due):
            if decision.at <= now:
                due.append(candidate)
            else:
                later = decision.at if later is None else min(later, decision.at)
    return due, later


def _stopped(wave_plan: WavePlan, now: float) -> Iterator[tuple[int, str]]:
    """Deliveries of the wave that are planned and must not go, with the reason."""
    for candidate, decision in wave_plan.reconsidered(now):
        if isinstance(decision, Not) and decision.reason.for_good and candidate.next_delivery is not None:
            yield candidate.next_delivery, decision.reason.sentence


def _openings(wave_plan: WavePlan, now: float) -> Iterator[float]:
    """When the letters that are planned and may not go now may go: planned by a clock ahead, or closed since."""
    for _, decision in wave_plan.reconsidered(now):
        if isinstance(decision, Due) and decision.at > now:
            yield decision.at


def _refused(findings: Iterable[Finding]) -> str:
    """Why nothing is sent; empty where nothing speaks against it."""
    errors = [each for each in findings if each.severity is Severity.ERROR]
    return " ".join(f"nothing is sent ({each.code}). {each.where}: {each.problem} {each.advice}." for each in errors)


def _soonest(*moments: float | None) -> float | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _untouched(wave: Wave, said: str, next_at: float | None, cause: StopCause | None) -> WaveEnded:
    """``cause``: why a person is needed; None where nobody is."""
    return WaveEnded(
        name=wave.name, ended=None, said=said, needs_a_person=cause is not None, next_at=next_at, cause=cause
    )
