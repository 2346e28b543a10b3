"""When a wave that is planned will have left, by settings, what was used of the windows, and what a run measured."""

from __future__ import annotations

from collections.abc import Mapping

from mass_apology.flows.plan.plan import routed_letters
from mass_apology.ledger import Records
from mass_apology.ledger.sender_state import RelayReport, SenderReport
from mass_apology.relay_settings import RelaySettings
from mass_apology.sending.expected_end import full_rate, loads, relay_capacity
from mass_apology.sending.verdict import RelayCapacity, Verdict, verdict
from mass_apology.settings import Campaign, parse_rate

SHORTEST = 5.0  # seconds of a run before which its pace tells nothing


def verdict_of(ledger: Records, campaign: Campaign, wave: str, due: int, now: float) -> Verdict:
    """The verdict at ``now`` (Unix seconds), while letters leave or for a run that would begin now."""
    said = next(iter(ledger.reports()), None)
    running = said if said and said.is_latest and not said.ended and ledger.holder() else None
    capacities = [_capacity(ledger, campaign, relay, running, now) for relay in campaign.relays]
    return verdict(capacities, loads(campaign, due, routed_letters(ledger, wave, campaign)), now)


def _capacity(
    ledger: Records, campaign: Campaign, relay: RelaySettings, running: SenderReport | None, now: float
) -> RelayCapacity:
    usage = ledger.usage_since(now - _longest(relay), relay.name) if relay.windows else []
    capacity = relay_capacity(relay, usage)
    if running is None:
        return capacity
    seen = _seen(running, campaign).get(relay.name)
    if seen is None:
        return capacity
    return seen_capacity(capacity, seen, measured=now - running.began_at >= SHORTEST)


def seen_capacity(capacity: RelayCapacity, seen: RelayReport, *, measured: bool) -> RelayCapacity:
    """What a relay can take, by what a run says of it; ``measured``: its pace tells something."""
    tells = measured and seen.rate and seen.until is None
    return RelayCapacity(
        name=capacity.name,
        rate=full_rate(capacity.rate, seen.rate, seen.share) if tells else capacity.rate,
        windows=capacity.windows,
        share=seen.share,
        from_=seen.until if seen.until is not None else capacity.from_,
        usable=seen.usable,
    )


def _seen(running: SenderReport, campaign: Campaign) -> Mapping[str | None, RelayReport]:
    if running.relays:
        return {each.name: each for each in running.relays}
    name = campaign.relay.name
    alone = RelayReport(
        name=name or "", rate=running.rate, share=running.share, usable=not running.trouble, until=running.until
    )
    return {name: alone}


def _longest(relay: RelaySettings) -> int:
    return max(limit.seconds for text in relay.windows if (limit := parse_rate(text)))
