"""Renders chosen letters to the bytes that ``send`` would hand over, in the plan's order, with their findings."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Collection, Iterator

from msgspec import Struct

from mass_apology.errors import MessageError, TemplateError
from mass_apology.flows.preview.shown_letters import Shown
from mass_apology.letter.inspecting.inspector import FAILS
from mass_apology.letter.render_pool import RenderPool
from mass_apology.model import Delivery, Finding, Message

BATCH = 500  # letters read and rendered together
AT_ONCE = 4  # batches in progress: the processes render some while another is written to the file


class Finished(Struct, frozen=True, kw_only=True):
    """One letter as it would be sent."""

    number: int  # in the plan, from 1
    message: Message
    findings: tuple[Finding, ...] = ()

    @property
    def delivery(self) -> Delivery:
        return self.message.delivery


class Batch(Struct, frozen=True, kw_only=True):
    """Some finished letters, and findings about letters that cannot be rendered."""

    letters: list[Finished]
    failed: list[Finding]


async def finish(
    shown: Shown,
    chosen: Collection[int] | None,
    render_pool: RenderPool,
    *,
    now: float,
    eightbit: bool,
    with_findings: bool,
) -> AsyncGenerator[Batch, None]:
    """The chosen letters (all if ``chosen`` is ``None``), dated ``now``, with a few batches rendered ahead."""
    under_way: deque[asyncio.Task[Batch]] = deque()
    write = _written_and_checked if with_findings else _written
    try:
        for batch in _numbered(shown, chosen):
            under_way.append(asyncio.create_task(write(render_pool, batch, now, eightbit=eightbit)))
            if len(under_way) >= AT_ONCE:
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()


def _numbered(shown: Shown, chosen: Collection[int] | None) -> Iterator[list[tuple[int, Delivery]]]:
    number = 0
    for batch in shown.letters():
        numbered = list(enumerate(batch, start=number + 1))
        number += len(batch)
        wanted = [(at, shown.complete(letter)) for at, letter in numbered if chosen is None or letter.id in chosen]
        if wanted:
            yield wanted


async def _written(render_pool: RenderPool, batch: list[tuple[int, Delivery]], now: float, *, eightbit: bool) -> Batch:
    try:
        messages = await render_pool.write([delivery for _, delivery in batch], now=now, eightbit=eightbit)
    except (TemplateError, MessageError):  # the first of perhaps many
        return await _written_and_checked(render_pool, batch, now, eightbit=eightbit)
    letters = [Finished(number=number, message=message) for (number, _), message in zip(batch, messages, strict=True)]
    return Batch(letters=letters, failed=[])


async def _written_and_checked(
    render_pool: RenderPool, batch: list[tuple[int, Delivery]], now: float, *, eightbit: bool
) -> Batch:
    found: dict[int | None, list[Finding]] = {}
    inspection = await render_pool.check([delivery for _, delivery in batch])
    for finding in inspection.findings:
        found.setdefault(finding.line, []).append(finding)
    failed = [each for findings in found.values() for each in findings if each.code == FAILS]
    lines = {each.line for each in failed}
    sound = [(number, delivery) for number, delivery in batch if delivery.first_line not in lines]
    messages = await render_pool.write([delivery for _, delivery in sound], now=now, eightbit=eightbit) if sound else []
    letters = [
        Finished(number=number, message=message, findings=tuple(found.get(delivery.first_line, ())))
        for (number, delivery), message in zip(sound, messages, strict=True)
    ]
    return Batch(letters=letters, failed=failed)
