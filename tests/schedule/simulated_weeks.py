"""Weeks of a campaign's follow-ups with a clock that is passed in: recipients everywhere, a timer that is often late,
crashes, bounces and replies. The judge at the end only looks at what was sent and at the clocks on the walls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from random import Random
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from schedule_samples import WEEKENDS

from mass_apology.model import Status
from mass_apology.schedule import Due, Facts, Policy, Timetable, Wave, plan_wave

HOUR = 3600.0
DAY = 24 * HOUR

PLACES = (
    *(("Europe/Warsaw", "PL"), ("Europe/Tallinn", "EE"), ("Europe/Riga", "LV"), ("Europe/Athens", "GR")),
    *(("Europe/Berlin", "DE"), ("America/New_York", "US"), ("America/Chicago", "US"), ("America/Los_Angeles", "US")),
    *(("Asia/Riyadh", "SA"), ("Asia/Kabul", "AF"), ("Asia/Tehran", "IR"), ("Asia/Brunei", "BN")),
    *(("America/St_Johns", ""), ("America/Havana", ""), ("America/Sao_Paulo", ""), ("America/Santiago", "")),
    *(("Asia/Kathmandu", ""), ("Asia/Kolkata", ""), ("Asia/Tokyo", ""), ("Asia/Singapore", "")),
    *(("Australia/Lord_Howe", ""), ("Australia/Sydney", ""), ("Pacific/Auckland", ""), ("Pacific/Chatham", "")),
    *(("Pacific/Apia", ""), ("Pacific/Kiritimati", ""), ("Pacific/Pago_Pago", ""), ("Africa/Casablanca", "")),
    *(("Africa/Lagos", ""), ("Atlantic/Azores", "")),
)
"""Thirty time zones, with the countries of those whose weekend or holidays are of interest."""


class Letter(Struct, kw_only=True):
    """One delivery, as a ledger would have it."""

    status: Status
    accepted_at: float | None = None


class Sent(Struct, frozen=True, kw_only=True):
    """One hand-over, as the relay would have seen it. What was known of the recipient then stands beside it."""

    wave: str
    recipient: int
    at: float
    replied: bool
    suppressed: bool


class Crash(Exception):
    """The process is gone, between two steps."""


class World:
    """The recipients, their letters, and what happens to them. Everything at random comes from ``seed``."""

    def __init__(
        self, waves: Sequence[Wave], timetable: Timetable, *, recipients: int, begins: float, seed: int
    ) -> None:
        """The first letters are accepted within six hours of ``begins``; a few are in doubt or refused."""
        self._random = Random(seed)
        self._waves = waves
        self._timetable = timetable
        self.people = [PLACES[number % len(PLACES)] for number in range(recipients)]
        self.letters: dict[tuple[str, int], Letter] = {}
        self.replied: set[int] = set()
        self.suppressed: set[int] = set()
        self.sent: list[Sent] = []
        self._steps = -1  # until this run crashes; below zero it does not
        self._planned: dict[str, list[int]] = {wave.name: [] for wave in waves}  # written down, and not handed over yet
        for number in range(recipients):
            status = self._random.choices([Status.ACCEPTED, Status.IN_DOUBT, Status.REFUSED], [96, 2, 2])[0]
            accepted_at = begins + self._random.random() * 6 * HOUR if status is Status.ACCEPTED else None
            self.letters["first", number] = Letter(status=status, accepted_at=accepted_at)

    def run(self, now: float) -> None:
        """What the timer starts: plan each wave, then hand over what may go now. It may crash between any two steps."""
        self._steps = self._random.randrange(2 * len(self.people)) if self._random.random() < 0.3 else -1
        with suppress(Crash):
            for wave in self._waves:
                self._plan(wave, now)
                self._hand_over(wave, now)

    def _step(self) -> None:
        if self._steps == 0:
            raise Crash
        self._steps -= 1

    def _plan(self, wave: Wave, now: float) -> None:
        for decision in plan_wave(wave, self.facts(wave), now, self._timetable):
            self._step()
            if isinstance(decision, Due) and decision.at <= now:
                self.letters[wave.name, decision.recipient] = Letter(status=Status.PLANNED)
                self._planned[wave.name].append(decision.recipient)

    def _hand_over(self, wave: Wave, now: float) -> None:
        """Letters planned by this run or one before, each only while it may arrive."""
        for number in [number for number in self._planned[wave.name] if self._may_go(wave, number, now)]:
            self._step()
            self._planned[wave.name].remove(number)
            letter = self.letters[wave.name, number]
            letter.status = Status.IN_DOUBT  # what a crash after the dot leaves
            self._record(wave.name, number, now)
            self._step()
            letter.status, letter.accepted_at = Status.ACCEPTED, now

    def _may_go(self, wave: Wave, number: int, now: float) -> bool:
        facts = replace(self._facts(wave, number, self.letters[wave.from_wave, number]), planned=False)
        (decision,) = plan_wave(wave, [facts], now, self._timetable)
        return isinstance(decision, Due) and decision.at <= now

    def _record(self, wave: str, number: int, now: float) -> None:
        known = {"replied": number in self.replied, "suppressed": number in self.suppressed}
        self.sent.append(Sent(wave=wave, recipient=number, at=now, **known))

    def facts(self, wave: Wave) -> Iterator[Facts]:
        """What the ledger knows for this wave."""
        for number in range(len(self.people)):
            before = self.letters.get((wave.from_wave, number))
            if before is not None:
                yield self._facts(wave, number, before)

    def _facts(self, wave: Wave, number: int, before: Letter) -> Facts:
        zone, country = self.people[number]
        return Facts(
            recipient=number,
            status=before.status,
            accepted_at=before.accepted_at,
            language="en",
            zone=zone,
            country=country,
            replied=number in self.replied,
            suppressed="it bounced" if number in self.suppressed else None,
            planned=(wave.name, number) in self.letters,
        )

    def live(self) -> None:
        """Between two runs: some answer, and some letters come back."""
        for number in self._random.sample(range(len(self.people)), k=2):
            letter = self.letters["first", number]
            if letter.status is Status.ACCEPTED and self._random.random() < 0.3:
                self.replied.add(number)
            elif letter.status is Status.ACCEPTED and self._random.random() < 0.1:
                letter.status = Status.BOUNCED
                self.suppressed.add(number)


def firings(random: Random, begins: float, days: int) -> Iterator[float]:
    """When the timer fires, by the machine's clock: every few hours, once three days late, once set back."""
    at = begins
    jumps = [(11 * DAY, 3 * DAY), (30 * DAY, -9 * HOUR)]
    while at < begins + days * DAY:
        yield at
        at += random.uniform(0.5, 6) * HOUR
        if jumps and at > begins + jumps[0][0]:
            at += jumps.pop(0)[1]


