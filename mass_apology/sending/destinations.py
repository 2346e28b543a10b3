"""The paces of a campaign's destinations: its own, and those of large providers where an MTA of its own delivers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from mass_apology.relay_settings import DestinationSettings
from mass_apology.settings import Campaign
from mass_apology.smtp.relay_profile import relay_profiles
from mass_apology.system.bounded_toml import parse_toml
from mass_apology.type_errors import converted

_FILE = Path(__file__).with_name("large_destinations.toml")


@cache
def large_destinations() -> Mapping[str, DestinationSettings]:
    """What is known of large providers, by their first domain."""
    return converted(parse_toml(_FILE.read_text("utf-8")), dict[str, DestinationSettings])


def destinations_of(campaign: Campaign) -> dict[str, DestinationSettings]:
    """The paces that hold for a run, by the first domain of each destination.

    A provider behind somebody else's relay sees that relay's mail, and no pace of ours matters.
    """
    own = dict(campaign.destinations)
    profiles = [relay_profiles()[relay.profile] for relay in campaign.relays if relay.profile]
    if len(profiles) < len(campaign.relays) or not all(profile.own_mta for profile in profiles):
        return own
    named = {domain for name, each in own.items() for domain in (name, *each.also)}
    known = {}
    for name, each in large_destinations().items():
        first, *also = [domain for domain in (name, *each.also) if domain not in named] or [""]
        if first:
            known[first] = replace(each, also=tuple(also))
    return {**known, **own}
