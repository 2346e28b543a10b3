"""Asks the relay for its extensions, and the DNS about the sender's domain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.errors import MassApologyError
from mass_apology.flows.asked_relay import in_common
from mass_apology.letter.message.headers import parse_mailbox
from mass_apology.model import Extensions, Finding, Severity
from mass_apology.relay_settings import RelaySettings
from mass_apology.sender_domain import DomainRecords, domain_findings, look_up
from mass_apology.settings import Campaign
from mass_apology.smtp.password import relay_password
from mass_apology.smtp.session import Offer, probe
from mass_apology.smtp.url import parse as parse_url

RELAY_SECONDS = 30.0  # for the relay's whole answer


class RelayAnswer(Struct, frozen=True, kw_only=True):
    """The result of a probe of the relay."""

    phrase: str  # place, TLS, login and extensions, as a phrase
    extensions: Extensions | None = None  # None: it cannot be used
    findings: tuple[Finding, ...] = ()  # the reason why it cannot be used
    unusable: tuple[str, ...] = ()  # of several relays: those that cannot be used, by their names


async def ask_relay(campaign: Campaign) -> RelayAnswer:
    """Probe the relays; one that cannot be used is a finding, and a warning while another one can. No mail is sent."""
    answers = await asyncio.gather(*map(_ask, campaign.relays))
    offers = [each.extensions for each in answers if each.extensions is not None]
    severity = Severity.WARNING if offers else Severity.ERROR
    return RelayAnswer(
        phrase="; ".join(each.phrase for each in answers),
        extensions=in_common(offers) if offers else None,
        unusable=tuple(
            relay.name or ""
            for relay, each in zip(campaign.relays, answers, strict=True)
            if each.extensions is None and campaign.further_relays
        ),
        findings=tuple(replace(found, severity=severity) for each in answers for found in each.findings),
    )


async def _ask(relay: RelaySettings) -> RelayAnswer:
    where = parse_url(relay.url).place
    try:
        password = relay_password(relay)
        async with asyncio.timeout(RELAY_SECONDS):
            offer = await probe(relay, password)
        return RelayAnswer(phrase=", ".join((where, *_offer_phrases(offer))), extensions=offer.extensions)
    except TimeoutError:
        problem, advice = (
            f"The relay said nothing for {RELAY_SECONDS:g} s.",
            "See whether it runs, and whether it is slow.",
        )
    except MassApologyError as error:
        problem, advice = error.problem, error.next_step
    finding = Finding(
        code="relay-unusable",
        severity=Severity.ERROR,
        where="campaign.toml, [relay]" if relay.name is None else f"campaign.toml, relay {relay.name}",
        problem=problem,
        advice=f"{advice.rstrip('.')}. To check everything else: mass-apology check --offline",
    )
    return RelayAnswer(phrase=f"{where}, cannot be used", findings=(finding,))


async def ask_dns(
    campaign: Campaign, selectors: Sequence[str], letters_to_gmail: int
) -> tuple[tuple[str, ...], list[Finding]]:
    """The DNS records of the sender's domain as phrases, and findings about them. ``selectors`` name DKIM keys."""
    records = await look_up(parse_mailbox(campaign.sender.from_, "sender.from").domain, selectors=selectors)
    return tuple(_records(records)), domain_findings(records, letters_to_gmail)


def _records(records: DomainRecords) -> Iterator[str]:
    yield f"SPF of {records.domain}: {' | '.join(records.spf) or 'none'}"
    for key in records.dkim:
        yield f"DKIM key {key.selector}: {key.state}"
    if not records.dkim:
        yield "DKIM: not asked for, since no --dkim-selector was given"
    yield f"DMARC: {f'p={records.dmarc.policy} at {records.dmarc.domain}' if records.dmarc else 'none'}"


def _offer_phrases(offer: Offer) -> Iterator[str]:
    yield offer.tls or "without TLS"
    yield f"logged in as {offer.user}" if offer.user else "without a login"
    extensions = offer.extensions
    offered = {
        "PIPELINING": extensions.pipelining,
        "8BITMIME": extensions.eightbitmime,
        "SMTPUTF8": extensions.smtputf8,
        "DSN": extensions.dsn,
    }
    yield "offers " + (" ".join(name for name, there in offered.items() if there) or "no extension")
    if extensions.size:
        yield f"takes {_size(extensions.size)}"


def _size(octets: int) -> str:
    return f"{octets:,} octets" if octets < 1 << 20 else f"{octets / (1 << 20):.0f} MB"
