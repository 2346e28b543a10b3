"""``report``: the results of a wave, on the terminal and in files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from mass_apology.errors import LedgerError, require_sum
from mass_apology.flows.continuity.outside import compare_ledger, require_ledger, require_plan
from mass_apology.flows.operator import OnProgress, watched
from mass_apology.flows.output import refuse_existing, require_ending
from mass_apology.flows.plan import plan
from mass_apology.flows.report.coverage import Coverage, CoverageSum
from mass_apology.flows.report.report_page_content import write_page
from mass_apology.flows.report.report_summary import ReplyCount, Summary
from mass_apology.flows.report.result_columns import (
    COVERAGE_COLUMNS,
    RESULT_COLUMNS,
    UNREACHED_COLUMNS,
    Table,
    chosen_columns,
)
from mass_apology.flows.tables import TABLES, new_table, table_style
from mass_apology.ledger import Records, Result
from mass_apology.model import FIRST_WAVE, NOT_REACHED, Finding, Status
from mass_apology.near_misses import did_you_mean, ended
from mass_apology.sending.log_chain import head_of
from mass_apology.settings import Campaign
from mass_apology.workspace.workspace import Workspace


class Report(Struct, frozen=True, kw_only=True):
    """The results of one wave in figures. The command line prints it, and ``--json`` keeps its keys."""

    campaign: str
    code: str  # of the plan
    people: int  # in the wave, each once
    letters: int  # of them: with a letter, in any status
    set_aside: int  # the others: nobody can write to their rows, or nobody may
    rows_set_aside: int  # rows of the file that are set aside, also of people who have a letter
    due: int
    counts: Mapping[Status, int]  # of the people; their sum is ``people``
    replies: tuple[ReplyCount, ...]  # of letters that were not accepted, the most frequent first
    written: str | None  # the file of the report
    waiting_for_answer: int  # people who wrote after a letter of any wave, and were not answered
    unreached_written: str | None  # the file of the people whom no letter reached
    findings: tuple[Finding, ...]  # the ledger knows less than the log or the machine
    log_head: str  # of the log's hash chain; empty without a log

    def __post_init__(self) -> None:
        """Raise ``CountingError`` where somebody is in no status, or in two."""
        require_sum("people", self.people, {"with a letter": self.letters, "set aside": self.set_aside})
        require_sum("people", self.people, {status.value: count for status, count in self.counts.items()})


def report(
    workspace: Workspace,
    to: Path | None,
    unreached: Path | None,
    *,
    force: bool,
    wave: str = FIRST_WAVE,
    on_progress: OnProgress = lambda *_: None,
) -> Report:
    """Sum up one wave of the ledger.

    Write it to ``to`` (.html, or a table with a row per recipient), and the people whom no letter reached to the table
    ``unreached``, where these are given.

    Raises ``LedgerError`` where there is no ledger, or no plan in it.
    Raises ``OutputError`` if a file exists and ``force`` is false, or cannot be written.
    """
    _require_writable(to, unreached, force=force)
    campaign = workspace.campaign
    require_ledger(workspace)
    findings = compare_ledger(workspace).findings
    summary = Summary()
    log_head = _log_head(workspace)
    with workspace.ledger_store.read(campaign.name) as ledger:
        require_plan(ledger, findings)
        _require_wave(ledger, wave)
        before = ledger.people(wave)
        with ExitStack() as files:
            table = to if to is not None and to.suffix.lower() != ".html" else None
            writers = [
                files.enter_context(_results_table(campaign, ledger, table, force=force)),
                files.enter_context(_unreached_table(campaign, ledger, unreached, force=force)),
            ]
            for result in watched(summary.add(ledger.results(wave)), "reading results", before.total, on_progress):
                for write in writers:
                    write(result)
        people = ledger.people(wave)  # counted in another way than as they passed
        if people.total != summary.counts.total():  # a plan was committed meanwhile
            people = before
        if to is not None and to.suffix.lower() == ".html":
            write_page(campaign, ledger, summary, to, log_head=log_head, force=force)
        return Report(
            campaign=campaign.name,
            code=plan.code(ledger.digest_parts),
            people=people.total,
            letters=people.letters,
            set_aside=people.set_aside,
            rows_set_aside=people.rows_set_aside,
            due=plan.due(summary.counts),
            counts={status: summary.counts[status] for status in Status if summary.counts[status]},
            replies=summary.replies(),
            written=str(to) if to else None,
            waiting_for_answer=sum(1 for _ in ledger.answers.waiting()),
            unreached_written=str(unreached) if unreached else None,
            findings=findings,
            log_head=log_head,
        )


def _log_head(workspace: Workspace) -> str:
    with suppress(OSError):  # what became of a log is told by the findings
        return head_of(workspace.log_path)
    return ""


def _require_wave(ledger: Records, wave: str) -> None:
    known = {FIRST_WAVE, *ledger.wave_names()}
    if wave not in known:
        raise LedgerError(
            ended(f"No letter of a wave {wave} was ever planned{did_you_mean(wave, known)}"),
            next_step=f"There are: {', '.join(sorted(known))}.",
        )


def cover(
    workspace: Workspace,
    to: Path,
    *,
    force: bool,
    wave: str = FIRST_WAVE,
    on_progress: OnProgress = lambda *_: None,
) -> CoverageSum:
    """Write what each person of a wave was told, and when, to the table ``to``; raises as ``report`` does."""
    _require_writable(None, to, force=force)
    campaign = workspace.campaign
    require_ledger(workspace)
    with workspace.ledger_store.read(campaign.name) as ledger:
        require_plan(ledger, ())
        _require_wave(ledger, wave)
        coverage = Coverage(workspace, ledger, wave)
        customers = chosen_columns(campaign, ledger.header, otherwise=())
        table = Table(ours=COVERAGE_COLUMNS, rows=lambda cover: cover.result.rows, customers=customers)
        results = watched(ledger.results(wave), "judging letters", ledger.people(wave).total, on_progress)
        with new_table(to, table.header, table_style(campaign), force=force) as write:
            for each in coverage.of(results):
                write(table.cells(each))
        return coverage.sum(str(to))


WriteResult = Callable[[Result], None]


@contextmanager
def _results_table(campaign: Campaign, ledger: Records, to: Path | None, *, force: bool) -> Iterator[WriteResult]:
    """Yield what writes a row for everyone to ``to``, where it is given."""
    if to is None:
        yield lambda _: None
        return
    customers = chosen_columns(campaign, ledger.header, otherwise=())
    table = Table(ours=RESULT_COLUMNS, rows=lambda result: result.rows, customers=customers)
    with new_table(to, table.header, table_style(campaign), force=force) as write:
        yield lambda result: write(table.cells(result))


@contextmanager
def _unreached_table(campaign: Campaign, ledger: Records, to: Path | None, *, force: bool) -> Iterator[WriteResult]:
    """Yield what writes those to ``to`` whom no letter reached, or whose letter is in doubt."""
    if to is None:
        yield lambda _: None
        return
    customers = chosen_columns(campaign, ledger.header, otherwise=ledger.header)
    table = Table(ours=UNREACHED_COLUMNS, rows=lambda result: result.rows, customers=customers)
    with new_table(to, table.header, table_style(campaign), force=force) as write:

        def write_unreached(result: Result) -> None:
            if result.status in NOT_REACHED or result.status is Status.IN_DOUBT:
                write(table.cells(result))

        yield write_unreached


def _require_writable(to: Path | None, unreached: Path | None, *, force: bool) -> None:
    """Refuse wrong names and existing files before long work begins."""
    for path, page in ((to, (".html",)), (unreached, ())):
        if path is None:
            continue
        require_ending(path, (*page, *TABLES))
        refuse_existing(path, force=force)
