"""Judges a plan that was read and rendered, by what changes without its files: the guards, the clock, the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from mass_apology import preflight
from mass_apology.errors import require_sum
from mass_apology.flows.plan.guarding import Guards, Numbers
from mass_apology.flows.plan.persons import known_findings
from mass_apology.flows.plan.plan_record import PlanRecord
from mass_apology.flows.silence import silence
from mass_apology.ledger import Known, Planner
from mass_apology.letter.inspecting.inspection import Inspection
from mass_apology.letter.letter_writer import Writer
from mass_apology.model import NO_LETTER, Finding, LargestLetter, Severity
from mass_apology.preflight import Findings, Group
from mass_apology.sending import pacing
from mass_apology.sending.expected_end import expected_end, is_worth_telling, named_domains
from mass_apology.settings import Campaign
from mass_apology.system.timestamps import local_minute
from mass_apology.workspace.workspace import Workspace


class MadePlan(NamedTuple):
    """A plan whose rows are staged, and what judges it."""

    record: PlanRecord
    writer: Callable[[], Writer]  # made where somebody writes letters
    guards: Guards  # they have compared the letters
    bad_rows: Mapping[int, Sequence[Finding]]  # line → the errors and warnings about it, where they are asked for


class Size(Struct, frozen=True, kw_only=True):
    """Sizes of the messages, in octets."""

    mean: float
    largest: int
    encoded: int  # of the largest one for a relay without 8BITMIME
    largest_line: int  # line of the first row of the largest one


ALL_DOMAINS = 1 << 30


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
    verdict: str = ""  # that, what holds it up and what would be sooner: where there are several relays, or a deadline
    routed: Mapping[str, int] = {}  # letters to domains that relays are for, or not for, or that have a pace
    unusable: tuple[str, ...] = ()  # of several relays: those that were asked and cannot be used, by their names
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


def without_relays(check: Check, campaign: Campaign, unusable: tuple[str, ...]) -> Check:
    """The check, its end reckoned without these of several relays."""
    if not unusable or len(unusable) == len(campaign.relays):
        return check
    expected = expected_end(campaign, check.letters, check.routed, time.time(), unusable)
    verdict = expected.sentence(local_minute)
    return replace(check, unusable=unusable, finish_at=expected.finish_at, verdict=verdict)


def judged(workspace: Workspace, staging: Planner, made: MadePlan, *, code: str, skip_bad_rows: bool) -> Check:
    """The plan and all findings. ``code`` is the plan's three words."""
    campaign, record, counts = workspace.campaign, made.record, made.record.counts
    routed = _routed(campaign, staging)
    expected = expected_end(campaign, counts.letters, routed, time.time())
    groups = _groups(campaign, made, staging.known(), expected.finish_at)

    def stops(group: Group) -> bool:
        return group.severity is Severity.ERROR and not (skip_bad_rows and group.skippable)

    return Check(
        code=code,
        campaign=campaign.name,
        template=campaign.template,
        recipients=campaign.recipients,
        written_as=record.written_as,
        rows_read=record.rows_read,
        rows_chosen=record.rows_chosen,
        rows_merged=counts.merged,
        letters=counts.letters,
        letters_before=made.guards.letters_before(),
        set_aside=counts.withheld,
        skipping=skip_bad_rows,
        languages=counts.languages,
        domains=dict(counts.domains),
        gmail=record.gmail,
        size=_size(record.inspected),
        attached=tuple(workspace.attached()),
        links=record.links,
        canary=pacing.canary_size(counts.letters),
        rate=campaign.pace,
        finish_at=expected.finish_at,
        verdict=expected.sentence(local_minute) if is_worth_telling(campaign) else "",
        routed=routed,
        silence=silence(campaign.incident, campaign.time_zone, time.time()),
        groups=groups,
        sendable=not any(map(stops, groups)),
        skippable=all(group.skippable for group in groups if group.severity is Severity.ERROR),
    )


def _groups(campaign: Campaign, made: MadePlan, known: Known, finish_at: float | None) -> tuple[Group, ...]:
    """All findings, those of the record first."""
    record, counts = made.record, made.record.counts
    numbers = Numbers(
        rows_read=record.rows_read,
        rows_chosen=record.rows_chosen,
        letters=counts.letters,
        languages=tuple(counts.languages),
        distinct_texts=len(record.inspected.texts) if record.inspected.letters else None,
        audience=record.audience,
        crowd=record.crowd,
        known=known,
    )
    found = Findings(record.groups)
    found.add(preflight.deadline_findings(finish_at, campaign.finish_by))
    found.add(known_findings(campaign.recipients, known, counts.letters))
    found.add(made.guards.findings(numbers))
    return found.groups()


def _routed(campaign: Campaign, staging: Planner) -> dict[str, int]:
    names = named_domains(campaign)
    if not names:
        return {}
    return {domain: count for domain, count in staging.counts(domains=ALL_DOMAINS).domains if domain in names}


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
