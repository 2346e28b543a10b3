"""``notify``: who would be told of what, and with ``--try`` a trial that tells them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from msgspec import Struct

from mass_apology.errors import CampaignError
from mass_apology.flows.notify.channels import channels
from mass_apology.model import Finding
from mass_apology.notify.channel import Tellings
from mass_apology.notify.notification import Notification, State, new_id
from mass_apology.settings import NotifyEvent
from mass_apology.workspace.workspace import Workspace


class TrialResult(Struct, frozen=True, kw_only=True):
    """Who is told, and what came of a trial."""

    on: tuple[NotifyEvent, ...]
    channels: tuple[str, ...]
    findings: tuple[Finding, ...]  # channels that cannot be used
    tried: bool
    failures: dict[str, str]  # channel → why it was not told

    @property
    def all_well(self) -> bool:
        """Whether nothing is wrong, as far as it was tried."""
        return not (self.findings or self.failures)


def notify(workspace: Workspace, *, trial: bool) -> TrialResult:
    """Show the channels; ``trial``: tell each. Raises ``CampaignError`` where campaign.toml names none."""
    settings = workspace.campaign.notify
    found = channels(workspace)
    if not found.makers and not found.findings:
        raise CampaignError(
            "campaign.toml names nobody to be told.",
            next_step="Write [notify] into it, with command, webhook or mail: mass-apology docs notify",
        )
    failures: dict[str, str] = {}
    if trial:
        tellings = Tellings(found.fresh)
        tellings.begin(
            Notification(
                id=new_id(),
                events=settings.on,
                trial=True,
                at=datetime.fromtimestamp(int(time.time()), UTC),
                campaign=workspace.campaign.name,
                state=State.NOT_STARTED,
            )
        )
        failures = {each.channel: each.why for each in tellings.finish(settings.wait)}
    return TrialResult(
        on=settings.on,
        channels=tuple(each.name for each in found.fresh()),
        findings=found.findings,
        tried=trial,
        failures=failures,
    )
