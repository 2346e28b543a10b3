"""``check``: does all that ``send`` does before sending, without changing the ledger, and collects all findings."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from mass_apology import history
from mass_apology.errors import OutputError
from mass_apology.flows.check.bad_rows import write_bad_rows
from mass_apology.flows.check.check_page_content import write_page
from mass_apology.flows.check.outside_answers import ask_dns, ask_relay
from mass_apology.flows.continuity.outside import compare_ledger
from mass_apology.flows.notify.channels import channels
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.output import new_binary_file, refuse_existing, require_ending
from mass_apology.flows.plan import plan
from mass_apology.flows.plan.plan_check import Check, extended, without_relays
from mass_apology.flows.plan.size_limit import size_findings
from mass_apology.flows.tables import TABLES
from mass_apology.workspace.workspace import Workspace


class CheckOptions(Struct, frozen=True, kw_only=True):
    """The options of ``check``, as given on the command line."""

    skip_bad_rows: bool = False
    dns: bool = False  # query the DNS about the sender's domain
    dkim_selectors: tuple[str, ...] = ()  # of the domain's keys to query
    offline: bool = False  # do not connect to the relay
    override: tuple[str, ...] = ()  # codes of guards to override
    bad_rows: Path | None = None  # write the rows with errors and warnings to this table


async def check(
    workspace: Workspace, options: CheckOptions, to: Path | None, *, force: bool, on_progress: OnProgress
) -> Check:
    """Check the campaign; write the check to ``to`` (.html or .json) if given.

    Raises ``MassApologyError`` if no plan can be made; problems of a plan are findings of the check.
    """
    if to is not None:
        _require_writable(to, force=force)
    if options.bad_rows is not None:
        require_ending(options.bad_rows, TABLES)
        refuse_existing(options.bad_rows, force=force)
    campaign = workspace.campaign
    terms = plan.Terms(
        skip_bad_rows=options.skip_bad_rows,
        override=options.override,
        is_review=True,
        keep_bad_rows=options.bad_rows is not None,
    )
    asked = None if options.offline else asyncio.create_task(ask_relay(campaign))
    try:
        async with plan.drafted(workspace, plan.ledger_key(workspace), terms, on_progress=on_progress) as draft:
            parts, bad_rows = draft.parts, draft.bad_rows
            checked = replace(draft.check, due=_due(workspace, draft))
        if asked is not None:
            relay = await asked
            checked = extended(replace(checked, relay=relay.phrase), relay.findings)
            checked = without_relays(checked, campaign, relay.unusable)
            if relay.extensions is not None:
                too_large = size_findings(
                    checked.largest_letter, checked.recipients, relay.extensions, options.override
                )
                checked = extended(checked, too_large)
    finally:
        if asked is not None:
            asked.cancel()
    checked = extended(checked, compare_ledger(workspace, options.override).findings)
    checked = extended(checked, channels(workspace).findings)
    if options.dns:
        records, findings = await ask_dns(campaign, options.dkim_selectors, checked.gmail)
        checked = extended(replace(checked, sender_domain=records), findings)
    history.remember_check(workspace.folder, history.Checked(at=time.time(), letters=checked.letters, parts=parts))
    if options.bad_rows is not None:
        write_bad_rows(workspace, bad_rows, options.bad_rows, force=force, on_progress=on_progress)
    if to is not None:
        _write(checked, to, force=force)
    return checked


def _due(workspace: Workspace, draft: plan.Draft) -> int | None:
    """The number of letters that ``send`` would send now; ``None`` before the first plan."""
    store = workspace.ledger_store
    if not store.exists():
        return None
    with store.read(workspace.campaign.name) as ledger:
        return draft.outlook(ledger).due if ledger.digest_parts else None


def _require_writable(to: Path, *, force: bool) -> None:
    if to.suffix not in {".html", ".json"}:
        raise OutputError(f"{to} ends in neither .html nor .json.", next_step="Name the file check.html or check.json.")
    refuse_existing(to, force=force)


def _write(checked: Check, to: Path, *, force: bool) -> None:
    if to.suffix == ".html":
        write_page(checked, to, force=force)
        return
    with new_binary_file(to, force=force) as file:
        file.write(msgspec.json.format(msgspec.json.encode(checked), indent=2) + b"\n")
