"""The channels of a campaign, ready to be used, and what is wrong with those that cannot be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial

from msgspec import Struct

from mass_apology.errors import MassApologyError
from mass_apology.flows.notify.mail_channel import MailChannel
from mass_apology.model import Finding, Severity
from mass_apology.notify.channel import Channel
from mass_apology.notify.program import ProgramChannel, found_program
from mass_apology.notify.webhook import WebhookChannel, signing_key, tls_context, webhook_place
from mass_apology.settings import Campaign
from mass_apology.smtp.password import VARIABLE, read, relay_password
from mass_apology.workspace.workspace import Workspace


class Channels(Struct, frozen=True, kw_only=True):
    """What can be told, and what cannot."""

    makers: tuple[Callable[[], Channel], ...]  # each makes a channel for one notification
    findings: tuple[Finding, ...]  # settings that cannot be used on this machine

    def fresh(self) -> list[Channel]:
        """A new channel of each kind."""
        return [make() for make in self.makers]


def channels(workspace: Workspace) -> Channels:
    """The campaign's channels. Secrets are read now: a keyring may ask for its password, and is not asked later."""
    makers, findings = [], []
    for key, prepare in (("command", _program), ("webhook", _webhook), ("mail", _mail)):
        try:
            makers += list(prepare(workspace))
        except MassApologyError as error:
            findings.append(_unusable(key, error.problem, error.next_step))
        except _Unusable as error:
            findings.append(_unusable(key, *error.args))
    return Channels(makers=tuple(makers), findings=tuple(findings))


class _Unusable(Exception):
    """The problem, and the advice."""


def _program(workspace: Workspace) -> Iterator[Callable[[], Channel]]:
    command = workspace.campaign.notify.command
    if not command:
        return
    if workspace.is_unpacked:  # what a database names is not run on a worker's machine
        raise _Unusable(
            f"A worker without the campaign's folder does not run {command[0]}.",
            "Have a webhook or a mail tell it, or let a worker with a copy of the folder take part.",
        )
    if found_program(command[0], workspace.folder) is None:
        raise _Unusable(
            f"There is no program {command[0]}, or it may not be run.",
            "Name one that is on the PATH, or a file of the campaign's folder as ./tell.sh, and run: chmod +x tell.sh",
        )
    secret = frozenset(_secret_variables(workspace.campaign))
    yield partial(ProgramChannel, command, workspace.folder, secret_variables=secret)


def _secret_variables(campaign: Campaign) -> Iterator[str]:
    """The variables of the environment that hold passwords of the campaign."""
    yield VARIABLE
    hook = campaign.notify.webhook
    for place in (*(relay.password for relay in campaign.relays), hook.secret if hook else None):
        kind, _, name = (place or "").partition(":")
        if kind == "env":
            # Windows knows a variable under any case.
            yield name.upper() if os.name == "nt" else name


def _webhook(workspace: Workspace) -> Iterator[Callable[[], Channel]]:
    hook = workspace.campaign.notify.webhook
    if hook is None:
        return
    place = webhook_place(hook.url)
    try:
        key = signing_key(read(hook.secret, place.host))
    except ValueError as error:
        raise _Unusable(f"The webhook's secret {error}.", "Copy it again from where it was made.") from None
    tls = tls_context(hook.ca_file) if place.tls else None
    yield partial(WebhookChannel, place, key, tls=tls, timeout=hook.timeout)


def _mail(workspace: Workspace) -> Iterator[Callable[[], Channel]]:
    campaign = workspace.campaign
    if campaign.notify.mail is not None:
        yield partial(MailChannel, campaign, campaign.notify.mail, relay_password(campaign.relay))


def _unusable(key: str, problem: str, advice: str) -> Finding:
    return Finding(
        code="notify-unusable",
        severity=Severity.WARNING,
        where=f"campaign.toml, [notify] {key}",
        problem=f"Nobody can be told this way. {problem}",
        advice=advice,
    )
