"""The letters of a follow-up or a correction that ``preview`` and ``test`` choose from.

What the ledger can tell is shown as it will leave. While it cannot tell yet who gets a follow-up, the letters are those
to everybody in the recipients file, as if each letter before had been accepted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

from msgspec.structs import replace

from mass_apology.errors import InputError, MessageError, TemplateError
from mass_apology.flows.continuity.outside import require_ledger
from mass_apology.flows.follow_up.affected import (
    CorrectOptions,
    affected,
    changed_customers,
    require_affected,
    require_known_digest,
    require_known_wave,
    wave_of,
)
from mass_apology.flows.follow_up.consent import wave_named
from mass_apology.flows.follow_up.correct import AT_ONCE
from mass_apology.flows.follow_up.wave_plan import BATCH, WavePlan
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan import plan
from mass_apology.flows.preview.shown_letters import Shown, Writing, writing_with_examples
from mass_apology.flows.suppressing import suppressed
from mass_apology.ledger import Records
from mass_apology.ledger.further_waves import Candidate
from mass_apology.letter.letter_writer import Writer
from mass_apology.model import DUE, FIRST_WAVE, Delivery, read_rows
from mass_apology.recipients import Segments
from mass_apology.schedule import Due, Wave, waves
from mass_apology.settings import Campaign, SubjectLine
from mass_apology.workspace.workspace import Workspace

_UNDECIDED = (
    "Who gets {wave} is not known before the letters before it are accepted. These are the letters to everybody in "
    "{file}, as if they had been."
)


@asynccontextmanager
async def wave_letters(workspace: Workspace, key: bytes, *, name: str, on_progress: OnProgress) -> AsyncIterator[Shown]:
    """The letters of the follow-up ``name``. Raises ``InputError`` where there are none."""
    wave = wave_named(workspace.campaign, name)
    with suppressed(workspace) as suppressions, _planned_ledger(workspace) as records:
        if records is not None:
            wave_plan = WavePlan(workspace, records, wave, suppressions)
            known, are_undecided = _candidates(wave_plan)
            if known:
                yield _shown(workspace, records, wave_plan, known)
                return
            if not are_undecided:
                raise InputError(
                    f"As things stand, nobody gets a letter of {name} any more.",
                    next_step="See why: mass-apology follow-up --plan",
                )
    async with _undecided_letters(workspace, key, wave, on_progress) as shown:
        yield shown


@asynccontextmanager
async def correction_letters(
    workspace: Workspace, _key: bytes, *, options: CorrectOptions, on_progress: OnProgress
) -> AsyncIterator[Shown]:
    """The letters of a correction. Raises ``MassApologyError`` as ``correct`` does, where it is for nobody."""
    require_ledger(workspace)
    with (
        workspace.ledger_store.read(workspace.campaign.name) as records,
        suppressed(workspace) as suppressions,
    ):
        require_known_wave(records, options)
        require_known_digest(records, options)
        changes = await changed_customers(workspace, records, on_progress) if options.changed else None
        wave_plan = WavePlan(workspace, records, wave_of(options), suppressions, schedule=AT_ONCE, changes=changes)
        waiting = [each for each, _ in wave_plan.reconsidered(time.time())]
        known = [*waiting, *affected(wave_plan, options)]
        require_affected(known, records, options)
        if not known:
            raise InputError(
                f"The correction {options.name} went to everybody it is for.", next_step="See: mass-apology status"
            )
        yield _shown(workspace, records, wave_plan, known)


@contextmanager
def _planned_ledger(workspace: Workspace) -> Iterator[Records | None]:
    """The campaign's ledger, for reading; ``None`` where nothing was planned yet."""
    store = workspace.ledger_store
    if not store.exists():
        yield None
        return
    with store.read(workspace.campaign.name) as records:
        yield records if records.digest_parts else None


