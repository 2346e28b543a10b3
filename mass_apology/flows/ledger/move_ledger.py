"""``ledger move``: from the folder's file to a database, or back, in steps of which each leaves one ledger that counts.

The steps are those of ``ledger.moving``; campaign.toml is edited last. Whatever was interrupted, the same command again
goes on from there.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.campaign import anchored_ledger, edit_campaign, edited_campaign, read_ledger_settings
from mass_apology.errors import CampaignError, ConfirmationError, LedgerError
from mass_apology.flows.continuity.outside import compare_ledger, require_ledger
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.init.toml_notation import toml
from mass_apology.flows.operator import OnProgress, disagreement, watched
from mass_apology.flows.plan.guarding import require_overridden
from mass_apology.ledger.database_url import parse as parse_database_url
from mass_apology.ledger.moving import (
    Contents,
    Copied,
    Leaving,
    MovableStore,
    Relocation,
    Stage,
    Standing,
    require_in_use,
)
from mass_apology.ledger_settings import FILE, LedgerSettings
from mass_apology.quantities import counted
from mass_apology.system.toml_edits import Edit
from mass_apology.workspace.ledger_store import LEDGER_NAME, store_by
from mass_apology.workspace.workspace import Workspace


class MoveOptions(Struct, frozen=True, kw_only=True):
    """The options of ``ledger move``, as given on the command line."""

    to: str  # a URL, or ``ledger_settings.FILE``
    password: str | None = None  # where the new database's password is kept, as in campaign.toml
    ca_file: str | None = None  # relative to the campaign's folder
    confirm: int | None = None  # the number of letters; without it the person is asked to type it


class Moved(Struct, frozen=True, kw_only=True):
    """The result of ``ledger move``."""

    to: str  # where the ledger is now
    was_there: bool  # it was there already, and nothing was done
    finished: bool  # an earlier move was interrupted after the copy counted: nothing was copied now
    came_from: str
    copied: Copied | None  # None where nothing was
    traces: bool  # the old file may hold old pages yet, for another program reads it just now


class _Way(Struct, frozen=True, kw_only=True):
    """From where to where."""

    source: MovableStore
    target: MovableStore
    came_from: str  # as people are told, on this machine or another
    to: str
    edits: tuple[Edit, ...]  # of campaign.toml


def move(workspace: Workspace, options: MoveOptions, ask: Callable[[int], str], on_progress: OnProgress) -> Moved:
    """Move the campaign's ledger, after its number of letters was typed or given; ``ask`` returns the typed text.

    Raises ``ConfirmationError`` if the number is wrong or the ledger knows less than what left, ``LedgerLocked`` while
    a process works with it, and ``LedgerError`` or ``CampaignError``; the old ledger is in use then, or the sentence
    says that the new one counts.
    """
    _require_place(options.to)
    edits = tuple(_edits(options))
    edited_campaign(workspace.folder, edits)  # before anything is done
    way = _way(workspace, options, edits)
    here = way.source.standing()
    if way.came_from == way.to:
        require_in_use(way.source.place, here.relocation if here else None)
        return Moved(to=way.to, was_there=True, finished=False, came_from=way.to, copied=None, traces=False)
    if here is not None and here.relocation is not None:
        return _finish(workspace, way, here)
    require_ledger(workspace)
    if here is None:
        raise LedgerError(f"There is no ledger at {way.source.place}.", next_step="Name its place in campaign.toml.")
    require_overridden(compare_ledger(workspace).findings, "Nothing was moved")
    _require_room(here, way, way.target.standing())
    return _move(workspace, way, here, options, partial(_confirm, options.confirm, ask), on_progress)


def _move(
    workspace: Workspace,
    way: _Way,
    here: Standing,
    options: MoveOptions,
    confirm: Callable[[Contents], None],
    on_progress: OnProgress,
) -> Moved:
    with locked_ledger(workspace) as ledger:
        leaving = way.source.leaving(ledger)
        with leaving.contents() as contents:
            confirm(contents)
            copied = way.target.arrive(
                workspace.campaign.name,
                _Watched(contents, on_progress),
                Relocation(stage=Stage.ARRIVING, place=way.came_from, at=time.time()),
                partial(_require_room, here, way),
            )
        leaving.leave(way.to, time.time())
        _conclude(workspace, way)
        return Moved(
            to=way.to,
            was_there=False,
            finished=False,
            came_from=way.came_from,
            copied=copied,
            traces=not _compacted(leaving),
        )


def _finish(workspace: Workspace, way: _Way, here: Standing) -> Moved:
    """A move that was interrupted after the old ledger had gone."""
    relocation = here.relocation
    if relocation is None or relocation.stage is not Stage.GONE or relocation.place != way.to:
        require_in_use(way.source.place, relocation)
    there = way.target.standing()
    if there is None or there.ledger != here.ledger or (there.relocation and there.relocation.stage is Stage.GONE):
        raise LedgerError(
            f"The campaign's ledger was moved to {way.to}, and is not there.",
            next_step="Put that database back, as it was after the last letter. If there is none, make a new ledger "
            "there and let it learn what has left: mass-apology reconcile --from-log log.jsonl",
        )
    _conclude(workspace, way, put_to_use=there.relocation is not None)
    return Moved(to=way.to, was_there=False, finished=True, came_from=way.came_from, copied=None, traces=False)


def _conclude(workspace: Workspace, way: _Way, *, put_to_use: bool = True) -> None:
    """The new ledger counts."""
    if put_to_use:
        way.target.put_to_use(f"the ledger was moved here from {way.came_from}", time.time())
    edit_campaign(workspace.folder, way.edits)
    with suppress(LedgerError):  # they are of no use any more; the next purge deletes them, too
        way.source.delete_plans(kept=True)


def _compacted(leaving: Leaving) -> bool:
    try:
        leaving.compact()
    except LedgerError:
        return False
    return True


def _require_place(to: str) -> None:
    """Told of the option that was typed, before it could be told of a line that campaign.toml does not have yet."""
    try:
        if to != FILE:
            parse_database_url(to)
    except CampaignError as error:
        raise CampaignError(
            f"--to: {error.problem}",
            next_step="Give --to postgresql://user@host/database, and its password's place as --password env:NAME.",
        ) from error


def _edits(options: MoveOptions) -> Iterator[Edit]:
    told = {"url": options.to, "password": options.password, "ca_file": options.ca_file}
    for key, value in told.items():
        if value is not None:
            yield Edit(table=("ledger",), key=key, notation=toml(value))


def _way(workspace: Workspace, options: MoveOptions, edits: tuple[Edit, ...]) -> _Way:
    name, now = read_ledger_settings(workspace.folder)
    given = anchored_ledger(LedgerSettings(password=options.password, ca_file=options.ca_file), workspace.folder)
    then = replace(now, url=options.to, password=given.password or now.password, ca_file=given.ca_file or now.ca_file)
    source, target = (store_by(each, name or workspace.campaign.name, workspace.folder) for each in (now, then))
    return _Way(
        source=source,
        target=target,
        came_from=_told(workspace, now, source),
        to=_told(workspace, then, target),
        edits=edits,
    )


def _told(workspace: Workspace, settings: LedgerSettings, store: MovableStore) -> str:
    """The place in words that are true on every machine."""
    if settings.database is None:
        return f"{workspace.absolute_folder / LEDGER_NAME} on {socket.gethostname()}"
    return store.place


def _require_room(here: Standing, way: _Way, there: Standing | None) -> None:
    """Raise ``LedgerError`` unless the target has no ledger, an unused one, or what a move of this one left there."""
    if there is None or (there.is_unused and there.relocation is None):
        return
    if there.relocation is not None and there.ledger == here.ledger:
        return
    if there.ledger == here.ledger:
        raise LedgerError(
            f"{way.to} has this very ledger, in use; nothing was moved.",
            next_step="One of the two is a copy. Delete the older one, and let campaign.toml name the other.",
        )
    raise LedgerError(
        f"{way.to} holds another ledger of a campaign of this name; nothing was moved.",
        next_step="Move to another database, or, if nobody needs that ledger any more, delete it there.",
    )


def _confirm(confirm: int | None, ask: Callable[[int], str], contents: Contents) -> None:
    letters = sum(sum(statuses.values()) for statuses in contents.letters().values())
    if problem := disagreement(letters, confirm, ask):
        raise ConfirmationError(
            f"The ledger has {counted(letters, 'letter')}, but {problem}; nothing was moved.",
            next_step=f"To move it, run the same command with --confirm {letters}.",
        )


class _Watched:
    """Implements ``Contents``: tells how far the copy is."""

    def __init__(self, contents: Contents, on_progress: OnProgress) -> None:
        self._contents = contents
        self._on_progress = on_progress

    def rows(self, table: str) -> Iterator[tuple[object, ...]]:
        return watched(self._contents.rows(table), f"copying {table}", None, self._on_progress)

    def letters(self) -> Mapping[str, Mapping[str, int]]:
        return self._contents.letters()
