"""What campaign.toml may say about the ledger, as a frozen type."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

NonEmpty = Annotated[str, Meta(min_length=1)]


FILE = "sqlite"
"""In place of a URL: the file in the campaign's folder, as without one."""


class LedgerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the ledger is kept, if not in a file of the campaign's folder."""

    url: NonEmpty | None = None  # postgresql://user@host:5432/database, see ``ledger.database_url``; or ``FILE``
    password: NonEmpty | None = None  # "env:NAME", "file:PATH" or "keyring:SERVICE"; never the password itself
    lease: NonEmpty | None = None  # "60 seconds": after so long a silence others take over what a process was sending
    ca_file: NonEmpty | None = None  # PEM, in place of the system's, for a server with a private authority

    @property
    def database(self) -> str | None:
        """The database's URL; ``None``: a file of the campaign's folder."""
        return None if self.url == FILE else self.url
