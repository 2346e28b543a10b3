"""What a kept plan is made from, as one stamp: with the same stamp, the next command goes on with the plan."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from mass_apology.errors import LedgerError
from mass_apology.model import FIRST_WAVE
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import Campaign, LimitSettings, NotifySettings, ReportSettings
from mass_apology.system.regular_file import file_stamp
from mass_apology.workspace.workspace import Workspace


def plan_stamp(workspace: Workspace, parts: Mapping[str, str], key: bytes, override: Collection[str]) -> bytes:
    """A digest over all that the rows and letters of a plan depend on; empty where no plan may be kept.

    ``parts`` are the plan's digests, ``key`` the ledger's. Besides them count settings that findings about rows depend
    on, all files of the campaign's templates (follow-ups, legal packs) and of its wording rules, the overridden guards,
    whom the suppression list names, and whose codes are taken. What a ``Check`` is judged by anew, such as the clock,
    the relay and the limits, does not.
    """
    ledger = _ledger_state(workspace)
    if ledger is None:
        return b""
    campaign = workspace.campaign
    sources = {
        "parts": dict(parts),
        "settings": msgspec.to_builtins(_judged_anew_left_out(campaign)),
        "templates": _states(_files_below(workspace.folder / "templates")),
        "wording": _states(_files_below(workspace.folder / "wording")),
        "override": sorted(override),
        "suppressions": _states(_with_wal(workspace.suppression_list)) if workspace.has_suppression_list else None,
        "ledger": [key.hex(), *ledger],
    }
    return hashlib.sha256(msgspec.json.encode(sources, order="deterministic")).digest()


def _judged_anew_left_out(campaign: Campaign) -> Campaign:
    return replace(
        campaign,
        relay=RelaySettings(url="-"),
        further_relays=(),
        destinations={},
        limits=LimitSettings(),
        notify=NotifySettings(),
        report=ReportSettings(),
        not_after=None,
        finish_by=None,
    )


def _ledger_state(workspace: Workspace) -> list[object] | None:
    """The plan that the ledger has and the number of its letters; ``None`` for a ledger that cannot be read."""
    store = workspace.ledger_store
    if not store.exists():
        return []
    try:
        with store.read(workspace.campaign.name) as records:
            return [dict(records.digest_parts), sum(records.counts(FIRST_WAVE).values())]
    except LedgerError:  # whoever needs it says so
        return None


def _files_below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def _with_wal(database: Path) -> list[Path]:
    return [database, database.with_name(f"{database.name}-wal")]


def _states(files: Iterable[Path]) -> list[tuple[str, tuple[int, int, int] | None]]:
    """Others after each change of one of the files."""
    return [(str(path), file_stamp(path)) for path in files]
