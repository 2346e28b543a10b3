"""The report of a campaign as one page: who was reached, who was not and why, and the evidence.

It is written for a manager and a regulator, on a screen and on paper, and needs no script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from itertools import chain

from msgspec import Struct

from mass_apology.model import Status
from mass_apology.pages.charts import (
    Bucket,
    Timeline,
    gather,
    share_bar,
    size_bar,
    step_moment,
    step_words,
    swatch,
    timeline_chart,
)
from mass_apology.pages.document import document, page_file, shared_style
from mass_apology.pages.words import (
    MEANINGS,
    equation,
    lasted,
    percent,
    present,
    sentence,
    status_word,
    sums,
    timed,
    value,
)
from mass_apology.quantities import counted, number

__all__ = ["Bucket", "Evidence", "ReplyGroup", "ReportPage", "Share", "Unreached", "report_page"]

OPEN_ROWS = 20
"""Visible rows of a list; the others are folded on a screen, and printed on paper."""

MOST_SHARES = 100
"""Domains or languages with a row of their own; one row sums the others."""


class Share(Struct, frozen=True, kw_only=True):
    """The letters of one domain or language."""

    name: str
    counts: Mapping[Status, int]


class ReplyGroup(Struct, frozen=True, kw_only=True):
    """Letters that ended with one answer of the relay."""

    status: Status
    code: int | None  # the SMTP reply code; None without a reply
    text: str
    count: int


class Unreached(Struct, frozen=True, kw_only=True):
    """A person whose letter the relay has not accepted, or may not have."""

    line: str  # line numbers in the recipients file: "12, 40"
    name: str
    address: str
    language: str
    status: Status
    why: str  # the relay's answer, or a reason
    at: float | None  # Unix seconds: the last change of status
    attempts: int


class Evidence(Struct, frozen=True, kw_only=True):
    """A digest or code, for a later comparison."""

    name: str  # "plan", "the recipients file"
    value: str  # a SHA-256 in hexadecimal, or a code


class ReportPage(Struct, frozen=True, kw_only=True):
    """The content of the report page. Times are Unix seconds."""

    campaign: str
    zone: tzinfo  # in which times are shown
    made_at: float
    program: str  # name and version
    started_at: float | None  # the first letter's; None where none was tried
    ended_at: float | None  # the last change's; None where letters are still due
    counts: Mapping[Status, int]
    due: int  # letters that `send` still works on
    timeline: Sequence[Bucket]
    domains: Sequence[Share]
    languages: Sequence[Share]
    replies: Sequence[ReplyGroup]
    unreached: Sequence[Unreached]  # the first ones
    unreached_total: int
    in_doubt: Sequence[Unreached]  # the first ones; their total stands in ``counts``
    waiting_for_answer: int  # people who wrote after a letter, and were not answered
    evidence: Sequence[Evidence]
    notes: Sequence[str]  # what happened, in order: "2026-11-20 14:02 UTC: paused by the breaker"


def report_page(page: ReportPage) -> Iterator[str]:
    """The page as HTML, in pieces; any text in it may be hostile."""
    return document(
        title=f"{page.campaign}: report",
        style=shared_style() + page_file("sheet.css") + page_file("charts.css"),
        body=_body(page),
    )


def _body(page: ReportPage) -> Iterator[str]:
    yield '<main class="sheet">'
    yield from _opening(page)
    yield from _statuses(page.counts)
    yield from _timeline(gather(page.timeline, page.zone))
    yield from _shares("domains", "By domain", "Domain", page.domains)
    yield from _shares("languages", "By language", "Language", page.languages)
    yield from _replies(page.replies)
    yield from _unreached(page)
    yield from _in_doubt(page)
    yield from _notes(page.notes)
    yield from _evidence(page.evidence)
    yield (
        '<footer><p class="quiet">This page holds names and addresses of customers. Keep it as you keep the list of '
        "customers.</p></footer></main>\n"
    )


def _opening(page: ReportPage) -> Iterator[str]:
    yield (
        f'<header><p class="quiet">Who was reached</p><h1>{value(page.campaign)}</h1><p class="lead">{_lead(page)}</p>'
    )
    if page.due:
        letters = counted(page.due, "letter is", "letters are")
        yield f"<p>{letters} still due. To go on with the sending: <code>mass-apology send</code></p>"
    if page.waiting_for_answer:
        people = counted(page.waiting_for_answer, "person waits", "people wait")
        yield f"<p>{people} for an answer. Who they are: <code>mass-apology answers</code></p>"
    made = f"This page was made {timed(page.made_at, page.zone)} by {value(page.program)}."
    yield f'<p class="quiet">{_when(page)} {made}</p>'
    yield "</header>\n"


def _lead(page: ReportPage) -> str:
    """Every customer is in exactly one part of the sentence."""
    found = sums(page.counts)
    if not found.all:
        return "Nobody has been written to: no letters have been planned."
    returned = " and have not come back" if page.counts.get(Status.BOUNCED) else ""
    accepted = counted(found.accepted, "letter was", "letters were")
    parts = [f"Of {counted(found.all, 'customer')}, {accepted} accepted by our mail server{returned}"]
    if found.still_due:
        parts.append(f"{counted(found.still_due, 'letter is', 'letters are')} still due or on the way")
    if found.in_doubt:
        parts.append(f'<a href="#in-doubt">{counted(found.in_doubt, "letter is", "letters are")} in doubt</a>')
    if found.not_reached:
        people = counted(found.not_reached, "person was", "people were")
        parts.append(f'<a href="#unreached">{people} not reached</a>')
    below = ": see below." if found.in_doubt or found.not_reached else "."
    return "; ".join(parts) + below


def _when(page: ReportPage) -> str:
    if page.started_at is None:
        return "No letter has been tried yet."
    if page.ended_at is None:
        return f"The sending began {timed(page.started_at, page.zone)} and has not ended."
    took = lasted(page.ended_at - page.started_at)
    return f"From {timed(page.started_at, page.zone)} to {timed(page.ended_at, page.zone)}, {took}."


def _statuses(counts: Mapping[Status, int]) -> Iterator[str]:
    whole = sum(counts.values())
    if not whole:
        return
    yield "<section><h2>Where the letters stand</h2>"
    yield share_bar(counts, name="shares", title="Letters by status")
    yield (
        '<table><thead><tr><th scope="col">Status</th><th scope="col" class="number">People</th>'
        '<th scope="col" class="number">Share</th></tr></thead><tbody>'
    )
    for status in present(counts):
        yield (
            f'<tr><th scope="row">{swatch(status)}{status_word(status)}<p class="note">{MEANINGS[status]}</p></th>'
            f'<td class="number">{number(counts[status])}</td>'
            f'<td class="number">{percent(counts[status], whole)}</td></tr>'
        )
    yield (
        f'</tbody><tfoot><tr><th scope="row">all</th><td class="number">{number(whole)}</td>'
        f'<td class="number">100 %</td></tr></tfoot></table><p class="quiet">{equation(counts)}. Everybody is counted '
        "once, however many rows of the file are theirs.</p></section>\n"
    )


def _timeline(timeline: Timeline | None) -> Iterator[str]:
    if timeline is None:
        return
    shown = present({status: 1 for step in timeline.steps for status in present(step.counts)})
    words = step_words(timeline.seconds)
    clock = timeline.zone.tzname(None)
    yield f'<section><h2>When</h2><p class="quiet">Letters in each {words.removeprefix("1 ")}, in {clock}.</p>'
    yield timeline_chart(timeline, name="timeline", title="Letters over time")
    yield '<ul class="legend" aria-label="Colours">'
    yield from (f"<li>{swatch(status)}{status_word(status)}</li>" for status in shown)
    yield "</ul><details><summary>The same numbers as a table</summary>"
    yield '<table class="dense"><thead><tr><th scope="col">From</th>'
    yield from (f'<th scope="col" class="number">{status_word(status)}</th>' for status in shown)
    yield "</tr></thead><tbody>"
    for step in timeline.steps:
        cells = "".join(f'<td class="number">{number(step.counts.get(status, 0))}</td>' for status in shown)
        yield f'<tr><th scope="row">{step_moment(timeline, step.at)}</th>{cells}</tr>'
    yield "</tbody></table></details></section>\n"


def _shares(name: str, title: str, of: str, shares: Sequence[Share]) -> Iterator[str]:
    if not shares:
        return
    head = (
        f'<table class="dense"><thead><tr><th scope="col">{of}</th><th scope="col" class="number total">Letters</th>'
        '<th scope="col" class="number">accepted</th><th scope="col" class="number">not reached</th>'
        '<th scope="col" class="number">open</th></tr></thead>'
    )
    named = _ranked(shares)
    largest = max(sum(counts.values()) for _, counts in named)
    rows = [_share_row(shown, counts, largest) for shown, counts in named]
    yield f'<section id="{name}"><h2>{title}</h2><p class="quiet">Open: in doubt, still due, or on the way.</p>'
    yield from _folded(head, rows, counted(len(rows) - OPEN_ROWS, "more row"))
    yield "</section>\n"


def _ranked(shares: Sequence[Share]) -> list[tuple[str, Mapping[Status, int]]]:
    """Names as HTML with their counts, the largest first; what is beyond ``MOST_SHARES`` stands last, as one."""
    ranked = sorted(shares, key=lambda share: (-sum(share.counts.values()), share.name))
    named = [(value(share.name) or "not stated", share.counts) for share in ranked[:MOST_SHARES]]
    if others := ranked[MOST_SHARES:]:
        named.append((counted(len(others), "other"), _added(others)))
    return named


def _share_row(name: str, counts: Mapping[Status, int], largest: int) -> str:
    found = sums(counts)
    total = f'<td class="number total">{number(found.all)}</td>'
    parts = (found.accepted, found.not_reached, found.in_doubt + found.still_due)
    numbers = "".join(f'<td class="number">{number(part)}</td>' for part in parts)
    return f'<tr><th scope="row">{name}{size_bar(counts, largest=largest)}</th>{total}{numbers}</tr>'


def _added(shares: Sequence[Share]) -> Mapping[Status, int]:
    return {status: sum(share.counts.get(status, 0) for share in shares) for status in Status}


def _replies(replies: Sequence[ReplyGroup]) -> Iterator[str]:
    if not replies:
        return
    yield '<section><h2>What mail servers answered</h2><p class="quiet">Letters that were not accepted, by answer.</p>'
    head = (
        '<table><thead><tr><th scope="col" class="number">Letters</th><th scope="col">Status</th>'
        '<th scope="col">Answer</th></tr></thead>'
    )
    rows = [
        f'<tr><td class="number">{number(reply.count)}</td><td>{_marked(reply.status)}</td>'
        f"<td>{_answer(reply)}</td></tr>"
        for reply in replies
    ]
    yield from _folded(head, rows, counted(len(rows) - OPEN_ROWS, "more answer"))
    yield "</section>\n"


def _answer(reply: ReplyGroup) -> str:
    """The code and the text; the code only once."""
    text = reply.text
    if reply.code is not None and not text.startswith(str(reply.code)):
        text = f"{reply.code} {text}"
    return sentence(text)


def _unreached(page: ReportPage) -> Iterator[str]:
    yield '<section id="unreached"><h2>Who was not reached, and why</h2>'
    if not page.unreached_total:
        yield "<p>Nobody: there is no one of whom it is known that the letter did not go out.</p>"
    else:
        yield _how_many(page.unreached, page.unreached_total)
        yield (
            "<p>All of them, ready to be written to in another way: "
            "<code>mass-apology report --unreached letters.csv</code></p>"
        )
        yield from _people(page.unreached, page.zone)
    yield "</section>\n"


def _in_doubt(page: ReportPage) -> Iterator[str]:
    total = page.counts.get(Status.IN_DOUBT, 0)
    if not total and not page.in_doubt:
        return
    yield '<section id="in-doubt"><h2>In doubt</h2>'
    yield _how_many(page.in_doubt, max(total, len(page.in_doubt)))
    yield (
        "<p>These letters were handed over to the relay, and the connection ended before it answered. It may have them "
        "or not, and a second letter would be worse than a late one, so they are never sent again by themselves. The "
        "relay’s log can tell. To send them again all the same: "
        "<code>mass-apology send --resend-in-doubt</code></p>"
    )
    yield from _people(page.in_doubt, page.zone)
    yield "</section>\n"


def _how_many(shown: Sequence[Unreached], total: int) -> str:
    some = f"; {number(len(shown))} of them shown here" if len(shown) < total else ""
    return f"<p>{counted(total, 'person', 'people')}{some}.</p>"


def _people(people: Sequence[Unreached], zone: tzinfo) -> Iterator[str]:
    if not people:
        return
    head = (
        '<table class="people"><thead><tr><th scope="col">Customer</th><th scope="col">Status</th>'
        '<th scope="col">Why</th></tr></thead>'
    )
    rows = [_person(each, zone) for each in people]
    yield from _folded(head, rows, counted(len(rows) - OPEN_ROWS, "more person", "more people"))


def _person(person: Unreached, zone: tzinfo) -> str:
    who = [value(text) for text in (person.name, person.address) if text] or ["no name, no address"]
    origin = [f"line {value(person.line)}" if person.line else "", value(person.language)]
    tries = [timed(person.at, zone) if person.at is not None else "", counted(person.attempts, "attempt")]
    return (
        f'<tr><th scope="row">{"<br>".join(who)}<p class="note">{_listed(origin)}</p></th>'
        f'<td>{_marked(person.status)}</td><td>{sentence(person.why)}<p class="note">{_listed(tries)}</p></td></tr>'
    )


def _notes(notes: Sequence[str]) -> Iterator[str]:
    if not notes:
        return
    yield "<section><h2>What happened</h2><ol>"
    yield from (f"<li>{sentence(note)}</li>" for note in notes)
    yield "</ol></section>\n"


def _evidence(evidence: Sequence[Evidence]) -> Iterator[str]:
    if not evidence:
        return
    yield (
        '<section><h2>Evidence</h2><p class="quiet">Whoever holds the same files can compute these values again; '
        'a file that was changed has another.</p><dl class="facts">'
    )
    yield from (f"<dt>{value(each.name)}</dt><dd><code>{value(each.value)}</code></dd>" for each in evidence)
    yield "</dl></section>\n"


def _folded(head: str, rows: Sequence[str], more: str) -> Iterator[str]:
    """A table's first rows, and the others in a second table that is unfolded; paper shows both."""
    yield from chain([head, "<tbody>"], rows[:OPEN_ROWS], ["</tbody></table>"])
    if len(rows) > OPEN_ROWS:
        yield from chain([f"<details><summary>{more}</summary>{head}<tbody>"], rows[OPEN_ROWS:])
        yield "</tbody></table></details>"


def _marked(status: Status) -> str:
    return f'<span class="status">{swatch(status)}{status_word(status)}</span>'


def _listed(parts: Sequence[str]) -> str:
    return " · ".join(part for part in parts if part)
