"""``preview``: writes all or some letters of the plan to a file, exactly as they would be sent."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

from msgspec import Struct

from mass_apology.errors import InputError, MassApologyError
from mass_apology.flows.asked_relay import AskedRelay
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.output import refuse_existing
from mass_apology.flows.plan import plan
from mass_apology.flows.plan.wording_findings import WordingCritic
from mass_apology.flows.preview import letter_files
from mass_apology.flows.preview.finished_letters import Batch, finish
from mass_apology.flows.preview.letter_choice import Choice, Kinds, choose
from mass_apology.flows.preview.preview_page_content import Page
from mass_apology.flows.preview.shown_letters import Shown, Source, first_letters
from mass_apology.letter.render_pool import RenderPool, processes_for
from mass_apology.model import Finding
from mass_apology.pages.preview_page import is_preview_page
from mass_apology.recipients import Segments
from mass_apology.settings import Campaign
from mass_apology.workspace.workspace import Workspace

PAGE = "preview.html"  # where no file is named
PROBE_SECONDS = 10.0  # for the relay's answer: a preview must also work offline
MOST_ON_A_PAGE = 5000  # letters; a page of more than these would open too slowly
EXAMPLES = 5  # of letters that cannot be written


class PreviewResult(Struct, frozen=True, kw_only=True):
    """The result of ``preview``."""

    file: str
    code: str  # of the plan
    letters: int  # in the plan
    shown: int  # in the file
    failed: int  # chosen letters that cannot be written
    examples: tuple[Finding, ...]  # findings about some of these
    wave: str
    lacking: tuple[str, ...]  # facts that campaign.toml lacks, and the letters show examples of
    notes: tuple[str, ...]  # possible differences from the letters that are sent


async def preview(
    workspace: Workspace,
    to: Path | None,
    choice: Choice,
    *,
    source: Source = first_letters,
    force: bool,
    on_progress: OnProgress,
) -> PreviewResult:
    """Write the chosen letters to ``to``, in the format of its suffix. Raises ``MassApologyError``; no file then.

    Without ``to`` it is a page in the campaign's folder, which takes the place of an earlier one.
    """
    campaign = workspace.campaign
    if to is None:
        to = workspace.folder / PAGE
        force = force or is_preview_page(to)
    letter_files.require_known(to)
    refuse_existing(to, force=force)
    now = time.time()
    eightbit, notes = await ask_8bitmime(campaign)
    async with source(workspace, plan.ledger_key(workspace), on_progress=on_progress) as shown:
        kinds = Kinds(shown.writer, Segments(campaign, shown.header))
        chosen = choose(shown.letters, choice, kinds, shown.total, on_progress)
        count = shown.total if chosen is None else len(chosen)
        if to.suffix == ".html" and count > MOST_ON_A_PAGE:
            raise InputError(
                f"A page cannot show {count:,} letters; it can show {MOST_ON_A_PAGE:,}.",
                next_step="Choose fewer with --sample, or write them all to a .mbox or .jsonl file.",
            )
        processes = processes_for(count, os.cpu_count() or 1)
        make_writer = shown.recipe if processes else lambda: shown.writer  # which compiled the templates already
        async with RenderPool(make_writer, processes=processes) as render_pool:
            finished = finish(
                shown,
                chosen,
                render_pool,
                now=now,
                eightbit=eightbit,
                with_findings=to.suffix == ".html",
            )
            made = _PreviewWriter(shown, count, notes, on_progress)
            async with aclosing(finished):
                if to.suffix == ".html":
                    await made.page(to, workspace, kinds, finished, now, force=force)
                else:
                    await made.file(to, finished, now, force=force)
    return made.previewed(to)


async def ask_8bitmime(campaign: Campaign) -> tuple[bool, tuple[str, ...]]:
    """Whether the relay offers 8BITMIME, which changes the bytes of letters, and a note if it cannot be reached."""
    try:
        relay = AskedRelay(campaign)
        async with asyncio.timeout(PROBE_SECONDS):
            return (await relay.extensions()).eightbitmime, ()
    except (MassApologyError, TimeoutError) as error:
        why = error.problem if isinstance(error, MassApologyError) else f"It said nothing for {PROBE_SECONDS:g} s."
        note = f"The relay could not be asked what it takes, so 8BITMIME was assumed as nearly all have it. {why}"
        return True, (note,)


class _PreviewWriter:
    """Writes one preview and counts its letters."""

    def __init__(self, shown: Shown, count: int, notes: Sequence[str], on_progress: OnProgress) -> None:
        """``count`` of the shown letters were chosen.

        A check has rendered all letters, so it excludes those that cannot be rendered; a sample does not know them.
        """
        self._of = shown
        self._to_show = count
        self._notes = (*shown.notes, *notes)
        self._on_progress = on_progress
        self._shown = 0
        self._failed: list[Finding] = []
        self._failures = 0

    async def file(self, to: Path, finished: AsyncIterator[Batch], now: float, *, force: bool) -> None:
        with letter_files.letter_file(to, self._of.total, now, force=force) as file:
            async for batch in finished:
                for letter in batch.letters:
                    file.add(letter)
                self._count(batch)

    async def page(
        self, to: Path, workspace: Workspace, kinds: Kinds, finished: AsyncIterator[Batch], now: float, *, force: bool
    ) -> None:
        critic = WordingCritic(workspace.campaign, workspace.folder, self._of.template)
        page = Page(workspace.campaign, self._of, critic, made_at=now, notes=self._notes)
        async for batch in finished:
            page.add(batch.letters, kinds.of([letter.delivery for letter in batch.letters]))
            self._count(batch)
        page.write(to, force=force)

    def previewed(self, to: Path) -> PreviewResult:
        of = self._of
        whole = of.total - self._failures if self._to_show == of.total else of.total
        return PreviewResult(
            file=str(to),
            code=of.code,
            letters=whole if of.at_check is None else of.at_check,
            shown=self._shown,
            failed=self._failures,
            examples=tuple(self._failed),
            wave=of.wave,
            lacking=of.examples,
            notes=self._notes,
        )

    def _count(self, batch: Batch) -> None:
        self._shown += len(batch.letters)
        self._failures += len(batch.failed)
        self._failed += batch.failed[: EXAMPLES - len(self._failed)]
        self._on_progress("writing letters", self._shown + self._failures, self._to_show)
