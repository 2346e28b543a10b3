"""``follow-up``: the letters that are armed and due, sent. Run by a timer or by hand; late or twice, each goes once."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from msgspec import Struct

from mass_apology.campaign import read_campaign
from mass_apology.flows import event_loop
from mass_apology.flows.following.consent import changed_parts, require_writable
from mass_apology.flows.following.wave_plan import WavePlan, wave_parts
from mass_apology.flows.holding import sending_ledger
from mass_apology.flows.plans import plan
from mass_apology.flows.sending.run import Ended, Eyes, Run
from mass_apology.flows.suppressing import Suppressed, suppressed
from mass_apology.ledger import Ledger
from mass_apology.ledger.waves import Candidate, armed, planned, withhold
from mass_apology.model import Extensions
from mass_apology.schedule import Due, Not, Reason, Wave, waves
from mass_apology.settings import Campaign
from mass_apology.smtp.password import relay_password
from mass_apology.smtp.session import probe

LONGEST_SLEEP = 3600.0  # seconds of --watch between two looks at the ledger and the clock
SHORTEST_SLEEP = 1.0
PATIENCE = 60.0
"""Seconds that a run waits for deferred letters: other waves and the next run of the timer must not wait for days."""

_STOPS = frozenset({Reason.SUPPRESSED, Reason.REPLIED, Reason.TOO_LATE, Reason.STATUS})
"""What, when it happens after a letter was planned, keeps it from going."""


class WaveEnded(Struct, frozen=True, kw_only=True):
    """What a run did about one wave."""

    name: str
    ended: Ended | None  # of the sending; None where nothing was due
    said: str  # what a person should know: not armed, changed, more due than armed, due later; empty otherwise
    needs_a_person: bool
    next_at: float | None  # Unix seconds: when more of its letters are due; None where none are


class FollowedUp(Struct, frozen=True, kw_only=True):
    """What one run did."""

    waves: tuple[WaveEnded, ...]

    @property
    def next_at(self) -> float | None:
        """When it is worth running again, Unix seconds."""
        return min((wave.next_at for wave in self.waves if wave.next_at is not None), default=None)


def run(folder: Path, eyes: Eyes, *, override: Collection[str] = ()) -> FollowedUp:
    """Send what is armed and due; ``override`` are codes of guards against accidents that are not to stop it.

    Raises ``MassApologyError`` with what was sent recorded.
    """
    return event_loop.run(_run(folder, eyes, override))


def watch(folder: Path, eyes: Eyes, say: Callable[[FollowedUp], None], *, override: Collection[str] = ()) -> FollowedUp:
    """Run again and again, for as long as letters are due later; ``say`` hears of each run. Returns the last."""
    while True:
        done = run(folder, eyes, override=override)
        say(done)
        if done.next_at is None:
            return done
        time.sleep(max(SHORTEST_SLEEP, min(LONGEST_SLEEP, done.next_at - time.time())))


async def _run(folder: Path, eyes: Eyes, override: Collection[str]) -> FollowedUp:
    campaign = read_campaign(folder)
    password = relay_password(campaign.relay)
    with (
        sending_ledger(folder, campaign, override=override, notice=eyes.notice) as ledger,
        suppressed(campaign, folder) as on_the_list,
    ):
        following = _Following(folder, campaign, ledger, on_the_list, password, eyes)
        return FollowedUp(waves=tuple([await following.follow(wave) for wave in waves(campaign.follow_up)]))


class _Following:
    """One run over all waves."""

    def __init__(
        self,
        folder: Path,
        campaign: Campaign,
        ledger: Ledger,
        on_the_list: Suppressed,
        password: str | None,
        eyes: Eyes,
    ) -> None:
        self._folder = folder
        self._campaign = campaign
        self._ledger = ledger
        self._on_the_list = on_the_list
        self._password = password
        self._eyes = eyes
        self._extensions: Extensions | None = None

    async def follow(self, wave: Wave) -> WaveEnded:
        consent = armed(self._ledger).get(wave.name)
        wave_plan = WavePlan(self._folder, self._campaign, self._ledger, wave, self._on_the_list)
        now = time.time()
        due, next_at = _due(wave_plan, now)
        if consent is None:
            said = f"{len(due):,} letters are due, but nobody has armed it: mass-apology follow-up --arm {wave.name}"
            return _untouched(wave, said if due else "", next_at, needs_a_person=bool(due))
        changed = changed_parts(consent, dict(wave_parts(self._folder, self._campaign, wave)))
        if changed:
            said = f"nothing is sent, since {' and '.join(changed)} changed after it was armed; look, and arm it again"
            return _untouched(wave, said, next_at, needs_a_person=True)
        self._withhold_stopped(wave_plan, now)
        room = max(0, consent.letters - planned(self._ledger, wave.name))
        await self._add(wave_plan, due[:room], now)
        said = f"{len(due) - room:,} more are due than were armed; look, and arm it again" if len(due) > room else ""
        return await self._send(wave_plan, said, next_at)

    async def _add(self, wave_plan: WavePlan, due: list[Candidate], now: float) -> None:
        if not due:
            return
        letters = [wave_plan.letter(candidate) for candidate in due]
        await require_writable(wave_plan, letters, self._eyes.stage)
        wave_plan.add(self._ledger, letters, now)

    def _withhold_stopped(self, wave_plan: WavePlan, now: float) -> None:
        """Letters that were planned by an earlier run, and must not go any more."""
        stopped = dict(_stopped(wave_plan, now))
        if stopped:
            withhold(self._ledger, stopped, now)

    async def _send(self, wave_plan: WavePlan, said: str, next_at: float | None) -> WaveEnded:
        name = wave_plan.wave.name
        due = plan.due(self._ledger.counts(name))
        if not due:
            return _untouched(wave_plan.wave, said, next_at, needs_a_person=bool(said))
        early = _openings(wave_plan, time.time())
        run = Run(
            self._folder,
            self._campaign,
            self._ledger,
            self._password,
            self._eyes,
            wave=name,
            template=wave_plan.wave.template,
            subject_line=wave_plan.wave.subject,
            may_go=lambda letter: letter.id not in early and wave_plan.is_open(letter, time.time()),
            patience=PATIENCE,
        )
        ended = await run.deliver(due, await self._offered())
        if ended.due:
            next_at = _soonest(
                next_at, await self._ledger.next_due_at(name), *_openings(wave_plan, time.time()).values()
            )
        return WaveEnded(
            name=name,
            ended=ended,
            said=said,
            needs_a_person=bool(said or ended.reason or ended.unreached),
            next_at=next_at,
        )

    async def _offered(self) -> Extensions:
        if self._extensions is None:
            self._extensions = (await probe(self._campaign.relay, self._password)).extensions
        return self._extensions


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
        if isinstance(decision, Not) and decision.reason in _STOPS and candidate.next_delivery is not None:
            yield candidate.next_delivery, decision.reason.sentence


def _openings(wave_plan: WavePlan, now: float) -> dict[int, float]:
    """Deliveries that are planned and may not go now, and when they may: planned by a clock ahead, or closed since."""
    return {
        candidate.next_delivery: decision.at
        for candidate, decision in wave_plan.reconsidered(now)
        if isinstance(decision, Due) and decision.at > now and candidate.next_delivery is not None
    }


def _soonest(*moments: float | None) -> float | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _untouched(wave: Wave, said: str, next_at: float | None, *, needs_a_person: bool) -> WaveEnded:
    return WaveEnded(name=wave.name, ended=None, said=said, needs_a_person=needs_a_person, next_at=next_at)
