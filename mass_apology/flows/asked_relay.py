"""The campaign's relays, asked once what they offer, when somebody needs to know: after all that files can tell."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mass_apology.errors import RelayError
from mass_apology.flows.send.sending_run import RelayAccess
from mass_apology.model import Extensions, Finding, Severity
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import Campaign
from mass_apology.smtp.password import relay_password
from mass_apology.smtp.session import probe


class AskedRelay:
    """The relays of one command.

    An unusable one must be known before somebody types a number, and a missing file or a bad row before an unusable
    one: who is to mend something mends it at once, without a network. Of several relays one has to be usable.
    """

    def __init__(self, campaign: Campaign) -> None:
        """Raises ``PasswordError`` where a password cannot be read: that is a local mistake, too."""
        self._relays = campaign.relays
        self._passwords = tuple(relay_password(relay) for relay in self._relays)
        self._extensions: Extensions | None = None
        self._unusable: tuple[str, ...] = ()
        self.findings: tuple[Finding, ...] = ()  # of relays that were asked and cannot be used, while another one can

    @property
    def password(self) -> str | None:
        """Of the first relay, which mail to oneself goes through."""
        return self._passwords[0]

    async def extensions(self) -> Extensions:
        """What all of them offer that can be used. Raises ``RelayError`` where none can."""
        if self._extensions is None:
            answers = await asyncio.gather(*map(_answer, self._relays, self._passwords))
            pairs = list(zip(self._relays, answers, strict=True))
            problems = [(relay, answer) for relay, answer in pairs if isinstance(answer, RelayError)]
            offers = [answer for answer in answers if isinstance(answer, Extensions)]
            if not offers:
                raise problems[0][1]
            self._unusable = tuple(relay.name or "" for relay, _ in problems)
            self.findings = tuple(_finding(relay, error) for relay, error in problems)
            self._extensions = in_common(offers)
        return self._extensions

    @property
    def unusable(self) -> tuple[str, ...]:
        """The names of several relays' that were asked and cannot be used."""
        return self._unusable

    async def access(self) -> RelayAccess:
        """What a run needs. Raises ``RelayError`` where no relay can be used."""
        return RelayAccess(passwords=self._passwords, extensions=await self.extensions())


async def _answer(relay: RelaySettings, password: str | None) -> Extensions | RelayError:
    try:
        return (await probe(relay, password)).extensions
    except RelayError as error:
        return error


def _finding(relay: RelaySettings, error: RelayError) -> Finding:
    return Finding(
        code="relay-unusable",
        severity=Severity.WARNING,
        where=f"campaign.toml, relay {relay.name}",
        problem=error.problem,
        advice=f"The other relays take its letters meanwhile. {error.next_step}",
    )


def in_common(offers: Sequence[Extensions]) -> Extensions:
    """What all of these offer: a letter may go through any of them."""
    first, *others = offers
    if not others:
        return first
    return Extensions(
        pipelining=all(each.pipelining for each in offers),
        eightbitmime=all(each.eightbitmime for each in offers),
        smtputf8=all(each.smtputf8 for each in offers),
        dsn=all(each.dsn for each in offers),
        size=min((each.size for each in offers if each.size), default=None),
    )
