"""What a campaign says of its relays that has the right type and cannot be used all the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mass_apology.errors import CampaignError
from mass_apology.mailboxes import domain_of, folded
from mass_apology.relay_settings import DestinationSettings, RelaySettings
from mass_apology.settings import parse_rate
from mass_apology.smtp.password import names_a_place
from mass_apology.smtp.url import parse as parse_url
from mass_apology.type_errors import refused

_DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}")


def relay_problems(relays: Sequence[RelaySettings]) -> Iterator[str]:
    """Clauses that name the path of their key in ``Campaign``."""
    for key, relay in zip(_keys(relays), relays, strict=True):
        yield from _url_problems(relay, key)
        yield from refused(parse_rate, relay.rate, f"{key}.rate")
        for window in relay.windows:
            yield from refused(parse_rate, window, f"{key}.windows")
            if window == "unlimited":
                yield f"`{key}.windows` holds 'unlimited'; leave the window out instead"
        yield from _domain_problems(relay, key)
    if len(relays) > 1:
        yield from _name_problems(relays)
    for key, relay in zip(_keys(relays), relays, strict=True):
        for domain in relay.except_:
            if not any(each.takes(domain) for each in relays):
                yield f"`{key}.except` leaves nobody for {domain}; another relay must be for it"
    if all(relay.for_ for relay in relays):
        yield (
            f"`{_keys(relays)[-1]}.for` leaves nobody for the other domains, as every relay is for some domains only; "
            "leave out `for` of one of them"
        )


def _keys(relays: Sequence[RelaySettings]) -> list[str]:
    return ["$.relay", *(f"$.further_relays[{number}]" for number in range(len(relays) - 1))]


def _url_problems(relay: RelaySettings, key: str) -> Iterator[str]:
    try:
        user = parse_url(relay.url).user
    except CampaignError as error:
        yield f"`{key}.url`: {error.problem} {error.next_step}".rstrip(".")
    else:
        if relay.password is not None and user is None:
            yield f"`{key}.password` is set, but `{key}.url` names no user"
        if relay.user is not None and user != relay.user:
            yield f"`{key}.user` is set, but `{key}.url` says who logs in; write the user there: user@host"
    if relay.password is not None and not names_a_place(relay.password):  # not repeated: it may be the password itself
        yield (
            f"`{key}.password` does not say where the password is kept: write 'env:NAME', 'file:PATH' or "
            "'keyring:SERVICE'; if a password stood there, change it"
        )


def _name_problems(relays: Sequence[RelaySettings]) -> Iterator[str]:
    names = Counter(relay.name for relay in relays)
    for key, relay in zip(_keys(relays), relays, strict=True):
        if relay.name is None:
            yield f"`{key}.name` is missing; each of several relays needs one, such as 'ses'"
        elif names[relay.name] > 1:
            yield f"`{key}.name` is {relay.name!r}, as another relay's is; each needs its own"


def _domain_problems(relay: RelaySettings, key: str) -> Iterator[str]:
    if relay.for_ and relay.except_:
        yield f"`{key}.except` is set beside `{key}.for`; one of them says it all"
    for name, domains in (("for", relay.for_), ("except", relay.except_)):
        yield from domain_problems(domains, f"{key}.{name}")


def domain_problems(domains: Sequence[str], key: str) -> Iterator[str]:
    """Clauses about what is no domain as recipients' addresses have it."""
    for domain in domains:
        found = domain_of(folded(f"@{domain}"))[1:]
        if not _DOMAIN.fullmatch(found):
            yield f"`{key}` holds {domain!r}, which is no domain such as 'gmail.com'"
        elif found != domain:
            yield f"`{key}` holds {domain!r}; write {found!r}, as addresses are compared"


def destination_problems(destinations: Mapping[str, DestinationSettings]) -> Iterator[str]:
    """Clauses that name the path of their key."""
    named: set[str] = set()
    for name, settings in destinations.items():
        key = f"$.destinations.{name}"
        yield from domain_problems([name], "$.destinations")
        yield from domain_problems(settings.also, f"{key}.also")
        yield from refused(parse_rate, settings.rate, f"{key}.rate")
        if settings.rate == "unlimited" and settings.connections is None:
            yield f"`{key}` has neither `rate` nor `connections`"
        if twice := named.intersection((name, *settings.also)):
            yield f"`{key}` is about {min(twice)}, as another destination is"
        named.update((name, *settings.also))
