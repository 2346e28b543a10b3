"""Parses the relay's URL: smtp+starttls://user@host:587, smtps://user@host:465 or smtp+plain://host:25."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from mass_apology.errors import CampaignError
from mass_apology.server_url import host_and_port, joined


class Scheme(StrEnum):
    """The protection of the connection."""

    STARTTLS = "smtp+starttls"  # RFC 3207; required, not opportunistic
    TLS = "smtps"  # implicit TLS, RFC 8314 §3.3
    PLAIN = "smtp+plain"  # no protection, so no login


_PORTS = {Scheme.STARTTLS: 587, Scheme.TLS: 465, Scheme.PLAIN: 25}
_FORMS = "smtp+starttls://user@host:587, smtps://user@host:465 or smtp+plain://host:25"
_NEXT_STEP = f"Write it as {_FORMS} in campaign.toml under [relay] url."


class Endpoint(Struct, frozen=True, kw_only=True):
    """The relay's address, and our user there."""

    scheme: Scheme
    host: str  # a name or an IP address, an IPv6 address without its brackets
    port: int
    user: str | None = None

    @property
    def place(self) -> str:
        """``host:port``, for messages and logs."""
        return joined(self.host, self.port)


def parse(url: str) -> Endpoint:
    """Parse the relay's URL. Raises ``CampaignError``, whose text never has the URL: it may contain a password."""
    parts = _split(url)
    scheme = _scheme(parts)
    host, port = _place(parts)
    user = _user(parts, scheme)
    return Endpoint(scheme=scheme, host=host, port=_PORTS[scheme] if port is None else port, user=user)


def _split(url: str) -> SplitResult:
    # urlsplit drops tabs and newlines in silence.
    if not url.isprintable() or " " in url:
        raise CampaignError("The relay's URL holds a space or a control character.", next_step=_NEXT_STEP)
    try:
        parts = urlsplit(url)
    except ValueError:
        # "from None": the original's text repeats a part of the URL.
        raise CampaignError("The relay's URL cannot be read.", next_step=_NEXT_STEP) from None
    if "://" not in url or parts.path.strip("/") or parts.query or parts.fragment:
        raise CampaignError(
            "The relay's URL holds more or less than a scheme, a user, a host and a port.", next_step=_NEXT_STEP
        )
    return parts


def _scheme(parts: SplitResult) -> Scheme:
    try:
        return Scheme(parts.scheme)
    except ValueError:
        problem = (
            "The relay's URL does not say how the connection is protected: it begins with none of the three schemes."
        )
        raise CampaignError(problem, next_step=_NEXT_STEP) from None


def _place(parts: SplitResult) -> tuple[str, int | None]:
    try:
        return host_and_port(parts, "the relay's")
    except ValueError as error:
        raise CampaignError(str(error), next_step=_NEXT_STEP) from None


def _user(parts: SplitResult, scheme: Scheme) -> str | None:
    if parts.password is not None:
        raise CampaignError(
            "The relay's URL holds a password.",
            next_step="Take it out of campaign.toml, change it, since files are copied and committed, and state where "
            'it is kept: [relay] password = "env:NAME", "file:PATH" or "keyring:SERVICE".',
        )
    user = unquote(parts.username or "")
    if not user:
        return None
    if not user.isprintable():
        raise CampaignError("The user in the relay's URL holds a control character.", next_step=_NEXT_STEP)
    if scheme is Scheme.PLAIN:
        raise CampaignError(
            "The relay's URL names a user, and smtp+plain:// would send the password unprotected.",
            next_step="Use smtp+starttls:// or smtps://, or leave out the user where the relay knows this machine.",
        )
    return user
