"""ledger → one wave's plan: for everybody with a letter in the wave before, whether and when the next one goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from msgspec.structs import replace

from mass_apology.errors import ConfirmationError
from mass_apology.flows.follow_up.one_letter import OneLetter
from mass_apology.flows.plan import plan
from mass_apology.flows.suppressing import Suppressed
from mass_apology.ledger import Changed, Ledger, Records
from mass_apology.ledger.further_waves import Addition, Candidate, Thread
from mass_apology.letter.message.headers import message_id
from mass_apology.model import (
    DUE,
    Delivery,
    Finding,
    LargestLetter,
    Severity,
    Status,
    first_cell,
    largest_of,
    read_rows,
)
from mass_apology.preflight import Asked, asked, fallback_findings
from mass_apology.recipients import Segments
from mass_apology.schedule import Decision, Facts, Not, Wave, plan_wave
from mass_apology.schedule.timetable import timetable
from mass_apology.sending.gate import (
    Gate,
    Held,
    file_rule,
    relay_rule,
    suppression_rule,
)
from mass_apology.settings import ScheduleSettings
from mass_apology.workspace.workspace import Workspace

BATCH = 1000
_NO_LETTER = frozenset({None, Status.WITHHELD})  # one that was withheld is decided about anew


class WavePlan:
    """One further wave of a campaign. ``ledger`` is read as it is whenever something is asked."""

    def __init__(
        self,
        workspace: Workspace,
        ledger: Records,
        wave: Wave,
        suppressed: Suppressed,
        *,
        schedule: ScheduleSettings | None = None,
        changes: Mapping[int, Changed] | None = None,
    ) -> None:
        """``schedule`` is the campaign's unless given. With ``changes`` the plan is for these recipients only, as they
        are now; without, for all of them as they were.

        Raises ``MassApologyError`` where the wave's template or condition cannot be used."""
        if ledger.is_purged:
            raise ConfirmationError(
                "This campaign was purged: the ledger knows nobody's address any more.",
                next_step="Begin a campaign of its own for those who are still to be written to: mass-apology init",
            )
        self.wave = wave
        self._workspace = workspace
        campaign = workspace.campaign
        self.recipe = plan.writer_recipe(workspace, ledger.header, wave.template, wave.subject)
        self._campaign = campaign
        self._ledger = ledger
        self._key = ledger.key
        self._domain = workspace.sender_domain
        self._suppressed = suppressed
        self._country_in = first_cell(campaign.columns.country or "")
        self._changes = changes
        self._language_for = self.recipe().language_for
        self._is_for_safety = suppressed.purpose == "safety"
        self._where = Segments(campaign, ledger.header, {wave.name: wave.where} if wave.where else {}, "follow_up")
        self._one_letter = OneLetter([] if campaign.one_letter_per == "customer" else ledger.waves.sharing(wave.name))
        self._timetable = timetable(schedule or campaign.schedule, campaign.time_zone)

    def decisions(
        self, now: float, among: Callable[[Candidate], bool] = lambda _: True
    ) -> Iterator[tuple[Candidate, Decision]]:
        """Everybody with a letter in the wave before, in its order, and what is decided at ``now`` (Unix seconds).

        With ``among``, only those of whom it is true."""
        everybody = filter(among, self._candidates())
        while batch := list(islice(everybody, BATCH)):
            yield from self.decided(batch, now)

    def decided(self, batch: Sequence[Candidate], now: float) -> Iterator[tuple[Candidate, Decision]]:
        """These, with what is decided about them at ``now``, whatever the ledger says of them."""
        return self._decided(batch, self._facts(batch), now)

    def reconsidered(self, now: float) -> Iterator[tuple[Candidate, Decision]]:
        """Those whose letter of this wave is planned and not begun, decided as if it were not planned yet."""
        waiting = (each for each in self._candidates() if each.next_status in DUE)
        while batch := list(islice(waiting, BATCH)):
            yield from self._as_if_new(batch, now)

    def letters(self, candidates: Sequence[Candidate]) -> list[Delivery]:
        """The letters that would be planned, with the Message-IDs that they will have."""
        threads = self._ledger.waves.threads([candidate.recipient for candidate in candidates])
        return [self._letter(each, threads.get(each.recipient, Thread())) for each in candidates]

    def _letter(self, candidate: Candidate, thread: Thread) -> Delivery:
        return Delivery(
            id=candidate.recipient,
            address=candidate.address,
            name=candidate.name,
            language=self._language_for(candidate.language),
            time_zone=candidate.time_zone,
            lines=candidate.lines,
            rows=candidate.rows,
            message_id=message_id(
                self._key, f"{self._campaign.name}/{self.wave.name}", candidate.identity, self._domain
            ),
            wave=self.wave.name,
            thread=thread.message_ids,
            thread_subject=thread.subject,
            code=candidate.code,
        )

    def asked(self, candidate: Candidate) -> Asked:
        """What language somebody asks for, and what the letter of this wave would be in."""
        return asked(candidate.language, self._language_for(candidate.language), self._country_in(candidate.rows))

    def language_findings(self, counts: Mapping[Asked, int]) -> list[Finding]:
        """What a person should know of these letters' languages before agreeing to them; none of it stops them."""
        found = fallback_findings(counts, self.wave.template, safety=self._is_for_safety)
        return [replace(each, severity=Severity.WARNING) if each.severity is Severity.ERROR else each for each in found]

    def fact_errors(self, letters: Iterable[Delivery]) -> list[Finding]:
        """The facts that these letters lack in campaign.toml, or have wrong: all at once."""
        languages = sorted({letter.language for letter in letters})
        return plan.fact_errors(self._workspace, self.wave.template, languages) if languages else []

    def largest_letter(self, new: LargestLetter) -> LargestLetter:
        """The wave's largest letter, with the ``new`` ones."""
        return largest_of((self._ledger.largest_letter(self.wave.name), new))

    def add(
        self,
        ledger: Ledger,
        letters: Iterable[Delivery],
        now: float,
        *,
        largest: LargestLetter,
        changes: Iterable[Changed] = (),
    ) -> None:
        """Plan letters that ``letters`` made, all of them or none; see ``Waves.add``."""
        additions = [
            Addition(recipient=each.id, language=each.language, message_id=each.message_id) for each in letters
        ]
        ledger.waves.add(self.wave.name, additions, now, largest=largest, changes=changes)

    def gate(self) -> Gate:
        """What is asked of each letter of this wave just before it goes."""
        names = relay_rule([relay.name for relay in self._campaign.relays])
        return Gate([suppression_rule(self._suppressed), file_rule, names, self._ruling])

    def _ruling(self, letters: Sequence[Delivery], now: float) -> Mapping[int, Held | float]:
        """The wave's own conditions and hours, as if the letters were not planned yet: much may have happened since."""
        found = self._ledger.waves.candidates_of(self.wave.from_wave, [letter.id for letter in letters])
        return {
            candidate.next_delivery: _held(decision, now)
            for candidate, decision in self._as_if_new(found, now)
            if candidate.next_delivery is not None
        }

    def _as_if_new(self, batch: Sequence[Candidate], now: float) -> Iterator[tuple[Candidate, Decision]]:
        facts = (replace(each, planned=False) for each in self._facts(batch))
        return self._decided(batch, facts, now)

    def _decided(
        self, batch: Sequence[Candidate], facts: Iterable[Facts], now: float
    ) -> Iterator[tuple[Candidate, Decision]]:
        decisions = plan_wave(self.wave, facts, now, self._timetable)
        return zip(batch, map(self._one_letter.settle, decisions), strict=True)

    def _candidates(self) -> Iterator[Candidate]:
        everybody = self._ledger.waves.candidates(self.wave.from_wave, self.wave.name)
        if self._changes is None:
            return everybody
        changes = self._changes
        return (_renewed(each, changes[each.recipient]) for each in everybody if each.recipient in changes)

    def _facts(self, batch: Sequence[Candidate]) -> Iterator[Facts]:
        chosen = self._chosen(batch)
        suppressed = self._suppressed.among([candidate.address for candidate in batch])
        for candidate, is_chosen in zip(batch, chosen, strict=True):
            yield Facts(
                recipient=candidate.recipient,
                status=candidate.status,
                accepted_at=candidate.accepted_at,
                language=self._language_for(candidate.language),
                zone=candidate.time_zone,
                country=self._country_in(candidate.rows),
                replied=candidate.replied,
                suppressed=suppressed.get(candidate.address),
                left_file=candidate.left_file,
                chosen=is_chosen,
                planned=candidate.next_status not in _NO_LETTER,
            )

    def _chosen(self, batch: Sequence[Candidate]) -> list[bool]:
        if not self.wave.where:
            return [True] * len(batch)
        return [bool(names) for names in self._where.of([read_rows(candidate.rows) for candidate in batch])]


def _renewed(candidate: Candidate, change: Changed) -> Candidate:
    return replace(
        candidate,
        name=change.name,
        language=change.language,
        time_zone=change.time_zone,
        lines=change.lines,
        rows=change.rows,
    )


def _held(decision: Decision, now: float) -> Held | float:
    if isinstance(decision, Not):
        return Held(reason=decision.reason.sentence, for_good=decision.reason.for_good)
    return decision.until if decision.at <= now else Held(reason="it is not due yet", for_good=False)
