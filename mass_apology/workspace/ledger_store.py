"""The one place that knows what a campaign's ledger is made of."""

from __future__ import annotations

from pathlib import Path

from mass_apology.campaign import read_ledger_settings
from mass_apology.errors import CampaignError, LedgerError, install_extra
from mass_apology.ledger import Store
from mass_apology.ledger.database_url import parse, parse_lease
from mass_apology.ledger.in_sql.holders import LEASE
from mass_apology.ledger.moving import MovableStore
from mass_apology.ledger.sqlite.sqlite_store import SqliteStore
from mass_apology.ledger_settings import LedgerSettings
from mass_apology.smtp.password import names_a_place, read, set_in

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


def _lease(settings: LedgerSettings) -> float:
    """Seconds. Raises ``CampaignError``."""
    if settings.lease is None:
        return LEASE
    try:
        return parse_lease(settings.lease)
    except ValueError as error:
        raise CampaignError(f"[ledger] lease in campaign.toml {error}.", next_step="Correct it.") from error


def _postgres_store(settings: LedgerSettings, url: str, name: str, folder: Path) -> MovableStore:
    database = parse(url)
    try:
        from mass_apology.ledger.postgres.postgres_connections import server_of  # noqa: PLC0415 (an extra)
        from mass_apology.ledger.postgres.postgres_store import PostgresStore  # noqa: PLC0415 (as above)
    except ImportError as error:
        raise LedgerError(
            "[ledger] url in campaign.toml names a PostgreSQL database, and the package psycopg is not installed.",
            next_step=f"To use it, {install_extra('scale')}",
        ) from error
    if settings.password is not None and not names_a_place(settings.password):
        raise CampaignError(  # its text is not repeated: it may be the password
            "[ledger] password in campaign.toml does not say where the password is kept.",
            next_step="Write 'env:NAME', 'file:PATH' or 'keyring:SERVICE'. If a password stood there, change it.",
        )
    user = database.user or "the ledger's database"
    password = set_in(PASSWORD_VARIABLE) if settings.password is None else read(settings.password, user)
    parameters = database.parameters(password=password, ca_file=settings.ca_file)
    server = server_of(parameters, place=database.place, lease=_lease(settings))
    return PostgresStore(server, name, folder)
