"""``choices``: records the remedies that customers chose, by the tokens of their links, and lists all choices."""

from __future__ import annotations

import io
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

from msgspec import Struct

from mass_apology.bounces.tokens import choices_in
from mass_apology.errors import ConfirmationError, InputError
from mass_apology.flows.feedback.claimed_times import Lifetime
from mass_apology.flows.feedback.log_lines import STANDARD_INPUT
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
from mass_apology.ledger.came_back import Choice, Recorded, Token
from mass_apology.settings import Campaign
from mass_apology.system.regular_file import refuse_special
from mass_apology.system.timestamps import utc_second
from mass_apology.workspace.workspace import Workspace

AT_ONCE = 1000  # tokens in one commit
COLUMNS: Sequence[Column[Choice]] = (
    Column("remedy", lambda choice: choice.remedy),
    Column("chosen_at", lambda choice: iso_time(choice.at)),
    Column("chosen_local", lambda choice: utc_second(choice.at)),
    Column("address", lambda choice: choice.address),
    Column("name", lambda choice: choice.name),
    Column("source", lambda choice: choice.source),
    Column("lines", lambda choice: line_numbers(choice.lines)),
)

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")


class Chosen(Struct, frozen=True, kw_only=True):
    """The result of ``choices``."""

    read: Recorded | None  # tokens of this run; None without a source
    remedies: Mapping[str, int]  # remedy → customers
    undecided: int  # customers with an accepted letter and no choice
    written: str | None  # the file with the list


def choose(
    workspace: Workspace,
    source: str | None,
    to: Path | None,
    *,
    force: bool,
    on_progress: OnProgress = lambda *_: None,
) -> Chosen:
    """Record the tokens of a text file ("-": standard input), then write every customer's last choice to ``to``.

    Raises ``MassApologyError``; tokens read before it are recorded. Reading a file twice changes nothing.
    """
    campaign = workspace.campaign
    _require_remedies(campaign)
    if to is not None:
        require_ending(to, TABLES)
        refuse_existing(to, force=force)
    read = None
    if source is not None:
        with shared_ledger(workspace) as ledger, _lines(source) as lines:
            lifetime = Lifetime(first_planned_at=ledger.feedback.first_planned_at(), now=time.time())
            tokens = tokens_in(watched(lines, "reading lines", None, on_progress), source, lifetime)
            read = Recorded(new=0, known=0, strange=0)
            while batch := list(islice(tokens, AT_ONCE)):
                offered = [token for token in batch if token.remedy in campaign.remedies]
                strange = Recorded(new=0, known=0, strange=len(batch) - len(offered))
                read = _together(read, _together(strange, ledger.choices.record(offered, time.time())))
    with workspace.ledger_store.read(campaign.name) as records:
        counts: Counter[str] = Counter()
        listed = _counted(watched(records.choices.last(), "listing choices", None, on_progress), counts)
        if to is not None:
            _write(listed, campaign, records.header, to, force=force)
        for _ in listed:
            pass
        return Chosen(
            read=read,
            remedies=dict(counts.most_common()),
            undecided=records.choices.undecided(),
            written=str(to) if to else None,
        )


def _require_remedies(campaign: Campaign) -> None:
    if not campaign.remedies:
        raise ConfirmationError(
            "This campaign offers nothing to choose from.",
            next_step="Remedies and their addresses stand under [remedies] in campaign.toml (docs/remedies.md).",
        )


def tokens_in(lines: Iterable[str], source: str, lifetime: Lifetime) -> Iterator[Token]:
    """The tokens in a text, each with the first date and time of its line, if there is one."""
    for line in lines:
        found = choices_in(unquote(line))
        at = lifetime.chosen(_moment_of(line)) if found else None
        for remedy, letter in found:
            yield Token(remedy=remedy, letter=letter, at=at, source=source)


def _moment_of(line: str) -> float | None:
    match = _MOMENT.search(line)
    try:
        written = datetime.fromisoformat(match[0]) if match else None
    except ValueError:
        return None
    if written is None:
        return None
    return (written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp()


@contextmanager
def _lines(source: str) -> Iterator[Iterable[str]]:
    if source == STANDARD_INPUT:
        yield io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
        return
    try:
        refuse_special(Path(source), but_open_pipes=True)
        with Path(source).open(encoding="utf-8", errors="replace") as file:
            yield file
    except OSError as error:
        raise InputError(
            f"{source} cannot be read: {error.strerror or error}.", next_step="Name a text file that is there."
        ) from error


def _together(one: Recorded, other: Recorded) -> Recorded:
    return Recorded(new=one.new + other.new, known=one.known + other.known, strange=one.strange + other.strange)


def _counted(listed: Iterable[Choice], counts: Counter[str]) -> Iterator[Choice]:
    for choice in listed:
        counts[choice.remedy] += 1
        yield choice


def _write(listed: Iterable[Choice], campaign: Campaign, header: Sequence[str], to: Path, *, force: bool) -> None:
    customers = chosen_columns(campaign, header, otherwise=header)
    table = Table(ours=COLUMNS, rows=lambda choice: choice.rows, customers=customers)
    with new_table(to, table.header, table_style(campaign), force=force) as write:
        for choice in listed:
            write(table.cells(choice))
