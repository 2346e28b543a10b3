"""Plans the first wave: read rows → check → render every letter → commit to the ledger, only once it is confirmed."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cached_property, partial

from msgspec import Struct

from mass_apology import recipients
from mass_apology.approval import plan_code
from mass_apology.codes import read_codes
from mass_apology.columns import ColumnUse
from mass_apology.errors import ConfirmationError, InputError
from mass_apology.flows.continuity.outside import compare_ledger
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan.guarding import Guards
from mass_apology.flows.plan.kept_plan import plan_stamp
from mass_apology.flows.plan.plan_check import Check, MadePlan, judged
from mass_apology.flows.plan.plan_record import PlanRecord, decode, encode
from mass_apology.flows.plan.plan_steps import BATCH, Planning
from mass_apology.flows.suppressing import Suppressed, suppressed
from mass_apology.ledger import Changed, Ledger, Planned, Planner, Records
from mass_apology.letter.column_uses import column_uses
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.message.headers import message_id
from mass_apology.letter.scenario import facts_findings
from mass_apology.model import DUE, FIRST_WAVE, Delivery, Finding, Severity, Status
from mass_apology.quantities import counted
from mass_apology.recipients import RecipientsFile
from mass_apology.sending.expected_end import named_domains
from mass_apology.settings import Campaign, SubjectLine
from mass_apology.workspace.workspace import Workspace

NO_KEY = bytes(32)  # for commands that do not use Message-IDs, such as check
_FILE = "the recipients file"


class Terms(Struct, frozen=True, kw_only=True):
    """How a plan is to be made."""

    skip_bad_rows: bool = False
    override: tuple[str, ...] = ()  # codes of guards against accidents that must not stop it
    render: bool = True  # render and inspect every letter
    include_suppressed: bool = False  # plan for suppressed people too: for what has left, never for what is to be sent
    is_review: bool = False  # somebody is looking just now, so that a change since the last look is no surprise
    thread: tuple[str, ...] = (FIRST_WAVE,)  # waves whose Message-IDs a letter gets, with blanks between
    keep_bad_rows: bool = False  # keep every finding about a row, for ``Draft.bad_rows``

    @property
    def may_be_kept(self) -> bool:
        """Whether another command may go on with this plan, and this one with another's: it is the ordinary one."""
        ordinary = self.render and not self.include_suppressed and not self.keep_bad_rows
        return ordinary and self.thread == (FIRST_WAVE,)


class Outlook(Struct, frozen=True, kw_only=True):
    """The effect that a plan would have on the ledger."""

    due: int  # letters that ``send`` would send
    changes: Planned  # letters that are new, changed, missing, …
    changed_lines: tuple[int, ...]  # lines of the first rows whose data changed after their letter had gone
    changed_parts: tuple[str, ...]  # parts that differ from the last plan: "the recipients file", "the template", …


class Remaining(Struct, frozen=True, kw_only=True):
    """The letters that are due by a plan of before."""

    languages: Mapping[str, int]  # language → letters, the most frequent first
    set_aside: int  # rows of the file that the plan set aside
    routed: Mapping[str, int] = {}  # letters to domains that relays are for, or not for, or that have a pace
    unusable: tuple[str, ...] = ()  # of several relays: those that were asked and cannot be used, by their names