def faults(world: World, waves: Sequence[Wave], policy: Policy, holidays: Mapping[str, set[date]]) -> Iterator[str]:
    """Everything that is wrong with what was sent, by rules that are spelled out here once more."""
    for (wave, number), times in Counter((sent.wave, sent.recipient) for sent in world.sent).items():
        if times > 1:
            yield f"{wave} to {number}: {times} times"
    accepted = {key: letter.accepted_at for key, letter in world.letters.items()}
    by_name = {wave.name: wave for wave in waves}
    for sent in world.sent:
        wave = by_name[sent.wave]
        zone, country = world.people[sent.recipient]
        wall = datetime.fromtimestamp(sent.at, ZoneInfo(zone))
        before = accepted[wave.from_wave, sent.recipient]
        wrong = {
            "hours": not any(start <= wall.hour * 3600 + wall.minute * 60 < end for start, end in policy.hours),
            "weekend": wall.weekday() in WEEKENDS.get(country, {5, 6}),
            "holiday": wall.date() in holidays.get(country, set()),
            "too soon": wave.after is not None and (before is None or sent.at < before + wave.after),
            "before its moment": wave.at is not None and sent.at < wave.at,
            "too late": wave.not_after is not None and sent.at > wave.not_after,
            "answered": wave.unless_replied and sent.replied,
            "suppressed": sent.suppressed,
        }
        yield from (f"{sent.wave} to {sent.recipient} at {wall}: {what}" for what, is_so in wrong.items() if is_so)