def _candidates(wave_plan: WavePlan) -> tuple[list[Candidate], bool]:
    """Who gets a letter of the wave as things stand, and whether others may whose letter before is still under way."""
    known: list[Candidate] = []
    others: Counter[bool] = Counter()  # by whether they may get one later
    for candidate, decision in wave_plan.decisions(time.time()):
        if isinstance(decision, Due) or candidate.next_status in DUE:
            known.append(candidate)
        else:
            others[candidate.status in DUE] += 1
    return known, others[True] > 0 or not others


def _shown(workspace: Workspace, records: Records, wave_plan: WavePlan, known: Sequence[Candidate]) -> Shown:
    wave = wave_plan.wave

    def letters() -> Iterator[list[Delivery]]:
        for start in range(0, len(known), BATCH):
            yield wave_plan.letters(known[start : start + BATCH])

    languages = sorted({letter.language for batch in letters() for letter in batch})
    writing = writing_with_examples(workspace, records.header, wave.template, languages, wave.subject)
    return Shown(
        letters=letters,
        total=len(known),
        writer=writing.recipe(),
        recipe=writing.recipe,
        header=records.header,
        template=wave.template,
        wave=wave.name,
        code=plan.code(workspace.wave_parts(wave.template)),
        examples=writing.examples,
    )


@asynccontextmanager
async def _undecided_letters(
    workspace: Workspace, key: bytes, wave: Wave, on_progress: OnProgress
) -> AsyncIterator[Shown]:
    """The wave's letters to everybody in the file, as if each letter before had been accepted."""
    campaign = workspace.campaign
    before = _waves_before(campaign, wave)
    thread = (FIRST_WAVE, *(each.name for each in before), wave.name)
    terms = plan.Terms(skip_bad_rows=True, render=False, thread=thread)
    async with plan.drafted(workspace, key, terms, on_progress=on_progress) as draft:
        languages = tuple(draft.check.languages)

        def writing(template: str, subject: SubjectLine = SubjectLine.OWN) -> Writing:
            return writing_with_examples(workspace, draft.header, template, languages, subject)

        earlier = [writing(campaign.template), *(writing(each.template, each.subject) for each in before)]
        own = writing(wave.template, wave.subject)
        writer = own.recipe()
        where = Segments(campaign, draft.header, {wave.name: wave.where} if wave.where else {}, "follow_up")

        def letters() -> Iterator[list[Delivery]]:
            for batch in draft.letters():
                chosen = (
                    where.of([read_rows(each.rows) for each in batch]) if wave.where else [(wave.name,)] * len(batch)
                )
                yield [
                    replace(each, wave=wave.name, language=writer.language_for(each.language))
                    for each, names in zip(batch, chosen, strict=True)
                    if wave.name in names
                ]

        yield Shown(
            letters=letters,
            total=sum(map(len, letters())),
            writer=writer,
            recipe=own.recipe,
            header=draft.header,
            template=wave.template,
            wave=wave.name,
            code=plan.code(workspace.wave_parts(wave.template)),
            examples=own.examples,
            notes=(_UNDECIDED.format(wave=wave.name, file=campaign.recipients),),
            complete=_Threading([each.recipe() for each in earlier]).complete,
        )


def _waves_before(campaign: Campaign, wave: Wave) -> list[Wave]:
    """The follow-ups whose letters this one follows, the first one first."""
    by_name = {each.name: each for each in waves(campaign.follow_up)}
    before: list[Wave] = []
    while wave.from_wave in by_name:
        wave = by_name[wave.from_wave]
        before.insert(0, wave)
    return before


class _Threading:
    """Puts letters of an undecided wave into their threads, as if the letters before had been accepted."""

    def __init__(self, writers: Sequence[Writer]) -> None:
        """``writers`` write the letters before, the first wave's first."""
        self._writers = writers

    def complete(self, letter: Delivery) -> Delivery:
        """The letter with its Message-ID, thread and the subject that it follows."""
        *thread, own = letter.message_id.split()
        subject = ""
        with suppress(TemplateError, MessageError):  # a preview of that wave tells what cannot be written
            for writer in self._writers:
                subject = writer.content(replace(letter, thread_subject=subject)).subject
        return replace(letter, message_id=own, thread=tuple(thread), thread_subject=subject)