class Draft:
    """A plan that is not in the ledger yet; ``drafted`` makes it, ``commit`` writes it to the ledger."""

    def __init__(self, staging: Planner, made: MadePlan, check: Check, parts: Mapping[str, str]) -> None:
        self.check = check
        self._made = made
        self._staging = staging
        self._parts = parts
        self._lost_elsewhere = [each.ledger for each in made.guards.lost_elsewhere()]

    @cached_property
    def writer(self) -> Writer:
        """Writes the plan's letters."""
        return self._made.writer()

    @property
    def header(self) -> Sequence[str]:
        """The names of the recipients file's columns."""
        return self._made.record.header

    @property
    def parts(self) -> Mapping[str, str]:
        """Sources of the plan → SHA-256, as ``digest_parts``."""
        return self._parts

    @property
    def bad_rows(self) -> Mapping[int, Sequence[Finding]]:
        """Line → the errors and warnings about its row, where ``Terms.keep_bad_rows`` asks for them."""
        return self._made.bad_rows

    def letters(self) -> Iterator[list[Delivery]]:
        """All letters of the plan in the file's order, in batches. Their ids are the plan's, not the ledger's."""
        return self._staging.deliveries(BATCH, everyone=True)

    def changed(self) -> Iterator[Changed]:
        """All customers whose rows changed after their letter had gone."""
        return self._staging.changed()

    def leaving(self) -> frozenset[int]:
        """Delivery ids of letters in doubt whose recipients are not in this plan."""
        return self._staging.leaving()

    def outlook(self, ledger: Records) -> Outlook:
        """The changes that ``commit`` would make."""
        changes = self._staging.compare()
        known = ledger.digest_parts
        return Outlook(
            due=changes.new + due(ledger.counts(FIRST_WAVE)) - changes.missing - changes.superseded,
            changes=changes,
            changed_lines=tuple(self._staging.outdated()),
            changed_parts=changed_parts(known, self._parts) if known else (),
        )

    def commit(self, ledger: Ledger) -> None:
        """Write the plan to the ledger, in one transaction; letters still due that it lacks are withheld."""
        if self._lost_elsewhere:  # before it: once the plan is committed, no command asks about them again
            ledger.continuity.take_place_of(self._lost_elsewhere, time.time())
        self._staging.commit(
            ledger,
            digest_parts=self._parts,
            header=self.header,
            canary=self._made.record.canary,
            now=time.time(),
            largest=self.check.largest_letter,
        )


@asynccontextmanager
async def drafted(workspace: Workspace, key: bytes, terms: Terms, *, on_progress: OnProgress) -> AsyncIterator[Draft]:
    """``drafted_from`` the campaign's present files."""
    with workspace.recipients_file() as file:
        parts = digest_parts(workspace, file)
        async with drafted_from(file, workspace, parts, key, terms, on_progress=on_progress) as draft:
            yield draft


@asynccontextmanager
async def drafted_from(
    file: RecipientsFile,
    workspace: Workspace,
    parts: Mapping[str, str],
    key: bytes,
    terms: Terms,
    *,
    on_progress: OnProgress,
) -> AsyncIterator[Draft]:
    """Plan the campaign's first wave; a temporary file holds the plan until the context ends.

    ``parts`` are the digests, taken before reading, so that a file that changes meanwhile counts as changed. ``key`` is
    the ledger's, for the Message-IDs. Raises ``MassApologyError`` if no plan can be made; problems of single rows are
    findings of the check.
    """
    stamp = plan_stamp(workspace, parts, key, terms.override) if terms.may_be_kept else b""
    with suppressed(workspace) as suppressions, _staged(workspace, key, terms.thread, stamp) as (staging, kept):
        if kept is not None:
            made = _resumed(workspace, file, staging, kept, terms)
        else:
            listed = Suppressed(None, suppressions.purpose) if terms.include_suppressed else suppressions
            made = await _made(workspace, file, staging, listed, terms, on_progress)
        if stamp and made.record.is_rendered:
            staging.keep(encode(made.record))
        check = judged(workspace, staging, made, code=code(parts), skip_bad_rows=terms.skip_bad_rows)
        yield Draft(staging, made, check, parts)


