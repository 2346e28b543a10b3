"""The steps of one plan: stage every row as a recipient, render every letter once, and collect the findings."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from mass_apology import preflight, recipients
from mass_apology.columns import ColumnUse
from mass_apology.errors import first_failure, require_sum
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan import greeting_nobody, later_waves, whose_clock
from mass_apology.flows.plan.canary import Candidates
from mass_apology.flows.plan.gestures import Gestures
from mass_apology.flows.plan.guarding import Guards, Numbers
from mass_apology.flows.plan.persons import Persons
from mass_apology.flows.plan.wording_findings import WordingCritic, accepted_findings
from mass_apology.flows.silence import silence, unknown_cause_findings
from mass_apology.flows.suppressing import Suppressed
from mass_apology.ledger import Counts, Known, Planner
from mass_apology.letter.inspecting.inspection import Inspection, together
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.render_pool import RenderPool, processes_for
from mass_apology.letter.scenario import facts_findings, purpose_findings, purpose_of
from mass_apology.letter.usage import first_row_only
from mass_apology.model import NO_LETTER, Delivery, Finding, LargestLetter, Severity, Withheld
from mass_apology.preflight import Findings, Group
from mass_apology.recipients import Batch, Layout, RecipientsFile
from mass_apology.sending import pacing
from mass_apology.settings import CsvSettings, parse_rate
from mass_apology.workspace.workspace import Workspace

BATCH = 1000  # letters read back and rendered together
AT_ONCE = 3  # batches in progress: the processes render one while the next is read
TOP_DOMAINS = 8
GMAIL = ("@gmail.com", "@googlemail.com")


class Size(Struct, frozen=True, kw_only=True):
    """Sizes of the messages, in octets."""

    mean: float
    largest: int
    encoded: int  # of the largest one for a relay without 8BITMIME
    largest_line: int  # line of the first row of the largest one


class Check(Struct, frozen=True, kw_only=True):
    """A plan for people to read: the letters that would be sent, and all findings."""

    code: str  # of the plan: three words that two people can compare
    campaign: str
    template: str
    recipients: str  # the file
    written_as: str  # how the file is written, as a phrase
    rows_read: int
    rows_chosen: int  # by `where`
    rows_merged: int  # that share their letter with an earlier row
    letters: int
    letters_before: int | None  # at the last check, where there was one
    set_aside: int  # rows that cannot be written to as they are
    skipping: bool  # whether those are set aside, and the others sent
    languages: Mapping[str, int]  # letters by their language
    domains: Mapping[str, int]  # letters by the address's domain: the largest ones
    gmail: int  # letters to Gmail's own domains, which sets conditions for many
    size: Size | None  # None where no letter was rendered
    attached: tuple[tuple[str, int], ...]  # files and images that go with every letter, with their octets
    links: tuple[str, ...]  # what the letters link to; values as {…}
    canary: int  # letters that go before the others
    relay: str | None = None  # what it offers, as a phrase; None where it was not asked
    sender_domain: tuple[str, ...] = ()  # what the DNS holds for it; empty where it was not asked
    rate: str
    finish_at: float | None  # Unix seconds, at the earliest; None where nothing limits the rate
    silence: str = ""  # how long ago it began, as a phrase; empty where no fact says when
    groups: tuple[Group, ...]  # the findings
    due: int | None = None  # letters that `send` would work on now; None where nothing was planned before
    sendable: bool
    skippable: bool  # setting the bad rows aside would make it sendable

    @property
    def largest_letter(self) -> LargestLetter:
        """The largest of the letters that were rendered."""
        if self.size is None:
            return NO_LETTER
        return LargestLetter(octets=self.size.largest, encoded=self.size.encoded, line=self.size.largest_line)

    def __post_init__(self) -> None:
        """Raise ``CountingError`` where a chosen row is in no letter and not set aside, or counted twice."""
        require_sum(
            "the rows that were chosen",
            self.rows_chosen,
            {"letters": self.letters, "merged into them": self.rows_merged, "set aside": self.set_aside},
        )


def extended(check: Check, findings: Sequence[Finding]) -> Check:
    """The check with further findings, none of them about a row."""
    more = Findings()
    more.add(findings)
    groups = sorted((*check.groups, *more.groups()), key=lambda group: list(Severity).index(group.severity))
    errors = any(finding.severity is Severity.ERROR for finding in findings)
    return replace(
        check,
        groups=tuple(groups),
        sendable=check.sendable and not errors,
        skippable=check.skippable and not errors,
    )


class Planning:
    """Makes one plan: call ``read``, then ``render``, then ``check``."""

    def __init__(  # noqa: PLR0913 (the parts of a plan, named at the one call)
        self,
        workspace: Workspace,
        layout: Layout,
        staging: Planner,
        make_writer: Callable[[], Writer],
        *,
        guards: Guards,
        suppressed: Suppressed,
        skip_bad_rows: bool,
        keep_bad_rows: bool,
        on_progress: OnProgress,
    ) -> None:
        self._workspace = workspace
        campaign = self._campaign = workspace.campaign
        self._layout = layout
        self._staging = staging
        self._make_writer = make_writer
        self._scenario = workspace.scenario()
        self.writer = make_writer()
        self._persons = Persons(staging, campaign)
        self._gestures = Gestures(campaign)
        self._guards = guards
        self._suppressed = suppressed
        self._skip_bad_rows = skip_bad_rows
        self._on_progress = on_progress
        self.bad_rows: dict[int, list[Finding]] = {}  # filled where the terms ask for it
        self._findings = Findings(by_line=self.bad_rows if keep_bad_rows else None)
        self._candidates = Candidates()
        self._rows_read = self._rows_chosen = self._rendered = self._gmail = self._unnamed = 0
        self._inspected = Inspection()
        self._lacks_something = False
        self._asked: Counter[preflight.Asked] = Counter()

    def read(self, file: RecipientsFile, uses: Sequence[ColumnUse]) -> None:
        """Read all rows; each becomes a staged recipient or a finding. ``uses``: the letters' uses of the columns."""
        self._findings.add([*self._layout.findings, *self._gestures.setting_findings()])
        for batch in recipients.read(file, self._layout, self._campaign, uses):
            self._stage(batch)
            self._on_progress("reading rows", self._rows_read, None)
        self._findings.add(self._persons.findings())
        self._staging.withhold_conflicts()
        self._findings.add(self._persons.values_findings(self._first_row_only))
        languages = tuple(self._staging.counts(domains=0).languages)
        facts = facts_findings(self._scenario, self._campaign.incident, languages)
        self._findings.add(facts)
        self._findings.add(unknown_cause_findings(self._campaign, self._scenario, languages))
        self._findings.add(later_waves.findings(self._workspace, languages))
        codes = self._codes_findings()
        self._findings.add(codes)
        self._lacks_something = any(each.severity is Severity.ERROR for each in (*facts, *codes))

    def _first_row_only(self, language: str) -> frozenset[str]:
        return first_row_only(self._campaign.template, language, self._workspace.template_directories)

    def _codes_findings(self) -> list[Finding]:
        """Findings about codes, before rendering: letters without a code would be withheld, and then need none."""
        if self._campaign.codes is None:
            return []
        codes = self._staging.codes()
        return preflight.codes_findings(self._campaign.codes.file, codes.wanted, codes.free)

    def _stage(self, batch: Batch) -> None:
        self._rows_read += batch.rows_read
        self._rows_chosen += batch.rows_chosen
        verdicts = self._suppressed.verdicts([each.address for each in batch.recipients])
        stopped = {address: verdict.sentence for address, verdict in verdicts.items() if verdict.withheld}
        if verdicts:
            self._set_suppressed_aside(batch, stopped)
            self._findings.add(
                preflight.written_all_the_same_finding(
                    self._campaign.recipients, each.line, each.address, verdicts[each.address].sentence
                )
                for each in batch.recipients
                if each.address in verdicts and verdicts[each.address].reported
            )
        staged = [
            (each, self.writer.language_for(each.language)) for each in batch.recipients if each.address not in stopped
        ]
        country = self._campaign.columns.country or ""
        self._asked.update(
            preflight.asked(each.language, language, each.row.get(country, "")) for each, language in staged
        )
        self._staging.add(staged)
        self._findings.add(batch.findings)
        self._findings.add(self._gestures.findings((each.line, each.row) for each, _ in staged))
        self._staging.withhold(batch.withheld)

    def _set_suppressed_aside(self, batch: Batch, stopped: Mapping[str, str]) -> None:
        rows = [each for each in batch.recipients if each.address in stopped]
        self._staging.withhold(
            [
                Withheld(
                    line=each.line,
                    address=each.address,
                    reason=stopped[each.address],
                    identity=each.identity,
                    row=each.row,
                )
                for each in rows
            ]
        )
        file = self._campaign.recipients
        self._findings.add(
            preflight.suppressed_finding(file, each.line, each.address, stopped[each.address]) for each in rows
        )

    async def render(self) -> None:
        """Render every letter once, as it will be sent; a letter that cannot be rendered is a finding.

        If facts or codes are missing, no letter is rendered: a finding for each letter would hide the cause.
        """
        if self._lacks_something:
            self._findings.add([preflight.unrendered_finding(self._campaign.template)])
            for batch in self._staging.deliveries(BATCH, everyone=True):
                self._count(batch)
            return
        letters = self._staging.counts(domains=0).letters
        failed: list[tuple[int, str]] = []
        places = asyncio.Semaphore(AT_ONCE)
        processes = processes_for(letters, os.cpu_count() or 1)
        make_writer = (
            self._make_writer if processes else lambda: self.writer
        )  # to compile it takes longer than to write
        with first_failure():
            async with RenderPool(make_writer, processes=processes) as render_pool, asyncio.TaskGroup() as tasks:
                for batch in self._staging.deliveries(BATCH, everyone=True):
                    self._candidates.add(batch)
                    self._count(batch)
                    await places.acquire()
                    rendering = tasks.create_task(self._render(render_pool, batch, letters, failed))
                    rendering.add_done_callback(lambda _: places.release())
        self._staging.withhold_letters(failed)

    def _count(self, batch: list[Delivery]) -> None:
        self._guards.add(batch)
        self._gmail += sum(letter.address.endswith(GMAIL) for letter in batch)
        self._unnamed += sum(not letter.name for letter in batch)

    async def _render(
        self, render_pool: RenderPool, batch: list[Delivery], letters: int, failed: list[tuple[int, str]]
    ) -> None:
        inspected = await render_pool.check(batch)
        found = self._guards.apply_overrides(inspected.findings)
        self._inspected = together((self._inspected, replace(inspected, findings=[])))
        self._findings.add(found)
        problems = {each.line: each.problem for each in found if preflight.skippable(each)}
        if problems:
            failed += [(each.id, problems[line]) for each in batch if (line := each.first_line) in problems]
        self._rendered += len(batch)
        self._on_progress("rendering letters", self._rendered, letters)

    def check(self, code: str, attached: Sequence[tuple[str, int]]) -> Check:
        """The plan and all findings, after reading and rendering; ``code`` and ``attached`` become part of it."""
        campaign, counts = self._campaign, self._staging.counts(TOP_DOMAINS)
        finish_at = self._finish_at(counts.letters)
        self._findings.add(self._guards.apply_overrides(self._language_findings(counts)))
        self._findings.add(self.writer.language_findings(tuple(counts.languages)))
        legal = self.writer.legal_findings(self._inspected.breaches, tuple(counts.languages))
        self._findings.add(self._guards.apply_overrides(legal))
        links = self.writer.links(tuple(counts.languages))
        by_language = {language: self.writer.links((language,)) for language in counts.languages}
        self._findings.add(preflight.remedies_findings(campaign.remedies, by_language, campaign.template))
        if campaign.codes is not None:
            without = later_waves.without_code(self._workspace, tuple(counts.languages))
            self._findings.add(preflight.unshown_codes_findings(without, campaign.template))
        header, unnamed = self._layout.header, self._unnamed
        self._findings.add(whose_clock.findings(campaign, header, self._inspected.unplaced))
        self._findings.add(greeting_nobody.findings(campaign, header, letters=counts.letters, unnamed=unnamed))
        self._findings.add(self.writer.unsubscribing_findings())
        critic = WordingCritic(campaign, self._workspace.folder, campaign.template)
        self._findings.add([*critic.findings(self._inspected.distinct), *accepted_findings(campaign)])
        self._findings.add(preflight.deadline_findings(finish_at, campaign.finish_by))
        known = self._staging.known()
        self._findings.add(self._persons.known_findings(known, counts.letters))
        self._findings.add(self._guards.findings(self._numbers(counts, known)))
        groups = self._findings.groups()
        return Check(
            code=code,
            campaign=campaign.name,
            template=campaign.template,
            recipients=campaign.recipients,
            written_as=_written_as(self._layout, campaign.csv),
            rows_read=self._rows_read,
            rows_chosen=self._rows_chosen,
            rows_merged=counts.merged,
            letters=counts.letters,
            letters_before=self._guards.letters_before(),
            set_aside=counts.withheld,
            skipping=self._skip_bad_rows,
            languages=counts.languages,
            domains=dict(counts.domains),
            gmail=self._gmail,
            size=_size(self._inspected),
            attached=tuple(attached),
            links=links,
            canary=pacing.canary_size(counts.letters),
            rate=", ".join((campaign.relay.rate, *campaign.relay.windows)),
            finish_at=finish_at,
            silence=silence(campaign.incident, campaign.time_zone, time.time()),
            groups=groups,
            sendable=not any(self._stops(group) for group in groups),
            skippable=all(group.skippable for group in groups if group.severity is Severity.ERROR),
        )

    def _language_findings(self, counts: Counts) -> list[Finding]:
        campaign = self._campaign
        safety = purpose_of(campaign, self._scenario) == "safety"
        unit = "row" if counts.merged else "letter"
        found = preflight.fallback_findings(self._asked, campaign.template, unit=unit, safety=safety)
        return [*found, *purpose_findings(campaign, self._scenario)]

    def _numbers(self, counts: Counts, known: Known) -> Numbers:
        return Numbers(
            rows_read=self._rows_read,
            rows_chosen=self._rows_chosen,
            letters=counts.letters,
            languages=tuple(counts.languages),
            distinct_texts=len(self._inspected.texts) if self._inspected.letters else None,
            crowd=self._persons.crowd,
            known=known,
        )

    def canary(self) -> list[int]:
        """Ids of the canary's letters."""
        return self._candidates.choose(pacing.canary_size(self._staging.counts(domains=0).letters))

    def _stops(self, group: Group) -> bool:
        return group.severity is Severity.ERROR and not (self._skip_bad_rows and group.skippable)

    def _finish_at(self, letters: int) -> float | None:
        relay = self._campaign.relay
        windows = [(limit, limit.letters) for text in relay.windows if (limit := parse_rate(text))]
        return pacing.finish_time(letters, parse_rate(relay.rate), windows, time.time())


def _size(inspected: Inspection) -> Size | None:
    if not inspected.letters:
        return None
    largest = inspected.largest
    return Size(
        mean=inspected.octets / inspected.letters,
        largest=largest.octets,
        encoded=largest.encoded,
        largest_line=largest.line,
    )


def _written_as(layout: Layout, stated: CsvSettings) -> str:
    style = {"decimal": stated.decimal, "thousands": stated.thousands, "dates": stated.dates}
    values = "".join(f', {key} "{value}"' for key, value in style.items() if value is not None)
    if layout.kind != "csv":
        return layout.kind + values
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    known = "as stated" if layout.encoding_stated and layout.delimiter_stated else "detected"
    return f"{layout.encoding}, separated by {names.get(layout.delimiter, layout.delimiter)} ({known}){values}"
