"""The ledger's sum → the report page."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from mass_apology import __version__
from mass_apology.flows.output import new_file
from mass_apology.flows.plan import plan
from mass_apology.flows.plan.wording_findings import accepted_findings
from mass_apology.flows.report.report_summary import Summary
from mass_apology.ledger import Records, Result
from mass_apology.model import NOT_REACHED, Status, read_lines
from mass_apology.pages.report_page import (
    Bucket,
    Evidence,
    ReplyGroup,
    ReportPage,
    Share,
    Unreached,
    report_page,
)
from mass_apology.settings import Campaign
from mass_apology.system.time_zones import zone_named


def write_page(campaign: Campaign, ledger: Records, summary: Summary, to: Path, *, log_head: str, force: bool) -> None:
    """Write the page. Raises ``OutputError``."""
    with new_file(to, force=force) as file:
        file.writelines(report_page(_page(campaign, ledger, summary, log_head)))


def _page(campaign: Campaign, ledger: Records, summary: Summary, log_head: str) -> ReportPage:
    due = plan.due(summary.counts)
    zone = zone_named(campaign.time_zone)
    return ReportPage(
        campaign=campaign.name,
        zone=zone,
        made_at=time.time(),
        program=f"mass-apology {__version__}",
        started_at=summary.first_at,
        ended_at=None if due else summary.last_at,
        counts=summary.counts,
        due=due,
        timeline=[Bucket(at=at, seconds=summary.step, counts=counts) for at, counts in sorted(summary.by_step.items())],
        domains=_shares(summary.domains()),
        languages=_shares(summary.by_language),
        replies=[
            ReplyGroup(status=each.status, code=each.code, text=each.text, count=each.count)
            for each in summary.replies()
        ],
        unreached=list(map(_person, summary.unreached)),
        unreached_total=sum(summary.counts[status] for status in NOT_REACHED),
        in_doubt=list(map(_person, summary.in_doubt)),
        evidence=list(_evidence(ledger, summary, log_head)),
        waiting_for_answer=sum(1 for _ in ledger.answers.waiting()),
        notes=[
            *(f"{datetime.fromtimestamp(note.at, zone):%Y-%m-%d %H:%M %Z}: {note.what}" for note in ledger.notes()),
            *(each.problem for each in accepted_findings(campaign)),
        ],
    )


def _shares(counts: Mapping[str, Mapping[Status, int]]) -> list[Share]:
    return [Share(name=name, counts=its) for name, its in counts.items()]


def _person(result: Result) -> Unreached:
    return Unreached(
        line=", ".join(map(str, read_lines(result.lines))),
        name=result.name,
        address=result.address,
        language=result.language,
        status=result.status,
        why=result.reply or "",
        at=result.marked_at,
        attempts=result.attempts,
    )


def _evidence(ledger: Records, summary: Summary, log_head: str) -> Iterator[Evidence]:
    """The proofs of the plan that was sent, and of the letters that were accepted."""
    parts = ledger.digest_parts
    yield Evidence(name="plan", value=plan.code(parts))
    for name, digest in parts.items():
        yield Evidence(name=name, value=digest)
    yield Evidence(
        name="accepted letters (Message-ID and SHA-256 of each, a line each)", value=summary.accepted_digest()
    )
    if log_head:
        yield Evidence(name="head of the log's hash chain (docs/evidence.md)", value=log_head)
