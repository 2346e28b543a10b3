"""``preview``: the plan's letters, or a choice of them, finished and written to a file. Nothing is sent."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from pathlib import Path

from msgspec import Struct

from mass_apology import history
from mass_apology.campaign import read_campaign
from mass_apology.errors import InputError, MassApologyError
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.output import refuse_existing
from mass_apology.flows.plan import plan
from mass_apology.flows.preview import letter_files
from mass_apology.flows.preview.finished_letters import Batch, finish
from mass_apology.flows.preview.letter_choice import Choice, Kinds, choose
from mass_apology.flows.preview.preview_page_content import Page
from mass_apology.letter.render_pool import RenderPool, processes_for
from mass_apology.model import Finding
from mass_apology.recipients import Segments
from mass_apology.settings import Campaign
from mass_apology.smtp.password import relay_password
from mass_apology.smtp.session import probe

PATIENCE = 10.0  # seconds for the relay to say what it offers: a preview must also work on a train
MOST_ON_A_PAGE = 5000  # letters; a page of more than these would open too slowly
EXAMPLES = 5  # of letters that cannot be written


class Previewed(Struct, frozen=True, kw_only=True):
    """What was written, and what there would be to see besides."""

    file: str
    code: str  # of the plan
    letters: int  # in the plan
    shown: int  # in the file
    failed: int  # chosen letters that cannot be written
    examples: tuple[Finding, ...]  # of why
    notes: tuple[str, ...]  # how the letters may differ from what leaves


async def preview(folder: Path, to: Path, choice: Choice, *, force: bool, on_progress: OnProgress) -> Previewed:
    """Write the chosen letters to ``to``, whose suffix says how; raises ``MassApologyError`` with nothing written."""
    campaign = read_campaign(folder)
    letter_files.require_known(to)
    refuse_existing(to, force=force)
    now = time.time()
    eightbit, notes = await offer(campaign)
    key = plan.ledger_key(folder, campaign)
    async with plan.drafted(
        folder, campaign, key, plan.Terms(skip_bad_rows=True, render=False), on_progress=on_progress
    ) as draft:
        recipe = plan.writer_recipe(folder, campaign, draft.header)
        kinds = Kinds(draft.writer, Segments(campaign, draft.header))
        total = draft.check.letters
        chosen = choose(draft.letters, choice, kinds, total, on_progress)
        shown = total if chosen is None else len(chosen)
        if to.suffix == ".html" and shown > MOST_ON_A_PAGE:
            raise InputError(
                f"A page cannot show {shown:,} letters; it can show {MOST_ON_A_PAGE:,}.",
                next_step="Choose fewer with --sample, or write them all to a .mbox or .jsonl file.",
            )
        processes = processes_for(shown, os.cpu_count() or 1)
        async with RenderPool(recipe, processes=processes) as render_pool:
            finished = finish(
                draft.letters(), chosen, render_pool, now=now, eightbit=eightbit, with_findings=to.suffix == ".html"
            )
            made = _Made(draft.check.code, total, shown, notes, on_progress, _letters_at_check(folder, draft.parts))
            async with aclosing(finished):
                if to.suffix == ".html":
                    await made.page(to, campaign, kinds, finished, now, force=force)
                else:
                    await made.file(to, finished, now, force=force)
    return made.previewed(to)


def _letters_at_check(folder: Path, parts: Mapping[str, str]) -> int | None:
    """So that check and preview of one plan say one number."""
    last = history.last_check(folder)
    return last.letters if last is not None and dict(last.parts) == dict(parts) else None


async def offer(campaign: Campaign) -> tuple[bool, tuple[str, ...]]:
    """Whether the relay takes 8BITMIME, which shapes the bytes; with a note where it could not be asked."""
    try:
        password = relay_password(campaign.relay)
        async with asyncio.timeout(PATIENCE):
            return (await probe(campaign.relay, password)).extensions.eightbitmime, ()
    except (MassApologyError, TimeoutError) as error:
        why = error.problem if isinstance(error, MassApologyError) else f"It said nothing for {PATIENCE:g} s."
        note = f"The relay could not be asked what it takes, so 8BITMIME was assumed as nearly all have it. {why}"
        return True, (note,)


class _Made:
    """What has been written so far."""

    def __init__(
        self, code: str, total: int, shown: int, notes: tuple[str, ...], on_progress: OnProgress, at_check: int | None
    ) -> None:
        """``at_check`` is the number of letters that the last check found in just this plan, where there was one.

        It has rendered all of them: those that cannot be written are known only then, or when all were chosen here.
        """
        self._at_check = at_check
        self._code = code
        self._total = total
        self._to_show = shown
        self._notes = notes
        self._on_progress = on_progress
        self._shown = 0
        self._failed: list[Finding] = []
        self._failures = 0

    async def file(self, to: Path, finished: AsyncIterator[Batch], now: float, *, force: bool) -> None:
        with letter_files.letter_file(to, self._total, now, force=force) as file:
            async for batch in finished:
                for letter in batch.letters:
                    file.add(letter)
                self._count(batch)

    async def page(
        self, to: Path, campaign: Campaign, kinds: Kinds, finished: AsyncIterator[Batch], now: float, *, force: bool
    ) -> None:
        page = Page(campaign, code=self._code, letters=self._at_check or self._total, made_at=now, notes=self._notes)
        async for batch in finished:
            page.add(batch.letters, kinds.of([letter.delivery for letter in batch.letters]))
            self._count(batch)
        page.write(to, force=force)

    def previewed(self, to: Path) -> Previewed:
        whole = self._total - self._failures if self._to_show == self._total else self._total
        return Previewed(
            file=str(to),
            code=self._code,
            letters=whole if self._at_check is None else self._at_check,
            shown=self._shown,
            failed=self._failures,
            examples=tuple(self._failed),
            notes=self._notes,
        )

    def _count(self, batch: Batch) -> None:
        self._shown += len(batch.letters)
        self._failures += len(batch.failed)
        self._failed += batch.failed[: EXAMPLES - len(self._failed)]
        self._on_progress("writing letters", self._shown + self._failures, self._to_show)
