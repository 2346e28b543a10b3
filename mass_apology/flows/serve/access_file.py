"""Who may do what on the live page, and how people are known: a TOML file that ``serve --access`` names.

Without one there is one person: who has the one-time link of the terminal.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from enum import StrEnum
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from mass_apology.errors import InputError
from mass_apology.system.bounded_toml import parse_toml
from mass_apology.text_forms import HeaderName

ANYBODY = "*"
UNIX_PEER = "unix"  # what a proxy that speaks to a Unix socket is called among peers


class Role(StrEnum):
    """What somebody may do. Each holds by itself, except that everybody may watch."""

    WATCH = "watch"  # numbers, and no name
    APPROVE = "approve"  # look at letters, approve plans
    OPERATE = "operate"  # pause, resume, stop; look people up; notes


EVERY_ROLE = frozenset(Role)


class ProxySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A proxy that has asked people who they are, and says so in a header."""

    peers: Annotated[tuple[str, ...], Meta(min_length=1)]  # addresses or networks of the proxy itself, or "unix"
    header: HeaderName = "Remote-User"


class ScrapeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may read the metrics without being a person: they hold numbers, and no address."""

    peers: Annotated[tuple[str, ...], Meta(min_length=1)]  # addresses or networks, or "unix"


class OidcSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider of OpenID Connect, whom people show who they are."""

    issuer: str  # https://login.acme.example/realms/acme
    client_id: str
    client_secret_env: str | None = None  # the variable with the secret; a public client has none
    claim: Literal["email", "preferred_username", "sub"] = "email"  # what people are called by in [roles]


class Access(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    url: str | None = None  # under which people open the page: https://apologies.acme.example
    roles: Mapping[str, tuple[Role, ...]] = {}  # name → roles; "*" is anybody who is known
    proxy: ProxySettings | None = None
    oidc: OidcSettings | None = None
    scrape: ScrapeSettings | None = None

    @property
    def asks_who(self) -> bool:
        """Whether people are known by their names."""
        return self.proxy is not None or self.oidc is not None

    @property
    def is_secure(self) -> bool:
        """Whether the page is opened over TLS."""
        return self.url is not None and self.url.startswith("https://")

    def roles_of(self, name: str) -> frozenset[Role]:
        """What the person may do; nothing where the file does not know them."""
        found = {*self.roles.get(name, ()), *self.roles.get(ANYBODY, ())}
        return frozenset({*found, Role.WATCH}) if found else frozenset()

    def is_proxy(self, peer: str) -> bool:
        """Whether the other end of the connection is the proxy. Headers of whoever else say nothing."""
        return self.proxy is not None and _is_among(peer, self.proxy.peers)

    def is_scraper(self, peer: str) -> bool:
        """Whether the other end of the connection may read the metrics."""
        return self.scrape is not None and _is_among(peer, self.scrape.peers)


def _is_among(peer: str, peers: Sequence[str]) -> bool:
    if peer == UNIX_PEER:
        return UNIX_PEER in peers
    return any(ip_address(peer) in ip_network(each) for each in peers if each != UNIX_PEER)


NO_ACCESS_FILE = Access()


def read_access(path: Path) -> Access:
    """The file. Raises ``InputError`` that names what is wrong in it."""
    try:
        _require_own(path)
        access = msgspec.convert(parse_toml(path.read_text(encoding="utf-8")), Access)
    except (msgspec.ValidationError, ValueError) as error:
        raise _wrong(path, str(error)) from error
    except OSError as error:
        raise _wrong(path, error.strerror or str(error)) from error
    _require_sense(access, path)
    return replace(access, url=_as_browsers_say(access.url)) if access.url else access


def _as_browsers_say(url: str) -> str:
    """The same origin in small letters, and without the port that its scheme has anyway (RFC 6454, 6)."""
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc.removesuffix({'https': ':443', 'http': ':80'}[parts.scheme])}"


def _require_own(path: Path) -> None:
    """Who may write the file may do everything."""
    if path.stat().st_mode & stat.S_IWOTH:
        raise InputError(
            f"{path}: every account of this machine may write it, and so give itself roles.",
            next_step=f"Take the right away: chmod o-w {path}",
        )


def _require_sense(access: Access, path: Path) -> None:
    if not access.asks_who and access.scrape is None:
        raise _wrong(path, "it has neither [proxy] nor [oidc], so nobody is known by a name")
    if access.proxy is not None and access.oidc is not None:
        raise _wrong(
            path,
            "it has both [proxy] and [oidc], and one name could be two people's: keep one of them. A proxy that only "
            "speaks TLS needs no [proxy], but `url` alone",
        )
    if access.asks_who and not access.roles:
        raise _wrong(path, "it has no [roles], so nobody may do anything")
    if access.oidc is not None and access.url is None:
        raise _wrong(path, "[oidc] needs `url`, the address to which people come back")
    if access.oidc is not None and not _is_safe(access.oidc.issuer):
        raise _wrong(path, f"`oidc.issuer` is {access.oidc.issuer!r}, and not an address with https")
    if access.url is not None and not _is_origin(access.url):
        raise _wrong(path, f"`url` is {access.url!r}; https://apologies.acme.example is one, without a path")
    for name, peers in (("proxy", access.proxy), ("scrape", access.scrape)):
        for peer in peers.peers if peers else ():
            if peer != UNIX_PEER:
                _require_network(name, peer, path)


def _require_network(table: str, peer: str, path: Path) -> None:
    try:
        ip_network(peer)
    except ValueError as error:
        raise _wrong(
            path, f"`{table}.peers` has {peer!r}, which is no address; 10.0.0.5 and 10.0.0.0/28 are"
        ) from error


def _is_origin(url: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme in {"https", "http"} and bool(parts.hostname) and not (parts.path or parts.query or parts.fragment)
    )


def _is_safe(issuer: str) -> bool:
    """By TLS, or on this machine."""
    parts = urlsplit(issuer)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"})


def _wrong(path: Path, what: str) -> InputError:
    return InputError(f"{path}: {what.rstrip('.')}.", next_step="See what it holds in: mass-apology docs serve")
