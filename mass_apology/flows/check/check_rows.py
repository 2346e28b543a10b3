"""The text of a check, for terminal and page: the rows of its table, and its verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mass_apology.flows.plan.plan_check import Check
from mass_apology.quantities import are, counted
from mass_apology.sender_domain import BULK
from mass_apology.system.timestamps import local_minute

MOST_NAMED = 5  # links and attachments named


def rows(check: Check) -> Iterator[tuple[str, str]]:
    """Name and value of each fact, in the order of the table."""
    yield "campaign", f"{check.campaign}, letter {check.template}"
    yield "plan", check.code
    yield "file", f"{check.recipients}, {check.written_as}"
    yield "rows", _rows_read(check)
    before = f" ({check.letters_before:,} at the last check)" if check.letters_before is not None else ""
    yield "letters", f"{check.letters:,}{before if check.letters_before != check.letters else ''}"
    if check.due is not None:
        yield "due now", f"{check.due:,}; the others are done, as status says"
    if check.silence and check.due is None:
        yield "silence", f"{check.silence}; nobody has heard from you yet"
    if check.set_aside:
        yield "bad rows", f"{check.set_aside:,} set aside" if check.skipping else f"{check.set_aside:,}"
    yield "languages", _counts(check.languages)
    yield "domains", _counts(check.domains)
    if check.gmail >= BULK:
        yield "to Gmail", f"{check.gmail:,}: from {BULK:,} a day it asks for SPF, DKIM and DMARC (see --dns)"
    if check.size is not None:
        yield "size", f"{_octets(check.size.mean)} a letter, the largest {_octets(check.size.largest)}"
    if check.attached:
        yield "attached", _listed([f"{name} ({_octets(size)})" for name, size in check.attached])
    yield "links", _listed(check.links) if check.links else "none"
    yield "canary", f"the first {check.canary:,} go ahead"
    if check.relay:
        yield "relay", check.relay
    for record in check.sender_domain:
        yield "sender", record
    yield from _end(check)


def _end(check: Check) -> Iterator[tuple[str, str]]:
    if check.finish_at is not None:
        yield "done by", f"{local_minute(check.finish_at)} at the earliest, at {check.rate}"
    if check.verdict:
        yield "verdict", check.verdict


def verdict(check: Check) -> str:
    """Whether the letters can be sent, and the next step, as sentences."""
    if check.sendable and check.due is not None:
        return _due_verdict(check.due)
    if check.sendable:
        return f"Ready: {counted(check.letters, 'letter')}. Look at them: mass-apology preview --to preview.html"
    if check.skippable:
        return "Nothing can be sent yet. Mend the errors, or set the bad rows aside: mass-apology send --skip-bad-rows"
    return "Nothing can be sent yet. Mend the errors, then run check again."


def _due_verdict(due: int) -> str:
    if not due:
        return "Nothing is due: everybody's letter is done. Who was reached, and who was not: mass-apology report"
    return f"Ready: {counted(due, 'letter')} {are(due)} due now. Look at them: mass-apology preview --to preview.html"


def _rows_read(check: Check) -> str:
    text = f"{check.rows_read:,} read"
    if check.rows_chosen != check.rows_read:
        text += f", {check.rows_chosen:,} chosen by where"
    if check.rows_merged:
        text += f", {check.rows_merged:,} merged into a letter with others"
    return text


def _counts(counts: Mapping[str, int]) -> str:
    return " · ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"


def _listed(things: Sequence[str]) -> str:
    more = f" and {len(things) - MOST_NAMED} more" if len(things) > MOST_NAMED else ""
    return " · ".join(things[:MOST_NAMED]) + more


def _octets(size: float) -> str:
    return f"{size / 1024:.1f} KB" if size < 1 << 20 else f"{size / (1 << 20):.1f} MB"