@contextmanager
def _staged(
    workspace: Workspace, key: bytes, thread: Sequence[str], stamp: bytes
) -> Iterator[tuple[Planner, PlanRecord | None]]:
    """A plan with no rows, or the one that was kept with this stamp, and its record."""
    campaign = workspace.campaign
    identify = _message_ids(key, [f"{campaign.name}/{wave}" for wave in thread], workspace.sender_domain)
    each_customer = campaign.one_letter_per == "customer"
    planner = partial(workspace.ledger_store.planner, FIRST_WAVE, identify, each_customer=each_customer, stamp=stamp)
    with planner() as staging:
        record = decode(staging.kept)
        if record is not None or not staging.kept:
            yield staging, record
            return
    with planner() as staging:  # the one that was kept was damaged, and is gone
        yield staging, None


async def _made(
    workspace: Workspace,
    file: RecipientsFile,
    staging: Planner,
    listed: Suppressed,
    terms: Terms,
    on_progress: OnProgress,
) -> MadePlan:
    """Stage the file's rows, and render every letter if the terms ask for it."""
    campaign = workspace.campaign
    uses = _column_uses(workspace)
    layout = recipients.inspect(file, campaign, uses)
    guards = Guards(workspace, file, header=layout.header, overridden=terms.override, is_review=terms.is_review)
    planning = Planning(
        workspace,
        layout,
        staging,
        writer_recipe(workspace, layout.header),
        guards=guards,
        suppressed=listed,
        keep_bad_rows=terms.keep_bad_rows,
        on_progress=on_progress,
    )
    if campaign.codes:
        staging.offer(read_codes(workspace.folder, campaign.codes))
    if terms.render:
        await planning.read_and_render(file, uses)
    else:
        await planning.read(file, uses)
    return MadePlan(planning.record(), lambda: planning.writer, guards, planning.bad_rows)


def _resumed(
    workspace: Workspace, file: RecipientsFile, staging: Planner, record: PlanRecord, terms: Terms
) -> MadePlan:
    """The plan that an earlier command kept."""
    guards = Guards(workspace, file, header=record.header, overridden=terms.override, is_review=terms.is_review)
    if guards.need_letters:
        for batch in staging.deliveries(BATCH, everyone=True):
            guards.add(batch)
    return MadePlan(record, writer_recipe(workspace, record.header), guards, {})


def _column_uses(workspace: Workspace) -> tuple[ColumnUse, ...]:
    """What the letters of all waves do with the columns."""
    campaign = workspace.campaign
    templates = (campaign.template, *(each.template for each in campaign.follow_up))
    return column_uses(templates, workspace.template_directories)


def ledger_key(workspace: Workspace) -> bytes:
    """The key of the campaign's Message-IDs. A missing ledger is created, so that the key stays the same.

    If the ledger was lost, none is created: the key is the lost one's, if this machine remembers it.
    """
    store = workspace.ledger_store
    if not store.exists():
        lost = compare_ledger(workspace)
        if lost.findings:
            return bytes.fromhex(lost.remembered[-1].key) if lost.remembered else NO_KEY
        with store.create(workspace.campaign.name) as made:
            return made.key
    with store.read(workspace.campaign.name) as records:
        return records.key


def require_errorless(check: Check) -> None:
    """Raise ``ConfirmationError`` if the check has errors."""
    if not check.sendable:
        raise ConfirmationError(
            "The check found errors; nothing was sent.",
            next_step="Mend them, or set bad rows aside with --skip-bad-rows."
            if check.skippable
            else "Mend them, then run: mass-apology check",
        )


def require_sendable(check: Check, outlook: Outlook, *, withhold_missing: bool) -> None:
    """Raise ``ConfirmationError`` if the check has errors, or if letters are due to recipients that left the file."""
    require_errorless(check)
    missing = outlook.changes.missing
    if missing and not withhold_missing:
        raise ConfirmationError(
            f"{counted(missing, 'letter is', 'letters are')} still due to customers who are no longer in "
            f"{check.recipients}; nothing was sent.",
            next_step="Put their rows back, or withhold their letters: mass-apology send --withhold-missing",
        )


