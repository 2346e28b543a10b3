"""Parses the URL of a ledger's database: postgresql://user@host:5432/database. It never holds a password."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from msgspec import Struct

from mass_apology.errors import CampaignError
from mass_apology.server_url import host_and_port, is_this_machine, joined
from mass_apology.settings import parse_duration

_FORM = "postgresql://user@host:5432/database"
_NEXT_STEP = f"Write it as {_FORM} in campaign.toml under [ledger] url."

_SHORTEST_LEASE, _LONGEST_LEASE = 2.0, 3600.0  # seconds: a busy machine may well be silent for one


class DatabaseUrl(Struct, frozen=True, kw_only=True):
    """The database of a ledger, and our user there."""

    host: str  # a name, an IP address, or the folder of a socket; empty: the server of this machine
    port: int | None
    user: str | None
    database: str
    options: Mapping[str, str]  # what stands after "?", as libpq knows it; without the host

    @property
    def place(self) -> str:
        """As people are told."""
        user = f"{self.user}@" if self.user else ""
        host = "" if self.host.startswith("/") else joined(self.host, self.port) if self.port else self.host
        return f"the database postgresql://{user}{host}/{self.database}"

    @property
    def is_on_this_machine(self) -> bool:
        """Whether what is said to it reaches no network."""
        return not self.host or self.host.startswith("/") or is_this_machine(self.host)

    def parameters(self, *, password: str | None, ca_file: str | None) -> dict[str, str]:
        """For libpq. Off this machine the server's certificate and name are verified, unless the URL says otherwise."""
        safe = {} if self.is_on_this_machine else {"sslmode": "verify-full"}
        given = {
            "host": self.host,
            "port": "" if self.port is None else str(self.port),
            "user": self.user or "",
            "dbname": self.database,
            "password": password or "",
            "sslrootcert": (ca_file or "") if self.is_on_this_machine else (ca_file or "system"),
        }
        return safe | {name: value for name, value in given.items() if value} | dict(self.options)


def parse(url: str) -> DatabaseUrl:
    """Parse it. Raises ``CampaignError``, whose text never has the URL: it may contain a password."""
    if not url.isprintable() or " " in url:
        raise CampaignError("The ledger's URL holds a space or a control character.", next_step=_NEXT_STEP)
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        # "from None": the original's text repeats a part of the URL.
        raise CampaignError("The ledger's URL cannot be read.", next_step=_NEXT_STEP) from None
    if parts.scheme not in {"postgresql", "postgres"}:
        raise CampaignError("The ledger's URL is none of a PostgreSQL database.", next_step=_NEXT_STEP)
    if parts.password is not None or "password" in options:
        raise CampaignError(
            "The ledger's URL holds a password.",
            next_step="Take it out, change it, and say in [ledger] password where the new one is kept.",
        )
    database = unquote(parts.path.removeprefix("/"))
    if not database or "/" in database or parts.fragment:
        raise CampaignError("The ledger's URL names no database.", next_step=_NEXT_STEP)
    in_url = parts.netloc.rpartition("@")[2]
    host, port = _server(parts) if in_url else (options.pop("host", ""), None)
    user = unquote(parts.username) if parts.username else None
    return DatabaseUrl(host=host, port=port, user=user, database=database, options=options)


def parse_lease(text: str) -> float:
    """``"60 seconds"`` → seconds. Raises ``ValueError`` whose text completes the sentence "`key` …"."""
    seconds = parse_duration(text)
    if not _SHORTEST_LEASE <= seconds <= _LONGEST_LEASE:
        raise ValueError(f"is {text!r}; it can be from 2 seconds to 1 hour")
    return seconds


def _server(parts: SplitResult) -> tuple[str, int | None]:
    try:
        return host_and_port(parts, "the ledger's")
    except ValueError as error:
        raise CampaignError(str(error), next_step=_NEXT_STEP) from None
