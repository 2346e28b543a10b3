"""What is known of the relays that many people use: host, port, limits, and headers that keep letters as they are.

A profile is data (``relay_profiles/*.toml``). It stands below what campaign.toml says: its settings are those of
``[relay]`` that the file leaves out, and its headers those of ``[message] headers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from mass_apology.server_url import joined
from mass_apology.system.bounded_toml import parse_toml
from mass_apology.type_errors import converted

_FOLDER = Path(__file__).with_name("relay_profiles")
VARIABLE_PART = "REGION"
"""In a host: differs between accounts, so that campaign.toml must give the URL."""


class RelayProfile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One provider's relay, or a kind of server."""

    title: str  # for people: "Amazon SES"
    host: str
    port: int = 587
    scheme: str = "smtp+starttls"
    user: str | None = None  # where it is the same for everybody
    own_mta: bool = False  # it delivers to the destinations itself, so that their limits are ours
    source: str  # the URL of the provider's documentation
    limits: str  # as the provider states them, as a phrase
    relay: Mapping[str, Any] = {}  # settings of ``[relay]``
    headers: Mapping[str, str] = {}

    def url(self, user: str | None) -> str | None:
        """The relay's URL for this user, or for the profile's; ``None`` where only campaign.toml can name the host."""
        if VARIABLE_PART in self.host:
            return None
        user = user or self.user
        return f"{self.scheme}://{quote(user, safe='') + '@' if user else ''}{joined(self.host, self.port)}"


@cache
def relay_profiles() -> Mapping[str, RelayProfile]:
    """All profiles by their names."""
    files = sorted(_FOLDER.glob("*.toml"))
    return {file.stem: converted(parse_toml(file.read_text("utf-8")), RelayProfile) for file in files}


def below(table: Mapping[str, Any], profile: RelayProfile) -> dict[str, Any]:
    """The table ``[relay]`` with the profile's settings where it has none of its own."""
    user = table.get("user")
    url = profile.url(user if isinstance(user, str) else None)
    known = {"url": url} if url is not None else {}
    return {**known, **profile.relay, **table}


def headers_below(headers: Mapping[str, Any], profile: RelayProfile) -> dict[str, Any]:
    """``[message] headers`` with the profile's; names differ in more than their case (RFC 5322 §1.2.2)."""
    given = {name.lower() for name in headers}
    return {**{name: text for name, text in profile.headers.items() if name.lower() not in given}, **headers}
