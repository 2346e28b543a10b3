"""Writes a check as a page."""

from __future__ import annotations

import time
from pathlib import Path

from mass_apology.flows.check.check_rows import rows, verdict
from mass_apology.flows.output import new_file
from mass_apology.flows.plan.plan_check import Check
from mass_apology.guards import GUARDS, override
from mass_apology.model import Severity
from mass_apology.pages.check_page import (
    CheckPage,
    Fact,
    FindingGroup,
    check_page,
)
from mass_apology.preflight import Group


def write_page(check: Check, to: Path, *, force: bool) -> None:
    """Write the page. Raises ``OutputError``."""
    page = CheckPage(
        campaign=check.campaign,
        made_at=time.time(),
        code=check.code,
        verdict=verdict(check),
        sendable=check.sendable,
        facts=[Fact(name=name, value=value) for name, value in rows(check)],
        groups=[_group(group) for group in check.groups],
    )
    with new_file(to, force=force) as file:
        file.writelines(check_page(page))


def _group(group: Group) -> FindingGroup:
    return FindingGroup(
        severity=group.severity,
        code=group.code,
        count=group.count,
        examples=[(each.where, each.problem) for each in group.examples],
        lines=group.lines,
        advice=group.examples[0].advice,
        override=override(group.code) if group.code in GUARDS and group.severity is Severity.ERROR else None,
    )
