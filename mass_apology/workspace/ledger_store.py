"""The one place that knows what a campaign's ledger is made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mass_apology.campaign import read_ledger_settings
from mass_apology.errors import CampaignError, LedgerError, install_extra
from mass_apology.ledger import Store
from mass_apology.ledger.database_url import parse, parse_lease
from mass_apology.ledger.in_sql.holders import LEASE
from mass_apology.ledger.moving import MovableStore
from mass_apology.ledger.sqlite.sqlite_store import SqliteStore
from mass_apology.ledger_settings import LedgerSettings
from mass_apology.smtp.password import names_a_place, read, set_in

if TYPE_CHECKING:
    from mass_apology.ledger.port import Installation
    from mass_apology.ledger.postgres.postgres_connections import Server

LEDGER_NAME = "ledger.sqlite"

PASSWORD_VARIABLE = "MASS_APOLOGY_LEDGER_PASSWORD"  # noqa: S105 (its name)
"""The environment variable that is read if campaign.toml names no place."""


def ledger_store(folder: Path) -> Store:
    """Where the ledger of the campaign in ``folder`` is kept, whether or not there is one yet.

    Raises ``CampaignError``, ``PasswordError`` or ``LedgerError`` where campaign.toml names a database that cannot be
    asked.
    """
    name, settings = read_ledger_settings(folder)
    return store_by(settings, name, folder)


def store_by(settings: LedgerSettings, name: str, folder: Path) -> MovableStore:
    """Where the ledger of the campaign ``name`` in ``folder`` is by these settings; raises as ``ledger_store``."""
    if settings.database is None:
        return SqliteStore(folder / LEDGER_NAME)
    return _postgres_store(settings, settings.database, name, folder)


def lease_of(settings: LedgerSettings) -> float:
    """Seconds for which what a process has is its own without a sign of life. Raises ``CampaignError``."""
    if settings.lease is None:
        return LEASE
    try:
        return parse_lease(settings.lease)
    except ValueError as error:
        raise CampaignError(f"[ledger] lease in campaign.toml {error}.", next_step="Correct it.") from error


def installation_by(settings: LedgerSettings, url: str) -> Installation:
    """All ledgers of the database at ``url``, with the password's place and the authority of these settings; raises as
    ``ledger_store``."""
    parse(url)
    _require_driver("The ledger's URL")
    from mass_apology.ledger.postgres.postgres_installation import PostgresInstallation  # noqa: PLC0415 (an extra)

    return PostgresInstallation(_server(settings, url))


def _postgres_store(settings: LedgerSettings, url: str, name: str, folder: Path) -> MovableStore:
    parse(url)
    _require_driver("[ledger] url in campaign.toml")
    from mass_apology.ledger.postgres.postgres_store import PostgresStore  # noqa: PLC0415 (an extra)

    return PostgresStore(_server(settings, url), name, folder)


def _require_driver(what: str) -> None:
    try:
        import mass_apology.ledger.postgres.postgres_connections  # noqa: F401, PLC0415 (an extra)
    except ImportError as error:
        raise LedgerError(
            f"{what} names a PostgreSQL database, and the package psycopg is not installed.",
            next_step=f"To use it, {install_extra('scale')}",
        ) from error


def _server(settings: LedgerSettings, url: str) -> Server:
    from mass_apology.ledger.postgres.postgres_connections import server_of  # noqa: PLC0415 (an extra)

    database = parse(url)
    if settings.password is not None and not names_a_place(settings.password):
        raise CampaignError(  # its text is not repeated: it may be the password
            "[ledger] password in campaign.toml does not say where the password is kept.",
            next_step="Write 'env:NAME', 'file:PATH' or 'keyring:SERVICE'. If a password stood there, change it.",
        )
    user = database.user or "the ledger's database"
    password = set_in(PASSWORD_VARIABLE) if settings.password is None else read(settings.password, user)
    parameters = database.parameters(password=password, ca_file=settings.ca_file)
    return server_of(parameters, place=database.place, lease=lease_of(settings))