def is_stale(workspace: Workspace, parts: Mapping[str, str], ledger: Ledger) -> bool:
    """Whether the plan's sources changed since it was made. A missing recipients file does not count as a change."""
    planned = ledger.digest_parts
    if not planned:
        return True
    there = dict(parts)
    if not workspace.recipients_path.exists():
        there[_FILE] = planned.get(_FILE, "")
    return bool(changed_parts(planned, there))


def changed_parts(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The parts that differ, or that only one of the two has: "the template", "campaign.toml", …"""
    return tuple(part for part in {**now, **before} if now.get(part) != before.get(part))


def origin_facts(ledger: Records) -> dict[str, str]:
    """Campaign, ledger and recipients file, for a run's first line in the log: its numbers and lines refer to them."""
    file = ledger.digest_parts.get(_FILE, "")
    return {"campaign": ledger.name, "ledger": ledger.continuity.origin.ledger, "recipients": file}


def remaining(ledger: Records, wave: str, campaign: Campaign, resend: Sequence[int] = ()) -> Remaining:
    """What is due of a wave, with the letters in doubt ``resend``."""
    languages = ledger.waves.languages(wave, resend)
    return Remaining(
        languages=languages,
        set_aside=ledger.people(wave).rows_set_aside,
        routed=routed_letters(ledger, wave, campaign),
    )


def routed_letters(ledger: Records, wave: str, campaign: Campaign) -> dict[str, int]:
    """How many letters are due to the domains that relays are for, or not for."""
    names = named_domains(campaign)
    if not names:
        return {}
    domains = (address.rpartition("@")[2] for page in ledger.waiting(wave) for _, address, _ in page)
    return dict(Counter(domain for domain in domains if domain in names))


def due(counts: Mapping[Status, int]) -> int:
    """The number of letters that ``send`` would send."""
    return sum(count for status, count in counts.items() if status in DUE)


def writer_recipe(
    workspace: Workspace,
    header: Sequence[str],
    template: str | None = None,
    subject_line: SubjectLine = SubjectLine.OWN,
) -> Callable[[], Writer]:
    """A function with which each render process makes its writer; ``template`` replaces the campaign's."""
    return partial(
        Writer,
        workspace.campaign,
        folder=workspace.folder,
        directories=workspace.template_directories,
        header=header,
        scenario=template,
        subject_line=subject_line,
    )


def fact_errors(workspace: Workspace, template: str, languages: Sequence[str]) -> list[Finding]:
    """Errors about facts of this template that are missing or wrong in campaign.toml, in all these languages."""
    found = facts_findings(workspace.scenario(template), workspace.campaign.incident, languages)
    return [each for each in found if each.severity is Severity.ERROR]


def code(parts: Mapping[str, str]) -> str:
    """A plan as three words that two people can compare; empty where there is no plan yet."""
    return plan_code(parts) if parts else ""


def digest_parts(workspace: Workspace, file: RecipientsFile) -> dict[str, str]:
    """All sources of the plan → SHA-256: the recipients file, and the campaign's ``Workspace.letter_parts``."""
    return {**file_part(file), **workspace.letter_parts(workspace.campaign.template)}


def file_part(file: RecipientsFile) -> dict[str, str]:
    """The recipients file's part of the digests."""
    whole = hashlib.sha256(file.name.encode() + b"\0")
    with suppress(InputError):  # reading its rows reports the error
        whole.update(file.sha256)
        if file.mended is not None:
            whole.update(file.mended.sha256)
    return {_FILE: whole.hexdigest()}


def without_recipients_part(parts: Mapping[str, str]) -> dict[str, str]:
    """A plan's parts without the recipients file, as ``Workspace.letter_parts`` has them."""
    return {part: digest for part, digest in parts.items() if part != _FILE}


def _message_ids(key: bytes, waves: Sequence[str], domain: str) -> Callable[[int], str]:
    """A function from a recipient's identity to their letters' Message-IDs in these waves, with blanks between."""
    return lambda identity: " ".join([message_id(key, wave, identity, domain) for wave in waves])
