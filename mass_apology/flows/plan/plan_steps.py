"""The steps of one plan: stage every row as a recipient, render every letter once, and record what was found out."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from msgspec.structs import replace

from mass_apology import preflight, recipients
from mass_apology.columns import ColumnUse
from mass_apology.errors import first_failure
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan.canary import Candidates
from mass_apology.flows.plan.gestures import Gestures
from mass_apology.flows.plan.guarding import Guards
from mass_apology.flows.plan.letters_findings import with_letters_findings
from mass_apology.flows.plan.persons import Persons
from mass_apology.flows.plan.plan_record import PlanRecord
from mass_apology.flows.plan.priorities import Priorities
from mass_apology.flows.suppressing import Suppressed
from mass_apology.guards import AudienceStats
from mass_apology.ledger import Planner
from mass_apology.letter.inspecting.inspection import Inspection, together
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.render_pool import RenderPool, processes_for
from mass_apology.letter.scenario import facts_findings
from mass_apology.letter.usage import first_row_only
from mass_apology.model import Delivery, Finding, Recipient, Severity, Withheld
from mass_apology.preflight import Findings
from mass_apology.recipients import Batch, Layout, RecipientsFile
from mass_apology.sending import pacing
from mass_apology.settings import CsvSettings
from mass_apology.workspace.workspace import Workspace

TOP_DOMAINS = 8
BATCH = 1000  # letters read back and rendered together
ROW_OCTETS = 200  # of a recipients file, assumed for each letter until its rows have been read
AT_ONCE = 3  # batches in progress: the processes render one while the next is read
GMAIL = ("@gmail.com", "@googlemail.com")


class Planning:
    """Makes one plan: call ``read_and_render``, or ``read`` alone, then ``record``."""

    def __init__(  # noqa: PLR0913 (the parts of a plan, named at the one call)
        self,
        workspace: Workspace,
        layout: Layout,
        staging: Planner,
        make_writer: Callable[[], Writer],
        *,
        guards: Guards,
        suppressed: Suppressed,
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
        self._priorities = Priorities(campaign, layout.header)
        self._guards = guards
        self._audience = AudienceStats()
        self._suppressed = suppressed
        self._on_progress = on_progress
        self.bad_rows: dict[int, list[Finding]] = {}  # filled where the terms ask for it
        self._findings = Findings(by_line=self.bad_rows if keep_bad_rows else None)
        self._candidates = Candidates()
        self._rows_read = self._rows_chosen = self._rendered = self._gmail = self._unnamed = 0
        self._inspected = Inspection()
        self._lacks_something = self._is_rendered = False
        self._asked: Counter[preflight.Asked] = Counter()

    async def read_and_render(self, file: RecipientsFile, uses: Sequence[ColumnUse]) -> None:
        """``read``, and then render every letter once, as it will be sent; one that cannot be is a finding.

        Where a large file will need processes to write, they start while its rows are read.
        """
        async with AsyncExitStack() as pools:
            pool = await pools.enter_async_context(self._pool(file.size // ROW_OCTETS))
            await self.read(file, uses)
            letters = self._staging.counts(domains=0).letters
            if pool.processes < processes_for(letters, os.cpu_count() or 1):
                pool = await pools.enter_async_context(self._pool(letters))
            await self._render_all(pool, letters)

    def _pool(self, letters: int) -> RenderPool:
        processes = processes_for(letters, os.cpu_count() or 1)
        # To compile the writer takes longer than to write a few letters.
        return RenderPool(self._make_writer if processes else lambda: self.writer, processes=processes, is_ahead=True)

    async def read(self, file: RecipientsFile, uses: Sequence[ColumnUse]) -> None:
        """Read all rows; each becomes a staged recipient or a finding. ``uses``: the letters' uses of the columns."""
        setting_findings = (*self._gestures.setting_findings(), *self._priorities.setting_findings())
        self._findings.add([*self._layout.findings, *setting_findings])
        for batch in recipients.read(file, self._layout, self._campaign, uses):
            self._stage(batch)
            self._on_progress("reading rows", self._rows_read, None)
            await asyncio.sleep(0)  # processes that start get what they wait for
        self._findings.add(self._persons.findings())
        self._staging.withhold_conflicts()
        self._findings.add(self._persons.values_findings(self._first_row_only))
        languages = tuple(self._staging.counts(domains=0).languages)
        facts = facts_findings(self._scenario, self._campaign.incident, languages)
        self._findings.add(facts)
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
        written = [each for each in batch.recipients if each.address not in stopped]
        written, unreadable = self._with_priorities(written)
        self._findings.add(unreadable)
        staged = [(each, self.writer.language_for(each.language)) for each in written]
        country = self._campaign.columns.country or ""
        alike = Counter([(each.language, language, each.row.get(country, "")) for each, language in staged])
        for what, rows in alike.items():
            self._asked[preflight.asked(*what)] += rows
        self._staging.add(staged)
        self._findings.add(batch.findings)
        self._findings.add(self._gestures.findings((each.line, each.row) for each, _ in staged))
        self._staging.withhold(batch.withheld)

    def _with_priorities(self, rows: Sequence[Recipient]) -> tuple[list[Recipient], list[Finding]]:
        """The rows with their priorities. Those whose priority cannot be read are set aside, as other bad rows are."""
        given, unreadable = self._priorities.given(rows)
        why = {finding.line: finding.problem for finding in unreadable}
        self._staging.withhold([_set_aside(each, why[each.line]) for each in rows if each.line in why])
        return given, unreadable

    def _set_suppressed_aside(self, batch: Batch, stopped: Mapping[str, str]) -> None:
        rows = [each for each in batch.recipients if each.address in stopped]
        self._staging.withhold([_set_aside(each, stopped[each.address]) for each in rows])
        file = self._campaign.recipients
        self._findings.add(
            preflight.suppressed_finding(file, each.line, each.address, stopped[each.address]) for each in rows
        )

    async def _render_all(self, render_pool: RenderPool, letters: int) -> None:
        """If facts or codes are missing, no letter is rendered: a finding for each letter would hide the cause."""
        if self._lacks_something:
            self._findings.add([preflight.unrendered_finding(self._campaign.template)])
            for batch in self._staging.deliveries(BATCH, everyone=True):
                self._count(batch)
            return
        failed: list[tuple[int, str]] = []
        places = asyncio.Semaphore(AT_ONCE)
        with first_failure():
            async with asyncio.TaskGroup() as tasks:
                for batch in self._staging.deliveries(BATCH, everyone=True):
                    self._candidates.add(batch)
                    self._count(batch)
                    await places.acquire()
                    rendering = tasks.create_task(self._render(render_pool, batch, letters, failed))
                    rendering.add_done_callback(lambda _: places.release())
        self._staging.withhold_letters(failed)
        self._is_rendered = True

    def _count(self, batch: list[Delivery]) -> None:
        self._audience.add(batch)
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

    def record(self) -> PlanRecord:
        """What reading and rendering found out, and what follows from it about the letters."""
        counts = self._staging.counts(TOP_DOMAINS)
        record = PlanRecord(
            header=tuple(self._layout.header),
            written_as=_written_as(self._layout, self._campaign.csv),
            rows_read=self._rows_read,
            rows_chosen=self._rows_chosen,
            counts=counts,
            groups=self._findings.groups(),
            asked=tuple(self._asked.items()),
            audience=self._audience.audience(),
            crowd=self._persons.crowd,
            gmail=self._gmail,
            unnamed=self._unnamed,
            canary=tuple(self._candidates.choose(pacing.canary_size(counts.letters))),
            is_rendered=self._is_rendered,
            inspected=self._inspected,
        )
        return with_letters_findings(record, self._workspace, self.writer, self._guards)


def _set_aside(row: Recipient, reason: str) -> Withheld:
    return Withheld(line=row.line, address=row.address, reason=reason, identity=row.identity, row=row.row)


def _written_as(layout: Layout, stated: CsvSettings) -> str:
    style = {"decimal": stated.decimal, "thousands": stated.thousands, "dates": stated.dates}
    values = "".join(f', {key} "{value}"' for key, value in style.items() if value is not None)
    if layout.kind != "csv":
        return layout.kind + values
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    known = "as stated" if layout.encoding_stated and layout.delimiter_stated else "detected"
    return f"{layout.encoding}, separated by {names.get(layout.delimiter, layout.delimiter)} ({known}){values}"
