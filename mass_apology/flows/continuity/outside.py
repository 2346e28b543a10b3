"""Compares a ledger with records outside it: the log beside it, this machine's record, the folder it was made in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from mass_apology import high_water
from mass_apology.campaign import LOG_NAME
from mass_apology.errors import LedgerError
from mass_apology.flows.continuity import own_log
from mass_apology.flows.plan.guarding import require_known, require_overridden
from mass_apology.flows.suppressing import entries_in, list_path_and_size
from mass_apology.guards import apply_overrides
from mass_apology.guards.lost_ledger import Elsewhere, LedgerFacts, ledger_findings
from mass_apology.guards.other_suppressions import ListFacts, list_findings
from mass_apology.high_water import HighWater
from mass_apology.ledger import Records
from mass_apology.ledger.whereabouts import Gone
from mass_apology.model import Finding
from mass_apology.workspace.ledger_store import ledger_store
from mass_apology.workspace.workspace import Workspace

_NO_LISTS = ListFacts(path="", entries=0, before="", entries_before=0)


class Comparison(Struct, frozen=True, kw_only=True):
    """The result of comparing a ledger with the records outside it."""

    findings: tuple[Finding, ...]  # differences; errors, unless they are overridden
    remembered: tuple[HighWater, ...]  # this machine's records of letters that the ledger does not know


def compare_ledger(workspace: Workspace, override: Collection[str] = ()) -> Comparison:
    """Compare the campaign's ledger, or its absence, without writing. Raises ``LedgerError`` if it cannot be read."""
    store = workspace.ledger_store
    if store.exists():
        with store.read(workspace.campaign.name) as records:
            facts, remembered = _facts(workspace, records)
            # Who is on the list of who confirmed was withheld then; a worker's own list comes on top.
            lists = _NO_LISTS if workspace.is_unpacked else _lists(workspace, records)
    else:
        facts, remembered = _facts(workspace, None)
        lists = _NO_LISTS
    findings = apply_overrides([*ledger_findings(facts), *list_findings(lists)], override)
    return Comparison(findings=tuple(findings), remembered=remembered)


def require_complete(workspace: Workspace, override: Collection[str]) -> Comparison:
    """``compare_ledger``; raises ``ConfirmationError`` if the ledger knows less than the records outside it."""
    require_known(override)
    comparison = compare_ledger(workspace, override)
    require_overridden(comparison.findings, "Nothing was sent")
    return comparison


def require_ledger(workspace: Workspace) -> None:
    """Raise ``LedgerError`` if there is no ledger; its text names the evidence if one was lost."""
    store = workspace.ledger_store
    if store.exists():
        return
    for finding in compare_ledger(workspace).findings:
        raise LedgerError(f"{finding.where}: {finding.problem}", next_step=finding.advice)
    raise LedgerError(f"There is no ledger at {store.place}.", next_step="Make one by running: mass-apology send")


def require_plan(records: Records, findings: Sequence[Finding]) -> None:
    """Raise ``LedgerError`` if nothing is planned yet, so that it is not taken for "nothing is due"."""
    if records.digest_parts or records.wave_names():
        return
    for finding in findings:
        raise LedgerError(f"{finding.where}: {finding.problem}", next_step=finding.advice)
    raise LedgerError(
        f"Nothing is planned yet: {records.place} knows of no letter.",
        next_step="See what would be sent: mass-apology check. Then plan and send it: mass-apology send",
    )


def _facts(workspace: Workspace, records: Records | None) -> tuple[LedgerFacts, tuple[HighWater, ...]]:
    store = workspace.ledger_store
    own = high_water.recall(records.continuity.origin.ledger) if records else None
    counts = (
        records.continuity.gone() if records else Gone(handed_over=0, accepted=0)
    )  # after the record: a sender adds to both
    made_in = records.continuity.copied_from() if records else ""
    remembered = tuple(_remembered(workspace, records, own, counts))
    # A running sender has compared the log already, and adds a line with each letter.
    compares = records is None or bool(made_in) or records.holder() is None
    log_comparison = own_log.LogComparison()
    if compares:
        log_comparison = own_log.compare(workspace.log_path, workspace.campaign.name, records)
    facts = LedgerFacts(
        path=store.place,
        campaign=workspace.campaign.name,
        here=str(workspace.absolute_folder),
        there=records is not None,
        handed_over=counts.handed_over,
        made_in=made_in,
        other_server=records is not None and records.continuity.other_server(),
        original=bool(made_in) and ledger_store(Path(made_in)).exists(),
        log=LOG_NAME,
        log_letters=log_comparison.letters,
        log_strange=log_comparison.foreign,
        remembered=tuple(
            Elsewhere(handed_over=each.handed_over, at=each.at, folder=each.folder) for each in remembered
        ),
        stray_wal=store.stray(),
    )
    return facts, remembered


def _lists(workspace: Workspace, records: Records) -> ListFacts:
    """Path and size of the suppression list used now, and of the one used by the last sending."""
    path, entries = list_path_and_size(workspace)
    before = records.continuity.origin.suppressions
    there = bool(before) and before != path and Path(before).exists()
    entries_before = entries_in(Path(before)) if there else records.continuity.origin.suppressed
    return ListFacts(path=path, entries=entries, before=before, entries_before=entries_before)


def _remembered(
    workspace: Workspace, records: Records | None, own: HighWater | None, counts: Gone
) -> Iterator[HighWater]:
    """This machine's records of letters that the ledger does not know."""
    known = {records.continuity.origin.ledger, *records.continuity.replaced()} if records else set()
    sent = high_water.sent_from(workspace.folder, workspace.campaign.name)
    yield from (each for each in sent if each.ledger not in known)
    if records and own and (counts.accepted < own.accepted or (own.run and not records.continuity.knows_run(own.run))):
        yield own
