"""What ``check`` found, as one page: whether the plan can be sent, what is in it, and all findings with what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from mass_apology.model import Severity
from mass_apology.pages.document import document, page_file, shared_style
from mass_apology.pages.words import joined_lines, sentence, timed, value
from mass_apology.quantities import counted

OPEN_LINES = 12
"""So many line numbers are seen at once; more are unfolded, and printed."""


_WORDS = {
    Severity.ERROR: ("error", "errors"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.INFO: ("note", "notes"),
}


class Fact(Struct, frozen=True, kw_only=True):
    """One row of the plan's table."""

    name: str  # "rows"
    value: str  # "2,000 read, 3 merged"


class FindingGroup(Struct, frozen=True, kw_only=True):
    """All findings of one kind."""

    severity: Severity
    code: str  # kebab-case: "address-invalid"
    count: int
    examples: Sequence[tuple[str, str]]  # the first ones: where, and the problem
    lines: Sequence[int]  # the first line numbers in the recipients file, where the findings are about rows
    advice: str  # a sentence: what to do next
    override: str | None  # the command that sends all the same; None where there is none


class CheckPage(Struct, frozen=True, kw_only=True):
    """The content of the check page. ``flows.check`` makes it."""

    campaign: str
    made_at: float  # Unix seconds
    code: str  # the plan's digest as words; empty where there is no plan
    verdict: str  # a sentence
    sendable: bool
    facts: Sequence[Fact]
    groups: Sequence[FindingGroup]


def check_page(page: CheckPage) -> Iterator[str]:
    """The page as HTML, in pieces; any text in it may be hostile."""
    return document(
        title=f"{page.campaign}: check",
        style=shared_style() + page_file("sheet.css"),
        body=_body(page),
    )


def _body(page: CheckPage) -> Iterator[str]:
    yield '<main class="sheet">'
    yield from _opening(page)
    yield from _facts(page.facts)
    yield from _findings(page.groups)
    yield "</main>\n"


def _opening(page: CheckPage) -> Iterator[str]:
    ready = "ready" if page.sendable else "not-ready"
    yield (
        f'<header><p class="quiet">Can it be sent?</p><h1>{value(page.campaign)}</h1>'
        f'<p class="lead verdict {ready}">{sentence(page.verdict)}</p>'
    )
    if page.code:
        yield (
            f'<p>This plan is <code class="code">{value(page.code)}</code>. Whoever sees the same words has '
            "checked the same plan; a change to the customers, the letters or the campaign changes them.</p>"
        )
    yield f'<p class="quiet">Made {timed(page.made_at)}.</p></header>\n'


def _facts(facts: Sequence[Fact]) -> Iterator[str]:
    if not facts:
        return
    yield '<section><h2>The plan</h2><dl class="facts">'
    yield from (f"<dt>{value(fact.name)}</dt><dd>{sentence(fact.value)}</dd>" for fact in facts)
    yield "</dl></section>\n"


def _findings(groups: Sequence[FindingGroup]) -> Iterator[str]:
    yield "<section><h2>Findings</h2>"
    yield f'<p class="quiet">{_summed(groups)}</p>'
    for severity in Severity:
        for group in groups:
            if group.severity is severity:
                yield from _group(group)
    yield "</section>\n"


def _summed(groups: Sequence[FindingGroup]) -> str:
    """ "3 errors of 2 kinds, 1 warning of 1 kind."."""
    parts = []
    for severity, (one, many) in _WORDS.items():
        counts = [group.count for group in groups if group.severity is severity]
        if counts:
            parts.append(f"{counted(sum(counts), one, many)} of {counted(len(counts), 'kind')}")
    return f"{', '.join(parts)}." if parts else "None: there is nothing to mend."


def _group(group: FindingGroup) -> Iterator[str]:
    times = f' <span class="quiet">{counted(group.count, "time")}</span>' if group.count > 1 else ""
    yield (
        f'<article class="finding {group.severity.value}"><h3><span class="severity {group.severity.value}">'
        f"{_WORDS[group.severity][0]}</span> {value(group.code)}{times}</h3><ul>"
    )
    for where, problem in group.examples:
        yield f'<li>{sentence(problem)}<p class="note">{value(where)}</p></li>'
    yield "</ul>"
    if group.count > len(group.examples):
        yield from _lines(group)
    yield f"<p><b>What to do</b> {sentence(group.advice)}</p>"
    if group.override:
        yield f"<p><b>To send all the same</b> <code>{sentence(group.override)}</code></p>"
    yield "</article>\n"


def _lines(group: FindingGroup) -> Iterator[str]:
    """The places of the findings without an example, as far as they are known; else their number."""
    if not group.lines:
        yield f'<p class="quiet">And {counted(group.count - len(group.examples), "more", "more")}</p>'
        return
    lines = joined_lines(group.lines)
    first = f"{'The first' if group.count > len(group.lines) else 'All'} {counted(len(group.lines), 'line')}"
    if len(group.lines) <= OPEN_LINES:
        yield f'<p class="quiet">{first}: {lines}</p>'
    else:
        yield f"<details><summary>{first}</summary><p>{lines}</p></details>"
