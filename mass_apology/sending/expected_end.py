"""What a campaign's settings let one expect of its end: what its relays and destinations can take, for ``verdict``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from math import inf

from msgspec.structs import replace

from mass_apology.relay_settings import RelaySettings
from mass_apology.sending.destinations import destinations_of
from mass_apology.sending.verdict import AT_ONCE, Load, RelayCapacity, Verdict, WindowUse, verdict
from mass_apology.settings import Campaign, Rate, parse_rate


def is_worth_telling(campaign: Campaign) -> bool:
    """Whether more is to be told of the end than when it is."""
    return bool(campaign.further_relays or campaign.finish_by or campaign.relay.windows or campaign.destinations)


def named_domains(campaign: Campaign) -> frozenset[str]:
    """Recipients' domains that the settings treat in a way of their own."""
    relays = {domain for relay in campaign.relays for domain in (*relay.for_, *relay.except_)}
    paced = {domain for name, each in destinations_of(campaign).items() for domain in (name, *each.also)}
    return frozenset(relays | paced)


def expected_end(
    campaign: Campaign,
    letters: int,
    domains: Mapping[str, int],
    now: float,
    unusable: Collection[str] = (),
) -> Verdict:
    """The verdict before anything leaves.

    ``domains``: letters to each of ``named_domains`` (others do not count). ``unusable``: names of relays that did not
    answer.
    """
    capacities = [
        replace(relay_capacity(relay, []), usable=relay.name is None or relay.name not in unusable)
        for relay in campaign.relays
    ]
    return verdict(capacities, loads(campaign, letters, domains), now)


def relay_capacity(relay: RelaySettings, usage: list[tuple[int, int]]) -> RelayCapacity:
    """What a relay can take, by its settings."""
    limits = [limit for text in relay.windows if (limit := parse_rate(text))]
    return RelayCapacity(
        name=f"relay {relay.name}" if relay.name else "the relay",
        rate=letters_a_second(parse_rate(relay.rate)),
        windows=tuple(WindowUse(limit=limit, usage=tuple(usage)) for limit in limits),
    )


def full_rate(rate: float, measured: float, share: float) -> float:
    """What a relay takes once it has stopped throttling.

    ``measured``: letters a second that it took at ``share`` of its ``rate``; clearly less, and the rate is no limit.
    """
    return rate if measured > 0.9 * rate * share else measured / share


def letters_a_second(rate: Rate | None) -> float:
    """Of a rate; of none, as many as one likes."""
    return rate.letters / rate.seconds if rate else AT_ONCE


def loads(campaign: Campaign, letters: int, domains: Mapping[str, int]) -> list[Load]:
    """The letters by the relays that may take them, and by the destination where that has a pace."""
    relays = campaign.relays
    paces = destinations_of(campaign)
    destination = {domain: name for name, each in paces.items() for domain in (name, *each.also)}
    found: Counter[tuple[frozenset[int], str]] = Counter()
    for domain in named_domains(campaign):
        taking = frozenset(number for number, relay in enumerate(relays) if relay.takes(domain))
        found[taking, destination.get(domain, "")] += domains.get(domain, 0)
    others = frozenset(number for number, relay in enumerate(relays) if not relay.for_)
    found[others, ""] += letters - found.total()
    return [
        Load(
            letters=count,
            relays=each,
            pace=letters_a_second(parse_rate(paces[name].rate)) if name else inf,
            destination=name,
        )
        for (each, name), count in found.items()
    ]
