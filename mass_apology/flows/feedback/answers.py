"""``answers``: who wrote after a letter and waits for an answer, and who has got one.

Nobody answers for the customer service here; this only makes sure that nobody is forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from mass_apology import recipients
from mass_apology.errors import ConfirmationError, InputError
from mass_apology.flows.continuity.outside import require_ledger
from mass_apology.flows.holding import shared_ledger
from mass_apology.flows.operator import OnProgress, watched
from mass_apology.flows.output import refuse_existing, require_ending
from mass_apology.flows.report.result_columns import (
    Column,
    Table,
    chosen_columns,
    iso_time,
    line_numbers,
)
from mass_apology.flows.tables import TABLES, new_table, table_style
from mass_apology.ledger import Records
from mass_apology.ledger.came_back import WaitingPerson
from mass_apology.quantities import counted
from mass_apology.recipients import RecipientsFile
from mass_apology.settings import Campaign
from mass_apology.system.timestamps import utc_second
from mass_apology.workspace.workspace import Workspace

ANSWERED = "answered"  # the column that the support team fills in
LISTED = 100  # people who are named where all of them are counted

COLUMNS: Sequence[Column[WaitingPerson]] = (
    Column("address", lambda person: person.address),
    Column("wrote_from", lambda person: person.sender),
    Column("name", lambda person: person.name),
    Column("language", lambda person: person.language),
    Column("waiting_since", lambda person: iso_time(person.since)),
    Column("waiting_since_local", lambda person: utc_second(person.since)),
    Column("subject", lambda person: person.subject),
    Column("messages", lambda person: person.messages),
    Column("lines", lambda person: line_numbers(person.lines)),
    Column(ANSWERED, lambda _: None),
)


class Waiting(Struct, frozen=True, kw_only=True):
    """Somebody who waits for an answer, as it is told."""

    who: str  # the address that they wrote from
    address: str  # the recipient's
    name: str
    when: datetime
    subject: str
    hours: float  # that they have waited


class Answers(Struct, frozen=True, kw_only=True):
    """Who waits for an answer now."""

    total: int
    waiting: tuple[Waiting, ...]  # the first ``LISTED``, the longest first
    written: str | None  # the file with all of them


def answers(
    workspace: Workspace,
    answered: Sequence[str],
    answered_from: Path | None,
    to: Path | None,
    *,
    force: bool,
    on_progress: OnProgress = lambda *_: None,
) -> Answers:
    """Note who was answered, by address or by a list that came back, then list who waits in ``to``, where given.

    Raises ``MassApologyError``; where an address is nobody's who wrote, the others of the command are noted.
    """
    if to is not None:
        require_ending(to, TABLES)
        refuse_existing(to, force=force)
    done = [*answered, *(_marked(answered_from) if answered_from is not None else ())]
    if done:
        with shared_ledger(workspace) as ledger:
            _require_known(ledger.answers.answered(done, time.time()))
    else:
        require_ledger(workspace)
    with workspace.ledger_store.read(workspace.campaign.name) as records:
        if to is not None:
            _write(workspace.campaign, records, to, force=force, on_progress=on_progress)
        total, first = waiting_people(records, on_progress)
    return Answers(total=total, waiting=first, written=str(to) if to else None)


def waiting_people(records: Records, on_progress: OnProgress = lambda *_: None) -> tuple[int, tuple[Waiting, ...]]:
    """How many people wait for an answer, and the first ``LISTED`` of them, the longest first."""
    first: list[Waiting] = []
    total, now = 0, time.time()
    for person in watched(records.answers.waiting(), "counting who waits", None, on_progress):
        total += 1
        if total <= LISTED:
            first.append(_told(person, now))
    return total, tuple(first)


def _told(person: WaitingPerson, now: float) -> Waiting:
    return Waiting(
        who=person.sender,
        address=person.address,
        name=person.name,
        when=datetime.fromtimestamp(person.since, UTC).replace(microsecond=0),
        subject=person.subject,
        hours=round(max(0.0, now - person.since) / 3600, 1),
    )


def _require_known(unknown: Collection[str]) -> None:
    if unknown:
        first, *others = sorted(unknown)
        more = f" and {counted(len(others), 'other address', 'other addresses')}" if others else ""
        raise ConfirmationError(
            f"Nobody wrote from {first}{more}, nor is it the address of anybody who wrote.",
            next_step="All others that you named are noted as answered. Who waits: mass-apology answers",
        )


def _marked(path: Path) -> Iterator[str]:
    """The addresses whose column ``answered`` says anything; spreadsheets save the list in their own ways."""
    with RecipientsFile(path, if_missing="Name the list that mass-apology answers --to FILE wrote.") as file:
        layout = recipients.look(file)
        if not {"address", ANSWERED} <= set(layout.header):
            raise InputError(
                f"{path} has no columns address and {ANSWERED}.",
                next_step="Take the list that mass-apology answers --to FILE writes, and fill in that column.",
            )
        for cells in recipients.cells(file, layout, ("address", ANSWERED)):
            yield from (address for address, said in zip(cells["address"], cells[ANSWERED], strict=True) if said)


def _write(campaign: Campaign, records: Records, to: Path, *, force: bool, on_progress: OnProgress) -> None:
    customers = chosen_columns(campaign, records.header, otherwise=records.header)
    table = Table(ours=COLUMNS, rows=lambda person: person.rows, customers=customers)
    with new_table(to, table.header, table_style(campaign), force=force) as write:
        for person in watched(records.answers.waiting(), "listing who waits", None, on_progress):
            write(table.cells(person))
